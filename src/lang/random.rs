//! `k.rng(seed)`: random numbers, named as NumPy's `Generator`.

use std::cell::RefCell;

use rustpython_vm::builtins::PyList;
use rustpython_vm::types::Representable;
use rustpython_vm::{Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, pyclass};

use super::call::{Call, Function};
use super::tensor::PyTensor;
use super::{convert, stage};
use crate::tensor::rng::Rng;
use crate::tensor::{DType, Tensor, TensorResult, arrange};

/// A stream of random numbers.
#[pyclass(module = "kiln", name = "Generator")]
#[derive(Debug, PyPayload)]
pub(super) struct PyGenerator {
    rng: RefCell<Rng>,
}

#[pyclass(with(Representable))]
impl PyGenerator {}

impl Representable for PyGenerator {
    fn repr_str(_zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok("Generator(PCG64)".to_owned())
    }
}

impl PyGenerator {
    /// Where the stream stands.
    pub(super) fn state(&self) -> String {
        format!("{:?}", self.rng.borrow())
    }

    /// Standard normal numbers of `shape` from `generator`, or from the running cell's own seed.
    pub(super) fn noise(generator: Option<&PyObjectRef>, shape: &[usize], c: &Call<'_>) -> PyResult<Tensor> {
        use super::raise::OrRaise;
        match generator {
            None => {
                let seed = stage::with(|stage| stage.seed).unwrap_or_default();
                Rng::new(seed).normal(0.0, 1.0, shape).or_raise(c.vm)
            }
            Some(generator) => match generator.downcast_ref::<Self>() {
                Some(own) => own.rng.borrow_mut().normal(0.0, 1.0, shape).or_raise(c.vm),
                None => Err(c.expected("generator", "a generator made by k.rng(seed)", generator)),
            },
        }
    }
}

/// `k.rng`.
pub(super) const RNG: Function = Function {
    name: "rng",
    params: &["seed=None"],
    run: |c| {
        let own = stage::with(|stage| stage.seed).unwrap_or_default();
        let seed = c.integer("seed", own as i64)? as u64;
        Ok(PyGenerator { rng: RefCell::new(Rng::new(seed)) }.into_ref(&c.vm.ctx).into())
    },
};

/// The methods of generators.
pub(super) const METHODS: &[Function] = &[
    Function {
        name: "normal",
        params: &["self", "loc=0.0", "scale=1.0", "size=None"],
        run: |c| {
            let (loc, scale) = (c.float("loc", 0.0)?, c.float("scale", 1.0)?);
            draw(c, |rng, shape| rng.normal(loc, scale, shape))
        },
    },
    Function {
        name: "standard_normal",
        params: &["self", "size=None"],
        run: |c| draw(c, |rng, shape| rng.normal(0.0, 1.0, shape)),
    },
    Function {
        name: "uniform",
        params: &["self", "low=0.0", "high=1.0", "size=None"],
        run: |c| {
            let (low, high) = (c.float("low", 0.0)?, c.float("high", 1.0)?);
            draw(c, |rng, shape| rng.uniform(low, high, shape))
        },
    },
    Function {
        name: "random",
        params: &["self", "size=None"],
        run: |c| draw(c, |rng, shape| rng.uniform(0.0, 1.0, shape)),
    },
    Function {
        name: "integers",
        params: &["self", "low", "high=None", "size=None", "endpoint=False"],
        run: |c| {
            let first = c.integer("low", 0)?;
            let (low, high) =
                if c.given("high").is_some() { (first, c.integer("high", 0)?) } else { (0, first) };
            let high = high.saturating_add(c.flag("endpoint", false)?.into());
            draw(c, |rng, shape| rng.integers(low, high, shape))
        },
    },
    Function {
        name: "exponential",
        params: &["self", "scale=1.0", "size=None"],
        run: |c| {
            let scale = c.float("scale", 1.0)?;
            draw(c, |rng, shape| {
                let part = rng.uniform(0.0, 1.0, shape)?.astype(DType::Float64);
                let all: Vec<f64> =
                    part.to_f64s().into_iter().map(|u| -scale * (-u.min(1.0 - 1e-9)).ln_1p()).collect();
                Ok(Tensor::from_vec(shape, all)?.astype(DType::Float32))
            })
        },
    },
    Function { name: "shuffle", params: &["self", "x"], run: shuffle },
    Function { name: "permutation", params: &["self", "x"], run: permutation },
    Function { name: "choice", params: &["self", "a", "size=None", "replace=True", "p=None"], run: choice },
];

fn this(c: &Call<'_>) -> PyResult<PyRef<PyGenerator>> {
    let object = c.object("self")?;
    object.downcast().map_err(|other| c.expected("self", "a generator", &other))
}

fn size(c: &Call<'_>) -> PyResult<Vec<usize>> {
    if c.given("size").is_some() { c.shape("size") } else { Ok(Vec::new()) }
}

fn draw(c: &Call<'_>, act: impl Fn(&mut Rng, &[usize]) -> TensorResult<Tensor>) -> PyResult {
    let shape = size(c)?;
    c.give(act(&mut this(c)?.rng.borrow_mut(), &shape))
}

fn permutation(c: &Call<'_>) -> PyResult {
    let rng = this(c)?;
    let x = c.object("x")?;
    if let Ok(n) = convert::integer(&x, c.vm)
        && x.downcast_ref::<PyTensor>().is_none()
    {
        return c.give(rng.rng.borrow_mut().permutation(usize::try_from(n).unwrap_or(0)));
    }
    let x = c.tensor("x")?;
    let order = rng.rng.borrow_mut().permutation(x.shape().first().copied().unwrap_or(0));
    c.give(order.and_then(|order| arrange::take(&x, &order, Some(0))))
}

/// Puts the items of a list, or the rows of a tensor, in another order where they stand.
fn shuffle(c: &Call<'_>) -> PyResult {
    use super::raise::OrRaise;
    let (rng, x) = (this(c)?, c.object("x")?);
    if let Some(tensor) = x.downcast_ref::<PyTensor>() {
        let rows = tensor.get();
        let length = rows.shape().first().copied().unwrap_or(0);
        let order = rng.rng.borrow_mut().permutation(length).or_raise(c.vm)?;
        tensor.replace(arrange::take(&rows, &order, Some(0)).or_raise(c.vm)?, c.vm)?;
        return Ok(c.vm.ctx.none());
    }
    let Some(list) = x.downcast_ref::<PyList>() else {
        return Err(c.expected("x", "a list or a tensor", &x));
    };
    let items: Vec<PyObjectRef> = list.borrow_vec().to_vec();
    let order = rng.rng.borrow_mut().permutation(items.len()).or_raise(c.vm)?.to_i64s();
    *list.borrow_vec_mut() = order.into_iter().map(|at| items[at as usize].clone()).collect();
    Ok(c.vm.ctx.none())
}

/// From 0..a for an integer, the rows of a tensor, or the items of any list.
fn choice(c: &Call<'_>) -> PyResult {
    use super::raise::OrRaise;
    let (rng, a, shape) = (this(c)?, c.object("a")?, size(c)?);
    let weights = c.given("p").map(|_| c.tensor("p").map(|p| p.to_f64s())).transpose()?;
    let replace = c.flag("replace", true)?;
    let rows = a.downcast_ref::<PyTensor>().map(|tensor| tensor.get());
    let number = if rows.is_none() { convert::integer(&a, c.vm).ok() } else { None };
    let items: Vec<PyObjectRef> =
        if rows.is_none() && number.is_none() { a.try_to_value(c.vm)? } else { Vec::new() };
    let n = match (&rows, number) {
        (Some(rows), _) => rows.shape().first().copied().unwrap_or(0),
        (None, Some(number)) => usize::try_from(number).unwrap_or(0),
        (None, None) => items.len(),
    };
    let count = crate::tensor::check_size(&shape, crate::tensor::DType::Int64).or_raise(c.vm)?;
    let chosen = rng.rng.borrow_mut().choice(n, count, replace, weights.as_deref()).or_raise(c.vm)?;
    if rows.is_none() && number.is_none() {
        let mut chosen = chosen.into_iter().map(|at| items[at].clone());
        return match shape.as_slice() {
            [] => Ok(chosen.next().unwrap_or_else(|| c.vm.ctx.none())),
            _ => Ok(c.vm.ctx.new_list(chosen.collect()).into()),
        };
    }
    let at = Tensor::from_vec(&shape, chosen.into_iter().map(|at| at as i64).collect());
    c.give(at.and_then(|at| match rows {
        Some(rows) => arrange::take(&rows, &at, Some(0)),
        None => Ok(at),
    }))
}
