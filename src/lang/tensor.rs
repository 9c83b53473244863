//! The tensor as a Python object.
//!
//! Tensors are values: what indexing and reshaping give is a tensor of its own, where NumPy gives a
//! window on the old one. Writing into such a window is refused while the old tensor is there, so no
//! cell silently means something else than in NumPy; and so is writing to another cell's tensor.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use rustpython_vm::builtins::{PyStr, PyStrRef, PyType};
use rustpython_vm::class::StaticType;
use rustpython_vm::common::hash::PyHash;
use rustpython_vm::function::{Either, PosArgs, PyComparisonValue};
use rustpython_vm::protocol::{PyMappingMethods, PyNumberMethods};
use rustpython_vm::types::{
    AsMapping, AsNumber, Comparable, Hashable, Iterable, PyComparisonOp, Representable,
};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, pyclass,
};

use super::raise::{self, OrRaise};
use super::{convert, inplace, stage};
use crate::tensor::elementwise::{Binary, Comparison, binary, compare};
use crate::tensor::{Operand, Shape, Tensor, TensorResult, format, index, linalg, unary};

/// A tensor, and what says whether it may be written to.
#[pyclass(module = "kiln", name = "Tensor")]
#[derive(Debug, PyPayload)]
pub(super) struct PyTensor {
    value: RefCell<Tensor>,
    cell: usize,
    /// Alive as long as this tensor is, once a window on it has been made.
    token: RefCell<Option<Rc<()>>>,
    base: Weak<()>,
}

impl PyTensor {
    /// `tensor` as an object of the running cell.
    pub(super) fn object(tensor: Tensor, vm: &VirtualMachine) -> PyObjectRef {
        Self::made(tensor, Weak::new()).into_ref(&vm.ctx).into()
    }

    /// `tensor`, which NumPy would share with `base`.
    pub(super) fn view(tensor: Tensor, base: Option<&PyObjectRef>, vm: &VirtualMachine) -> PyObjectRef {
        let base = match base.and_then(|base| base.downcast_ref::<Self>()) {
            Some(base) => Rc::downgrade(base.token.borrow_mut().get_or_insert_default()),
            None => Weak::new(),
        };
        Self::made(tensor, base).into_ref(&vm.ctx).into()
    }

    fn made(tensor: Tensor, base: Weak<()>) -> Self {
        let cell = stage::with(|stage| stage.cell()).unwrap_or_default();
        Self { value: RefCell::new(tensor), cell, token: RefCell::new(None), base }
    }

    /// The tensor.
    pub(super) fn get(&self) -> Tensor {
        self.value.borrow().clone()
    }

    /// Whether it was cut out of a tensor that is still there.
    pub(super) fn is_window(&self) -> bool {
        self.base.strong_count() > 0
    }

    /// Makes it `new`.
    pub(super) fn put(&self, new: Tensor) {
        *self.value.borrow_mut() = new;
    }

    /// An error where the running cell may not write to it.
    pub(super) fn writable(&self, vm: &VirtualMachine) -> PyResult<()> {
        let value_error = vm.ctx.exceptions.value_error.to_owned();
        let copy = ["work on a copy: `x = x.copy()`".to_owned()];
        let here = stage::with(|stage| (stage.cell(), stage.labels.get(self.cell).cloned()));
        if let Some((cell, Some(label))) = here
            && cell != self.cell
        {
            let message =
                format!("this tensor belongs to the cell `{label}`, which a later one may not change");
            return Err(raise::exception(vm, value_error, message, &copy));
        }
        if self.is_window() {
            let hints = [
                "write through the first tensor's own index: `x[i, j] = v` for `x[i][j] = v`".to_owned(),
                "or work on a copy: `y = x[i].copy()`".to_owned(),
            ];
            let message = "this tensor was cut out of another one, which writing to it would leave unchanged";
            return Err(raise::exception(vm, value_error, message, &hints));
        }
        Ok(())
    }

    fn set(&self, key: &PyObject, value: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
        self.writable(vm)?;
        let indices = convert::indices(key, vm)?;
        let value = convert::operand(value, vm)?.into_tensor();
        index::set(&mut self.value.borrow_mut(), &indices, &value).or_raise(vm)
    }

    fn single(&self, what: &str, vm: &VirtualMachine) -> PyResult {
        let tensor = self.value.borrow();
        if tensor.len() == 1 {
            return Ok(convert::scalar(&tensor, vm));
        }
        let hints = match what {
            "bool" => {
                vec!["use `.any()` or `.all()`, and `&`, `|`, `~` instead of `and`, `or`, `not`".to_owned()]
            }
            _ => vec!["a sum, a maximum or an index makes one number of it".to_owned()],
        };
        let message = format!("a tensor of shape {} is not one {what}", Shape(tensor.shape()));
        Err(raise::exception(vm, vm.ctx.exceptions.value_error.to_owned(), message, &hints))
    }
}

#[pyclass(with(AsNumber, AsMapping, Comparable, Hashable, Iterable, Representable))]
impl PyTensor {
    #[pygetset]
    fn shape(&self, vm: &VirtualMachine) -> PyObjectRef {
        let lengths = self.value.borrow().shape().iter().map(|&n| vm.ctx.new_int(n).into()).collect();
        vm.ctx.new_tuple(lengths).into()
    }

    #[pygetset]
    fn dtype(&self, vm: &VirtualMachine) -> PyObjectRef {
        vm.ctx.new_str(self.value.borrow().dtype().name()).into()
    }

    #[pygetset]
    fn ndim(&self) -> usize {
        self.value.borrow().ndim()
    }

    #[pygetset]
    fn size(&self) -> usize {
        self.value.borrow().len()
    }

    #[pygetset]
    fn nbytes(&self) -> usize {
        let tensor = self.value.borrow();
        tensor.len() * tensor.dtype().bytes()
    }

    #[pygetset(name = "T")]
    fn transposed(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        let tensor = crate::tensor::shape::permute(&zelf.get(), None).or_raise(vm)?;
        Ok(Self::view(tensor, Some(&zelf.into()), vm))
    }

    #[pymethod]
    fn item(&self, at: PosArgs, vm: &VirtualMachine) -> PyResult {
        let tensor = self.get();
        let chosen = match at.into_vec().as_slice() {
            [] => return self.single("number", vm),
            // One number counts through the rows.
            [one] if tensor.ndim() != 1 => {
                index::get(&crate::tensor::shape::flatten(&tensor), &convert::indices(one, vm)?)
            }
            several => {
                let parts =
                    several.iter().map(|part| convert::indices(part, vm)).collect::<PyResult<Vec<_>>>()?;
                index::get(&tensor, &parts.concat())
            }
        };
        Self::made(chosen.or_raise(vm)?, Weak::new()).single("number", vm)
    }

    #[pymethod]
    fn tolist(&self, vm: &VirtualMachine) -> PyResult {
        convert::lists(&self.get(), vm)
    }

    #[pymethod]
    fn copy(&self, vm: &VirtualMachine) -> PyObjectRef {
        Self::object(self.get(), vm)
    }

    #[pymethod]
    fn __copy__(&self, vm: &VirtualMachine) -> PyObjectRef {
        self.copy(vm)
    }

    #[pymethod]
    fn __deepcopy__(&self, _memo: PyObjectRef, vm: &VirtualMachine) -> PyObjectRef {
        self.copy(vm)
    }

    #[pymethod]
    fn __format__(&self, spec: PyStrRef, vm: &VirtualMachine) -> PyResult<PyStrRef> {
        let tensor = self.get();
        if spec.is_empty() {
            return Ok(vm.ctx.new_str(format::text(&tensor)));
        }
        if tensor.len() != 1 {
            let hint = ["format one number, or round the tensor: `k.round(x, 2)`".to_owned()];
            let message = format!("a tensor of shape {} has no format '{spec}'", Shape(tensor.shape()));
            return Err(raise::exception(vm, vm.ctx.exceptions.type_error.to_owned(), message, &hint));
        }
        let number = convert::scalar(&tensor, vm);
        let text = vm.call_method(&number, "__format__", (spec,))?;
        text.downcast::<PyStr>().map_err(|_| vm.new_type_error("a format is a string"))
    }

    #[pymethod]
    fn __round__(
        &self,
        digits: rustpython_vm::function::OptionalArg<i64>,
        vm: &VirtualMachine,
    ) -> PyObjectRef {
        let digits = digits.into_option().unwrap_or(0).clamp(-30, 30);
        Self::object(unary::round(&self.get(), digits as i32), vm)
    }

    #[pyslot]
    fn slot_str(zelf: &PyObject, vm: &VirtualMachine) -> PyResult<PyStrRef> {
        match zelf.downcast_ref::<Self>() {
            Some(tensor) => Ok(vm.ctx.new_str(format::text(&tensor.value.borrow()))),
            None => zelf.repr(vm),
        }
    }
}

impl Representable for PyTensor {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format::repr(&zelf.value.borrow()))
    }
}

impl Hashable for PyTensor {
    fn hash(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyHash> {
        let tensor = zelf.get();
        if tensor.ndim() == 0 {
            return convert::scalar(&tensor, vm).hash(vm);
        }
        let hint = ["a tuple of numbers can be a key: `tuple(x.tolist())`".to_owned()];
        let message = format!("a tensor of shape {} is no key", Shape(tensor.shape()));
        Err(raise::exception(vm, vm.ctx.exceptions.type_error.to_owned(), message, &hint))
    }
}

impl Iterable for PyTensor {
    fn iter(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
        let tensor = zelf.get();
        if tensor.ndim() == 0 {
            return Err(vm.new_type_error("a tensor without axes has nothing to go through"));
        }
        let base: PyObjectRef = zelf.into();
        // An element is a number of its own; a row is a window, in NumPy.
        let base = (tensor.ndim() > 1).then_some(&base);
        let rows = convert::rows(&tensor).or_raise(vm)?;
        let rows = rows.into_iter().map(|row| Self::view(row, base, vm)).collect();
        Ok(vm.ctx.new_list(rows).as_object().get_iter(vm)?.into())
    }
}

impl AsMapping for PyTensor {
    fn as_mapping() -> &'static PyMappingMethods {
        static METHODS: PyMappingMethods = PyMappingMethods {
            length: Some(|mapping, vm| {
                let tensor = PyTensor::mapping_downcast(mapping).get();
                tensor
                    .shape()
                    .first()
                    .copied()
                    .ok_or_else(|| vm.new_type_error("a tensor without axes has no len()"))
            }),
            subscript: Some(|mapping, key, vm| {
                let zelf = PyTensor::mapping_downcast(mapping);
                let indices = convert::indices(key, vm)?;
                let chosen = index::get(&zelf.value.borrow(), &indices).or_raise(vm)?;
                let window = chosen.ndim() > 0
                    && !indices.iter().any(|part| {
                        matches!(part, index::Index::Mask { .. } | index::Index::Integers { .. })
                    });
                let base: PyObjectRef = zelf.to_owned().into();
                Ok(PyTensor::view(chosen, window.then_some(&base), vm))
            }),
            ass_subscript: Some(|mapping, key, value, vm| match value {
                Some(value) => PyTensor::mapping_downcast(mapping).set(key, &value, vm),
                None => Err(vm.new_type_error("elements of a tensor cannot be deleted")),
            }),
        };
        &METHODS
    }
}

impl Comparable for PyTensor {
    fn slot_richcompare(
        zelf: &PyObject,
        other: &PyObject,
        op: PyComparisonOp,
        vm: &VirtualMachine,
    ) -> PyResult<Either<PyObjectRef, PyComparisonValue>> {
        let not_mine = || Ok(Either::B(PyComparisonValue::NotImplemented));
        let Some(a) = convert::plain_operand(zelf, vm)? else { return not_mine() };
        let b = match convert::plain_operand(other, vm)? {
            Some(b) => b,
            None => match convert::array(other, None, vm) {
                Ok(b) => Operand::Tensor(b),
                Err(_) => return not_mine(),
            },
        };
        let op = match op {
            PyComparisonOp::Lt => Comparison::Less,
            PyComparisonOp::Le => Comparison::LessEqual,
            PyComparisonOp::Gt => Comparison::Greater,
            PyComparisonOp::Ge => Comparison::GreaterEqual,
            PyComparisonOp::Eq => Comparison::Equal,
            _ => Comparison::NotEqual,
        };
        Ok(Either::A(Self::object(compare(op, &a, &b).or_raise(vm)?, vm)))
    }

    fn cmp(_: &Py<Self>, _: &PyObject, _: PyComparisonOp, _: &VirtualMachine) -> PyResult<PyComparisonValue> {
        Ok(PyComparisonValue::NotImplemented)
    }
}

/// `a op b` where either is a tensor; Python's `NotImplemented` for what is neither number nor list.
pub(super) fn arithmetic(op: Binary, a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
    both(a, b, vm, |a, b| binary(op, &a, &b))
}

/// `a @ b`, as [`arithmetic`].
pub(super) fn multiplied(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
    both(a, b, vm, |a, b| linalg::matmul(&a.into_tensor(), &b.into_tensor()))
}

/// The quotient rounded down, and what is left over.
fn divided(a: &PyObject, b: &PyObject, vm: &VirtualMachine) -> PyResult {
    let quotient = arithmetic(Binary::FloorDivide, a, b, vm)?;
    if quotient.is(&vm.ctx.not_implemented) {
        return Ok(quotient);
    }
    Ok(vm.ctx.new_tuple(vec![quotient, arithmetic(Binary::Remainder, a, b, vm)?]).into())
}

fn both(
    a: &PyObject,
    b: &PyObject,
    vm: &VirtualMachine,
    act: impl Fn(Operand, Operand) -> TensorResult<Tensor>,
) -> PyResult {
    let read = |object: &PyObject| -> PyResult<Option<Operand>> {
        match convert::plain_operand(object, vm)? {
            Some(operand) => Ok(Some(operand)),
            None => Ok(convert::array(object, None, vm).ok().map(Operand::Tensor)),
        }
    };
    match (read(a)?, read(b)?) {
        (Some(a), Some(b)) => Ok(PyTensor::object(act(a, b).or_raise(vm)?, vm)),
        _ => Ok(vm.ctx.not_implemented()),
    }
}

fn this<'a>(number: rustpython_vm::protocol::PyNumber<'a>) -> &'a Py<PyTensor> {
    PyTensor::number_downcast(number)
}

impl AsNumber for PyTensor {
    fn as_number() -> &'static PyNumberMethods {
        static METHODS: PyNumberMethods = inplace::slots(PyNumberMethods {
            add: Some(|a, b, vm| arithmetic(Binary::Add, a, b, vm)),
            subtract: Some(|a, b, vm| arithmetic(Binary::Subtract, a, b, vm)),
            multiply: Some(|a, b, vm| arithmetic(Binary::Multiply, a, b, vm)),
            true_divide: Some(|a, b, vm| arithmetic(Binary::Divide, a, b, vm)),
            floor_divide: Some(|a, b, vm| arithmetic(Binary::FloorDivide, a, b, vm)),
            remainder: Some(|a, b, vm| arithmetic(Binary::Remainder, a, b, vm)),
            power: Some(|a, b, _modulus, vm| arithmetic(Binary::Power, a, b, vm)),
            and: Some(|a, b, vm| arithmetic(Binary::And, a, b, vm)),
            or: Some(|a, b, vm| arithmetic(Binary::Or, a, b, vm)),
            xor: Some(|a, b, vm| arithmetic(Binary::Xor, a, b, vm)),
            divmod: Some(divided),
            matrix_multiply: Some(multiplied),
            negative: Some(|a, vm| Ok(PyTensor::object(unary::negative(&this(a).get()).or_raise(vm)?, vm))),
            positive: Some(|a, vm| Ok(PyTensor::object(this(a).get(), vm))),
            absolute: Some(|a, vm| Ok(PyTensor::object(unary::abs(&this(a).get()), vm))),
            invert: Some(|a, vm| Ok(PyTensor::object(unary::invert(&this(a).get()).or_raise(vm)?, vm))),
            boolean: Some(|a, vm| this(a).single("bool", vm)?.try_to_bool(vm)),
            int: Some(|a, vm| {
                let number = this(a).single("number", vm)?;
                vm.ctx.types.int_type.as_object().call((number,), vm)
            }),
            float: Some(|a, vm| {
                let number = this(a).single("number", vm)?;
                Ok(vm.ctx.new_float(convert::float(&number, vm)?).into())
            }),
            index: Some(|a, vm| {
                let tensor = this(a).get();
                if tensor.dtype().is_float() || tensor.len() != 1 {
                    return Err(
                        vm.new_type_error(format!("{} is no index", convert::described(this(a).as_object())))
                    );
                }
                Ok(vm.ctx.new_int(tensor.to_i64s()[0]).into())
            }),
            ..PyNumberMethods::NOT_IMPLEMENTED
        });
        &METHODS
    }
}

/// The class `Tensor`.
pub(super) fn class() -> &'static Py<PyType> {
    PyTensor::static_type()
}
