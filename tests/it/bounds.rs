//! What a cell may take, and what happens when it takes more: the cell fails with its place, the
//! other pages finish.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::project::{Project, files};

/// A project with `cell` on the page `a`, beside a page `b` that is sound; `options` are its `#|` lines.
fn project(options: &str, cell: &str) -> Project {
    Project::new()
        .file("content/a/a.en.md", &format!("# A\n\n```python run\n#| label: x\n{options}{cell}\n```\n"))
        .file("content/b/b.en.md", "# B\n\n```python run\n#| label: y\nprint(6 * 7)\n```\n")
        .with_empty_cache()
}

/// The build must say each of `expect`, at the cell or in it, and finish the other page.
#[track_caller]
fn stops(options: &str, cell: &str, expect: &[&str]) {
    let project = project(options, cell);
    let begun = Instant::now();
    let ran = project.run(&["build", "--format", "json"]);
    assert!(begun.elapsed() < Duration::from_secs(90), "{cell}: it took {:?}", begun.elapsed());
    assert_eq!(ran.code, Some(1), "{cell}\n{}\n{}", ran.stdout, ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("the report is JSON");
    assert_eq!(report["cells"]["run"], 1, "{cell}: the other page did not finish\n{}", ran.stdout);
    let diagnostics = report["diagnostics"].as_array().expect("diagnostics");
    assert_eq!(diagnostics.len(), 1, "{cell}\n{}", ran.stdout);
    let place = &diagnostics[0]["place"];
    assert_eq!(place["file"], "content/a/a.en.md", "{cell}\n{}", ran.stdout);
    assert!(place["line"].as_u64() >= Some(4), "{cell}\n{}", ran.stdout);
    let text = diagnostics[0].to_string();
    for part in expect {
        assert!(text.contains(part), "{cell}: not found: {part}\n{text}");
    }
    assert!(text.len() < 20_000, "{cell}: a message of {} bytes", text.len());
    assert!(!text.contains("panicked") && !ran.stderr.contains("panicked"), "{text}\n{}", ran.stderr);
}

#[test]
fn what_does_not_end_is_stopped() {
    for cell in [
        "while True:\n    pass",
        "while True:\n    try:\n        while True: pass\n    except BaseException:\n        pass",
        // Calls below which no Python runs that could be interrupted.
        "sum(iter(int, 1))",
        "list(zip(iter(int, 1)))[0]",
        "import itertools\nany(itertools.repeat(0))",
        "import re\nre.match(r'(a+)+$', 'a' * 64 + 'b')",
        "10 ** 10 ** 9",
        "'a' in iter(int, 1)",
    ] {
        stops("#| timeout: 2\n#| memory: 512\n", cell, &["this cell "]);
    }
}

#[test]
fn what_wants_too_much_memory_is_stopped() {
    for cell in [
        "x = 'a' * 10**11",
        "x = [0] * 10**12",
        "x = list(range(10**12))",
        "x = 'a'\nwhile True:\n    x += x",
        "x = []\nwhile True:\n    x = [x, x, 'a' * 10**6]",
        "x = f'{1:100000000000}'",
        "x = bytearray(10**12)",
        "x = b'a' * 10**12",
        "x = 'a'.ljust(10**12)",
        "x = 'a'.join(['b' * 10**6] * 10**6)",
        "x = 1 << 10**13",
    ] {
        stops("#| memory: 256\n", cell, &["emory"]);
    }
}

#[test]
fn what_shows_too_much_is_stopped() {
    for (options, cell, expect) in [
        ("", "print('a' * 9_000_000)", "at most 8 MiB"),
        ("", "for i in range(10**9):\n    print('a' * 1000)", "at most 8 MiB"),
        ("#| max-output: 0.001\n", "'a' * 2000", "at most 0.001 MiB"),
        (
            "#| max-output: 0.5\n",
            "import kiln as k\nfor i in range(1000):\n    display(k.plot.line(k.arange(100)))",
            "at most 0.5 MiB",
        ),
        ("", "raise ValueError('a' * 10**8)", "ValueError: aaa"),
        ("", "check('a' * 10**8, 1, '<', 2)", "MiB"),
    ] {
        stops(options, cell, &[expect]);
    }
}

#[test]
fn what_nests_too_deep_is_an_exception() {
    for cell in [
        "def f(): return f()\nf()",
        "class A:\n    def __repr__(self): return repr(self)\nA()",
        "class A:\n    def __eq__(self, other): return self == other\nA() == A()",
        "class A:\n    def __getattr__(self, name): return getattr(self, name)\nA().x",
        "class A:\n    def __iter__(self): return iter(self)\nlist(A())",
        "import functools\nf = len\nfor i in range(10**5): f = functools.partial(f)\nf(1)",
    ] {
        stops("", cell, &["Error: "]);
    }
}

#[test]
fn values_that_nest_too_deep_cost_their_cell_only() {
    for cell in [
        "x = 1\nfor i in range(100000): x = [x]\nx == x",
        "x = 1\nfor i in range(100000): x = {'a': x}\nstr(x)",
        "x = ()\nfor i in range(100000): x = (x,)\nhash(x)",
        "x = 1\nfor i in range(10**7): x = (x,)",
        "import copy\nx = 1\nfor i in range(50000): x = [x]\ncopy.deepcopy(x)",
    ] {
        let project = project("", cell);
        let ran = project.run(&["build", "--format", "json"]);
        assert!(matches!(ran.code, Some(0 | 1)), "{cell}: {:?}\n{}", ran.code, ran.stderr);
        let report: Value = serde_json::from_str(&ran.stdout).expect("the report is JSON");
        assert!(report["cells"]["run"].as_u64() >= Some(1), "{cell}: {}", ran.stdout);
        assert!(
            !ran.stdout.contains("InternalError") && !ran.stderr.contains("panicked"),
            "{cell}: {}",
            ran.stdout
        );
    }
}

#[test]
fn a_limit_is_set_for_the_site_or_for_a_cell() {
    let project = project("", "x = [bytes(1 << 20) for _ in range(300)]");
    let config = b"languages = [{ tag = \"en\", name = \"English\" }]\n[cells]\nmemory = 200\n";
    project.put("kiln.toml", config);
    let ran = project.run(&["build"]);
    assert!(ran.stderr.contains("more than 200 MiB of memory"), "{}", ran.stderr);
    // What one sequence asks for at once is refused before it is taken, as CPython does.
    let project = self::project("", "x = 'a' * (300 << 20)");
    project.put("kiln.toml", config);
    let ran = project.run(&["build"]);
    assert!(
        ran.stderr.contains("MemoryError: no memory for a sequence of 314572800 bytes"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("give the cell more with `#| memory: MIB`"), "{}", ran.stderr);
    // The smallest of cells fits into little.
    let project = self::project("#| memory: 16\n#| timeout: 30\n#| max-output: 0.01\n", "print('a' * 5000)");
    project.build();
}

/// A build whose cell runs for long, and the ids of its workers once they run.
fn under_way(project: &Project) -> (Child, Vec<u32>) {
    let mut child = project
        .command(&["build"])
        .env("TMPDIR", project.path("tmp"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kiln starts");
    for _ in 0..400 {
        let workers = workers(child.id());
        // Interpreters start in some tenths of a second: then cells run.
        if !workers.is_empty() {
            std::thread::sleep(Duration::from_millis(700));
            return (child, workers);
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    child.kill().expect("it can be killed");
    let ended = child.wait().expect("it ends");
    panic!("no worker was started: {ended}");
}

/// The processes that the process `parent` has started.
fn workers(parent: u32) -> Vec<u32> {
    let stat = |id: &u32| std::fs::read_to_string(format!("/proc/{id}/stat")).ok();
    let folders = std::fs::read_dir("/proc").expect("Linux").flatten();
    folders
        .filter_map(|folder| folder.file_name().to_string_lossy().parse().ok())
        .filter(|id| {
            let stat = stat(id).unwrap_or_default();
            // "id (name) state parent …"
            let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
            fields.split_whitespace().nth(1) == Some(parent.to_string().as_str())
        })
        .collect()
}

fn lives(id: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    !stat.is_empty() && !stat.contains(") Z ")
}

#[track_caller]
fn end(ids: &[u32]) {
    for _ in 0..200 {
        if ids.iter().all(|id| !lives(*id)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    panic!("workers outlive their build: {ids:?}");
}

fn signal(id: u32, signal: &str) {
    let sent = std::process::Command::new("kill").args(["-s", signal, &id.to_string()]).status();
    assert!(sent.expect("kill runs").success());
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_build_ends_its_workers_and_leaves_nothing() {
    use std::os::unix::process::ExitStatusExt;

    for (name, number) in [("INT", 2), ("TERM", 15)] {
        let project = project("", "while True:\n    pass");
        std::fs::create_dir(project.path("tmp")).expect("made");
        let before = files(&project.path("."));
        let (child, workers) = under_way(&project);
        let begun = Instant::now();
        signal(child.id(), name);
        let output = child.wait_with_output().expect("it ends");
        assert!(begun.elapsed() < Duration::from_secs(3), "it took {:?}", begun.elapsed());
        assert_eq!(output.status.signal(), Some(number), "{:?}", output.status);
        assert!(String::from_utf8_lossy(&output.stderr).contains("interrupted"));
        end(&workers);
        let kept = files(&project.path("."));
        let new: Vec<_> = kept.keys().filter(|path| !before.contains_key(*path)).collect();
        // The bake of the page that was done may stay.
        let stray: Vec<_> = new.iter().filter(|path| !path.starts_with(".cache/bakes/")).collect();
        assert!(stray.is_empty(), "{name} leaves {stray:?}");
        assert!(new.iter().all(|path| !path.contains("tmp")), "{new:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn workers_end_with_a_build_that_is_killed() {
    // In the interpreter's loop, and in a call below which no Python runs.
    for cell in ["while True:\n    pass", "sum(iter(int, 1))"] {
        let project = project("", cell);
        let (mut child, workers) = under_way(&project);
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        end(&workers);
    }
}

#[test]
fn one_worker_and_many_make_the_same_bytes() {
    let models = [
        "k.pipeline('feature-extraction', 'minilm')('chapter NUMBER')",
        "k.pipeline('text-generation', 'stories15m')('Once NUMBER', max_new_tokens=8)",
        "k.model('lenet').run({k.model('lenet').inputs[0].name: k.rng(NUMBER).normal(size=(1, 1, 28, 28))})",
    ];
    let mut project = Project::with_models();
    for number in 0..7 {
        let cell = models[number % models.len()].replace("NUMBER", &number.to_string());
        let page = format!(
            "# C\n\n```python run\n#| label: x\nimport kiln as k\nprint({cell})\n```\n\n\
             ```python run\n#| label: y\nr = k.rng({number})\n\
             print(k.matmul(r.normal(size=(50, 50)), r.normal(size=(50, 50))).sum())\n\
             print(set('abcdefghij'), hash('x'), {{object: 1}})\n```\n"
        );
        project = project.file(&format!("content/c{number}/c{number}.en.md"), &page);
    }
    let sites = [1, 2, 4].map(|jobs: u32| {
        let ran = project.run(&["build", "--rerun", "--jobs", &jobs.to_string()]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        files(&project.path("site"))
    });
    assert!(sites[0] == sites[1] && sites[1] == sites[2], "the number of workers shows in the site");
}
