//! Element by element, of two tensors, in floats; and numbers in the place of those that are none.

use super::super::call::{Call, Function};
use crate::tensor::elementwise::{Binary, Operand, binary, broadcast_shape, meet};
use crate::tensor::{DType, Tensor, shape};
use rustpython_vm::PyResult;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "arctan2", params: &["y", "x"], run: |c| of_two(c, ["y", "x"], f64::atan2) },
    Function { name: "hypot", params: &["x", "y"], run: |c| of_two(c, ["x", "y"], f64::hypot) },
    Function {
        name: "logaddexp",
        params: &["x", "y"],
        run: |c| {
            of_two(c, ["x", "y"], |x, y| match x.max(y) {
                most if most.is_infinite() => most,
                most => most + ((x - most).exp() + (y - most).exp()).ln(),
            })
        },
    },
    Function {
        name: "logical_xor",
        params: &["x", "y"],
        run: |c| {
            let truth = |x: Tensor| Operand::Tensor(x.astype(DType::Bool));
            c.give(binary(Binary::Xor, &truth(c.tensor("x")?), &truth(c.tensor("y")?)))
        },
    },
    Function {
        name: "nan_to_num",
        params: &["x", "nan=0.0", "posinf=None", "neginf=None"],
        run: |c| {
            let x = c.tensor("x")?;
            if !x.dtype().is_float() {
                return c.give(Ok(x));
            }
            let largest = if x.dtype() == DType::Float32 { f64::from(f32::MAX) } else { f64::MAX };
            let nan = c.float("nan", 0.0)?;
            let (above, below) = (c.float("posinf", largest)?, c.float("neginf", -largest)?);
            let number = |v: f64| match v {
                _ if v.is_nan() => nan,
                f64::INFINITY => above,
                f64::NEG_INFINITY => below,
                _ => v,
            };
            let all: Vec<f64> = x.to_f64s().into_iter().map(number).collect();
            c.give(Tensor::from_vec(x.shape(), all).map(|made| made.astype(x.dtype())))
        },
    },
];

fn of_two(c: &Call<'_>, names: [&str; 2], f: fn(f64, f64) -> f64) -> PyResult {
    let (a, b) = (c.operand(names[0])?, c.operand(names[1])?);
    c.give((|| {
        let (a, b) = meet(&a, &b)?;
        let dtype = a.dtype().floating();
        let shape = broadcast_shape(a.shape(), b.shape())?;
        let (a, b) = (shape::broadcast_to(&a, &shape)?, shape::broadcast_to(&b, &shape)?);
        let all: Vec<f64> = a.to_f64s().into_iter().zip(b.to_f64s()).map(|(a, b)| f(a, b)).collect();
        Ok(Tensor::from_vec(&shape, all)?.astype(dtype))
    })())
}
