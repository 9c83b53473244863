//! From Python's values to attributes of nodes, by what the operator's schema says.

use rustpython_vm::builtins::{PyBaseExceptionRef, PyList, PyStr, PyTuple};
use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine};

use crate::lang::{convert, raise};
use crate::onnx::schema::{Setting, SettingKind};
use crate::onnx::{Attribute, ElementType};

/// The attributes that hold the number of an element type, which cells call by its name.
const TYPES: [&str; 3] = ["to", "dtype", "output_dtype"];

/// `value` as the attribute `setting` of the operator `op`.
pub(super) fn read(
    op: &str,
    setting: Setting,
    value: &PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<Attribute> {
    let read = match setting.kind {
        SettingKind::Int if TYPES.contains(&setting.name) => element(value, vm).map(Attribute::Int),
        SettingKind::Int => convert::integer(value, vm).map(Attribute::Int).map_err(|_| "an integer"),
        SettingKind::Ints => {
            convert::integers(value, vm).map(Attribute::Ints).map_err(|_| "a list of integers")
        }
        SettingKind::Float => {
            convert::float(value, vm).map(|v| Attribute::Float(v as f32)).map_err(|_| "a number")
        }
        SettingKind::Floats => floats(value, vm).map(Attribute::Floats),
        SettingKind::Text => text(value).map(Attribute::Text),
        SettingKind::Texts => texts(value).map(Attribute::Texts),
        SettingKind::Tensor => convert::array(value, None, vm).map(Attribute::Tensor).map_err(|_| "a tensor"),
    };
    read.map_err(|wanted| mistyped(op, setting, wanted, value, vm))
}

fn mistyped(
    op: &str,
    setting: Setting,
    wanted: &str,
    value: &PyObject,
    vm: &VirtualMachine,
) -> PyBaseExceptionRef {
    let got = match value.downcast_ref::<PyStr>() {
        Some(text) => format!("'{}'", text.to_string_lossy()),
        None => convert::described(value),
    };
    let message = format!("ops.{op}(): the attribute '{}' must be {wanted}, not {got}", setting.name);
    let hints = match value.downcast_ref::<PyStr>() {
        Some(name) if TYPES.contains(&setting.name) => {
            raise::did_you_mean(&name.to_string_lossy(), ElementType::all().map(ElementType::name))
        }
        _ => Vec::new(),
    };
    raise::exception(vm, vm.ctx.exceptions.type_error.to_owned(), message, &hints)
}

/// The number of an element type, by its name or as it is.
fn element(value: &PyObject, vm: &VirtualMachine) -> Result<i64, &'static str> {
    const WANTED: &str = "a dtype such as 'float32'";
    if let Ok(code) = convert::integer(value, vm) {
        return Ok(code);
    }
    let named = text(value).ok().and_then(|name| ElementType::all().find(|element| element.name() == name));
    match named {
        Some(element) => Ok(element.code().into()),
        None => {
            convert::dtype(value, vm).map(|dtype| ElementType::from(dtype).code().into()).map_err(|_| WANTED)
        }
    }
}

fn floats(value: &PyObject, vm: &VirtualMachine) -> Result<Vec<f32>, &'static str> {
    let tensor = convert::array(value, None, vm).ok().filter(|tensor| tensor.ndim() <= 1);
    let tensor = tensor.ok_or("a list of numbers")?;
    Ok(tensor.to_f64s().into_iter().map(|v| v as f32).collect())
}

fn text(value: &PyObject) -> Result<String, &'static str> {
    value.downcast_ref::<PyStr>().map(|text| text.to_string_lossy().into_owned()).ok_or("a string")
}

fn texts(value: &PyObject) -> Result<Vec<String>, &'static str> {
    const WANTED: &str = "a list of strings";
    let items: Vec<PyObjectRef> = match (value.downcast_ref::<PyList>(), value.downcast_ref::<PyTuple>()) {
        (Some(list), _) => list.borrow_vec().to_vec(),
        (None, Some(tuple)) => tuple.as_slice().to_vec(),
        (None, None) => return Err(WANTED),
    };
    items.iter().map(|item| text(item.as_object()).map_err(|_| WANTED)).collect()
}
