//! A cell: a fence whose info string is `python run`, with its `#|` options and its code.

use crate::diag::Span;

/// A cell as its author wrote it.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The whole fence.
    pub span: Span,
    /// What the `#|` lines say.
    pub options: CellOptions,
    /// The code below the `#|` lines; empty where the cell of this label in a sibling language is
    /// to be shown here.
    pub code: Code,
}

impl Cell {
    /// Whether the cell has no code of its own and shows its sibling's.
    pub fn is_shared(&self) -> bool {
        self.code.text.trim().is_empty()
    }
}

/// Lines of code and where in the page each one stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Code {
    /// The code, without the fence's indentation and without the option lines.
    pub text: String,
    /// For each line of `text` the place of its first byte in the page.
    pub lines: Vec<Span>,
}

/// The options of a cell, named as in Quarto.
#[derive(Clone, Debug, PartialEq)]
pub struct CellOptions {
    /// The name of the cell, unique in its page: anchor, cross-reference and cache entry.
    pub label: String,
    /// Where the label was written, or the fence's first line where it was not.
    pub label_span: Span,
    /// Whether the code is shown.
    pub echo: bool,
    /// Whether the cell runs at all.
    pub eval: bool,
    /// Whether the outputs are shown.
    pub output: bool,
    /// Whether anything of the cell is shown: code, outputs, checks, provenance.
    pub include: bool,
    /// Whether what the cell warned of is shown.
    pub warning: bool,
    /// Whether the code stands behind a summary.
    pub code_fold: Fold,
    /// The summary of folded code.
    pub code_summary: Option<String>,
    /// The caption of a figure.
    pub fig_cap: Option<String>,
    /// The alternative text of a figure.
    pub fig_alt: Option<String>,
    /// The caption of a table.
    pub tbl_cap: Option<String>,
    /// Whether the cell must raise an exception, which is then shown.
    pub error: bool,
    /// What the cell's text (with `error`, its exception) must match somewhere.
    pub expect: Option<Expect>,
    /// The namespace the cell runs in: cells of one name follow each other. Empty for the page's own.
    pub session: String,
    /// The files beside the page that the cell may read.
    pub inputs: Vec<InputName>,
    /// The seed of the cell's default random generator.
    pub seed: u64,
    /// Seconds after which the cell is stopped; `None` for the site's default.
    pub timeout: Option<f64>,
    /// Mebibytes of memory that the cell's worker may hold; `None` for the site's default.
    pub memory: Option<u64>,
    /// Bytes that it may show; `None` for the site's default.
    pub max_output: Option<u64>,
    /// Lines of text after which the rest is folded away; `None` for no bound.
    pub max_lines: Option<usize>,
    /// Whether a locked output is kept even where the cell has changed since.
    pub freeze: bool,
    /// How much a number may differ from the locked one, absolute and relative; `None` for the default.
    pub tolerance: Option<f64>,
}

impl CellOptions {
    /// The options of a cell that sets none but its label.
    pub fn named(label: impl Into<String>, label_span: Span) -> Self {
        Self {
            label: label.into(),
            label_span,
            echo: true,
            eval: true,
            output: true,
            code_fold: Fold::No,
            code_summary: None,
            fig_cap: None,
            fig_alt: None,
            tbl_cap: None,
            include: true,
            warning: true,
            error: false,
            expect: None,
            session: String::new(),
            inputs: Vec::new(),
            seed: 0,
            timeout: None,
            memory: None,
            max_output: None,
            max_lines: None,
            freeze: false,
            tolerance: None,
        }
    }
}

/// What a cell's text must match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// The regular expression, which is one.
    pub pattern: String,
    /// Where it stands.
    pub span: Span,
}

/// A file that a cell may read, as its author wrote it: relative to the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputName {
    /// The path.
    pub path: String,
    /// Where it stands.
    pub span: Span,
}

/// Whether code can be folded away, as Quarto has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fold {
    /// It stands there.
    #[default]
    No,
    /// It is folded at first: `code-fold: true`.
    Closed,
    /// It can be folded: `code-fold: show`.
    Open,
}

/// An inline value: `{python} expr` in backticks, replaced by the text of its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Inline {
    /// The code span, backticks included.
    pub span: Span,
    /// The expression.
    pub code: String,
    /// The place of the expression's first byte in the page.
    pub code_span: Span,
    /// How many cells of the page stand before it.
    pub after: usize,
}
