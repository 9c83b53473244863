//! Rows put together and taken apart, and matrices turned, under NumPy's handier names.

use super::super::call::{Call, Function};
use super::super::convert;
use crate::tensor::shape::{self, axis_of};
use crate::tensor::{Shape, Tensor, TensorError, TensorResult, arrange, index, linalg};
use rustpython_vm::PyResult;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "append",
        params: &["x", "values", "axis=None"],
        run: |c| {
            let (x, values) = (c.tensor("x")?, c.tensor("values")?);
            c.give(match c.axis("axis")? {
                None => shape::concatenate(&[shape::flatten(&x), shape::flatten(&values)], 0),
                Some(axis) => shape::concatenate(&[x, values], axis),
            })
        },
    },
    Function { name: "array_split", params: &["x", "indices_or_sections", "axis=0"], run: nearly_equal },
    Function {
        name: "column_stack",
        params: &["tensors"],
        run: |c| {
            let column = |tensor: &Tensor| match tensor.ndim() {
                0 | 1 => shape::reshape(tensor, &[-1, 1]),
                _ => Ok(tensor.clone()),
            };
            let columns: TensorResult<Vec<Tensor>> = c.tensors("tensors")?.iter().map(column).collect();
            c.give(columns.and_then(|columns| shape::concatenate(&columns, 1)))
        },
    },
    Function { name: "atleast_1d", params: &["x"], run: |c| at_least(c, 1) },
    Function { name: "atleast_2d", params: &["x"], run: |c| at_least(c, 2) },
    Function { name: "fliplr", params: &["x"], run: |c| c.give(arrange::flip(&c.tensor("x")?, Some(&[1]))) },
    Function { name: "flipud", params: &["x"], run: |c| c.give(arrange::flip(&c.tensor("x")?, Some(&[0]))) },
    Function {
        name: "rot90",
        params: &["x", "k=1"],
        run: |c| {
            let (x, turns) = (c.tensor("x")?, c.integer("k", 1)?.rem_euclid(4));
            c.give((|| match turns {
                0 => Ok(x),
                1 => shape::swapaxes(&arrange::flip(&x, Some(&[1]))?, 0, 1),
                2 => arrange::flip(&x, Some(&[0, 1])),
                _ => arrange::flip(&shape::swapaxes(&x, 0, 1)?, Some(&[1])),
            })())
        },
    },
    Function {
        name: "diagonal",
        params: &["x", "offset=0"],
        run: |c| {
            let x = c.tensor("x")?;
            if x.ndim() != 2 {
                let message = format!("a matrix has a diagonal, not the shape {}", Shape(x.shape()));
                return c.give(Err(TensorError::value(message)));
            }
            c.give(linalg::diag(&x, c.integer("offset", 0)?))
        },
    },
    Function {
        name: "flatnonzero",
        params: &["x"],
        run: |c| {
            let holds: Vec<bool> = c.tensor("x")?.to_f64s().iter().map(|&v| v != 0.0).collect();
            let at = index::nonzero(&[holds.len()], &holds).swap_remove(0);
            c.give(Tensor::from_vec(&[at.len()], at))
        },
    },
    Function { name: "copy", params: &["x"], run: |c| c.give(Ok(c.tensor("x")?)) },
];

/// As `split`, but the first parts may be longer by one.
fn nearly_equal(c: &Call<'_>) -> PyResult {
    let (x, axis) = (c.tensor("x")?, c.axis("axis")?.unwrap_or(0));
    let how = c.object("indices_or_sections")?;
    let length = axis_of(axis, x.shape()).map_or(0, |axis| x.shape()[axis]);
    let at: Vec<usize> = match convert::integer(&how, c.vm) {
        Ok(count @ 1..=1_000_000) => {
            let count = count as usize;
            (1..count).map(|i| i * (length / count) + i.min(length % count)).collect()
        }
        Ok(_) => return Err(c.expected("indices_or_sections", "a number of parts from 1 on", &how)),
        Err(_) => {
            let at = convert::integers(&how, c.vm)?;
            at.into_iter()
                .map(|at| if at < 0 { at + length as i64 } else { at }.clamp(0, length as i64) as usize)
                .collect()
        }
    };
    Ok(c.vm.ctx.new_list(c.give_all(arrange::split_at(&x, &at, axis))?).into())
}

fn at_least(c: &Call<'_>, ndim: usize) -> PyResult {
    let x = c.tensor("x")?;
    let mut lengths = vec![1_i64; ndim.saturating_sub(x.ndim())];
    lengths.extend(x.shape().iter().map(|&length| length as i64));
    c.give_view("x", shape::reshape(&x, &lengths))
}
