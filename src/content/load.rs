//! Finds and reads the files of `content/`: the one place where pages come from disk.
//!
//! Invariant: nothing outside the project is read; a link that leads out of it is refused.

#![expect(clippy::disallowed_methods, reason = "this room is where pages are read")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::diag::{Diagnostic, FileId, Parsed, Sources, Span};
use crate::{Error, Result};

use super::include::Files;
use super::layout::Layout;
use super::page::Lang;
use super::{markdown, summary};

/// A page's file, read, and where in the site it belongs.
#[derive(Clone, Debug)]
pub struct RawPage {
    /// The text.
    pub file: FileId,
    /// The language that the file's name ends in.
    pub lang: Lang,
    /// The section or chapter it is a page of.
    pub place: Place,
    /// What a summary says about it.
    pub listed: Option<Listed>,
}

/// A page's entry in a summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The title.
    pub title: String,
    /// The place in the order.
    pub weight: i64,
    /// The path of the section that lists it.
    pub section: String,
}

/// What a page is a page of; the path is a folder below `content/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `_index.LANG.md`.
    Section(String),
    /// `SLUG/SLUG.LANG.md`, `SLUG/index.LANG.md` or `SLUG.LANG.md`.
    Chapter(String),
}

/// A file that is not a page: it goes out as it is.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Path below `content/`, with `/` between the parts.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Everything in `content/`.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The pages, by path.
    pub pages: Vec<RawPage>,
    /// The other files, by path.
    pub assets: Vec<Asset>,
    /// What pages include.
    pub files: Files,
}

/// Reads the folder `content/` of the project in `root`.
///
/// # Errors
/// The folder or a file in it cannot be read.
pub fn load(root: &Path, langs: &[Lang], layout: Layout, sources: &mut Sources) -> Result<Parsed<Loaded>> {
    let folder = root.join(layout.folder());
    if !folder.is_dir() {
        return Err(absent(&folder));
    }
    let home = fs::canonicalize(root).map_err(Error::because(format!("cannot read {}", root.display())))?;
    let mut loaded = Loaded::default();
    let mut diagnostics = Vec::new();
    let summary = match layout {
        Layout::Mdbook => Some(read_summary(&folder, sources)?.take(&mut diagnostics)),
        Layout::Kiln | Layout::Zola | Layout::Hugo => None,
    };
    let mut walk = walkdir::WalkDir::new(&folder).follow_links(true).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                // Some editors mark a file that is open by a hidden link to nowhere.
                let hidden =
                    error.path().and_then(|path| path.strip_prefix(&folder).ok()).is_some_and(is_hidden);
                if !hidden {
                    diagnostics.push(broken_link(error, root, sources)?);
                }
                continue;
            }
        };
        let path = entry.path();
        let Ok(below) = path.strip_prefix(&folder) else { continue };
        let shown = PathBuf::from(layout.folder()).join(below);
        if is_hidden(below) {
            if entry.file_type().is_dir() {
                walk.skip_current_dir();
            }
            continue;
        }
        if entry.path_is_symlink() {
            let real =
                fs::canonicalize(path).map_err(Error::because(format!("cannot read {}", path.display())))?;
            if !real.starts_with(&home) {
                // A folder out there may be the whole disk: nothing in it is even listed.
                if entry.file_type().is_dir() {
                    walk.skip_current_dir();
                }
                let file = sources.add(shown, "");
                diagnostics.push(
                    Diagnostic::error(Span::new(file, 0..0), "this link leads out of the project")
                        .hint("copy what it leads to into the project"),
                );
                continue;
            }
        }
        if !entry.file_type().is_file() {
            continue;
        }
        let name = slashes(below);
        let bytes = fs::read(path).map_err(Error::because(format!("cannot read {}", path.display())))?;
        if !has_extension(&name, "md") {
            let own =
                ["facts.toml", "glossary.toml", "concepts.toml", "wording.toml"].contains(&name.as_str());
            if !own && !has_extension(&name, "bib") && !name.ends_with("bake.lock") {
                loaded.assets.push(Asset { path: name, bytes });
            }
            continue;
        }
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let good = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()])
                    .into_owned();
                let end = good.len();
                let file = sources.add(shown, good);
                diagnostics.push(
                    Diagnostic::error(Span::new(file, end..end), "this file is not UTF-8 text")
                        .hint("save it as UTF-8 in your editor"),
                );
                continue;
            }
        };
        let file = sources.add(shown, text);
        // What only stands in other pages is no page: `_part.md`.
        let own = name.rsplit('/').next().unwrap_or(&name);
        if own.starts_with('_') && !own.starts_with("_index.") {
            continue;
        }
        if let Some(summary) = &summary {
            loaded.pages.extend(listed(summary, &name, file, langs));
            continue;
        }
        match place(&name, langs) {
            Ok((place, lang)) => loaded.pages.push(RawPage { file, lang, place, listed: None }),
            Err((message, hint)) => {
                diagnostics.push(Diagnostic::error(Span::new(file, 0..0), message).hint(hint));
            }
        }
    }
    let pages: Vec<FileId> = loaded.pages.iter().map(|page| page.file).collect();
    pages.into_iter().for_each(|page| read_included(page, &home, &mut loaded.files, sources));
    Ok(Parsed { value: loaded, diagnostics })
}

/// What to say where there is no `folder` with pages.
pub fn absent(folder: &Path) -> Error {
    Error::usage(format!("there is no folder {}", folder.display()))
        .hint("run Kiln in a project's folder, or name it with `--root DIR`; `kiln init DIR` starts one")
}

/// Reads the page at `path`, which is relative to the project in `root`, once more. `None` where it is no
/// plain file of text, or none that was a page before: then all of `content/` has to be read again.
pub fn reread(root: &Path, path: &Path, langs: &[Lang], sources: &mut Sources) -> Option<RawPage> {
    sources.find(path)?;
    let name = slashes(path.strip_prefix("content").ok()?);
    let (place, lang) = place(&name, langs).ok().filter(|_| has_extension(&name, "md"))?;
    let full = root.join(path);
    if !fs::symlink_metadata(&full).ok()?.is_file() {
        return None;
    }
    let text = String::from_utf8(fs::read(full).ok()?).ok()?;
    Some(RawPage { file: sources.add(path, text), lang, place, listed: None })
}

/// The pages that mdBook's `SUMMARY.md` in `folder` lists.
///
/// # Errors
/// There is no such file.
fn read_summary(folder: &Path, sources: &mut Sources) -> Result<Parsed<Vec<summary::Item>>> {
    let path = folder.join("SUMMARY.md");
    let text =
        fs::read_to_string(&path).map_err(Error::because(format!("cannot read {}", path.display())))?;
    let file = sources.add("src/SUMMARY.md", text.as_str());
    Ok(summary::parse(&text, file))
}

/// The page in the file `name`, where the summary lists it: others are no pages of the book.
fn listed(summary: &[summary::Item], name: &str, file: FileId, langs: &[Lang]) -> Option<RawPage> {
    let (index, item) = summary.iter().enumerate().find(|(_, item)| item.file == name)?;
    let lang = langs.first().cloned().unwrap_or_else(|| Lang("en".into()));
    let weight = i64::try_from(index).unwrap_or(i64::MAX);
    let listed = Listed { title: item.title.clone(), weight, section: item.section.clone() };
    Some(RawPage { file, lang, place: item.place.clone(), listed: Some(listed) })
}

/// Reads what the text `file` includes, and what that includes in turn.
fn read_included(file: FileId, home: &Path, files: &mut Files, sources: &mut Sources) {
    if !sources.text(file).contains("{{") {
        return;
    }
    let here = sources.path(file).to_string_lossy().replace('\\', "/");
    for wanted in markdown::wanted(sources.text(file)) {
        let Some(path) = super::join(&here, &wanted) else { continue };
        if files.texts.contains_key(&path) || files.refused.contains_key(&path) {
            continue;
        }
        match read_inside(home, &path) {
            Ok(text) => {
                let included = sources.add(&path, text);
                files.texts.insert(path, included);
                read_included(included, home, files, sources);
            }
            Err(reason) => {
                files.refused.insert(path, reason);
            }
        }
    }
}

/// The text of the file at `path` below `home`, or why it may not be read.
fn read_inside(home: &Path, path: &str) -> std::result::Result<String, String> {
    let real = fs::canonicalize(home.join(path)).map_err(|_| "there is no such file".to_owned())?;
    if !real.starts_with(home) {
        return Err("a link leads out of the project".to_owned());
    }
    let bytes = fs::read(&real).map_err(|error| error.to_string())?;
    String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())
}

/// The fault behind a link that cannot be followed: it leads nowhere, or in a circle.
///
/// # Errors
/// The fault is the machine's, not a link's.
fn broken_link(error: walkdir::Error, root: &Path, sources: &mut Sources) -> Result<Diagnostic> {
    let path = error.path().map(Path::to_path_buf).unwrap_or_default();
    let message = if error.loop_ancestor().is_some() {
        "this link leads back to a folder that it stands in"
    } else if path.is_symlink() {
        "this link leads nowhere"
    } else {
        return Err(Error::because("cannot read content/")(error));
    };
    let file = sources.add(path.strip_prefix(root).unwrap_or(&path), "");
    Ok(Diagnostic::error(Span::new(file, 0..0), message).hint("remove it, or mend what it leads to"))
}

/// Where the page with the path `name` below `content/` belongs; else what is wrong, and what to do.
fn place(name: &str, langs: &[Lang]) -> std::result::Result<(Place, Lang), (String, String)> {
    // What is read here ends in `.md`, in whatever case.
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let (folder, file) = stem.rsplit_once('/').unwrap_or(("", stem));
    let (slug, lang) = match file.rsplit_once('.') {
        Some((slug, tag)) => match langs.iter().find(|lang| lang.0 == tag) {
            Some(lang) => (slug, lang.clone()),
            None => {
                let hint = format!(
                    "name the file NAME.LANG.md, with LANG one of {} (kiln.toml: languages)",
                    names(langs)
                );
                return Err((format!("the site has no language `{tag}`"), hint));
            }
        },
        // A page without a language is in the first one.
        None => match langs.first() {
            Some(lang) => (file, lang.clone()),
            None => (file, Lang("en".into())),
        },
    };
    let unfit = |part: &&str| part.chars().any(|c| !c.is_alphanumeric() && !"-_.~".contains(c));
    if let Some(part) = folder.split('/').chain([slug]).find(unfit) {
        let hint = "name it with letters, digits, `-` and `_`: it becomes a part of the page's address";
        return Err((format!("`{part}` cannot stand in an address"), hint.to_owned()));
    }
    let own = folder.rsplit('/').next() == Some(slug) || slug == "index";
    Ok(match slug {
        "_index" => (Place::Section(folder.to_owned()), lang),
        _ if own && !folder.is_empty() => (Place::Chapter(folder.to_owned()), lang),
        _ if folder.is_empty() => (Place::Chapter(slug.to_owned()), lang),
        _ => (Place::Chapter(format!("{folder}/{slug}")), lang),
    })
}

fn names(langs: &[Lang]) -> String {
    langs.iter().map(|lang| lang.0.as_str()).collect::<Vec<_>>().join(", ")
}

/// Whether nothing reads the file at `path` below `content/`: it is hidden, and none of a chapter's bakes.
pub fn is_unread(path: &Path) -> bool {
    is_hidden(path) && !path.iter().any(|part| part == ".bakes")
}

/// Whether `path` is not meant for readers: a hidden file, or a copy that an editor has put aside.
fn is_hidden(path: &Path) -> bool {
    path.components().any(|part| {
        let name = part.as_os_str().to_string_lossy();
        name.starts_with('.') || name.ends_with('~') || (name.starts_with('#') && name.ends_with('#'))
    })
}

fn slashes(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn has_extension(name: &str, extension: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_where_a_page_belongs() {
        let langs = [Lang("en".into()), Lang("zh".into())];
        let at = |name: &str| place(name, &langs).ok().map(|(place, lang)| (place, lang.0));
        let chapter = |path: &str, lang: &str| Some((Place::Chapter(path.into()), lang.to_owned()));
        let section = |path: &str, lang: &str| Some((Place::Section(path.into()), lang.to_owned()));
        assert_eq!(at("language/bert/bert.en.md"), chapter("language/bert", "en"));
        assert_eq!(at("language/bert/index.zh.md"), chapter("language/bert", "zh"));
        assert_eq!(at("language/bert.zh.md"), chapter("language/bert", "zh"));
        assert_eq!(at("about.md"), chapter("about", "en"));
        assert_eq!(at("_index.zh.md"), section("", "zh"));
        assert_eq!(at("language/_index.en.md"), section("language", "en"));
        assert_eq!(at("ABOUT.ZH.MD"), None);
        assert_eq!(at("ABOUT.zh.MD"), chapter("ABOUT", "zh"));
        assert_eq!(at("语言/注意力.zh.md"), chapter("语言/注意力", "zh"));
        assert_eq!(at("language/bert.fr.md"), None);
        assert_eq!(at("my part/bert.en.md"), None);
        assert_eq!(at("what?.en.md"), None);
    }

    /// What `load` says about a project with one link `content/link` to `target`: pages and faults.
    #[cfg(unix)]
    fn linked(target: &Path) -> (usize, Vec<String>) {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join("content")).expect("made");
        fs::write(root.path().join("content/a.en.md"), "text").expect("written");
        std::os::unix::fs::symlink(target, root.path().join("content/link")).expect("linked");
        let mut sources = Sources::default();
        let loaded =
            load(root.path(), &[Lang("en".into())], Layout::Kiln, &mut sources).expect("it can be read");
        let told = |d: Diagnostic| {
            let path = d.span.map(|span| sources.path(span.file).display().to_string());
            format!("{}: {}", path.unwrap_or_default(), d.message)
        };
        (loaded.value.pages.len(), loaded.diagnostics.into_iter().map(told).collect())
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_project_are_refused() {
        let outside = tempfile::tempdir().expect("a folder");
        fs::write(outside.path().join("secret.en.md"), "secret").expect("written");
        fs::write(outside.path().join("secret.zz.md"), "secret").expect("written");
        let expect = vec!["content/link: this link leads out of the project".to_owned()];
        assert_eq!(linked(outside.path()), (1, expect.clone()));
        assert_eq!(linked(&outside.path().join("secret.en.md")), (1, expect.clone()));
        // The whole disk is not walked.
        assert_eq!(linked(Path::new("/")), (1, expect));
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_nowhere_or_in_a_circle_are_faults() {
        let nowhere = vec!["content/link: this link leads nowhere".to_owned()];
        assert_eq!(linked(Path::new("gone")), (1, nowhere));
        let circle = vec!["content/link: this link leads back to a folder that it stands in".to_owned()];
        assert_eq!(linked(Path::new("../content")), (1, circle));
    }

    #[test]
    fn a_file_that_is_not_text_is_a_fault_at_its_first_bad_byte() {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join("content")).expect("made");
        fs::write(root.path().join("content/a.en.md"), b"ab\ncd\xff").expect("written");
        fs::create_dir(root.path().join("content/.hidden")).expect("made");
        fs::write(root.path().join("content/.hidden/b.en.md"), b"\xff").expect("written");
        let mut sources = Sources::default();
        let loaded =
            load(root.path(), &[Lang("en".into())], Layout::Kiln, &mut sources).expect("it can be read");
        let span = loaded.diagnostics[0].span.expect("a place");
        assert_eq!(sources.line_column(span.file, span.start as usize), (2, 3));
        assert_eq!(loaded.diagnostics.len(), 1);
    }
}
