//! The plan of a chapter: its cells in every language joined into one program, each with what can be
//! known of it without a run.
//!
//! Pure: the same pages make the same plan. A fault found here (Python that does not parse, a model
//! that does not exist, a shared cell without a source) costs no run.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::content::join;
use crate::content::page::{Chapter, Lang, Page};
use crate::diag::{Diagnostic, Parsed, Span};

use super::cell::{Cell, Code, Expect};
use super::drift::TOLERANCE;
use super::program::Limits;
use super::python::{self, Analysis, Names, Set};

/// What plans and keys depend on beside the pages.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The digest of every model of the manifest.
    pub models: BTreeMap<String, String>,
    /// What the manifest says of every model that a cell can ask for: its task, its number of parameters.
    pub facts: BTreeMap<String, String>,
    /// The version of what every cell computes with: the interpreter and the module `kiln`.
    pub library: String,
    /// Name and version of the runtime, the execution provider and the session options.
    pub runtime: String,
    /// What a cell may take where it does not say.
    pub limits: Limits,
    /// The files that cells declare as inputs, by path below `content/`.
    pub files: BTreeMap<String, InputFile>,
    /// The paths of all files beside the pages, for did-you-mean.
    pub assets: Vec<String>,
}

/// A file that a cell declares as an input.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// A digest of its bytes.
    pub digest: String,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// A program, planned: the cells of one session of a chapter.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The chapter's folder below `content/`.
    pub chapter: String,
    /// The session that the cells name; empty for the page's own.
    pub session: String,
    /// The cells that run, in order: those of other chapters that it imports from, then its own.
    pub cells: Vec<Planned>,
    /// The namespace that each module `pages.…` stands for.
    pub modules: BTreeMap<String, String>,
}

/// A cell of a plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The cell's label.
    pub label: String,
    /// The chapter it stands in.
    pub chapter: String,
    /// The namespace it runs in: empty for the program's own, else that of another chapter.
    pub space: String,
    /// What to call it in messages: the place of its label.
    pub span: Span,
    /// Its code, with the place of every line.
    pub code: Code,
    /// The code without comments and with one spelling of white space.
    pub normal: String,
    /// The names it shares with other cells.
    pub names: Names,
    /// The ids of the models it names, sorted.
    pub models: Vec<String>,
    /// Whether it may ask ONNX Runtime for something.
    pub runtime: bool,
    /// The seed of its default random generator.
    pub seed: u64,
    /// Whether it must raise an exception.
    pub must_raise: bool,
    /// What it may take before it is stopped.
    pub limits: Limits,
    /// How much a number may differ from the locked one.
    pub tolerance: f64,
    /// What its text must match.
    pub expect: Option<Expect>,
    /// Whether a locked output is kept even where the cell has changed since.
    pub freeze: bool,
    /// The files it may read: the name it calls each by, and the path below `content/`.
    pub inputs: BTreeMap<String, String>,
    /// What it imports from other pages.
    pub imports: Vec<PageImport>,
    /// The expressions that pages of any language show after it, each once.
    pub inlines: Vec<PlannedInline>,
}

/// An import from another page.
#[derive(Clone, Debug)]
pub struct PageImport {
    /// The module as written: `pages.bert`.
    pub module: String,
    /// The names taken from it.
    pub names: Vec<String>,
    /// Where it stands.
    pub span: Span,
}

/// An inline value of a plan.
#[derive(Clone, Debug)]
pub struct PlannedInline {
    /// The expression.
    pub code: String,
    /// Where it stands.
    pub span: Span,
    /// The expression with one spelling of white space.
    pub normal: String,
    /// The names it reads.
    pub reads: Set,
    /// The ids of the models it names, sorted.
    pub models: Vec<String>,
    /// Whether it may ask ONNX Runtime for something.
    pub runtime: bool,
}

impl Planned {
    /// Whether it stands in another chapter than the program is of.
    pub fn is_foreign(&self) -> bool {
        !self.space.is_empty()
    }

    /// What the worker calls it.
    pub fn id(&self) -> String {
        self.global(&self.label)
    }

    /// `name` of this cell's namespace, as the program knows it.
    pub fn global(&self, name: &str) -> String {
        if self.space.is_empty() { name.to_owned() } else { format!("{}:{name}", self.space) }
    }

    /// `name` of the program, as this cell knows it.
    pub fn local<'n>(&self, name: &'n str) -> &'n str {
        match name.strip_prefix(self.space.as_str()).and_then(|rest| rest.strip_prefix(':')) {
            Some(own) if self.is_foreign() => own,
            _ => name,
        }
    }
}

impl Plan {
    /// Whether any of its cells may ask ONNX Runtime for something.
    pub fn needs_runtime(&self) -> bool {
        self.cells.iter().any(|cell| cell.runtime || cell.inlines.iter().any(|inline| inline.runtime))
    }

    /// The ids of all models that the chapter names, sorted.
    pub fn models(&self) -> Vec<String> {
        let inlines =
            |cell: &Planned| cell.inlines.iter().flat_map(|inline| inline.models.clone()).collect::<Vec<_>>();
        let mut ids: Vec<String> =
            self.cells.iter().flat_map(|cell| cell.models.iter().cloned().chain(inlines(cell))).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

/// Plans `chapter`, one program a session; `order` lists the languages of the site.
pub fn plan(chapter: &Chapter, order: &[Lang], around: &Surroundings) -> Parsed<Vec<Plan>> {
    let mut diagnostics = Vec::new();
    let pages: Vec<&Page> = order.iter().filter_map(|lang| chapter.pages.get(lang)).collect();
    let sources = sources(&pages, &mut diagnostics);
    check_shared(&pages, &sources, &mut diagnostics);

    let mut cells: Vec<Planned> = Vec::new();
    for cell in sources.iter().filter(|cell| cell.options.eval) {
        let analysis = analyse(cell, around, &mut diagnostics);
        let inputs = inputs(&chapter.path, cell, around, &mut diagnostics);
        cells.push(Planned { inputs, ..planned(&chapter.path, cell, analysis, around) });
    }
    place_inlines(&pages, &mut cells, &mut diagnostics);
    let mut plans: Vec<Plan> = Vec::new();
    for (cell, source) in cells.into_iter().zip(sources.iter().filter(|cell| cell.options.eval)) {
        let session = &source.options.session;
        match plans.iter_mut().find(|plan| plan.session == *session) {
            Some(plan) => plan.cells.push(cell),
            None => plans.push(Plan {
                chapter: chapter.path.clone(),
                session: session.clone(),
                cells: vec![cell],
                modules: BTreeMap::new(),
            }),
        }
    }
    Parsed { value: plans, diagnostics }
}

/// Where the file that a cell of `chapter` calls `path` may lie: in the chapter's folder, or beside a
/// page that has no folder of its own.
pub fn candidates(chapter: &str, path: &str) -> impl Iterator<Item = String> {
    [format!("{chapter}/page"), chapter.to_owned()].into_iter().filter_map(move |here| join(&here, path))
}

/// The files that `cell` declares, each found.
fn inputs(
    chapter: &str,
    cell: &Cell,
    around: &Surroundings,
    diagnostics: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for input in &cell.options.inputs {
        let place = candidates(chapter, &input.path).find(|path| around.files.contains_key(path));
        match place {
            Some(path) => drop(found.insert(input.path.clone(), path)),
            None => {
                let folder = format!("{chapter}/");
                let known = around.assets.iter().map(|path| path.strip_prefix(&folder).unwrap_or(path));
                diagnostics.push(
                    Diagnostic::error(
                        input.span,
                        format!("there is no file `{}` beside this page", input.path),
                    )
                    .did_you_mean(&input.path, known)
                    .hint("inputs lie in content/, and are named relative to the page"),
                );
            }
        }
    }
    found
}

/// The cells that have code, in the order in which they run: the pages one after the other.
fn sources<'a>(pages: &[&'a Page], diagnostics: &mut Vec<Diagnostic>) -> Vec<&'a Cell> {
    let mut sources: Vec<&Cell> = Vec::new();
    for cell in pages.iter().flat_map(|page| &page.cells).filter(|cell| !cell.is_shared()) {
        let label = &cell.options.label;
        match sources.iter().find(|earlier| earlier.options.label == *label) {
            // Within one page the parser has already said so.
            Some(earlier) if earlier.span.file == cell.span.file => {}
            Some(earlier) => diagnostics.push(
                Diagnostic::error(
                    cell.options.label_span,
                    format!("the cell `{label}` has code in two languages"),
                )
                .related(earlier.options.label_span, "the other one is here")
                .hint("keep the code in one language; leave only the `#|` lines in the other"),
            ),
            None => sources.push(cell),
        }
    }
    sources
}

fn check_shared(pages: &[&Page], sources: &[&Cell], diagnostics: &mut Vec<Diagnostic>) {
    for cell in pages.iter().flat_map(|page| &page.cells).filter(|cell| cell.is_shared()) {
        let label = &cell.options.label;
        if sources.iter().all(|source| source.options.label != *label) {
            let known = sources.iter().map(|source| source.options.label.as_str());
            diagnostics.push(
                Diagnostic::error(
                    cell.options.label_span,
                    format!("no cell `{label}` has code in any language"),
                )
                .did_you_mean(label, known)
                .hint("a cell without code shows the cell of the same label in another language"),
            );
        }
    }
}

fn not_python(span: Span, message: String, hint: Option<String>) -> Diagnostic {
    let fault = Diagnostic::error(span, message);
    match hint {
        Some(hint) => fault.hint(hint),
        None => fault,
    }
}

/// What the cell's code says; faults are reported and leave the analysis empty.
fn analyse(cell: &Cell, around: &Surroundings, diagnostics: &mut Vec<Diagnostic>) -> Analysis {
    let analysis = python::analyse(&cell.code.text).unwrap_or_else(|fault| {
        let message = format!("this is not Python: {}", fault.message);
        diagnostics.push(not_python(span_of(&cell.code, fault.range), message, fault.hint));
        Analysis::default()
    });
    for (id, range) in &analysis.models {
        if !around.models.contains_key(id) {
            diagnostics.push(
                Diagnostic::error(span_of(&cell.code, range.clone()), format!("there is no model `{id}`"))
                    .did_you_mean(id, around.models.keys().map(String::as_str))
                    .hint("`kiln models ls` lists the models of models.toml"),
            );
        }
    }
    analysis
}

fn planned(chapter: &str, cell: &Cell, analysis: Analysis, around: &Surroundings) -> Planned {
    let options = &cell.options;
    let import = |import: python::PageImport| PageImport {
        span: span_of(&cell.code, import.range.clone()),
        module: import.module,
        names: import.names,
    };
    Planned {
        label: options.label.clone(),
        chapter: chapter.to_owned(),
        space: String::new(),
        imports: analysis.pages.iter().cloned().map(import).collect(),
        span: options.label_span,
        code: cell.code.clone(),
        models: ids(&analysis),
        runtime: analysis.runtime,
        normal: analysis.normal,
        names: analysis.names,
        seed: options.seed,
        must_raise: options.error,
        limits: Limits {
            timeout: options.timeout.unwrap_or(around.limits.timeout),
            memory: options.memory.unwrap_or(around.limits.memory),
            output: options.max_output.unwrap_or(around.limits.output),
        },
        tolerance: options.tolerance.unwrap_or(TOLERANCE),
        expect: options.expect.clone(),
        freeze: options.freeze,
        inputs: BTreeMap::new(),
        inlines: Vec::new(),
    }
}

/// The ids of the models that are named, sorted.
fn ids(analysis: &Analysis) -> Vec<String> {
    let mut ids: Vec<String> = analysis.models.iter().map(|(id, _)| id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Gives every inline value to the last cell that stands before it in its page.
fn place_inlines(pages: &[&Page], cells: &mut [Planned], diagnostics: &mut Vec<Diagnostic>) {
    for page in pages {
        for inline in &page.inlines {
            let before = page.cells[..inline.after.min(page.cells.len())].iter().rev();
            let label = before.filter(|cell| cell.options.eval).map(|cell| &cell.options.label).next();
            let home = label.and_then(|label| cells.iter_mut().find(|cell| cell.label == *label));
            let known = |cell: &Planned| cell.inlines.iter().any(|known| known.code == inline.code);
            match (home, python::analyse(&inline.code)) {
                (_, Err(fault)) => {
                    let at = inline.code_span.range();
                    let range = at.start + fault.range.start..(at.start + fault.range.end).min(at.end);
                    // In a quote the page has marks between lines that the code has not.
                    let apart = at.len() != inline.code.len();
                    let span = if apart { inline.code_span } else { Span::new(inline.code_span.file, range) };
                    let message = format!("this is not Python: {}", fault.message);
                    diagnostics.push(not_python(span, message, fault.hint));
                }
                (None, Ok(_)) => diagnostics.push(
                    Diagnostic::error(inline.code_span, "no cell stands before this inline value").hint(
                        "an inline value shows what the cells above it have computed: move it below one",
                    ),
                ),
                (Some(cell), Ok(_)) if known(cell) => {}
                (Some(cell), Ok(analysis)) => cell.inlines.push(PlannedInline {
                    code: inline.code.clone(),
                    span: inline.code_span,
                    models: ids(&analysis),
                    runtime: analysis.runtime,
                    normal: analysis.normal,
                    reads: analysis.names.reads,
                }),
            }
        }
    }
}

/// The place in the page of the bytes `range` of a cell's code.
pub fn span_of(code: &Code, range: std::ops::Range<usize>) -> Span {
    let (line, from) = place_of(code, range.start);
    let (_, to) = place_of(code, range.end.max(range.start));
    Span::new(line.file, from..to.max(from))
}

/// The line in the page with byte `at` of a cell's code, and where in the page that byte is.
fn place_of(code: &Code, at: usize) -> (Span, usize) {
    let before = &code.text.as_bytes()[..at.min(code.text.len())];
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|&&b| b == b'\n').count();
    // A cell has at least one line; an empty one is shared and never analysed.
    let place = code.lines[line.min(code.lines.len() - 1)];
    let text = code.text[start..].lines().next().unwrap_or("");
    // Spaces that stand for a part of a tab are in no page.
    let lacking = text.len().saturating_sub(place.range().len());
    (place, place.start as usize + (before.len() - start).saturating_sub(lacking))
}
