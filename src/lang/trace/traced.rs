//! A value of a graph that is being traced, as a Python object.

use std::rc::Rc;

use rustpython_vm::builtins::PyBaseExceptionRef;
use rustpython_vm::function::{Either, PyComparisonValue};
use rustpython_vm::protocol::{PyMappingMethods, PyNumberMethods};
use rustpython_vm::types::{AsMapping, AsNumber, Comparable, Iterable, PyComparisonOp, Representable};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, pyclass,
};

use super::recording::Shared;
use super::{Input, arithmetic, index, lower};
use crate::lang::raise;
use crate::tensor::elementwise::{Binary, Comparison};
use crate::tensor::{Shape, Tensor};

/// A value whose numbers are known when the graph runs.
#[pyclass(module = "kiln", name = "Traced")]
#[derive(Debug, PyPayload)]
pub(in crate::lang) struct PyTraced {
    pub(super) recording: Shared,
    pub(super) name: String,
    /// What it is for the example.
    pub(super) value: Tensor,
}

impl PyTraced {
    /// The value called `name` of the graph in the making.
    pub(super) fn input(recording: &Shared, name: String, value: Tensor, vm: &VirtualMachine) -> Input {
        Input::Traced(Self { recording: Rc::clone(recording), name, value }.into_ref(&vm.ctx))
    }
}

/// Why `what` cannot be done with a traced value.
fn unknown(what: &str, vm: &VirtualMachine) -> PyBaseExceptionRef {
    let hints = [
        "choose by number with `k.where(condition, a, b)`, which becomes a node".to_owned(),
        "shapes and dtypes are known: `x.shape`, `x.dtype`".to_owned(),
    ];
    let message = format!("{what} needs the numbers of a traced value, which are known when the graph runs");
    raise::exception(vm, vm.ctx.exceptions.type_error.to_owned(), message, &hints)
}

#[pyclass(with(AsNumber, AsMapping, Comparable, Iterable, Representable))]
impl PyTraced {
    #[pygetset]
    fn shape(&self, vm: &VirtualMachine) -> PyObjectRef {
        let lengths = self.value.shape().iter().map(|&n| vm.ctx.new_int(n).into()).collect();
        vm.ctx.new_tuple(lengths).into()
    }

    #[pygetset]
    fn dtype(&self) -> &'static str {
        self.value.dtype().name()
    }

    #[pygetset]
    fn ndim(&self) -> usize {
        self.value.ndim()
    }

    #[pygetset]
    fn size(&self) -> usize {
        self.value.len()
    }

    #[pygetset(name = "T")]
    fn transposed(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        let axes = (0..zelf.value.ndim() as i64).rev().collect();
        Ok(lower::transposed(&Input::Traced(zelf), axes, vm)?.into_object(vm))
    }

    #[pymethod]
    fn item(&self, vm: &VirtualMachine) -> PyResult {
        Err(unknown("`.item()`", vm))
    }

    #[pymethod]
    fn tolist(&self, vm: &VirtualMachine) -> PyResult {
        Err(unknown("`.tolist()`", vm))
    }

    /// A traced value is never written to, so it is its own copy.
    #[pymethod]
    fn copy(zelf: PyRef<Self>) -> PyRef<Self> {
        zelf
    }
}

impl Representable for PyTraced {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("Traced('{}', {} {})", zelf.name, zelf.value.dtype(), Shape(zelf.value.shape())))
    }
}

impl Iterable for PyTraced {
    /// The rows, whose number the example's shape tells.
    fn iter(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        let Some(&length) = zelf.value.shape().first() else {
            return Err(vm.new_type_error("a tensor without axes has nothing to go through"));
        };
        let row = |at: usize| index::chosen(&zelf, vm.ctx.new_int(at).as_object(), vm);
        let rows = (0..length).map(row).collect::<PyResult<Vec<_>>>()?;
        Ok(vm.ctx.new_list(rows).as_object().get_iter(vm)?.into())
    }
}

impl AsMapping for PyTraced {
    fn as_mapping() -> &'static PyMappingMethods {
        static METHODS: PyMappingMethods = PyMappingMethods {
            length: Some(|mapping, vm| {
                let first = PyTraced::mapping_downcast(mapping).value.shape().first().copied();
                first.ok_or_else(|| vm.new_type_error("a tensor without axes has no len()"))
            }),
            subscript: Some(|mapping, key, vm| index::chosen(PyTraced::mapping_downcast(mapping), key, vm)),
            ass_subscript: Some(|_, _, _, vm| {
                let hint = ["put the parts together with `k.where` or `k.concatenate`".to_owned()];
                let class = vm.ctx.exceptions.type_error.to_owned();
                Err(raise::exception(vm, class, "a traced value cannot be written to", &hint))
            }),
        };
        &METHODS
    }
}

impl Comparable for PyTraced {
    fn slot_richcompare(
        zelf: &PyObject,
        other: &PyObject,
        op: PyComparisonOp,
        vm: &VirtualMachine,
    ) -> PyResult<Either<PyObjectRef, PyComparisonValue>> {
        let op = match op {
            PyComparisonOp::Lt => Comparison::Less,
            PyComparisonOp::Le => Comparison::LessEqual,
            PyComparisonOp::Gt => Comparison::Greater,
            PyComparisonOp::Ge => Comparison::GreaterEqual,
            PyComparisonOp::Eq => Comparison::Equal,
            _ => Comparison::NotEqual,
        };
        let (Some(a), Some(b)) = (arithmetic::side(zelf, vm)?, arithmetic::side(other, vm)?) else {
            return Ok(Either::B(PyComparisonValue::NotImplemented));
        };
        Ok(Either::A(arithmetic::compared(op, &a, &b, vm)?.into_object(vm)))
    }

    fn cmp(_: &Py<Self>, _: &PyObject, _: PyComparisonOp, _: &VirtualMachine) -> PyResult<PyComparisonValue> {
        Ok(PyComparisonValue::NotImplemented)
    }
}

fn both(op: Binary, a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
    match (arithmetic::side(a, vm)?, arithmetic::side(b, vm)?) {
        (Some(a), Some(b)) => Ok(arithmetic::combined(op, &a, &b, vm)?.into_object(vm)),
        _ => Ok(vm.ctx.not_implemented()),
    }
}

fn this(number: rustpython_vm::protocol::PyNumber<'_>) -> Input {
    Input::Traced(PyTraced::number_downcast(number).to_owned())
}

impl AsNumber for PyTraced {
    fn as_number() -> &'static PyNumberMethods {
        static METHODS: PyNumberMethods = PyNumberMethods {
            add: Some(|a, b, vm| both(Binary::Add, a, b, vm)),
            subtract: Some(|a, b, vm| both(Binary::Subtract, a, b, vm)),
            multiply: Some(|a, b, vm| both(Binary::Multiply, a, b, vm)),
            true_divide: Some(|a, b, vm| both(Binary::Divide, a, b, vm)),
            floor_divide: Some(|a, b, vm| both(Binary::FloorDivide, a, b, vm)),
            remainder: Some(|a, b, vm| both(Binary::Remainder, a, b, vm)),
            power: Some(|a, b, _modulus, vm| both(Binary::Power, a, b, vm)),
            and: Some(|a, b, vm| both(Binary::And, a, b, vm)),
            or: Some(|a, b, vm| both(Binary::Or, a, b, vm)),
            xor: Some(|a, b, vm| both(Binary::Xor, a, b, vm)),
            matrix_multiply: Some(|a, b, vm| match (arithmetic::side(a, vm)?, arithmetic::side(b, vm)?) {
                (Some(a), Some(b)) => Ok(arithmetic::multiplied(&a, &b, vm)?.into_object(vm)),
                _ => Ok(vm.ctx.not_implemented()),
            }),
            negative: Some(|a, vm| Ok(lower::one("Neg", &[this(a)], &[], vm)?.into_object(vm))),
            positive: Some(|a, vm| Ok(this(a).into_object(vm))),
            absolute: Some(|a, vm| Ok(lower::one("Abs", &[this(a)], &[], vm)?.into_object(vm))),
            invert: Some(|a, vm| Ok(arithmetic::inverted(&this(a), vm)?.into_object(vm))),
            boolean: Some(|_, vm| Err(unknown("a branch (`if`, `while`, `and`, `or`, `not`)", vm))),
            int: Some(|_, vm| Err(unknown("`int()`", vm))),
            float: Some(|_, vm| Err(unknown("`float()`", vm))),
            index: Some(|_, vm| Err(unknown("a Python index or range", vm))),
            ..PyNumberMethods::NOT_IMPLEMENTED
        };
        &METHODS
    }
}
