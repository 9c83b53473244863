//! Shapes, and elements moved about.

use super::super::call::{Call, Function};
use super::super::convert;
use crate::tensor::arrange::{self, Padding};
use crate::tensor::shape::{self, axis_of};
use crate::tensor::{Tensor, index};
use rustpython_vm::{AsObject, PyObjectRef, PyResult};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "reshape",
        params: &["x", "*shape"],
        run: |c| {
            let shape = spread_integers(c)?;
            c.give_view("x", shape::reshape(&c.tensor("x")?, &shape))
        },
    },
    Function { name: "transpose", params: &["x", "*axes"], run: transpose },
    Function { name: "permute", params: &["x", "*axes"], run: transpose },
    Function {
        name: "swapaxes",
        params: &["x", "axis1", "axis2"],
        run: |c| {
            let (a, b) = (c.integer("axis1", 0)? as isize, c.integer("axis2", 0)? as isize);
            c.give_view("x", shape::swapaxes(&c.tensor("x")?, a, b))
        },
    },
    Function { name: "flatten", params: &["x"], run: |c| c.give(Ok(shape::flatten(&c.tensor("x")?))) },
    Function {
        name: "expand_dims",
        params: &["x", "axis"],
        run: |c| c.give_view("x", shape::expand_dims(&c.tensor("x")?, &c.axes("axis")?.unwrap_or_default())),
    },
    Function {
        name: "squeeze",
        params: &["x", "axis=None"],
        run: |c| c.give_view("x", shape::squeeze(&c.tensor("x")?, c.axes("axis")?.as_deref())),
    },
    Function {
        name: "broadcast_to",
        params: &["x", "shape"],
        run: |c| c.give(shape::broadcast_to(&c.tensor("x")?, &c.shape("shape")?)),
    },
    Function {
        name: "concatenate",
        params: &["tensors", "axis=0"],
        run: |c| c.give(shape::concatenate(&c.tensors("tensors")?, c.axis("axis")?.unwrap_or(0))),
    },
    Function {
        name: "stack",
        params: &["tensors", "axis=0"],
        run: |c| c.give(shape::stack(&c.tensors("tensors")?, c.axis("axis")?.unwrap_or(0))),
    },
    Function { name: "split", params: &["x", "indices_or_sections", "axis=0"], run: split },
    Function {
        name: "flip",
        params: &["x", "axis=None"],
        run: |c| c.give(arrange::flip(&c.tensor("x")?, c.axes("axis")?.as_deref())),
    },
    Function {
        name: "roll",
        params: &["x", "shift", "axis=None"],
        run: |c| {
            let shifts = convert::integers(c.object("shift")?.as_object(), c.vm)?;
            match (shifts.as_slice(), c.axes("axis")?) {
                (&[shift], None) => c.give(arrange::roll(&c.tensor("x")?, shift, None)),
                (shifts, Some(axes)) if shifts.len() == axes.len() || shifts.len() == 1 => {
                    let by = |at: usize| shifts[at.min(shifts.len() - 1)];
                    let mut turns = axes.into_iter().enumerate();
                    c.give(
                        turns.try_fold(c.tensor("x")?, |x, (at, axis)| arrange::roll(&x, by(at), Some(axis))),
                    )
                }
                _ => Err(c.expected("shift", "a number, or one for each of `axis`", &c.object("shift")?)),
            }
        },
    },
    Function {
        name: "take",
        params: &["x", "indices", "axis=None"],
        run: |c| c.give(arrange::take(&c.tensor("x")?, &c.tensor("indices")?, c.axis("axis")?)),
    },
    Function {
        name: "take_along_axis",
        params: &["x", "indices", "axis=-1"],
        run: |c| {
            let axis = c.axis("axis")?.unwrap_or(-1);
            c.give(arrange::take_along(&c.tensor("x")?, &c.tensor("indices")?, axis))
        },
    },
    Function {
        name: "repeat",
        params: &["x", "repeats", "axis=None"],
        run: |c| c.give(arrange::repeat(&c.tensor("x")?, &c.shape("repeats")?, c.axis("axis")?)),
    },
    Function {
        name: "tile",
        params: &["x", "reps"],
        run: |c| c.give(arrange::tile(&c.tensor("x")?, &c.shape("reps")?)),
    },
    Function { name: "pad", params: &["x", "pad_width", "mode='constant'", "constant_values=0"], run: pad },
    Function {
        name: "nonzero",
        params: &["x"],
        run: |c| {
            let x = c.tensor("x")?;
            let holds: Vec<bool> = x.to_f64s().iter().map(|&v| v != 0.0).collect();
            let positions = index::nonzero(x.shape(), &holds);
            let tensors = positions.into_iter().map(|at| Tensor::from_vec(&[at.len()], at)).collect();
            Ok(c.vm.ctx.new_tuple(c.give_all(tensors)?).into())
        },
    },
];

/// `f(x, 2, 3)`, `f(x, (2, 3))` or `f(x, -1)`.
fn spread_integers(c: &Call<'_>) -> PyResult<Vec<i64>> {
    let one = |value: &PyObjectRef| convert::integers(value, c.vm);
    match c.rest() {
        [only] => one(only),
        all => all.iter().map(|value| convert::integer(value, c.vm)).collect(),
    }
}

fn transpose(c: &Call<'_>) -> PyResult {
    let axes: Vec<isize> = match c.rest() {
        [only] if c.vm.is_none(only) => Vec::new(),
        _ => spread_integers(c)?.into_iter().map(|axis| axis as isize).collect(),
    };
    c.give_view("x", shape::permute(&c.tensor("x")?, (!axes.is_empty()).then_some(&axes)))
}

fn split(c: &Call<'_>) -> PyResult {
    let (x, axis) = (c.tensor("x")?, c.axis("axis")?.unwrap_or(0));
    let how = c.object("indices_or_sections")?;
    let parts = match convert::integer(&how, c.vm) {
        Ok(count) => arrange::split(&x, usize::try_from(count).unwrap_or(0), axis),
        Err(_) => {
            let length = axis_of(axis, x.shape()).map_or(0, |axis| x.shape()[axis]) as i64;
            let at = convert::integers(&how, c.vm)?;
            let at: Vec<usize> = at
                .into_iter()
                .map(|at| if at < 0 { at + length } else { at }.clamp(0, length) as usize)
                .collect();
            arrange::split_at(&x, &at, axis)
        }
    };
    Ok(c.vm.ctx.new_list(c.give_all(parts)?).into())
}

/// Widths as NumPy takes them: one number, one pair, or a pair an axis.
fn pad(c: &Call<'_>) -> PyResult {
    let x = c.tensor("x")?;
    let widths = c.tensor("pad_width")?;
    let flat = widths.to_i64s();
    if flat.iter().any(|&width| width < 0) || widths.dtype().is_float() {
        return Err(c.expected("pad_width", "whole numbers that are not negative", &c.object("pad_width")?));
    }
    let flat: Vec<usize> = flat.into_iter().map(|width| width as usize).collect();
    let pairs: Vec<(usize, usize)> = match flat.as_slice() {
        [all] => vec![(*all, *all); x.ndim()],
        [before, after] if widths.ndim() == 1 || x.ndim() == 1 => vec![(*before, *after); x.ndim()],
        all => all.chunks(2).map(|pair| (pair[0], pair.get(1).copied().unwrap_or(pair[0]))).collect(),
    };
    let value = if c.given("constant_values").is_some() {
        c.operand("constant_values")?
    } else {
        crate::tensor::Operand::Int(0)
    };
    #[derive(Clone, Copy)]
    enum Mode {
        Constant,
        Edge,
        Reflect,
    }
    let modes = [("constant", Mode::Constant), ("edge", Mode::Edge), ("reflect", Mode::Reflect)];
    let how = match c.one_of("mode", &modes, Mode::Constant)? {
        Mode::Constant => Padding::Constant(value),
        Mode::Edge => Padding::Edge,
        Mode::Reflect => Padding::Reflect,
    };
    c.give(arrange::pad(&x, &pairs, &how))
}
