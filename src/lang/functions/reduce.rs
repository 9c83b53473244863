//! Over axes, and by order.

use super::super::call::{Call, Function};
use super::super::{convert, stage};
use crate::tensor::reduce::{self, Axes};
use crate::tensor::{Operand, Tensor, TensorResult, sort};
use rustpython_vm::PyResult;

const AXES: &[&str] = &["x", "axis=None", "keepdims=False"];

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "sum", params: AXES, run: |c| over(c, reduce::sum) },
    Function { name: "prod", params: AXES, run: |c| over(c, reduce::prod) },
    Function { name: "mean", params: AXES, run: |c| over(c, reduce::mean) },
    Function { name: "min", params: AXES, run: |c| over(c, reduce::min) },
    Function { name: "max", params: AXES, run: |c| over(c, reduce::max) },
    Function { name: "any", params: AXES, run: |c| over(c, reduce::any) },
    Function { name: "all", params: AXES, run: |c| over(c, reduce::all) },
    Function {
        name: "var",
        params: &["x", "axis=None", "ddof=0", "keepdims=False"],
        run: |c| spread(c, reduce::var),
    },
    Function {
        name: "std",
        params: &["x", "axis=None", "ddof=0", "keepdims=False"],
        run: |c| spread(c, reduce::std),
    },
    Function {
        name: "argmax",
        params: AXES,
        run: |c| {
            let (x, axis) = (c.tensor("x")?, c.axis("axis")?);
            if let Some(lead) = x.dtype().is_float().then(|| reduce::lead(&x, axis).ok()).flatten() {
                stage::with(|stage| stage.chose(lead));
            }
            c.give(reduce::argmax(&x, axis, c.flag("keepdims", false)?))
        },
    },
    Function {
        name: "argmin",
        params: AXES,
        run: |c| c.give(reduce::argmin(&c.tensor("x")?, c.axis("axis")?, c.flag("keepdims", false)?)),
    },
    Function {
        name: "cumsum",
        params: &["x", "axis=None"],
        run: |c| c.give(reduce::cumsum(&c.tensor("x")?, c.axis("axis")?)),
    },
    Function {
        name: "sort",
        params: &["x", "axis=-1", "kind='stable'"],
        run: |c| c.give(sort::sort(&c.tensor("x")?, last(c)?)),
    },
    Function {
        name: "argsort",
        params: &["x", "axis=-1", "kind='stable'"],
        run: |c| c.give(sort::argsort(&c.tensor("x")?, last(c)?, false)),
    },
    Function {
        name: "topk",
        params: &["x", "k", "axis=-1"],
        run: |c| {
            let top = sort::topk(&c.tensor("x")?, c.count("k", 1)?, c.axis("axis")?.unwrap_or(-1));
            Ok(c.vm.ctx.new_tuple(c.give_all(top.map(|(values, at)| vec![values, at]))?).into())
        },
    },
    Function {
        name: "unique",
        params: &["x", "return_index=False", "return_inverse=False", "return_counts=False"],
        run: unique,
    },
    Function { name: "histogram", params: &["x", "bins=10", "range=None", "density=False"], run: histogram },
];

fn over(c: &Call<'_>, f: fn(&Tensor, Axes<'_>, bool) -> TensorResult<Tensor>) -> PyResult {
    c.give(f(&c.tensor("x")?, c.axes("axis")?.as_deref(), c.flag("keepdims", false)?))
}

fn spread(c: &Call<'_>, f: fn(&Tensor, Axes<'_>, f64, bool) -> TensorResult<Tensor>) -> PyResult {
    c.give(f(&c.tensor("x")?, c.axes("axis")?.as_deref(), c.float("ddof", 0.0)?, c.flag("keepdims", false)?))
}

/// The distinct elements, and what else is asked for of them, in NumPy's order.
fn unique(c: &Call<'_>) -> PyResult {
    let x = c.tensor("x")?;
    let (values, counts) = sort::unique(&x);
    let (index, inverse) = (c.flag("return_index", false)?, c.flag("return_inverse", false)?);
    let mut all = vec![values];
    if index || inverse {
        let (first, places) = sort::unique_places(&x);
        all.extend(index.then_some(first));
        all.extend(inverse.then_some(places));
    }
    all.extend(c.flag("return_counts", false)?.then_some(counts));
    match all.len() {
        1 => c.give(Ok(all.remove(0))),
        _ => Ok(c.vm.ctx.new_tuple(c.give_all(Ok(all))?).into()),
    }
}

/// Counts and edges; `bins` is a number of equal ones, or their edges.
fn histogram(c: &Call<'_>) -> PyResult {
    let range = match c.given("range") {
        None => None,
        Some(range) => match convert::array(range, None, c.vm)?.to_f64s().as_slice() {
            [low, high] => Some((*low, *high)),
            _ => return Err(c.expected("range", "two numbers", range)),
        },
    };
    let x = c.tensor("x")?;
    let edges = c.given("bins").map(|bins| convert::operand(bins, c.vm)).transpose()?;
    let counted = match edges {
        Some(Operand::Tensor(edges)) if edges.ndim() > 0 => sort::histogram_between(&x, &edges),
        _ => sort::histogram(&x, c.count("bins", 10)?, range),
    };
    let dense = c.flag("density", false)?;
    let counted = counted.and_then(|(counts, edges)| match dense {
        true => Ok(vec![sort::density(&counts, &edges)?, edges]),
        false => Ok(vec![counts, edges]),
    });
    Ok(c.vm.ctx.new_tuple(c.give_all(counted)?).into())
}

/// The axis: the last one unless written; `None` as NumPy's `None`.
fn last(c: &Call<'_>) -> PyResult<Option<isize>> {
    if c.written("axis") { c.axis("axis") } else { Ok(Some(-1)) }
}
