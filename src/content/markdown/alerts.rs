//! Alerts: quotations that start with `[!NOTE]`, in GitHub's way, and with a title or folded in
//! Obsidian's: `[!NOTE]- Title`.

use pulldown_cmark::BlockQuoteKind;

use crate::content::page::Piece;

use super::{Range, Writer};

/// A kind of alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alert {
    /// The name in classes.
    pub(super) name: &'static str,
    /// The key of its title in `ui.toml`.
    pub(super) word: &'static str,
}

const ALERTS: [Alert; 5] = [
    Alert { name: "note", word: "alert_note" },
    Alert { name: "tip", word: "alert_tip" },
    Alert { name: "important", word: "alert_important" },
    Alert { name: "warning", word: "alert_warning" },
    Alert { name: "caution", word: "alert_caution" },
];

/// The alert called `name`, in whatever case.
pub(super) fn kind(name: &str) -> Option<Alert> {
    ALERTS.into_iter().find(|alert| alert.name.eq_ignore_ascii_case(name))
}

fn of(kind: BlockQuoteKind) -> Alert {
    match kind {
        BlockQuoteKind::Note => ALERTS[0],
        BlockQuoteKind::Tip => ALERTS[1],
        BlockQuoteKind::Important => ALERTS[2],
        BlockQuoteKind::Warning => ALERTS[3],
        BlockQuoteKind::Caution => ALERTS[4],
    }
}

/// What ends the title of an alert that folds or does not.
pub(super) fn end_of_title(fold: Option<bool>) -> &'static str {
    if fold.is_some() { "</summary>\n" } else { "</p>\n" }
}

/// An alert whose title is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Title {
    alert: Alert,
    fold: Option<bool>,
    /// Where the title starts: behind the marker.
    from: usize,
    /// Whether anything of it was written.
    any: bool,
}

impl Writer<'_> {
    /// Writes the start of an alert up to its title; `fold` is whether it starts open, for one that
    /// folds. Returns what ends it.
    pub(super) fn open_alert(&mut self, alert: Alert, fold: Option<bool>) -> &'static str {
        let name = alert.name;
        match fold {
            None => {
                self.push(&format!(
                    "<aside class=\"alert alert-{name}\" role=\"note\"><p class=\"alert-title\">"
                ));
                "</aside>\n"
            }
            Some(open) => {
                let open = if open { " open" } else { "" };
                self.push(&format!(
                    "<details class=\"alert alert-{name}\"{open}><summary class=\"alert-title\">"
                ));
                "</details>\n"
            }
        }
    }

    pub(super) fn start_quote(&mut self, kind: Option<BlockQuoteKind>, range: Range) {
        if let Some(kind) = kind {
            let alert = of(kind);
            let end = self.open_alert(alert, None);
            self.piece(Piece::Word(alert.word));
            self.push(end_of_title(None));
            self.quotes.push(end);
            return;
        }
        match marker(&self.text[range.clone()]).filter(|_| self.reading.dialect.extensions) {
            Some((alert, fold, length)) => {
                let end = self.open_alert(alert, fold);
                self.quotes.push(end);
                self.title = Some(Title { alert, fold, from: range.start + length, any: false });
            }
            None => {
                self.push("<blockquote>\n");
                self.quotes.push("</blockquote>\n");
            }
        }
    }

    /// What is left of `range` behind the marker of an alert; `None` where nothing is.
    pub(super) fn after_marker(&mut self, range: &Range) -> Option<usize> {
        let title = self.title.as_mut()?;
        if range.end <= title.from {
            return Some(range.len());
        }
        title.any = true;
        Some(title.from.saturating_sub(range.start))
    }

    /// The line of an alert's title ends; a paragraph follows where the quotation `goes_on`.
    pub(super) fn end_title(&mut self, goes_on: bool) -> bool {
        let Some(title) = self.title.take() else { return false };
        if !title.any {
            self.piece(Piece::Word(title.alert.word));
        }
        self.push(end_of_title(title.fold));
        if goes_on {
            self.push("<p>");
        }
        true
    }
}

/// The marker at the start of a quotation: its kind, whether it folds, and how long it is.
fn marker(quote: &str) -> Option<(Alert, Option<bool>, usize)> {
    let inner = quote.trim_start_matches([' ', '>']);
    let (name, rest) = inner.strip_prefix("[!")?.split_once(']')?;
    let alert = kind(name)?;
    let (fold, rest) = match rest.chars().next() {
        Some('-') => (Some(false), &rest[1..]),
        Some('+') => (Some(true), &rest[1..]),
        _ => (None, rest),
    };
    let rest = rest.trim_start_matches([' ', '\t']);
    Some((alert, fold, quote.len() - rest.len()))
}
