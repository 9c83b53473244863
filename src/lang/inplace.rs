//! What changes a tensor where it stands: `x += y` and its kin, `x.sort()`, `x.fill(v)`.
//!
//! In NumPy `y = x; y += 1` changes `x`, and so does a function that says `w -= step`: here too, for
//! else a cell would silently mean another thing. What may not be written to is refused, as in
//! `x[i] = v`. An element alone is a number, in NumPy as here: `s = x.sum(); s += 1` makes another one.

use rustpython_vm::protocol::PyNumberMethods;
use rustpython_vm::{PyObject, PyObjectRef, PyResult, VirtualMachine};

use super::call::{Call, Function};
use super::raise::{self, OrRaise};
use super::tensor::{PyTensor, arithmetic, multiplied};
use crate::tensor::elementwise::Binary;
use crate::tensor::{DType, Shape, Tensor, sort};

/// The methods that change their tensor.
pub(super) const METHODS: &[Function] = &[
    Function { name: "sort", params: &["self", "axis=-1", "kind='stable'"], run: sorted },
    Function {
        name: "fill",
        params: &["self", "value"],
        run: |c| {
            let (this, value) = (c.object("self")?, c.operand("value")?);
            let Some(tensor) = this.downcast_ref::<PyTensor>() else {
                return Err(c.expected("self", "a tensor", &this));
            };
            let old = tensor.get();
            let filled =
                crate::tensor::create::full(old.shape(), &value, Some(old.dtype())).or_raise(c.vm)?;
            tensor.replace(filled, c.vm)?;
            Ok(c.vm.ctx.none())
        },
    },
];

/// Puts the elements in order where they stand, and gives the tensor itself: a call can go on.
fn sorted(c: &Call<'_>) -> PyResult {
    let this = c.object("self")?;
    let Some(tensor) = this.downcast_ref::<PyTensor>() else {
        return Err(c.expected("self", "a tensor", &this));
    };
    let made = sort::sort(&tensor.get(), Some(c.axis("axis")?.unwrap_or(-1))).or_raise(c.vm)?;
    tensor.replace(made, c.vm)?;
    Ok(this)
}

/// The slots of `+=` and its kin, beside those of `plain`.
pub(super) const fn slots(plain: PyNumberMethods) -> PyNumberMethods {
    PyNumberMethods {
        inplace_add: Some(|a, b, vm| change("+=", a, vm, arithmetic(Binary::Add, a, b, vm)?)),
        inplace_subtract: Some(|a, b, vm| change("-=", a, vm, arithmetic(Binary::Subtract, a, b, vm)?)),
        inplace_multiply: Some(|a, b, vm| change("*=", a, vm, arithmetic(Binary::Multiply, a, b, vm)?)),
        inplace_true_divide: Some(|a, b, vm| change("/=", a, vm, arithmetic(Binary::Divide, a, b, vm)?)),
        inplace_floor_divide: Some(|a, b, vm| {
            change("//=", a, vm, arithmetic(Binary::FloorDivide, a, b, vm)?)
        }),
        inplace_remainder: Some(|a, b, vm| change("%=", a, vm, arithmetic(Binary::Remainder, a, b, vm)?)),
        inplace_power: Some(|a, b, _modulus, vm| change("**=", a, vm, arithmetic(Binary::Power, a, b, vm)?)),
        inplace_and: Some(|a, b, vm| change("&=", a, vm, arithmetic(Binary::And, a, b, vm)?)),
        inplace_or: Some(|a, b, vm| change("|=", a, vm, arithmetic(Binary::Or, a, b, vm)?)),
        inplace_xor: Some(|a, b, vm| change("^=", a, vm, arithmetic(Binary::Xor, a, b, vm)?)),
        inplace_matrix_multiply: Some(|a, b, vm| change("@=", a, vm, multiplied(a, b, vm)?)),
        ..plain
    }
}

/// Makes `a` what `made` is.
fn change(sign: &str, a: &PyObject, vm: &VirtualMachine, made: PyObjectRef) -> PyResult {
    let (Some(tensor), Some(new)) = (a.downcast_ref::<PyTensor>(), made.downcast_ref::<PyTensor>()) else {
        return Ok(made);
    };
    let (old, new) = (tensor.get(), new.get());
    if old.ndim() == 0 {
        return Ok(made);
    }
    let plain = sign.trim_end_matches('=');
    let hint = [format!("`x = x {plain} y` makes a new tensor")];
    if new.shape() != old.shape() {
        let message = format!(
            "`{sign}` on a tensor of shape {} gives the shape {}, which has no room in it",
            Shape(old.shape()),
            Shape(new.shape())
        );
        return Err(raise::exception(vm, vm.ctx.exceptions.value_error.to_owned(), message, &hint));
    }
    if !holds(old.dtype(), new.dtype()) {
        let message = format!("`{sign}` on {} gives {}, which it cannot hold", old.dtype(), new.dtype());
        return Err(raise::exception(vm, vm.ctx.exceptions.type_error.to_owned(), message, &hint));
    }
    let new = new.astype(old.dtype());
    if tensor.is_window() {
        // On its way back into the other tensor (`x[0] += 1`), it has no other owner than this call.
        return match a.strong_count() {
            0..=1 => Ok(PyTensor::object(new, vm)),
            _ => Err(refused(sign, plain, vm)),
        };
    }
    tensor.replace(new, vm)?;
    Ok(a.to_owned())
}

fn refused(sign: &str, plain: &str, vm: &VirtualMachine) -> rustpython_vm::builtins::PyBaseExceptionRef {
    let hints = [
        format!("write through the first tensor's own index: `x[i] {sign} v`"),
        format!("or make a new tensor: `y = y {plain} v`"),
    ];
    let message = format!("this tensor was cut out of another one, which `{sign}` would leave unchanged");
    raise::exception(vm, vm.ctx.exceptions.value_error.to_owned(), message, &hints)
}

/// Whether NumPy writes elements of `new` into a tensor of `old` without being asked: the same kind, or a
/// lesser one.
fn holds(old: DType, new: DType) -> bool {
    let kind = |dtype: DType| match dtype {
        DType::Bool => 0,
        DType::Uint8 => 1,
        DType::Int32 | DType::Int64 => 2,
        DType::Float32 | DType::Float64 => 3,
    };
    kind(new) <= kind(old)
}

impl PyTensor {
    /// Makes this tensor `new`, where it may be written to.
    pub(super) fn replace(&self, new: Tensor, vm: &VirtualMachine) -> PyResult<()> {
        self.writable(vm)?;
        self.put(new);
        Ok(())
    }
}
