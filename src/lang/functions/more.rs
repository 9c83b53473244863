//! What statistics and linear algebra need now and then.

use super::super::call::{Call, Function};
use crate::tensor::elementwise::{Binary, Operand, binary, broadcast_shape};
use crate::tensor::{DType, Tensor, TensorResult, create, index, lanes, reduce, shape, solve, unary};
use rustpython_vm::PyResult;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "isclose", params: &["x", "y", "rtol=1e-05", "atol=1e-08"], run: isclose },
    Function {
        name: "array_equal",
        params: &["x", "y"],
        run: |c| {
            let (x, y) = (c.tensor("x")?, c.tensor("y")?);
            let same = x.shape() == y.shape() && x.to_f64s() == y.to_f64s() && x.to_i64s() == y.to_i64s();
            Ok(c.vm.ctx.new_bool(same).into())
        },
    },
    Function {
        name: "silu",
        params: &["x"],
        run: |c| {
            let x = c.tensor("x")?.to_float();
            c.give(binary(Binary::Multiply, &Operand::Tensor(unary::sigmoid(&x)), &Operand::Tensor(x)))
        },
    },
    Function {
        name: "count_nonzero",
        params: &["x", "axis=None", "keepdims=False"],
        run: |c| {
            c.give(lanes::count_nonzero(
                &c.tensor("x")?,
                c.axes("axis")?.as_deref(),
                c.flag("keepdims", false)?,
            ))
        },
    },
    Function {
        name: "median",
        params: &["x", "axis=None", "keepdims=False"],
        run: |c| c.give(lanes::quantile(&c.tensor("x")?, 0.5, c.axis("axis")?, c.flag("keepdims", false)?)),
    },
    Function {
        name: "cumprod",
        params: &["x", "axis=None"],
        run: |c| c.give(lanes::cumprod(&c.tensor("x")?, c.axis("axis")?)),
    },
    Function {
        name: "diff",
        params: &["x", "n=1", "axis=-1"],
        run: |c| c.give(lanes::diff(&c.tensor("x")?, c.count("n", 1)?, c.axis("axis")?.unwrap_or(-1))),
    },
    Function {
        name: "searchsorted",
        params: &["a", "v", "side='left'"],
        run: |c| {
            let right = c.one_of("side", &[("left", false), ("right", true)], false)?;
            c.give(lanes::searchsorted(&c.tensor("a")?, &c.tensor("v")?, right))
        },
    },
    Function {
        name: "argwhere",
        params: &["x"],
        run: |c| {
            let x = c.tensor("x")?;
            let holds: Vec<bool> = x.astype(DType::Bool).to_i64s().iter().map(|&v| v != 0).collect();
            let axes: TensorResult<Vec<Tensor>> = index::nonzero(x.shape(), &holds)
                .into_iter()
                .map(|at| Tensor::from_vec(&[at.len()], at))
                .collect();
            c.give(axes.and_then(|axes| shape::stack(&axes, 1)))
        },
    },
    Function { name: "meshgrid", params: &["*xi", "indexing='xy'"], run: meshgrid },
    Function {
        name: "moveaxis",
        params: &["x", "source", "destination"],
        run: |c| {
            let (from, to) =
                (c.axes("source")?.unwrap_or_default(), c.axes("destination")?.unwrap_or_default());
            c.give_view("x", lanes::moveaxis(&c.tensor("x")?, &from, &to))
        },
    },
    Function { name: "vstack", params: &["tensors"], run: |c| stacked(c, 0) },
    Function { name: "hstack", params: &["tensors"], run: |c| stacked(c, 1) },
    Function {
        name: "logspace",
        params: &["start", "stop", "num=50", "endpoint=True", "base=10.0"],
        run: |c| {
            let (start, stop) = (c.float("start", 0.0)?, c.float("stop", 0.0)?);
            let base = c.float("base", 10.0)?;
            let powers =
                create::linspace(start, stop, c.count("num", 50)?, c.flag("endpoint", true)?, DType::Float64);
            c.give(powers.and_then(|powers| {
                let made = binary(Binary::Power, &Operand::Float(base), &Operand::Tensor(powers))?;
                Ok(made.astype(DType::Float32))
            }))
        },
    },
    Function {
        name: "geomspace",
        params: &["start", "stop", "num=50", "endpoint=True"],
        run: |c| {
            let (start, stop) = (c.float("start", 1.0)?, c.float("stop", 1.0)?);
            if start <= 0.0 || stop <= 0.0 {
                return Err(c.value_error("geomspace(): both ends are above 0".to_owned()));
            }
            let powers = create::linspace(
                start.ln(),
                stop.ln(),
                c.count("num", 50)?,
                c.flag("endpoint", true)?,
                DType::Float64,
            );
            c.give(powers.map(|powers| unary::exp(&powers).astype(DType::Float32)))
        },
    },
    Function {
        name: "trace",
        params: &["x"],
        run: |c| {
            let diagonal = crate::tensor::linalg::diag(&c.tensor("x")?, 0);
            c.give(diagonal.and_then(|diagonal| reduce::sum(&diagonal, None, false)))
        },
    },
    Function { name: "det", params: &["x"], run: |c| c.give(solve::det(&c.tensor("x")?)) },
    Function { name: "inv", params: &["x"], run: |c| c.give(solve::inv(&c.tensor("x")?)) },
    Function {
        name: "solve",
        params: &["a", "b"],
        run: |c| c.give(solve::solve(&c.tensor("a")?, &c.tensor("b")?)),
    },
];

fn isclose(c: &Call<'_>) -> PyResult {
    let (x, y) = (c.tensor("x")?.astype(DType::Float64), c.tensor("y")?.astype(DType::Float64));
    let (relative, absolute) = (c.float("rtol", 1e-5)?, c.float("atol", 1e-8)?);
    c.give((|| {
        let shape = broadcast_shape(x.shape(), y.shape())?;
        let (x, y) = (shape::broadcast_to(&x, &shape)?.to_f64s(), shape::broadcast_to(&y, &shape)?.to_f64s());
        let close = |(x, y): (&f64, &f64)| x == y || (x - y).abs() <= absolute + relative * y.abs();
        Tensor::from_vec(&shape, x.iter().zip(&y).map(close).collect::<Vec<bool>>())
    })())
}

/// Rows below each other or side by side; a row alone is a matrix of one row, or goes on.
fn stacked(c: &Call<'_>, axis: isize) -> PyResult {
    let tensors = c.tensors("tensors")?;
    let rows = tensors.iter().all(|tensor| tensor.ndim() <= 1);
    let whole = |tensor: &Tensor| match (axis, tensor.ndim()) {
        (0, 0 | 1) => shape::reshape(tensor, &[1, -1]),
        (_, 0) => shape::reshape(tensor, &[1]),
        _ => Ok(tensor.clone()),
    };
    let whole: TensorResult<Vec<Tensor>> = tensors.iter().map(whole).collect();
    let along = if axis == 1 && rows { 0 } else { axis };
    c.give(whole.and_then(|tensors| shape::concatenate(&tensors, along)))
}

/// Each row spread over the grid that all of them span.
fn meshgrid(c: &Call<'_>) -> PyResult {
    let crossed = c.one_of("indexing", &[("xy", true), ("ij", false)], true)?;
    let rows = c.rest().iter().map(|row| Ok(super::super::convert::operand(row, c.vm)?.into_tensor()));
    let rows = rows.collect::<PyResult<Vec<Tensor>>>()?;
    let count = rows.len();
    // The first two axes change places where x runs along the columns.
    let place = |at: usize| match at {
        0 | 1 if crossed && count > 1 => 1 - at,
        at => at,
    };
    let mut full = vec![1; count];
    rows.iter().enumerate().for_each(|(at, row)| full[place(at)] = row.len());
    let spread = |(at, row): (usize, &Tensor)| {
        let mut one = vec![1_i64; count];
        one[place(at)] = row.len() as i64;
        shape::broadcast_to(&shape::reshape(row, &one)?, &full)
    };
    let grids = rows.iter().enumerate().map(spread).collect();
    Ok(c.vm.ctx.new_list(c.give_all(grids)?).into())
}
