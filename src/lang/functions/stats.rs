//! Statistics: quantiles and averages, what leaves NaN out, counts, and how variables vary together.

use super::super::call::{Call, Function};
use crate::tensor::stats::{self, Nan};
use crate::tensor::{Tensor, TensorResult, lanes, reduce, shape};
use rustpython_vm::PyResult;

const OVER_ONE: &[&str] = &["x", "axis=None", "keepdims=False"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "quantile", params: &["x", "q", "axis=None", "keepdims=False"], run: |c| parts(c, 1.0) },
    Function {
        name: "percentile",
        params: &["x", "q", "axis=None", "keepdims=False"],
        run: |c| parts(c, 100.0),
    },
    Function {
        name: "average",
        params: &["x", "axis=None", "weights=None"],
        run: |c| {
            let (x, axis) = (c.tensor("x")?, c.axis("axis")?);
            if c.given("weights").is_some() {
                return c.give(stats::average(&x, axis, &c.tensor("weights")?));
            }
            c.give(reduce::mean(&x, axis.map(|axis| [axis]).as_ref().map(<[isize; 1]>::as_slice), false))
        },
    },
    Function {
        name: "ptp",
        params: OVER_ONE,
        run: |c| c.give(stats::ptp(&c.tensor("x")?, c.axes("axis")?.as_deref(), c.flag("keepdims", false)?)),
    },
    Function {
        name: "logsumexp",
        params: OVER_ONE,
        run: |c| {
            c.give(stats::logsumexp(&c.tensor("x")?, c.axes("axis")?.as_deref(), c.flag("keepdims", false)?))
        },
    },
    Function { name: "nansum", params: OVER_ONE, run: |c| without_nan(c, Nan::Sum) },
    Function { name: "nanmean", params: OVER_ONE, run: |c| without_nan(c, Nan::Mean) },
    Function { name: "nanstd", params: OVER_ONE, run: |c| without_nan(c, Nan::Std) },
    Function { name: "nanmin", params: OVER_ONE, run: |c| without_nan(c, Nan::Min) },
    Function { name: "nanmax", params: OVER_ONE, run: |c| without_nan(c, Nan::Max) },
    Function {
        name: "cov",
        params: &["x", "ddof=1"],
        run: |c| c.give(stats::cov(&c.tensor("x")?, c.float("ddof", 1.0)?)),
    },
    Function {
        name: "corrcoef",
        params: &["x", "y=None"],
        run: |c| {
            let x = c.tensor("x")?;
            if c.given("y").is_none() {
                return c.give(stats::corrcoef(&x));
            }
            let rows = |tensor: &Tensor| match tensor.ndim() {
                1 => shape::reshape(tensor, &[1, -1]),
                _ => Ok(tensor.clone()),
            };
            let y = c.tensor("y")?;
            let both = rows(&x).and_then(|x| shape::concatenate(&[x, rows(&y)?], 0));
            c.give(both.and_then(|both| stats::corrcoef(&both)))
        },
    },
    Function {
        name: "bincount",
        params: &["x", "minlength=0"],
        run: |c| c.give(stats::bincount(&c.tensor("x")?, c.count("minlength", 0)?)),
    },
    Function {
        name: "digitize",
        params: &["x", "bins", "right=False"],
        run: |c| {
            let right = !c.flag("right", false)?;
            c.give(lanes::searchsorted(&c.tensor("bins")?, &c.tensor("x")?, right))
        },
    },
    Function {
        name: "isin",
        params: &["x", "values"],
        run: |c| c.give(stats::isin(&c.tensor("x")?, &c.tensor("values")?)),
    },
    Function {
        name: "interp",
        params: &["x", "xp", "fp"],
        run: |c| c.give(stats::interp(&c.tensor("x")?, &c.tensor("xp")?, &c.tensor("fp")?)),
    },
];

/// Quantiles: of one part, or along new first axes of several; `whole` is what all of it is.
fn parts(c: &Call<'_>, whole: f64) -> PyResult {
    let (x, q) = (c.tensor("x")?, c.tensor("q")?);
    let (axis, keepdims) = (c.axis("axis")?, c.flag("keepdims", false)?);
    let made: TensorResult<Vec<Tensor>> =
        q.to_f64s().into_iter().map(|q| lanes::quantile(&x, q / whole, axis, keepdims)).collect();
    c.give(made.and_then(|made| {
        // The axes of `q` stand before what is left of those of `x`.
        let stacked = shape::stack(&made, 0)?;
        let lengths = q.shape().iter().chain(stacked.shape().iter().skip(1));
        shape::reshape(&stacked, &lengths.map(|&length| length as i64).collect::<Vec<_>>())
    }))
}

fn without_nan(c: &Call<'_>, what: Nan) -> PyResult {
    c.give(stats::without_nan(&c.tensor("x")?, what, c.axis("axis")?, c.flag("keepdims", false)?))
}
