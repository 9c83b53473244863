//! From the text of a cell to code that leaves the value of its last expression behind.
//!
//! The last expression becomes an assignment to [`VALUE`], in the syntax tree and not in the text,
//! so that every position stays the author's. (RustPython's own mode for this drops constants.)

use rustpython_vm::compiler::ast::{Expr, ExprContext, ExprName, Mod, Stmt, StmtAssign};
use rustpython_vm::compiler::codegen::compile::compile_top;
use rustpython_vm::compiler::core::SourceFileBuilder;
use rustpython_vm::compiler::core::bytecode::CodeObject;
use rustpython_vm::compiler::{CompileError, CompileOpts, Mode, parser};

/// The global that holds the last expression's value: not a name, so no cell can say it.
pub(super) const VALUE: &str = "<value>";

/// Compiles a cell. `true` with the code: the cell ends in an expression, whose value will be in
/// [`VALUE`].
pub(super) fn cell(text: &str, file: &str, opts: CompileOpts) -> Result<(CodeObject, bool), CompileError> {
    let source = SourceFileBuilder::new(file, text).finish();
    let parsed = parser::parse_module(source.source_text())
        .map_err(|error| CompileError::from_ruff_parse_error(error, &source))?;
    let mut module = parsed.into_syntax();
    let shows = matches!(module.body.last(), Some(Stmt::Expr(_)));
    if let Some(Stmt::Expr(last)) = module.body.pop_if(|last| matches!(last, Stmt::Expr(_))) {
        let range = last.range;
        let name =
            ExprName { node_index: Default::default(), range, id: VALUE.into(), ctx: ExprContext::Store };
        module.body.push(Stmt::Assign(StmtAssign {
            node_index: Default::default(),
            range,
            targets: vec![Expr::Name(name)],
            value: last.value,
        }));
    }
    let code = compile_top(Mod::Module(module), source, Mode::Exec, opts)?;
    Ok((code, shows))
}
