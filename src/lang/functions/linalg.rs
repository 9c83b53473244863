//! Vectors and matrices.

use super::super::call::{Call, Function};
use super::super::convert;
use crate::tensor::einsum::einsum;
use crate::tensor::linalg;
use rustpython_vm::PyResult;

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "matmul",
        params: &["x", "y"],
        run: |c| c.give(linalg::matmul(&c.tensor("x")?, &c.tensor("y")?)),
    },
    Function {
        name: "dot",
        params: &["x", "y"],
        run: |c| c.give(linalg::dot(&c.tensor("x")?, &c.tensor("y")?)),
    },
    Function {
        name: "outer",
        params: &["x", "y"],
        run: |c| c.give(linalg::outer(&c.tensor("x")?, &c.tensor("y")?)),
    },
    Function { name: "einsum", params: &["subscripts", "*operands"], run: sum_of_products },
    Function { name: "norm", params: &["x", "ord=2", "axis=None", "keepdims=False"], run: norm },
    Function {
        name: "tril",
        params: &["x", "k=0"],
        run: |c| c.give(linalg::triangle(&c.tensor("x")?, c.integer("k", 0)?, true)),
    },
    Function {
        name: "triu",
        params: &["x", "k=0"],
        run: |c| c.give(linalg::triangle(&c.tensor("x")?, c.integer("k", 0)?, false)),
    },
    Function {
        name: "diag",
        params: &["x", "k=0"],
        run: |c| c.give(linalg::diag(&c.tensor("x")?, c.integer("k", 0)?)),
    },
    Function { name: "cosine_similarity", params: &["x", "y", "axis=-1"], run: cosine },
];

fn sum_of_products(c: &Call<'_>) -> PyResult {
    let Some(subscripts) = c.text("subscripts")? else { return c.object("subscripts") };
    let operands = c
        .rest()
        .iter()
        .map(|operand| Ok(convert::operand(operand, c.vm)?.into_tensor()))
        .collect::<PyResult<Vec<_>>>()?;
    c.give(einsum(&subscripts, &operands))
}

fn norm(c: &Call<'_>) -> PyResult {
    c.give(linalg::norm(
        &c.tensor("x")?,
        c.float("ord", 2.0)?,
        c.axes("axis")?.as_deref(),
        c.flag("keepdims", false)?,
    ))
}

/// The cosine of the angle between `x` and `y` along an axis, broadcast over the others.
fn cosine(c: &Call<'_>) -> PyResult {
    use crate::tensor::Operand;
    use crate::tensor::elementwise::{Binary, binary};
    let axis = [c.axis("axis")?.unwrap_or(-1)];
    let (x, y) = (c.tensor("x")?.to_float(), c.tensor("y")?.to_float());
    c.give((|| {
        let (across, along) = (Operand::Tensor(x.clone()), Operand::Tensor(y.clone()));
        let product = binary(Binary::Multiply, &across, &along)?;
        let product = crate::tensor::reduce::sum(&product, Some(&axis), false)?;
        let lengths = binary(
            Binary::Multiply,
            &Operand::Tensor(linalg::norm(&x, 2.0, Some(&axis), false)?),
            &Operand::Tensor(linalg::norm(&y, 2.0, Some(&axis), false)?),
        )?;
        binary(Binary::Divide, &Operand::Tensor(product), &Operand::Tensor(lengths))
    })())
}
