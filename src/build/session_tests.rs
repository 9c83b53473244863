//! After any row of edits a session holds what a build from nothing makes.

#![expect(clippy::disallowed_methods, reason = "the tests edit a project on disk")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::content::Drafts;
use crate::diag::{Sources, Style, render};
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
    ] {
        let kept = if part == "<b>\n\n" { dice.roll(30) == 0 } else { dice.roll(5) > 0 };
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
    match dice.roll(12) {
        0 => ("kiln.toml", Some(config(dice.roll(3)))),
        1 => ("templates/partials/footer.html", Some(format!("<footer>{}</footer>\n", dice.roll(9)))),
        2 => ("templates/assets/style.css", Some(format!("body {{ margin: {}px }}\n", dice.roll(9)))),
        3 => (PAGES[dice.roll(5)], None),
        4 => (
            "content/part/picture.svg",
            (dice.roll(2) == 0).then(|| format!("<svg id=\"{}\"/>", dice.roll(9))),
        ),
        5 => ("content/part/_index.en.md", Some(format!("+++\ntitle = \"Part {}\"\n+++\n", dice.roll(3)))),
        _ => (PAGES[dice.roll(5)], Some(page(dice))),
    }
}

fn config(title: usize) -> String {
    format!(
        "title = \"Site {title}\"\nlanguages = [{{ tag = \"en\", name = \"English\" }}, {{ tag = \"zh\", name = \"中文\" }}]\n[lint]\nlock-step = \"warn\"\n"
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
    }
}

fn told(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<String> {
    let mut told: Vec<String> = diagnostics.iter().map(|d| render(d, sources, Style::Plain)).collect();
    told.sort();
    told
}

#[test]
fn a_session_makes_what_a_build_from_nothing_makes() {
    let root = tempfile::tempdir().expect("a folder");
    let root = root.path();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for entry in walkdir::WalkDir::new(&repository).into_iter().flatten().filter(|e| e.file_type().is_file())
    {
        let target = root.join("templates").join(entry.path().strip_prefix(&repository).expect("below"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("made");
        fs::copy(entry.path(), target).expect("copied");
    }
    let mut dice = Dice(7);
    put(root, &("kiln.toml", Some(config(0))));
    put(root, &("content/_index.en.md", Some("Home.\n".into())));
    for path in PAGES {
        put(root, &(path, Some(page(&mut dice))));
    }
    let mut session = Session::new(request(root));
    let mut files: BTreeMap<String, std::sync::Arc<[u8]>> = BTreeMap::new();
    let mut changes = Changes::All;
    let mut sound = 0;
    for round in 0..120 {
        let memory = Memory::default();
        session.make(&changes, BTreeSet::new(), &memory).expect("it can be built");
        // What is made of all pages together comes when nothing changes.
        let live = session.make(&Changes::NONE, BTreeSet::new(), &memory).expect("it can be built");
        files.extend(memory.files());
        let fresh = Memory::default();
        let made = super::super::make(&request(root), &fresh).expect("it can be built");
        let fresh = fresh.files();
        assert_eq!(
            told(&live.report.diagnostics, &live.report.sources),
            told(&made.report.diagnostics, &made.report.sources),
            "round {round}, after {changes:?}"
        );
        assert_eq!(live.files, made.files, "round {round}, after {changes:?}");
        for file in &live.files {
            assert_eq!(files.get(&file.path), fresh.get(&file.path), "round {round}: {}", file.path);
        }
        sound += usize::from(live.is_sound());
        let edits: Vec<Edit> = (0..=dice.roll(3)).map(|_| edit(&mut dice)).collect();
        edits.iter().for_each(|edit| put(root, edit));
        changes = Changes::Files(edits.iter().map(|(path, _)| PathBuf::from(path)).collect());
    }
    assert!((20..120).contains(&sound), "sites with and without faults: {sound}");
}
