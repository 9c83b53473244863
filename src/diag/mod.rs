//! What an author is told: faults with the place in the file that caused them.
//!
//! Every fault of the author is a [`Diagnostic`]; every stage collects all of them, so that one
//! build shows every fault. Faults of the machine (no disk, no network) are [`crate::Error`]s.

mod render;
mod source;
mod toml;

pub use self::toml::toml_fault;
pub use render::{Style, render};
pub use source::{FileId, SourceFile, Sources};

use serde::Serialize;

/// A half-open range of bytes in one source file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file the bytes are in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset one past the last byte; never less than `start`.
    pub end: u32,
}

impl Span {
    /// The bytes `range` of `file`.
    pub fn new(file: FileId, range: std::ops::Range<usize>) -> Self {
        Self { file, start: offset(range.start), end: offset(range.end.max(range.start)) }
    }

    /// The span as a range of byte offsets.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// Files larger than 4 GiB are refused when they are read, so the cast only guards a bug.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// How bad a fault is: errors stop the build, warnings do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The build ends with exit code 1 and writes nothing.
    Error,
    /// The build goes on.
    Warning,
}

/// One fault: what is wrong, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The bytes to underline; `None` where a fault has no place in a file.
    pub span: Option<Span>,
    /// One sentence, without a full stop.
    pub message: String,
    /// Other places that explain the fault, each with a word on why.
    pub related: Vec<(Span, String)>,
    /// What to do, one sentence each.
    pub hints: Vec<String>,
    /// Whether a text is at fault, or something that is not at hand.
    pub cause: Cause,
}

/// What stands behind a fault: it decides the exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// What the author wrote.
    #[default]
    Text,
    /// A bake that a frozen build needs and does not have.
    MissingBake,
    /// An alternative text that is not written yet: while a page is written, it may wait.
    MissingAlt,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            span: span.into(),
            message: message.into(),
            related: Vec::new(),
            hints: Vec::new(),
            cause: Cause::Text,
        }
    }

    /// Names what stands behind the fault.
    #[must_use]
    pub fn because(mut self, cause: Cause) -> Self {
        self.cause = cause;
        self
    }

    /// A warning at `span`.
    pub fn warning(span: impl Into<Option<Span>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(span, message) }
    }

    /// Adds a sentence on what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the hint `did you mean …?` when one of `known` is close to `word`.
    #[must_use]
    pub fn did_you_mean<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(word, known) {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// Adds another place that explains the fault.
    #[must_use]
    pub fn related(mut self, span: Span, note: impl Into<String>) -> Self {
        self.related.push((span, note.into()));
        self
    }
}

/// The member of `known` that `word` most likely stands for, if any is close.
///
/// Close is a Damerau–Levenshtein distance of at most a third of the word's length (at least 1), or being the only
/// one that the word, of three letters at least, begins: `chicago` is `chicago-author-date`.
pub fn closest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    let known: Vec<&str> = known.into_iter().filter(|name| *name != word).collect();
    let near = known.iter().map(|name| (strsim::damerau_levenshtein(word, name), *name));
    let near = near.filter(|(distance, _)| *distance <= (length / 3).max(1)).min();
    let mut begun = known.iter().copied().filter(|name| length >= 3 && name.starts_with(word));
    match (near, begun.next(), begun.next()) {
        (Some((_, name)), ..) => Some(name),
        (None, Some(only), None) => Some(only),
        (None, ..) => None,
    }
}

/// A value and the faults found on the way to it: stages that read an author's text return this,
/// because they always have a value to go on with.
#[derive(Clone, Debug)]
#[must_use = "the diagnostics have to reach the author"]
pub struct Parsed<T> {
    /// The value, complete as far as the text allowed.
    pub value: T,
    /// What was wrong with the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Parsed<T> {
    /// A value without faults.
    pub fn clean(value: T) -> Self {
        Self { value, diagnostics: Vec::new() }
    }

    /// The value, its faults moved to the end of `into`.
    pub fn take(self, into: &mut Vec<Diagnostic>) -> T {
        into.extend(self.diagnostics);
        self.value
    }
}

/// Whether any of `diagnostics` stops the build.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
