//! Lock-step: the pages of a chapter in several languages have the same headings, the same cells,
//! the same citations and the same facts, so that nobody reads an outdated translation.

use std::collections::BTreeSet;

use crate::diag::{Diagnostic, Severity, Span};

use super::Content;
use super::facts;
use super::page::{Lang, Page};

/// What is reported, and how loudly; `None` is silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lints {
    /// Pages of two languages that differ in structure.
    pub lock_step: Option<Severity>,
    /// A chapter that a language lacks.
    pub missing_translation: Option<Severity>,
    /// A translation whose original has changed since.
    pub outdated_translation: Option<Severity>,
    /// Numbers typed by hand in the prose of a page with cells.
    pub typed_numbers: Option<Severity>,
}

impl Default for Lints {
    fn default() -> Self {
        Self {
            lock_step: Some(Severity::Error),
            missing_translation: Some(Severity::Warning),
            outdated_translation: Some(Severity::Warning),
            typed_numbers: Some(Severity::Warning),
        }
    }
}

/// What the pages of `content`, in the languages `langs`, owe each other.
pub fn check(content: &Content, langs: &[Lang], lints: &Lints) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let groups = content.sections.iter().map(|section| (&section.path, &section.pages, false));
    let groups = groups.chain(content.chapters.iter().map(|chapter| (&chapter.path, &chapter.pages, true)));
    for (path, pages, is_chapter) in groups {
        let written: Vec<&Page> = langs.iter().filter_map(|lang| pages.get(lang)).collect();
        let Some((first, others)) = written.split_first() else { continue };
        for other in others {
            push(&mut found, lints.lock_step, compare(first, other));
        }
        for page in &written {
            push(&mut found, lints.outdated_translation, outdated(page, &written));
        }
        let missing: Vec<&str> =
            langs.iter().filter(|lang| !pages.contains_key(lang)).map(|l| l.0.as_str()).collect();
        if !missing.is_empty() {
            let what = match (is_chapter, path.as_str()) {
                (true, path) => format!("the chapter `{path}`"),
                (false, "") => "the home page".to_owned(),
                (false, path) => format!("the part `{path}`"),
            };
            let message = format!("{what} is not written in {}", missing.join(", "));
            let fault = Diagnostic::error(Span::new(first.file, 0..0), message);
            let fault = fault.hint("readers of that language are led to this page, with a mark");
            push(&mut found, lints.missing_translation, vec![fault]);
        }
        if is_chapter {
            for page in written {
                push(&mut found, lints.typed_numbers, typed_numbers(page));
            }
        }
    }
    found
}

fn push(found: &mut Vec<Diagnostic>, severity: Option<Severity>, faults: Vec<Diagnostic>) {
    if let Some(severity) = severity {
        found.extend(faults.into_iter().map(|fault| Diagnostic { severity, ..fault }));
    }
}

/// The original of `page` among the pages of its chapter: the first of another language, where its front
/// matter says that it is a translation.
pub fn original<'a>(page: &Page, pages: impl IntoIterator<Item = &'a Page>) -> Option<&'a Page> {
    page.front.original.as_ref()?;
    pages.into_iter().find(|other| other.lang != page.lang)
}

/// Whether the original of `page` is another than when it was translated.
pub fn is_outdated(page: &Page, original: &Page) -> bool {
    page.front.original.as_ref().is_some_and(|stamp| *stamp != original.stamp)
}

/// What is to be said of a translation that is older than its original.
fn outdated(page: &Page, pages: &[&Page]) -> Vec<Diagnostic> {
    let Some(original) = original(page, pages.iter().copied()).filter(|original| is_outdated(page, original))
    else {
        return Vec::new();
    };
    let message = format!("the page in `{}` has changed since this one was translated", original.lang);
    let fault = Diagnostic::error(Span::new(page.file, 0..0), message);
    let hint =
        format!("once both say the same, write `original = \"{}\"` in its front matter", original.stamp);
    vec![fault.related(Span::new(original.file, 0..0), "the original").hint(hint)]
}

/// Where `other` departs from `first`.
fn compare(first: &Page, other: &Page) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    faults.extend(headings(first, other));
    let labels = |page: &Page| -> Vec<(String, Span)> {
        page.cells.iter().map(|cell| (cell.options.label.clone(), cell.options.label_span)).collect()
    };
    let hint = "a cell stands in every language; where it has no code it shows the other's";
    faults.extend(difference(&labels(first), &labels(other), "cell", (first, other), hint));
    faults.extend(difference(&labels(other), &labels(first), "cell", (other, first), hint));
    let embeds = |page: &Page| -> Vec<(String, Span)> {
        page.embeds().map(|embed| (format!("{}#{}", embed.page, embed.label), embed.span)).collect()
    };
    let hint = "both languages show the same cells of other pages";
    faults.extend(difference(&embeds(first), &embeds(other), "cell", (first, other), hint));
    faults.extend(difference(&embeds(other), &embeds(first), "cell", (other, first), hint));
    let hint = "both languages rest on the same works";
    faults.extend(difference(&first.citations, &other.citations, "citation", (first, other), hint));
    faults.extend(difference(&other.citations, &first.citations, "citation", (other, first), hint));
    let stated = |page: &Page| -> Vec<(String, Span)> {
        let stated =
            page.shortcodes.iter().filter_map(|code| Some((facts::named(code)?.to_owned(), code.span)));
        stated.collect()
    };
    let hint = "both languages state the same facts";
    faults.extend(difference(&stated(first), &stated(other), "fact", (first, other), hint));
    faults.extend(difference(&stated(other), &stated(first), "fact", (other, first), hint));
    faults
}

/// The first heading that has no counterpart.
fn headings(first: &Page, other: &Page) -> Option<Diagnostic> {
    let hint = "pages of two languages have the same headings, in the same order";
    let longest = first.headings.len().max(other.headings.len());
    (0..longest).find_map(|index| match (first.headings.get(index), other.headings.get(index)) {
        (Some(a), Some(b)) if a.level != b.level => {
            let message = format!(
                "this heading has level {}, its counterpart in `{}` level {}",
                b.level, first.lang, a.level
            );
            Some(Diagnostic::error(b.span, message).related(a.span, "the counterpart").hint(hint))
        }
        (Some(a), Some(b)) if a.given && b.given && a.id != b.id => {
            let message =
                format!("this heading is called `{}`, its counterpart in `{}` `{}`", b.id, first.lang, a.id);
            Some(Diagnostic::error(b.span, message).related(a.span, "the counterpart").hint(hint))
        }
        (Some(a), None) => Some(
            Diagnostic::error(a.span, format!("the page in `{}` lacks this heading", other.lang)).hint(hint),
        ),
        (None, Some(b)) => Some(
            Diagnostic::error(b.span, format!("the page in `{}` lacks this heading", first.lang)).hint(hint),
        ),
        _ => None,
    })
}

/// What stands in `here` and not in `there`, told once each.
fn difference(
    here: &[(String, Span)],
    there: &[(String, Span)],
    what: &str,
    pages: (&Page, &Page),
    hint: &str,
) -> Vec<Diagnostic> {
    let known: BTreeSet<&str> = there.iter().map(|(name, _)| name.as_str()).collect();
    let mut told = BTreeSet::new();
    here.iter()
        .filter(|(name, _)| !known.contains(name.as_str()) && told.insert(name.as_str()))
        .map(|(name, span)| {
            let message = format!("the page in `{}` has no {what} `{name}`", pages.1.lang);
            Diagnostic::error(*span, message).hint(hint)
        })
        .collect()
}

/// One fault for all numbers of a page that were typed, at the first of them.
fn typed_numbers(page: &Page) -> Vec<Diagnostic> {
    let [first, more @ ..] = page.numbers.as_slice() else { return Vec::new() };
    if page.cells.is_empty() {
        return Vec::new();
    }
    let message = match more.len() {
        0 => "this number is typed by hand".to_owned(),
        count => format!("this number is typed by hand, and so are {count} more in this page"),
    };
    let mut fault = Diagnostic::error(*first, message)
        .hint("write measured numbers as inline values, `{python} x`: they cannot go stale")
        .hint("what a source says is a fact, `{{< fact key >}}`; what is merely given is a formula, `$0.5$`");
    for span in more.iter().take(3) {
        fault = fault.related(*span, "another one");
    }
    vec![fault]
}
