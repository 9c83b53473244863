//! `k.plot`: figures, pictures, tables and tokens from data. What is made here is data too: a page
//! draws it when it is rendered.

mod chart;
mod colormap;
mod picture;
mod table;

use rustpython_vm::builtins::PyModule;
use rustpython_vm::{PyRef, PyResult, VirtualMachine};

use super::call::Function;

/// Puts the functions into `module`.
pub(super) fn install(module: &PyRef<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let functions: [&'static [Function]; 3] = [chart::FUNCTIONS, picture::FUNCTIONS, table::FUNCTIONS];
    for function in functions.into_iter().flatten() {
        module.set_attr(function.name, function.object(vm), vm)?;
    }
    Ok(())
}

/// The least and greatest finite number; 0 and 1 where there is none, and never the same.
fn bounds(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|v| v.is_finite());
    let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    match (low.is_finite(), low < high) {
        (false, _) => (0.0, 1.0),
        (true, true) => (low, high),
        (true, false) => (low, low + low.abs().max(1.0) * 1e-3),
    }
}
