//! What can be known of a cell's Python without running it: whether it parses, what it says apart
//! from comments and white space, which models it names, and which names it shares with other cells.

mod definitions;
mod depth;
mod names;
mod slips;

use rustpython_ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use rustpython_ruff_python_ast::{Alias, Expr, ExprCall, ModModule, Stmt};
use rustpython_ruff_python_parser::{Parsed, parse_module};
use rustpython_ruff_text_size::Ranged;

use std::ops::Range;

pub use definitions::{Definitions, definitions};
pub use names::{Names, Set};

/// What was learnt of a text of Python.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Analysis {
    /// The text without comments and with one spelling of white space: two texts with the same
    /// `normal` compute the same.
    pub normal: String,
    /// Each model id written as the argument of `model(…)` or `pipeline(…)`, and where.
    pub models: Vec<(String, Range<usize>)>,
    /// Whether the text may ask ONNX Runtime for something.
    pub runtime: bool,
    /// What it imports from other pages.
    pub pages: Vec<PageImport>,
    /// Which names it reads and binds.
    pub names: Names,
}

/// `from pages.bert import x`.
#[derive(Clone, Debug, PartialEq)]
pub struct PageImport {
    /// The module as written: `pages.bert`.
    pub module: String,
    /// The names taken from it.
    pub names: Vec<String>,
    /// The bytes of the module's name.
    pub range: Range<usize>,
}

/// The package whose modules are the pages of the site.
pub const PAGES: &str = "pages";

/// How a name of another page is known before the page is: `pages.bert:x`.
pub fn from_page(module: &str, name: &str) -> String {
    format!("{module}:{name}")
}

/// Whether `code` nests deeper than the parser may be asked to go.
pub fn is_deep(code: &str) -> bool {
    depth::too_deep(code).is_some()
}

/// Why a text is no Python, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntaxFault {
    /// The parser's sentence.
    pub message: String,
    /// The bytes at fault.
    pub range: Range<usize>,
    /// What was probably meant.
    pub hint: Option<String>,
}

/// Reads `code`.
///
/// # Errors
/// The first syntax error.
pub fn analyse(code: &str) -> Result<Analysis, SyntaxFault> {
    if let Some(range) = depth::too_deep(code) {
        let message = format!(
            "it nests too deep: at most {} brackets and operators, and {} blocks, may stand in each other",
            depth::MOST,
            depth::BLOCKS
        );
        return Err(SyntaxFault { message, range, hint: None });
    }
    let parsed = parse_module(code).map_err(|error| SyntaxFault {
        message: error.error.to_string(),
        range: error.location.start().to_usize()..error.location.end().to_usize(),
        hint: slips::hint(code, error.location.start().to_usize()),
    })?;
    let mut finder = Finder::default();
    finder.visit_body(&parsed.syntax().body);
    Ok(Analysis {
        normal: normalise(code, &parsed),
        models: finder.models,
        runtime: finder.runtime,
        pages: finder.pages,
        names: names::names(&parsed.syntax().body),
    })
}

/// The tokens, each on a line of its own, with block structure but without comments, blank lines
/// or spaces.
fn normalise(code: &str, parsed: &Parsed<ModModule>) -> String {
    use rustpython_ruff_python_ast::token::TokenKind;
    let mut normal = String::with_capacity(code.len());
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::Comment | TokenKind::NonLogicalNewline | TokenKind::EndOfFile => {}
            TokenKind::Newline => normal.push_str("\\n\n"),
            TokenKind::Indent => normal.push_str("\\>\n"),
            TokenKind::Dedent => normal.push_str("\\<\n"),
            _ => {
                normal.push_str(&code[token.range().to_std_range()]);
                normal.push('\n');
            }
        }
    }
    normal
}

/// Whether a module is a page.
pub(super) fn is_page(module: &str) -> bool {
    module.split('.').next() == Some(PAGES)
}

/// Names that lead to ONNX Runtime, wherever they stand: what a cell reaches through other names is
/// known from the values that it reads.
const RUNTIME: [&str; 4] = ["graph", "model", "ops", "pipeline"];

#[derive(Default)]
struct Finder {
    models: Vec<(String, Range<usize>)>,
    runtime: bool,
    pages: Vec<PageImport>,
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().filter(|module| is_page(module.as_str()));
                self.pages.extend(module.map(|module| PageImport {
                    module: module.to_string(),
                    names: import.names.iter().map(|alias| alias.name.to_string()).collect(),
                    range: module.range().to_std_range(),
                }));
            }
            // `import pages.bert` names nothing: it is told where imports are linked.
            Stmt::Import(import) => {
                let pages = import.names.iter().filter(|alias| is_page(alias.name.as_str()));
                self.pages.extend(pages.map(|alias| PageImport {
                    module: alias.name.to_string(),
                    names: Vec::new(),
                    range: alias.name.range().to_std_range(),
                }));
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => {
                if let Some(Expr::StringLiteral(id)) = model_argument(call) {
                    self.models.push((id.value.to_str().to_owned(), id.range().to_std_range()));
                }
            }
            Expr::Name(name) => self.runtime |= RUNTIME.contains(&name.id.as_str()),
            Expr::Attribute(attribute) => self.runtime |= RUNTIME.contains(&attribute.attr.as_str()),
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_alias(&mut self, alias: &'a Alias) {
        self.runtime |= RUNTIME.contains(&alias.name.as_str());
    }
}

/// The argument that names the model in `model(id)`, `k.model(id)`, `pipeline(task, id)`.
fn model_argument(call: &ExprCall) -> Option<&Expr> {
    let function = match &*call.func {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        _ => return None,
    };
    let (position, keyword) = match function {
        "model" => (0, "id"),
        "pipeline" => (1, "model"),
        _ => return None,
    };
    call.arguments.find_argument_value(keyword, position)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(a: &str, b: &str, expect: bool) {
        let normal = |code| analyse(code).map(|analysis| analysis.normal);
        assert_eq!(normal(a) == normal(b), expect, "{a:?} against {b:?}");
    }

    #[test]
    fn comments_and_white_space_do_not_count() {
        same("x = 1", "x  =  1   # one", true);
        same("x = 1\n\n\ny = 2", "# first\nx = 1\ny = 2\n", true);
        same("f(a,\n  b)", "f(a, b)", true);
        same("if a:\n  b\n  c", "if a:\n    b\n    c", true);
    }

    #[test]
    fn meaning_counts() {
        same("x = 1", "x = 2", false);
        same("'a  b'", "'a b'", false);
        same("if a:\n  b\n  c", "if a:\n  b\nc", false);
        same("ab", "a\nb", false);
        same("'a'\n", "\"a\"\n", false);
    }

    #[test]
    fn models_are_found_where_they_are_named() {
        let code = "import kiln as k\nm = k.model('minilm')\np = k.pipeline('text-generation', model=\"gpt\")\nq = model(name)";
        let analysis = analyse(code).expect("it parses");
        let ids: Vec<&str> = analysis.models.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(ids, ["minilm", "gpt"]);
        assert_eq!(&code[analysis.models[0].1.clone()], "'minilm'");
        for (code, runtime) in
            [("k.ops.Relu(x)", true), ("from kiln import model", true), ("k.softmax(x)", false)]
        {
            assert_eq!(analyse(code).expect("it parses").runtime, runtime, "{code}");
        }
    }

    #[test]
    fn imports_from_pages_are_found() {
        let code = "import math\nfrom pages.bert import x, y as z\nimport pages.gpt";
        let analysis = analyse(code).expect("it parses");
        let found: Vec<_> =
            analysis.pages.iter().map(|p| (&code[p.range.clone()], p.names.join(" "))).collect();
        assert_eq!(found, [("pages.bert", "x y".to_owned()), ("pages.gpt", String::new())]);
        let names = analysis.names;
        assert!(names.reads.contains("pages.bert:x") && names.reads.contains("pages.bert:y"), "{names:?}");
        assert!(names.late["z"].contains("pages.bert:y"), "{names:?}");
    }

    #[test]
    fn syntax_errors_have_a_place() {
        let fault = analyse("x = 1\ny = (2,").expect_err("the parenthesis is never closed");
        assert!(fault.range.start >= 6, "{fault:?}");
    }
}
