//! New tensors.

use super::super::call::{Call, Function};
use super::super::convert;
use crate::tensor::{DType, Operand, create};
use rustpython_vm::PyResult;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "array", params: &["object", "dtype=None"], run: array },
    Function { name: "asarray", params: &["object", "dtype=None"], run: array },
    Function { name: "tensor", params: &["object", "dtype=None"], run: array },
    Function {
        name: "zeros",
        params: &["shape", "dtype='float32'"],
        run: |c| c.give(create::zeros(&c.shape("shape")?, c.dtype("dtype")?.unwrap_or(DType::Float32))),
    },
    Function {
        name: "ones",
        params: &["shape", "dtype='float32'"],
        run: |c| c.give(create::ones(&c.shape("shape")?, c.dtype("dtype")?.unwrap_or(DType::Float32))),
    },
    Function {
        name: "full",
        params: &["shape", "fill_value", "dtype=None"],
        run: |c| c.give(create::full(&c.shape("shape")?, &c.operand("fill_value")?, c.dtype("dtype")?)),
    },
    Function { name: "zeros_like", params: &["x", "dtype=None"], run: |c| like(c, Operand::Int(0)) },
    Function { name: "ones_like", params: &["x", "dtype=None"], run: |c| like(c, Operand::Int(1)) },
    Function {
        name: "full_like",
        params: &["x", "fill_value", "dtype=None"],
        run: |c| like(c, c.operand("fill_value")?),
    },
    Function { name: "arange", params: &["start", "stop=None", "step=1", "dtype=None"], run: arange },
    Function {
        name: "linspace",
        params: &["start", "stop", "num=50", "endpoint=True", "dtype='float32'"],
        run: |c| {
            let dtype = c.dtype("dtype")?.unwrap_or(DType::Float32);
            let (start, stop) = (c.float("start", 0.0)?, c.float("stop", 0.0)?);
            c.give(create::linspace(start, stop, c.count("num", 50)?, c.flag("endpoint", true)?, dtype))
        },
    },
    Function {
        name: "eye",
        params: &["N", "M=None", "k=0", "dtype='float32'"],
        run: |c| {
            let rows = c.count("N", 0)?;
            let columns = c.count("M", rows)?;
            let dtype = c.dtype("dtype")?.unwrap_or(DType::Float32);
            c.give(create::eye(rows, columns, c.integer("k", 0)?, dtype))
        },
    },
    Function {
        name: "astype",
        params: &["x", "dtype"],
        run: |c| {
            let dtype = c.dtype("dtype")?.unwrap_or(DType::Float32);
            c.give(Ok(c.tensor("x")?.astype(dtype)))
        },
    },
];

fn array(c: &Call<'_>) -> PyResult {
    let dtype = c.dtype("dtype")?;
    let object = c.object("object")?;
    c.give(Ok(convert::array(&object, dtype, c.vm)?))
}

fn like(c: &Call<'_>, value: Operand) -> PyResult {
    let x = c.tensor("x")?;
    c.give(create::full(x.shape(), &value, Some(c.dtype("dtype")?.unwrap_or_else(|| x.dtype()))))
}

/// Integers give int64, a float among the arguments float32.
fn arange(c: &Call<'_>) -> PyResult {
    let all_integers = ["start", "stop", "step"]
        .iter()
        .filter_map(|name| c.given(name))
        .all(|value| convert::integer(value, c.vm).is_ok());
    let natural = if all_integers { DType::Int64 } else { DType::Float32 };
    let first = c.float("start", 0.0)?;
    let (start, stop) = if c.given("stop").is_some() { (first, c.float("stop", 0.0)?) } else { (0.0, first) };
    c.give(create::arange(start, stop, c.float("step", 1.0)?, c.dtype("dtype")?.unwrap_or(natural)))
}
