//! Which names a cell may not utter: those that lead out of the sandbox.
//!
//! A cell's frames, code objects and function globals reach the interpreter's own modules. They are
//! closed at two doors: in the source, where attributes, names and keyword patterns are read off the
//! syntax tree, and at run time, where `getattr` and its kin are given a name as a string. Both are there
//! to say so in time and in place; what holds against a name that comes another way are the `walls`.

use std::collections::BTreeSet;

use rustpython_vm::VirtualMachine;
use rustpython_vm::builtins::PyBaseExceptionRef;
use rustpython_vm::compiler::ast::visitor::{self, Visitor};
use rustpython_vm::compiler::ast::{Expr, Pattern, Stmt};
use rustpython_vm::compiler::parser;

/// Attributes and names through which a cell would reach the interpreter itself.
const CLOSED: [&str; 38] = [
    "__base__",
    "__bases__",
    "__builtins__",
    "__closure__",
    "__code__",
    "__func__",
    "__get__",
    "__getattribute__",
    "__getstate__",
    "__globals__",
    "__import__",
    "__kwdefaults__",
    "__loader__",
    "__match_args__",
    "__mro__",
    "__reduce__",
    "__reduce_ex__",
    "__self__",
    "__spec__",
    "__subclasses__",
    "__traceback__",
    "__wrapped__",
    "_convert_",
    "ag_code",
    "ag_frame",
    "co_code",
    "cr_code",
    "cr_frame",
    "f_back",
    "f_builtins",
    "f_code",
    "f_globals",
    "f_locals",
    "gi_code",
    "gi_frame",
    "gi_yieldfrom",
    "mro",
    "tb_frame",
];

/// What an attempt at a closed name gets.
pub(super) fn refusal(name: &str, vm: &VirtualMachine) -> PyBaseExceptionRef {
    vm.new_attribute_error(format!("'{name}' leads into the interpreter and is closed to cells"))
}

/// Whether `name` may not be uttered.
pub(super) fn is_closed(name: &str) -> bool {
    CLOSED.binary_search(&name).is_ok()
}

/// A name that a cell may not utter, and where it stands.
#[derive(Debug, PartialEq)]
pub(super) struct Closed {
    /// The name.
    pub(super) name: String,
    /// The bytes of the expression that utters it.
    pub(super) range: std::ops::Range<usize>,
}

/// What a look at the syntax tree of a cell finds.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Survey {
    /// The first closed name.
    pub(super) closed: Option<Closed>,
    /// Every module that an import statement names, dots included.
    pub(super) imports: BTreeSet<String>,
}

/// Looks through `code`. Code that does not parse gives an empty survey: compiling it reports why.
pub(super) fn survey(code: &str) -> Survey {
    let Ok(parsed) = parser::parse_module(code) else { return Survey::default() };
    let module = parsed.into_syntax();
    let mut found = Survey::default();
    for statement in &module.body {
        found.visit_stmt(statement);
    }
    found
}

impl Survey {
    fn utter(&mut self, name: &str, start: u32, end: u32) {
        if self.closed.is_none() && is_closed(name) {
            self.closed = Some(Closed { name: name.to_owned(), range: start as usize..end as usize });
        }
    }
}

impl<'a> Visitor<'a> for Survey {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Import(import) => {
                self.imports.extend(import.names.iter().map(|alias| alias.name.as_str().to_owned()));
            }
            Stmt::ImportFrom(import) => {
                if let Some(module) = &import.module {
                    self.imports.insert(module.as_str().to_owned());
                }
                for alias in &import.names {
                    self.utter(alias.name.as_str(), alias.range.start().to_u32(), alias.range.end().to_u32());
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Attribute(attribute) => {
                let range = attribute.attr.range;
                self.utter(attribute.attr.as_str(), range.start().to_u32(), range.end().to_u32());
            }
            Expr::Name(name) => {
                self.utter(name.id.as_str(), name.range.start().to_u32(), name.range.end().to_u32());
            }
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if let Pattern::MatchClass(class) = pattern {
            for keyword in &class.arguments.keywords {
                let range = keyword.attr.range;
                self.utter(keyword.attr.as_str(), range.start().to_u32(), range.end().to_u32());
            }
        }
        visitor::walk_pattern(self, pattern);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(CLOSED.is_sorted());
    }

    #[test]
    fn finds_names_and_imports() {
        let found = survey("import math, json as j\nfrom collections.abc import Set\nf.__globals__\n1");
        assert_eq!(found.closed, Some(Closed { name: "__globals__".into(), range: 57..68 }));
        assert_eq!(
            found.imports.iter().map(String::as_str).collect::<Vec<_>>(),
            ["collections.abc", "json", "math"]
        );
        assert!(survey("match f:\n  case object(gi_frame=x):\n    pass").closed.is_some());
    }
}
