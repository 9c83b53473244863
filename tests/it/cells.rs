//! What the options of cells do, and what cells of one page have of each other and of other pages.

use crate::project::{Project, Ran};

/// A page with one cell: its options, one a line, and its code.
fn cell(options: &str, code: &str) -> String {
    let options: String = options.lines().map(|line| format!("#| {line}\n")).collect();
    format!("```python run\n{options}{code}\n```\n")
}

#[track_caller]
fn fails(project: &Project, expect: &[&str]) -> Ran {
    let ran = project.run(&["build"]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    for part in expect {
        assert!(ran.stderr.contains(part), "{part:?} is not in\n{}", ran.stderr);
    }
    ran
}

#[test]
fn what_is_shown_is_chosen() {
    let page = cell("label: hidden\ninclude: false", "secret = 41\nprint('nobody sees this')")
        + &cell("label: plain", "import warnings\nwarnings.warn('mind the gap')\nprint(secret + 1)")
        + &cell("label: quiet\nwarning: false", "import warnings\nwarnings.warn('not told')\nprint('x')")
        + &cell("label: long\nmax-lines: 2", "for i in range(9): print('line', i)");
    let project = Project::new().file("content/a.en.md", &page);
    project.build();
    let html = project.site("en/a/index.html");
    assert!(!html.contains("nobody sees this") && !html.contains("secret = 41"), "{html}");
    assert!(html.contains("<span id=\"hidden\">"), "links may lead to it");
    assert!(html.contains("UserWarning: mind the gap") && !html.contains("UserWarning: not told"), "{html}");
    assert!(html.contains("line 1\n</samp></pre><details class=\"more\"><summary>7 more lines"), "{html}");
}

#[test]
fn what_is_expected_must_come() {
    let good = cell("label: a\nexpect: 'is \\d+'", "print('it is 42')")
        + &cell("label: b\nerror: true\nexpect: '^ZeroDivisionError'", "1 / 0");
    Project::new().file("content/a.en.md", &good).build();
    let bad = cell("label: a\nexpect: 'is \\d+$'", "print('it is what')");
    let project = Project::new().file("content/a.en.md", &bad);
    fails(
        &project,
        &["content/a.en.md:3:12", "the text of `a` does not match `is \\d+$`", "it shows it is what"],
    );
    // A bake does not hide it.
    fails(&project, &["does not match"]);
    let raises = cell("label: a\nerror: true", "1 + 1");
    fails(&Project::new().file("content/a.en.md", &raises), &["has `error: true` but raised nothing"]);
}

#[test]
fn sessions_do_not_see_each_other() {
    let page = cell("label: a", "x = 1")
        + &cell("label: b\nsession: other", "x = 2")
        + &cell("label: c", "print('own', x)")
        + &cell("label: d\nsession: other", "print('other', x)")
        + "And `{python} x * 10`.\n";
    let project = Project::new().file("content/a.en.md", &page);
    project.build();
    let html = project.site("en/a/index.html");
    assert!(html.contains("own 1") && html.contains("other 2") && html.contains(">20</span>"), "{html}");
    let lost = cell("label: a", "x = 1") + &cell("label: b\nsession: other", "x");
    fails(&Project::new().file("content/a.en.md", &lost), &["NameError: name 'x' is not defined"]);
}

#[test]
fn inputs_are_declared_and_part_of_the_key() {
    let code =
        "import kiln as k\nt = k.load('data.csv')\nprint(t['n'].sum(), t['word'], k.load('more.json')['a'])";
    let page = cell("label: a\ninputs: data.csv, more.json", code);
    let project = Project::new()
        .with_empty_cache()
        .file("content/a/a.en.md", &page)
        .file("content/a/data.csv", "n,word\n1,x\n2,\"y, z\"\n")
        .file("content/a/more.json", "{\"a\": [1, null]}");
    project.build();
    assert!(project.site("en/a/index.html").contains("3 [&#39;x&#39;, &#39;y, z&#39;] [1, None]"));
    project.put("content/a/data.csv", b"n,word\n5,x\n2,y\n");
    project.build();
    assert!(
        project.site("en/a/index.html").contains("7 [&#39;x&#39;, &#39;y&#39;]"),
        "the file is in the key"
    );
    let project = project.file("content/a/a.en.md", &cell("label: a\ninputs: dta.csv", "1"));
    fails(
        &project,
        &[
            "content/a/a.en.md:3:12",
            "there is no file `dta.csv` beside this page",
            "did you mean `data.csv`?",
        ],
    );
    let project =
        project.file("content/a/a.en.md", &cell("label: a", "import kiln as k\nk.load('data.csv')"));
    fails(&project, &["this cell has no input 'data.csv'", "#| inputs: data.csv"]);
}

#[test]
fn a_value_of_another_page_is_imported_by_value() {
    let maker = cell("label: make", "base = 3\ndef f(n):\n    return n * base\nitems = [1, 2]");
    let reader =
        cell("label: read", "from pages.bert import f, items as theirs\nprint('got', f(5), sum(theirs))")
            + &cell("label: later", "print('later', f(1))");
    let project = Project::new()
        .with_empty_cache()
        .file("content/language/_index.en.md", "# L\n")
        .file("content/language/bert/bert.en.md", &maker)
        .file("content/a.en.md", &reader);
    project.build();
    let html = project.site("en/a/index.html");
    assert!(html.contains("got 15 3") && html.contains("later 3"), "{html}");
    // What a function reads when it is called counts, page over page.
    let project = project.file("content/language/bert/bert.en.md", &maker.replace("base = 3", "base = 4"));
    project.build();
    let html = project.site("en/a/index.html");
    assert!(html.contains("got 20 3") && html.contains("later 4"), "{html}");
    // Another spelling of the same values runs nothing here.
    let project =
        project.file("content/language/bert/bert.en.md", &maker.replace("base = 3", "base = 2 + 2"));
    let summary = project.run(&["build", "--format", "json"]);
    assert!(
        summary.stdout.contains("\"run\":1") || summary.stdout.contains("\"run\": 1"),
        "{}",
        summary.stdout
    );
}

#[test]
fn what_cannot_be_imported_is_told_with_its_place() {
    let page = |code: &str| {
        Project::new()
            .file("content/a.en.md", &cell("label: a", code))
            .file("content/b.en.md", &(cell("label: b", "value = [1]\nimport kiln as k\nstream = k.rng(1)")))
    };
    fails(
        &page("from pages.bb import value"),
        &["content/a.en.md:3:6", "there is no page `pages.bb`", "did you mean `pages.b`?"],
    );
    fails(&page("from pages.b import valu"), &["no cell of `pages.b` makes `valu`", "did you mean `value`?"]);
    fails(&page("import pages.b"), &["can only be imported from", "from pages.b import NAME"]);
    fails(&page("from pages.a import x"), &["a page cannot import from itself"]);
    fails(&page("from pages.b import value\nvalue.append(2)"), &["may not change in place"]);
    fails(&page("from pages.b import stream"), &["ImportError", "stream"]);
    let cycle = Project::new()
        .file("content/a.en.md", &cell("label: a", "from pages.b import y\nx = 1"))
        .file("content/b.en.md", &cell("label: b", "from pages.a import x\ny = 1"));
    fails(
        &cycle,
        &["content/a.en.md:3:6", "`pages.b` imports from this page in turn", "content/b.en.md:3:6"],
    );
}

#[test]
fn a_frozen_cell_stays_as_it_was_locked() {
    let page = |freeze: &str, n: u32| {
        cell(&format!("label: a\nfreeze: {freeze}"), &format!("x = {n}\nprint('x is', x)"))
    };
    let project = Project::new().with_empty_cache().file("content/a/a.en.md", &page("true", 1));
    assert_eq!(project.run(&["bake"]).code, Some(0));
    let project = project.file("content/a/a.en.md", &page("true", 2));
    project.build();
    assert!(project.site("en/a/index.html").contains("x is 1"), "the lock is kept");
    // Baking again neither runs it nor claims that the old output is that of the new code.
    assert_eq!(project.run(&["bake"]).code, Some(0));
    let project = project.file("content/a/a.en.md", &page("false", 2));
    project.build();
    assert!(project.site("en/a/index.html").contains("x is 2"), "and left when it thaws");
}

#[test]
fn random_numbers_are_pythons_own_and_begin_anew_in_every_cell() {
    let page = cell("label: a\nseed: 3", "import random\nfirst = random.random()\nprint(first)")
        + &cell("label: b\nseed: 3", "import random\nprint(random.random() == first)")
        + &cell(
            "label: c",
            "import random
random.seed(1)
print(random.randrange(10), random.choice('abcdef'), random.sample(range(10), 4), random.gauss(0, 1))
print(random.choices([1, 2, 3], [1, 1, 8], k=5), random.uniform(2, 3), random.betavariate(1, 2), random.triangular(), random.expovariate(2))
l = list(range(6)); random.shuffle(l); print(l, random.normalvariate(0, 1), random.getrandbits(70), random.randint(3, 9))
r = random.Random(7); print(r.random(), random.Random(7).random())
import statistics; print(statistics.mean([1, 2, 4]))",
        );
    let project = Project::new().file("content/a.en.md", &page);
    project.build();
    let html = project.site("en/a/index.html").replace("&#39;", "'");
    for line in [
        "True",
        "2 e [1, 4, 9, 3] 0.07781283712174002",
        "[3, 3, 3, 3, 3] 2.6074379962852605 0.3112518071861283 0.6852194153036781 0.44720767001345885",
        "[1, 4, 3, 5, 2, 0] 2.0860720589134614 856336903824280325186 3",
        "0.32383276483316237 0.32383276483316237",
    ] {
        assert!(html.contains(line), "{line} is not in\n{html}");
    }
}
