//! Cells of other pages: `{{< cell page="bert" label="fig-attn" >}}` shows what a cell of another page made.

use crate::diag::{Diagnostic, Span};

use super::Content;
use super::page::{Chapter, Page, Piece, Shortcode};

/// The name of the shortcode.
pub const NAME: &str = "cell";

/// What it can be told.
const ARGUMENTS: [&str; 7] = ["page", "label", "id", "echo", "fig-cap", "fig-alt", "tbl-cap"];

/// A shortcode that shows a cell of another page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Embed<'a> {
    /// The chapter, by the name of its folder or by its whole path.
    pub page: &'a str,
    /// The label of the cell.
    pub label: &'a str,
    /// What it is called in the page that shows it: another name where the label is taken.
    pub id: &'a str,
    /// Whether its code is shown, too.
    pub echo: bool,
    /// Captions and an alternative text in the place of its own.
    pub fig_cap: Option<&'a str>,
    /// See `fig_cap`.
    pub fig_alt: Option<&'a str>,
    /// See `fig_cap`.
    pub tbl_cap: Option<&'a str>,
    /// Where the shortcode stands.
    pub span: Span,
}

impl<'a> Embed<'a> {
    /// What `shortcode` asks for.
    ///
    /// # Errors
    /// It says too little, or something that it cannot say.
    pub fn read(shortcode: &'a Shortcode) -> Result<Self, Box<Diagnostic>> {
        let span = shortcode.span;
        let hint = "write it as `{{< cell page=\"bert\" label=\"fig-attn\" >}}`";
        if let Some(word) = shortcode.words.first() {
            let fault = Diagnostic::error(span, format!("`cell` does not know what to do with `{word}`"));
            return Err(Box::new(fault.hint(hint)));
        }
        if let Some((key, _)) = shortcode.arguments.iter().find(|(key, _)| !ARGUMENTS.contains(&key.as_str()))
        {
            let fault = Diagnostic::error(span, format!("`cell` has no argument `{key}`"));
            return Err(Box::new(fault.did_you_mean(key, ARGUMENTS)));
        }
        let (Some(page), Some(label)) = (shortcode.get("page"), shortcode.get("label")) else {
            let lacks = if shortcode.get("page").is_none() { "page" } else { "label" };
            let fault = Diagnostic::error(span, format!("`cell` needs a {lacks}"));
            return Err(Box::new(fault.hint(hint)));
        };
        let id = shortcode.get("id").unwrap_or(label);
        let fit = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if id.is_empty() || !id.chars().all(fit) {
            let fault = Diagnostic::error(span, format!("`{id}` cannot be a label"));
            return Err(Box::new(fault.hint("labels are letters, digits, dashes and underscores")));
        }
        let echo = match shortcode.get("echo") {
            None | Some("false") => false,
            Some("true") => true,
            Some(other) => {
                let fault = Diagnostic::error(span, format!("`echo` is true or false, and not `{other}`"));
                return Err(Box::new(fault));
            }
        };
        Ok(Self {
            page,
            label,
            id,
            echo,
            fig_cap: shortcode.get("fig-cap"),
            fig_alt: shortcode.get("fig-alt"),
            tbl_cap: shortcode.get("tbl-cap"),
            span,
        })
    }
}

/// The id that `shortcode` takes in its page, where it shows a cell of another one.
pub fn id(shortcode: &Shortcode) -> Option<&str> {
    let own = || shortcode.get("id").or_else(|| shortcode.get("label"));
    (shortcode.name == NAME).then(own).flatten()
}

impl Page {
    /// The cells of other pages that this one shows.
    pub fn embeds(&self) -> impl Iterator<Item = Embed<'_>> {
        let cells = self.shortcodes.iter().filter(|shortcode| shortcode.name == NAME);
        cells.filter_map(|shortcode| Embed::read(shortcode).ok())
    }

    /// Everything in the body that may have a number, in its order: what has a label, and cells of other pages.
    pub fn numbered(&self) -> impl Iterator<Item = &str> {
        self.body.iter().filter_map(|piece| match piece {
            Piece::Shortcode(index) => id(&self.shortcodes[*index]),
            piece => self.label_of(piece),
        })
    }
}

impl Content {
    /// The chapters that `name` can mean: the one with this path, else those whose folder is called so.
    pub fn called<'a>(&'a self, name: &str) -> Vec<&'a Chapter> {
        if let Some(chapter) = self.chapters.iter().find(|chapter| chapter.path == name) {
            return vec![chapter];
        }
        self.chapters.iter().filter(|chapter| chapter.slug() == name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{FileId, Sources};

    fn said(arguments: &[(&str, &str)], words: &[&str]) -> String {
        let file: FileId = Sources::default().add("a.md", "");
        let shortcode = Shortcode {
            name: NAME.into(),
            arguments: arguments.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            span: Span::new(file, 0..0),
            block: true,
        };
        match Embed::read(&shortcode) {
            Ok(embed) => format!("{} {} {} {}", embed.page, embed.label, embed.id, embed.echo),
            Err(fault) => format!("{} {}", fault.message, fault.hints.join(" ")),
        }
    }

    #[test]
    fn a_cell_is_named_by_page_and_label() {
        let (page, label) = (("page", "bert"), ("label", "fig-a"));
        assert_eq!(said(&[page, label], &[]), "bert fig-a fig-a false");
        assert_eq!(said(&[page, label, ("id", "fig-b"), ("echo", "true")], &[]), "bert fig-a fig-b true");
        for (arguments, words, expect) in [
            (vec![page], vec![], "`cell` needs a label write it as"),
            (vec![label], vec![], "`cell` needs a page write it as"),
            (vec![page, ("lable", "x")], vec![], "`cell` has no argument `lable` did you mean `label`?"),
            (vec![page, label], vec!["x"], "`cell` does not know what to do with `x`"),
            (vec![page, label, ("echo", "yes")], vec![], "`echo` is true or false"),
            (vec![page, label, ("id", "a b")], vec![], "`a b` cannot be a label"),
        ] {
            let said = said(&arguments, &words);
            assert!(said.starts_with(expect), "{said}");
        }
    }
}
