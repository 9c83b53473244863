//! Products beyond `matmul`, and what a symmetric matrix is made of.

use super::super::call::{Call, Function};
use super::super::convert;
use crate::tensor::products::{self, Slide};
use crate::tensor::{Operand, eigen, elementwise};
use rustpython_vm::PyResult;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "tensordot", params: &["x", "y", "axes=2"], run: tensordot },
    Function {
        name: "inner",
        params: &["x", "y"],
        run: |c| {
            let (x, y) = (c.tensor("x")?, c.tensor("y")?);
            if x.ndim() == 0 || y.ndim() == 0 {
                let (x, y) = (Operand::Tensor(x), Operand::Tensor(y));
                return c.give(elementwise::binary(elementwise::Binary::Multiply, &x, &y));
            }
            c.give(products::tensordot(&x, &y, &[-1], &[-1]))
        },
    },
    Function {
        name: "kron",
        params: &["x", "y"],
        run: |c| c.give(products::kron(&c.tensor("x")?, &c.tensor("y")?)),
    },
    Function {
        name: "cross",
        params: &["x", "y"],
        run: |c| c.give(products::cross(&c.tensor("x")?, &c.tensor("y")?)),
    },
    Function {
        name: "matrix_power",
        params: &["x", "n"],
        run: |c| c.give(products::matrix_power(&c.tensor("x")?, c.integer("n", 1)?)),
    },
    Function {
        name: "convolve",
        params: &["x", "y", "mode='full'"],
        run: |c| {
            let modes = [("full", Slide::Full), ("same", Slide::Same), ("valid", Slide::Valid)];
            let mode = c.one_of("mode", &modes, Slide::Full)?;
            c.give(products::convolve(&c.tensor("x")?, &c.tensor("y")?, mode))
        },
    },
    Function {
        name: "eigh",
        params: &["x"],
        run: |c| {
            let made = eigen::eigh(&c.tensor("x")?).map(|(values, vectors)| vec![values, vectors]);
            Ok(c.vm.ctx.new_tuple(c.give_all(made)?).into())
        },
    },
];

/// Over so many axes, the last of `x` and the first of `y`; or over those that two lists name.
fn tensordot(c: &Call<'_>) -> PyResult {
    let (x, y) = (c.tensor("x")?, c.tensor("y")?);
    let as_axes = |axes: Vec<i64>| axes.into_iter().map(|axis| axis as isize).collect::<Vec<_>>();
    let (of_x, of_y) = match c.given("axes").map(|axes| convert::items(axes, c.vm)).transpose()?.flatten() {
        Some(pair) if pair.len() == 2 => {
            (as_axes(convert::integers(&pair[0], c.vm)?), as_axes(convert::integers(&pair[1], c.vm)?))
        }
        Some(_) => return Err(c.expected("axes", "a number, or two lists of axes", &c.object("axes")?)),
        None => {
            let count = c.count("axes", 2)?.min(x.ndim() + 1) as isize;
            ((-count..0).collect(), (0..count).collect())
        }
    };
    c.give(products::tensordot(&x, &y, &of_x, &of_y))
}
