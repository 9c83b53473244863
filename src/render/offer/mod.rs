//! A page in other forms: as Markdown for programs that read, as a notebook and a script for people
//! who want to go on from it.
//!
//! All are made from what the author wrote, with what the cells made put in its place.

mod edits;
mod markdown;
mod notebook;
mod parts;
mod plain;
mod script;

use crate::content::page::{Chapter, Page};
use crate::write::OutFile;

use super::theme::Words;
use super::{Copy, Input};

pub(super) use markdown::markdown;

/// The name of a page's copy in Markdown, in the page's folder.
pub(super) const COPY: &str = "index.md";

/// The id of the list of works, on a page and in its copy.
pub(super) const REFERENCES: &str = "references";

/// What a chapter offers beside its page: names of files in the page's folder.
#[derive(Debug, Default)]
pub(super) struct Offered {
    /// The notebook, where there are cells.
    pub notebook: Option<String>,
    /// The script, where there are cells.
    pub script: Option<String>,
    /// How many minutes the page takes to read.
    pub minutes: usize,
    /// The copy in Markdown.
    pub copy: Option<Copy>,
    /// The notebook and the script themselves.
    pub files: Vec<OutFile>,
}

/// The other forms of `page`.
pub(super) fn offer(input: &Input<'_>, page: &Page, chapter: Option<&Chapter>, words: &Words) -> Offered {
    let parts = parts::parts(input, page, chapter);
    let file = |name: &str, text: String| OutFile { path: format!("{}{name}", page.url), bytes: text.into() };
    let mut offered = Offered { minutes: minutes(&parts), ..Offered::default() };
    offered.copy = Some(Copy { url: page.url.clone(), text: markdown(page, &parts, words).into() });
    if page.cells.is_empty() {
        return offered;
    }
    let stem = page.url.trim_end_matches('/').rsplit('/').next().unwrap_or("page");
    let (notebook, script) = (format!("{stem}.ipynb"), format!("{stem}.py"));
    offered.files.push(file(&notebook, notebook::notebook(page, &parts)));
    offered.files.push(file(&script, script::script(page, &parts)));
    Offered { notebook: Some(notebook), script: Some(script), ..offered }
}

/// Another form of a chapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A Jupyter notebook, with what its cells show.
    Notebook,
    /// A Python script.
    Script,
}

impl Form {
    /// What the names of its files end in.
    fn ending(self) -> &'static str {
        match self {
            Self::Notebook => ".ipynb",
            Self::Script => ".py",
        }
    }
}

/// Every chapter with cells, or the one at `chapter`, in this form and in all its languages.
pub fn export(input: &Input<'_>, form: Form, chapter: Option<&str>) -> Vec<OutFile> {
    let wanted = input.content.chapters.iter().filter(|known| chapter.is_none_or(|path| known.path == path));
    let pages = wanted.flat_map(|chapter| chapter.pages.values().map(move |page| (chapter, page)));
    let files = pages
        .flat_map(|(chapter, page)| offer(input, page, Some(chapter), input.theme.words(&page.lang)).files);
    files.filter(|file| file.path.ends_with(form.ending())).collect()
}

/// How many minutes the prose takes: 230 words or 400 Chinese characters a minute.
fn minutes(parts: &[parts::Part<'_>]) -> usize {
    let (mut words, mut signs) = (0, 0);
    for part in parts {
        let parts::Part::Text(text) = part else { continue };
        signs += text.chars().filter(|c| is_wide(*c)).count();
        let narrow = text.split(|c: char| c.is_whitespace() || is_wide(c));
        words += narrow.filter(|word| word.chars().any(char::is_alphanumeric)).count();
    }
    (words * 400 + signs * 230).div_ceil(230 * 400).max(1)
}

fn is_wide(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests;
