//! `k.plot`: figures, pictures, tables and tokens from data. What is made here is data too: a page
//! draws it when it is rendered.

mod animate;
mod chart;
mod colormap;
mod network;
mod overlay;
mod picture;
mod relief;
mod table;

use rustpython_vm::builtins::PyModule;
use rustpython_vm::{PyRef, PyResult, VirtualMachine};

use super::call::{Call, Function};
use super::display::PyDisplay;
use crate::snippet::figure::Figure;
use crate::snippet::output::Output;

/// More points than this make a page heavy and a chart unreadable.
const MAX_POINTS: usize = 20_000;

/// Puts the functions into `module`.
pub(super) fn install(module: &PyRef<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    for function in all() {
        module.set_attr(function.name, function.object(vm), vm)?;
    }
    Ok(())
}

/// Every function.
pub(super) fn all() -> impl Iterator<Item = &'static Function> {
    let functions: [&'static [Function]; 7] = [
        animate::FUNCTIONS,
        chart::FUNCTIONS,
        network::FUNCTIONS,
        overlay::FUNCTIONS,
        picture::FUNCTIONS,
        relief::FUNCTIONS,
        table::FUNCTIONS,
    ];
    functions.into_iter().flatten()
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

fn figure(figure: Figure, c: &Call<'_>) -> PyResult {
    Ok(PyDisplay::object(Output::Figure(figure), c.vm))
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// A text that stands in a figure; empty where it is left out.
fn caption(c: &Call<'_>, name: &str) -> PyResult<String> {
    Ok(c.text(name)?.unwrap_or_default())
}
