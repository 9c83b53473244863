//! Element by element.

use super::super::call::{Call, Function};
use crate::tensor::elementwise::{Binary, Comparison, binary, compare, meet};
use crate::tensor::{DType, Operand, Tensor, index, nn, shape, unary};
use rustpython_vm::PyResult;

macro_rules! each_element {
    ($($name:ident: $function:path),* $(,)?) => {
        [$(Function { name: stringify!($name), params: &["x"], run: |c| c.give(Ok($function(&c.tensor("x")?))) }),*]
    };
}

macro_rules! of_two {
    ($($name:ident: $op:ident),* $(,)?) => {
        [$(Function { name: stringify!($name), params: &["x", "y"], run: |c| two(c, Binary::$op) }),*]
    };
}

macro_rules! compared {
    ($($name:ident: $op:ident),* $(,)?) => {
        [$(Function {
            name: stringify!($name),
            params: &["x", "y"],
            run: |c| c.give(compare(Comparison::$op, &c.operand("x")?, &c.operand("y")?)),
        }),*]
    };
}

const ONE: [Function; 36] = each_element!(
    exp: unary::exp, expm1: unary::expm1, log: unary::log, log1p: unary::log1p, log2: unary::log2,
    log10: unary::log10, sqrt: unary::sqrt, abs: unary::abs, sign: unary::sign, sin: unary::sin,
    cos: unary::cos, tan: unary::tan, tanh: unary::tanh, sigmoid: unary::sigmoid, floor: unary::floor,
    ceil: unary::ceil, isnan: unary::isnan, isfinite: unary::isfinite, isinf: unary::isinf, erf: nn::erf,
    ravel: shape::flatten, arcsin: unary::arcsin, arccos: unary::arccos, arctan: unary::arctan,
    sinh: unary::sinh, cosh: unary::cosh, arcsinh: unary::arcsinh, arccosh: unary::arccosh,
    arctanh: unary::arctanh, exp2: unary::exp2, cbrt: unary::cbrt, deg2rad: unary::deg2rad,
    rad2deg: unary::rad2deg, reciprocal: unary::reciprocal, softplus: unary::softplus, trunc: unary::trunc,
);

const TWO: [Function; 12] = of_two!(
    add: Add, subtract: Subtract, multiply: Multiply, divide: Divide, floor_divide: FloorDivide,
    power: Power, minimum: Minimum, maximum: Maximum, bitwise_and: And, bitwise_or: Or, bitwise_xor: Xor,
    remainder: Remainder,
);

const COMPARED: [Function; 6] = compared!(
    less: Less, less_equal: LessEqual, greater: Greater, greater_equal: GreaterEqual, equal: Equal,
    not_equal: NotEqual,
);

const OTHER: [Function; 14] = [
    Function {
        name: "round",
        params: &["x", "decimals=0"],
        run: |c| {
            let decimals = c.integer("decimals", 0)?.clamp(-30, 30);
            c.give(Ok(unary::round(&c.tensor("x")?, decimals as i32)))
        },
    },
    Function {
        name: "square",
        params: &["x"],
        run: |c| {
            let x = c.operand("x")?;
            c.give(binary(Binary::Multiply, &x, &x))
        },
    },
    Function { name: "negative", params: &["x"], run: |c| c.give(unary::negative(&c.tensor("x")?)) },
    Function { name: "relu", params: &["x"], run: |c| c.give(nn::relu(&c.tensor("x")?)) },
    Function {
        name: "gelu",
        params: &["x", "approximate='none'"],
        run: |c| {
            let tanh = c.one_of("approximate", &[("none", false), ("tanh", true)], false)?;
            c.give(Ok(nn::gelu(&c.tensor("x")?, tanh)))
        },
    },
    Function {
        name: "softmax",
        params: &["x", "axis=-1"],
        run: |c| c.give(nn::softmax(&c.tensor("x")?, c.axis("axis")?.unwrap_or(-1))),
    },
    Function {
        name: "log_softmax",
        params: &["x", "axis=-1"],
        run: |c| c.give(nn::log_softmax(&c.tensor("x")?, c.axis("axis")?.unwrap_or(-1))),
    },
    Function {
        name: "layer_norm",
        params: &["x", "weight=None", "bias=None", "eps=1e-5", "axis=-1"],
        run: layer_norm,
    },
    Function { name: "clip", params: &["x", "min=None", "max=None"], run: clip },
    Function { name: "where", params: &["condition", "x=None", "y=None"], run: choose },
    Function { name: "logical_and", params: &["x", "y"], run: |c| logical(c, Binary::And) },
    Function { name: "logical_or", params: &["x", "y"], run: |c| logical(c, Binary::Or) },
    Function {
        name: "logical_not",
        params: &["x"],
        run: |c| c.give(unary::invert(&c.tensor("x")?.astype(DType::Bool))),
    },
    Function { name: "allclose", params: &["x", "y", "rtol=1e-05", "atol=1e-08"], run: allclose },
];

pub(super) const FUNCTIONS: &[Function] = &joined();

/// The tables above as one.
const fn joined() -> [Function; 68] {
    let mut all = [const { Function { name: "", params: &[], run: |c| Ok(c.vm.ctx.none()) } }; 68];
    let tables: [&[Function]; 4] = [&ONE, &TWO, &COMPARED, &OTHER];
    let (mut table, mut next) = (0, 0);
    while table < tables.len() {
        let mut at = 0;
        while at < tables[table].len() {
            let Function { name, params, run } = tables[table][at];
            all[next] = Function { name, params, run };
            at += 1;
            next += 1;
        }
        table += 1;
    }
    all
}

fn two(c: &Call<'_>, op: Binary) -> PyResult {
    c.give(binary(op, &c.operand("x")?, &c.operand("y")?))
}

fn logical(c: &Call<'_>, op: Binary) -> PyResult {
    let truth = |x: Tensor| Operand::Tensor(x.astype(DType::Bool));
    c.give(binary(op, &truth(c.tensor("x")?), &truth(c.tensor("y")?)))
}

fn layer_norm(c: &Call<'_>) -> PyResult {
    let optional = |name: &str| c.given(name).map(|_| c.tensor(name)).transpose();
    let (weight, bias) = (optional("weight")?, optional("bias")?);
    let axis = c.axis("axis")?.unwrap_or(-1);
    c.give(nn::layer_norm(&c.tensor("x")?, weight.as_ref(), bias.as_ref(), axis, c.float("eps", 1e-5)?))
}

fn clip(c: &Call<'_>) -> PyResult {
    let mut x = c.operand("x")?;
    for (name, op) in [("min", Binary::Maximum), ("max", Binary::Minimum)] {
        if c.given(name).is_some() {
            x = Operand::Tensor(match binary(op, &x, &c.operand(name)?) {
                Ok(clipped) => clipped,
                Err(error) => return c.give(Err(error)),
            });
        }
    }
    c.give(Ok(x.into_tensor()))
}

/// With three arguments `x` where the condition holds and `y` elsewhere; with one, the positions
/// where it holds, an axis each.
fn choose(c: &Call<'_>) -> PyResult {
    let condition = c.tensor("condition")?.astype(DType::Bool);
    if c.given("x").is_none() && c.given("y").is_none() {
        let holds: Vec<bool> = condition.to_i64s().iter().map(|&v| v != 0).collect();
        let positions = index::nonzero(condition.shape(), &holds);
        let tensors = positions.into_iter().map(|at| Tensor::from_vec(&[at.len()], at)).collect();
        return Ok(c.vm.ctx.new_tuple(c.give_all(tensors)?).into());
    }
    let (x, y) = (c.operand("x")?, c.operand("y")?);
    c.give((|| {
        let (x, y) = meet(&x, &y)?;
        let shape = crate::tensor::elementwise::broadcast_shape(x.shape(), y.shape())?;
        let shape = crate::tensor::elementwise::broadcast_shape(&shape, condition.shape())?;
        let condition = shape::broadcast_to(&condition, &shape)?.to_i64s();
        let (x, y) = (
            shape::flatten(&shape::broadcast_to(&x, &shape)?),
            shape::flatten(&shape::broadcast_to(&y, &shape)?),
        );
        // Both lie one after the other; the condition says which half an element comes from.
        let offsets: Vec<usize> = condition
            .iter()
            .enumerate()
            .map(|(i, &holds)| if holds != 0 { i } else { condition.len() + i })
            .collect();
        Ok(index::gather(&shape::concatenate(&[x, y], 0)?, &offsets, &shape))
    })())
}

fn allclose(c: &Call<'_>) -> PyResult {
    let (x, y) = (c.tensor("x")?.astype(DType::Float64), c.tensor("y")?.astype(DType::Float64));
    let (relative, absolute) = (c.float("rtol", 1e-5)?, c.float("atol", 1e-8)?);
    let shape = crate::tensor::elementwise::broadcast_shape(x.shape(), y.shape());
    let close = shape.and_then(|shape| {
        let (x, y) = (shape::broadcast_to(&x, &shape)?.to_f64s(), shape::broadcast_to(&y, &shape)?.to_f64s());
        Ok(x.iter().zip(&y).all(|(x, y)| x == y || (x - y).abs() <= absolute + relative * y.abs()))
    });
    match close {
        Ok(close) => Ok(c.vm.ctx.new_bool(close).into()),
        Err(error) => c.give(Err(error)),
    }
}
