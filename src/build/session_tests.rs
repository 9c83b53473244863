//! After any row of edits a session holds what a build from nothing makes.

#![expect(clippy::disallowed_methods, reason = "the tests edit a project on disk")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::content::{Drafts, Spelling};
use crate::diag::{Sources, Style, render};
use crate::interrupt::Recall;
use crate::models::Progress;
use crate::snippet::shelf::Reuse;
use crate::write::Memory;

/// What an edit does to the file at a path: another text, or none.
type Edit = (&'static str, Option<String>);

/// A row of numbers that looks random and is the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
}

const PAGES: [&str; 5] = [
    "content/a/a.en.md",
    "content/a/a.zh.md",
    "content/part/b/b.en.md",
    "content/part/c.en.md",
    "content/d.en.md",
];
const LINKS: [&str; 5] =
    ["/a/a.en.md", "/part/b/b.en.md#two", "/part/c.en.md#one", "/d.en.md", "/gone.en.md"];

/// A page of parts that are there or not.
fn page(dice: &mut Dice) -> String {
    let mut text = String::new();
    if dice.roll(2) == 0 {
        let draft = if dice.roll(6) == 0 { "draft = true\n" } else { "" };
        text += &format!("+++\ntitle = \"T{}\"\nweight = {}\n{draft}+++\n\n", dice.roll(3), dice.roll(3));
    }
    for part in [
        "## One {#one}\n\n",
        "## Two {#two}\n\n",
        "$$a$$ {#eq-a}\n\n",
        "```rust\nfn f() {}\n```\n\n",
        "<b>\n\n",
        "$$b$$ {#eq-b}\n\n",
        "$x^2$\n\n",
        "{{< fact a.one >}}\n\n",
        "From {{< fact a.two >}}.\n\n",
        "{{< facts >}}\n\n",
    ] {
        let kept = match part {
            "<b>\n\n" => dice.roll(60) == 0,
            "{{< facts >}}\n\n" => dice.roll(8) == 0,
            fact if fact.contains("{{< fact ") => dice.roll(4) == 0,
            _ => dice.roll(5) > 0,
        };
        if kept {
            text += part;
        }
    }
    let links = if dice.roll(12) == 0 { 5 } else { 4 };
    let link = LINKS[dice.roll(links)];
    // Numbers of other pages: what they say changes with those.
    let far = ["", "", "", " By @a/eq-b.", " By @part/b/eq-b.", " By @d/eq-a."][dice.roll(6)];
    text + &format!("Words {} and [a link]({link}).{far}\n", dice.roll(1000))
}

fn edit(dice: &mut Dice) -> Edit {
    match dice.roll(18) {
        0 => ("kiln.toml", Some(config(dice.roll(5)))),
        1 => ("templates/partials/footer.html", Some(footer(dice))),
        2 => ("templates/assets/style.css", Some(format!("body {{ margin: {}px }}\n", dice.roll(9)))),
        // Pages that are gone break the links of others: there are to be sound sites too.
        3 => (PAGES[dice.roll(5)], (dice.roll(5) > 0).then(|| page(dice))),
        4 => (
            "content/part/picture.svg",
            (dice.roll(2) == 0).then(|| format!("<svg id=\"{}\"/>", dice.roll(9))),
        ),
        6 => ("content/facts.toml", facts(dice)),
        7 => ("content/references.bib", Some(works(dice))),
        8 => ("data/say.toml", Some(format!("word = \"W{}\"\n", dice.roll(9)))),
        9 => (
            "content/wording.toml",
            Some(if dice.roll(9) == 0 { "[".into() } else { "# N\n".repeat(dice.roll(3)) }),
        ),
        10 => ("models.toml", Some(if dice.roll(9) == 0 { "[".into() } else { "\n".repeat(dice.roll(3)) })),
        5 => ("content/part/_index.en.md", Some(format!("+++\ntitle = \"Part {}\"\n+++\n", dice.roll(3)))),
        _ => (PAGES[dice.roll(5)], Some(page(dice))),
    }
}

/// A part of every page that shows what stands in a file of data, or is no template.
fn footer(dice: &mut Dice) -> String {
    let word = "{% set said = load_data(path=\"data/say.toml\") %}{{ said.word }}";
    match dice.roll(8) {
        0 => "<footer>{{</footer>\n".into(),
        roll => format!("<footer>{roll} {word}</footer>\n"),
    }
}

/// A work, without which facts and pages lack theirs, or no BibTeX.
fn works(dice: &mut Dice) -> String {
    match dice.roll(20) {
        0 => "@misc{k".into(),
        1 => String::new(),
        roll => format!("@misc{{k, author = {{Author, An}}, title = {{{{T{roll}}}}}, year = {{2017}}}}\n"),
    }
}

/// Two facts, of which sometimes one is gone, has a fault or has moved.
fn facts(dice: &mut Dice) -> Option<String> {
    let mut text = "\n".repeat(dice.roll(3));
    for key in ["a.one", "a.two"] {
        let (number, source) = (dice.roll(3), if dice.roll(40) == 0 { "j" } else { "k" });
        let number = if dice.roll(40) == 0 { "\"x\"".to_owned() } else { number.to_string() };
        if dice.roll(30) > 0 {
            text += &format!(
                "[[fact]]\nkey = \"{key}\"\nnumber = {number}\nwhat = {{ en = \"A\", zh = \"B\" }}\nsource = \"{source}\"\n"
            );
        }
    }
    (dice.roll(30) > 0).then_some(text)
}

fn config(title: usize) -> String {
    let more =
        ["", "citation-style = \"numeric\"\n", "base-url = \"https://kiln.example\"\n", "print = true\n"];
    let unknown = if title == 4 { "tilte = 1\n" } else { "" };
    format!(
        "title = \"Site {title}\"\n{}{unknown}languages = [{{ tag = \"en\", name = \"English\" }}, {{ tag = \"zh\", name = \"中文\" }}]\n[lint]\nlock-step = \"warn\"\n",
        more[title % 4]
    )
}

fn put(root: &Path, (path, text): &Edit) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    match text {
        Some(text) => fs::write(path, text).expect("written"),
        None => drop(fs::remove_file(path)),
    }
}

fn request(root: &Path) -> Request {
    Request {
        root: root.to_owned(),
        out: root.join("site"),
        reuse: Reuse::Bakes,
        sharing: super::super::Sharing::default(),
        shard: None,
        ort_library: None,
        jobs: None,
        progress: Progress::quiet(),
        drafts: Drafts::Hide,
        naming: super::super::Naming::Plain,
        spelling: Spelling::Leave,
        recall: Recall::default(),
    }
}

fn told(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<String> {
    let mut told: Vec<String> = diagnostics.iter().map(|d| render(d, sources, Style::Plain)).collect();
    told.sort();
    told
}

/// A project in `root` with the repository's own theme.
fn with_theme(root: &Path) {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for entry in walkdir::WalkDir::new(&repository).into_iter().flatten().filter(|e| e.file_type().is_file())
    {
        let target = root.join("templates").join(entry.path().strip_prefix(&repository).expect("below"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("made");
        fs::copy(entry.path(), target).expect("copied");
    }
}

/// A session, and what it has put out so far.
struct Watched<'a> {
    root: &'a Path,
    session: Session,
    files: BTreeMap<String, std::sync::Arc<[u8]>>,
}

impl<'a> Watched<'a> {
    fn new(root: &'a Path) -> Self {
        Self { root, session: Session::new(request(root)), files: BTreeMap::new() }
    }

    /// Makes the site after `changes`, which has to be what a build from nothing makes; says whether it has no
    /// faults, and how many files were made for it.
    fn equals_a_build_from_nothing(&mut self, changes: &Changes, round: usize) -> (bool, usize) {
        let memory = Memory::default();
        self.session.make(changes, Pace::Later, &memory).expect("it can be built");
        let first = memory.files();
        let made_now = first.keys().filter(|path| path.ends_with("/index.html")).count();
        self.files.extend(first);
        // What is made of all pages together comes when nothing changes.
        let memory = Memory::default();
        let live = self.session.make(&Changes::NONE, Pace::Now, &memory).expect("it can be built");
        self.files.extend(memory.files());
        let fresh = Memory::default();
        let made = super::super::make(&request(self.root), &fresh).expect("it can be built");
        let fresh = fresh.files();
        assert_eq!(
            told(&live.report.diagnostics, &live.report.sources),
            told(&made.report.diagnostics, &made.report.sources),
            "round {round}, after {changes:?}"
        );
        assert_eq!(live.files, made.files, "round {round}, after {changes:?}");
        for file in &live.files {
            let (own, other) = (self.files.get(&file.path), fresh.get(&file.path));
            assert_eq!(own, other, "round {round}: {} after {changes:?}", file.path);
        }
        (live.is_sound(), made_now)
    }
}

#[test]
fn a_session_makes_what_a_build_from_nothing_makes() {
    let root = tempfile::tempdir().expect("a folder");
    let root = root.path();
    with_theme(root);
    let mut dice = Dice(7);
    put(root, &("kiln.toml", Some(config(0))));
    put(root, &("content/_index.en.md", Some("Home.\n\n{{< bibliography >}}\n".into())));
    let work = "@misc{k, author = {Author, An}, title = {{T}}, year = {2017}}\n";
    put(root, &("content/references.bib", Some(work.into())));
    put(root, &("content/facts.toml", facts(&mut dice)));
    put(root, &("data/say.toml", Some("word = \"W\"\n".into())));
    for path in PAGES {
        put(root, &(path, Some(page(&mut dice))));
    }
    let mut watched = Watched::new(root);
    let mut changes = Changes::All;
    let mut sound = 0;
    for round in 0..160 {
        sound += usize::from(watched.equals_a_build_from_nothing(&changes, round).0);
        let edits: Vec<Edit> = (0..=dice.roll(3)).map(|_| edit(&mut dice)).collect();
        edits.iter().for_each(|edit| put(root, edit));
        changes = Changes::Files(edits.iter().map(|(path, _)| PathBuf::from(path)).collect());
    }
    assert!((20..160).contains(&sound), "sites with and without faults: {sound}");
}

#[test]
#[cfg(unix)]
fn files_that_are_no_text_links_and_folders_that_go_are_seen() {
    let root = tempfile::tempdir().expect("a folder");
    let (root, elsewhere) = (root.path(), tempfile::tempdir().expect("a folder"));
    let good = "# A\n\nGood words.\n";
    let page = root.join("content/part/a/a.en.md");
    put(root, &("content/_index.en.md", Some("Home.\n".into())));
    put(root, &("content/part/_index.en.md", Some("# Part\n".into())));
    put(root, &("content/part/a/a.en.md", Some(good.into())));
    put(root, &("content/part/a/picture.svg", Some("<svg/>".into())));
    let mut watched = Watched::new(root);
    watched.equals_a_build_from_nothing(&Changes::All, 0);
    let mut after = |path: &str, is_sound: bool| {
        let changes = Changes::Files([PathBuf::from(path)].into());
        assert_eq!(watched.equals_a_build_from_nothing(&changes, 1).0, is_sound, "{path}");
    };
    // What is good of it is all that it was, and all that it will be.
    fs::write(&page, [good.as_bytes(), b"\xff\xfe"].concat()).expect("written");
    after("content/part/a/a.en.md", false);
    fs::write(&page, good).expect("written");
    after("content/part/a/a.en.md", true);
    let link = root.join("content/part/b.en.md");
    std::os::unix::fs::symlink("gone", &link).expect("linked");
    after("content/part/b.en.md", false);
    fs::remove_file(&link).expect("removed");
    after("content/part/b.en.md", true);
    // Of a folder that is moved away the system says no more than its name.
    let (folder, bin) = (root.join("content/part/a"), elsewhere.path().join("a"));
    fs::rename(&folder, &bin).expect("moved");
    after("content/part/a", true);
    fs::rename(&bin, &folder).expect("moved");
    watched.equals_a_build_from_nothing(&Changes::All, 2);
    // What editors put beside a page is nothing, whether it is there or not.
    for name in ["content/part/a/.a.en.md.swp", "content/part/a/a.en.md~"] {
        let changes = Changes::Files([PathBuf::from(name)].into());
        put(root, &("content/part/a/.a.en.md.swp", Some("\0".into())));
        let project = watched.session.project.as_mut().expect("it was read");
        assert!(reread(&request(root), project, &mut Vec::new(), &[name.into()].into()).is_some(), "{name}");
        watched.equals_a_build_from_nothing(&changes, 3);
    }
    fs::rename(root.join("content"), elsewhere.path().join("content")).expect("moved");
    let changes = Changes::Files(["content".into()].into());
    assert!(watched.session.make(&changes, Pace::Later, &Memory::default()).is_err(), "there is no project");
}

/// A page of a book that is too large for a navigation with all of it.
fn of_large_book(number: usize, dice: &mut Dice) -> String {
    let mut text = format!("+++\ntitle = \"T{}\"\n", dice.roll(1000));
    if number.is_multiple_of(40) {
        text += "[relations]\nuses = [\"p41\"]\n";
    }
    text += "+++\n\n";
    for (sides, part) in [
        (2, "## Head {#head}\n\n"),
        (4, "A network.\n\n"),
        (4, "By [@k].\n\n"),
        (6, "[[p7]] and [there](/one/p3.en.md)\n\n"),
        (6, "[head](/two/p120.en.md#top)\n\n"),
    ] {
        if dice.roll(sides) == 0 {
            text += part;
        }
    }
    // What others link to stays.
    text + if number == 120 { "## Top {#top}\n" } else { "" } + &format!("Words {}.\n", dice.roll(1000))
}

#[test]
fn in_a_large_book_an_edit_reaches_no_further_than_it_shows() {
    let root = tempfile::tempdir().expect("a folder");
    let root = root.path();
    with_theme(root);
    let mut dice = Dice(3);
    let fixed: [Edit; 7] = [
        ("kiln.toml", Some("title = \"Large\"\nprint = true\n".into())),
        ("content/_index.en.md", Some("Home.\n".into())),
        ("content/one/_index.en.md", Some("# One\n".into())),
        ("content/two/_index.en.md", Some("# Two\n".into())),
        (
            "content/terms.en.md",
            Some("# Terms\n\n{{< glossary >}}\n\n{{< bibliography >}}\n\n{{< concept-map >}}\n".into()),
        ),
        (
            "content/glossary.toml",
            Some(
                "[[term]]\nid = \"net\"\nname = { en = \"network\" }\ndefinition = { en = \"D.\" }\n".into(),
            ),
        ),
        (
            "content/references.bib",
            Some("@misc{k, author = {Author, An}, title = {{T}}, year = {2017}}\n".into()),
        ),
    ];
    fixed.iter().for_each(|edit| put(root, edit));
    let path = |number: usize| format!("content/{}/p{number}.en.md", if number < 80 { "one" } else { "two" });
    let write = |number: usize, dice: &mut Dice| {
        let text = of_large_book(number, dice);
        fs::write(root.join(path(number)), text).expect("written");
    };
    (0..160).for_each(|number| write(number, &mut dice));
    let mut watched = Watched::new(root);
    let mut changes = Changes::All;
    let mut all = 0;
    for round in 0..24 {
        let (sound, made) = watched.equals_a_build_from_nothing(&changes, round);
        assert!(sound, "round {round}");
        if round == 0 {
            all = made;
        } else {
            // Both parts have eighty pages: a title shows in one of them, and where its terms and works are.
            assert!(made < all * 2 / 3, "round {round}: {made} of {all} after {changes:?}");
        }
        let number = dice.roll(160);
        write(number, &mut dice);
        changes = Changes::Files([PathBuf::from(path(number))].into());
    }
}

#[test]
fn an_edit_of_a_fact_makes_the_pages_that_state_it() {
    let root = tempfile::tempdir().expect("a folder");
    let root = root.path();
    let fact = |key: &str, number: usize| {
        format!(
            "[[fact]]\nkey = \"{key}\"\nnumber = {number}\nwhat = {{ en = \"A\", zh = \"B\" }}\nsource = \"k\"\n"
        )
    };
    let work = "@misc{k, author = {Author, An}, title = {{T}}, year = {2017}}\n";
    for (path, text) in [
        ("kiln.toml", config(0)),
        ("content/_index.en.md", "Home.\n".to_owned()),
        ("content/a.en.md", "One is {{< fact a.one >}}.\n".to_owned()),
        ("content/b.en.md", "Two is {{< fact a.two >}}.\n".to_owned()),
        ("content/c.en.md", "Nothing.\n".to_owned()),
        ("content/f.en.md", "{{< facts >}}\n".to_owned()),
        ("content/references.bib", work.to_owned()),
        ("content/facts.toml", fact("a.one", 1) + &fact("a.two", 2)),
    ] {
        put(root, &(path, Some(text)));
    }
    let mut session = Session::new(request(root));
    session.make(&Changes::All, Pace::Now, &Memory::default()).expect("it can be built");
    let pages = |memory: Memory| -> Vec<String> {
        let files = memory.files().into_keys();
        files.filter(|path| path.ends_with("/index.html") && path.starts_with("en/")).collect()
    };
    let mut edit = |path: &'static str, text: String| {
        put(root, &(path, Some(text)));
        let changes = Changes::Files([PathBuf::from(path)].into());
        let memory = Memory::default();
        let live = session.make(&changes, Pace::Later, &memory).expect("it can be built");
        assert!(live.is_sound(), "{:?}", told(&live.report.diagnostics, &live.report.sources));
        pages(memory)
    };
    let mut facts = |text: String| edit("content/facts.toml", text);
    assert_eq!(facts(fact("a.one", 7) + &fact("a.two", 2)), ["en/a/index.html", "en/f/index.html"]);
    assert_eq!(facts(format!("\n# moved\n{}{}", fact("a.one", 7), fact("a.two", 2))), Vec::<String>::new());
    assert_eq!(facts(fact("a.one", 7) + &fact("a.two", 3)), ["en/b/index.html", "en/f/index.html"]);
    // A page with facts is read on its own, as one without is.
    assert_eq!(edit("content/a.en.md", "One was {{< fact a.one >}}.\n".to_owned()), ["en/a/index.html"]);
}

/// Somebody who looks at one page.
#[derive(Default)]
struct Looking {
    memory: Memory,
    at: &'static str,
    shown: std::sync::atomic::AtomicBool,
}

impl Sink for Looking {
    fn put(&self, file: &Listed, bytes: Vec<u8>) {
        self.memory.put(file, bytes);
    }

    fn wanted(&self) -> BTreeSet<String> {
        [self.at.to_owned()].into()
    }

    fn sound(&self, files: &[Listed]) {
        let own = files.iter().any(|file| file.path == self.at);
        self.shown.fetch_or(own, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn what_is_looked_at_comes_first_and_a_style_alone() {
    let root = tempfile::tempdir().expect("a folder");
    let root = root.path();
    with_theme(root);
    put(root, &("kiln.toml", Some(config(0))));
    put(root, &("content/_index.en.md", Some("Home.\n".into())));
    for number in 0..200 {
        fs::write(root.join(format!("content/p{number}.en.md")), "Words.\n").expect("written");
    }
    put(root, &("content/picture.svg", Some("<svg/>".into())));
    let mut session = Session::new(request(root));
    session.make(&Changes::All, Pace::Now, &Memory::default()).expect("it can be built");
    let mut edit = |path: &'static str, text: &str| {
        put(root, &(path, Some(text.to_owned())));
        let mut make = |changes: &Changes, pace| {
            let mut sink = Looking { at: "en/p7/index.html", ..Looking::default() };
            let live = session.make(changes, pace, &sink).expect("it can be built");
            assert_eq!(*sink.shown.get_mut(), live.is_sound() && live.extent == Extent::Seen, "{path}");
            let files: Vec<String> = sink.memory.files().into_keys().collect();
            (live.extent, live.is_sound(), files)
        };
        let first = make(&Changes::Files([PathBuf::from(path)].into()), Pace::Seen);
        (first, make(&Changes::NONE, Pace::Later))
    };
    let pages = |files: &[String]| files.iter().filter(|path| path.ends_with(".html")).count();
    let seen = |files: &[String]| {
        assert_eq!(pages(files), 1, "{files:?}");
        assert!(files.iter().any(|path| path == "en/p7/index.html"), "{files:?}");
    };
    for (path, text) in [
        ("templates/partials/footer.html", "<footer>N</footer>\n"),
        ("kiln.toml", &*config(1)),
        ("content/picture.svg", "<svg id=\"n\"/>"),
        ("content/references.bib", "% N\n"),
    ] {
        let ((extent, sound, files), (then, _, rest)) = edit(path, text);
        assert_eq!((extent, sound, then), (Extent::Seen, true, Extent::Whole), "{path}");
        seen(&files);
        assert!(pages(&rest) > 200, "{path}: {}", pages(&rest));
    }
    let (first, then) = edit("templates/assets/style.css", "body { margin: 0 }\n");
    assert_eq!((first.0, then.0), (Extent::Whole, Extent::Whole));
    assert!(first.2.contains(&"assets/style.css".to_owned()), "{:?}", first.2);
    // The gateway and the page of what is not found may show anything, and are made each time.
    assert_eq!((pages(&first.2), pages(&then.2)), (2, 2), "no page names what a style is");
    // A fault shows with the page that is looked at, and goes with it.
    for fault in ["{{ gone.away }}\n", "{% if %}\n"] {
        let ((extent, sound, _), (then, still, _)) = edit("templates/partials/footer.html", fault);
        assert_eq!((extent, sound, then, still), (Extent::Seen, false, Extent::Whole, false), "{fault}");
    }
    let ((extent, sound, _), _) = edit("templates/partials/footer.html", "<footer>M</footer>\n");
    assert_eq!((extent, sound), (Extent::Seen, true));
}
