//! Attributes that lead into the interpreter answer to Python's own library and to nobody else.
//!
//! `attributes` keeps a cell from uttering their names; but names are strings too, and strings are made in
//! more ways than can be listed: `'{0.__globals__}'.format(f)`, `vars(object)['__getattribute__']`, a
//! pattern whose class says what it matches by. So the attributes themselves look who asks. Whatever the
//! route, it ends at the descriptor, and there the code that is running is either the library's, which
//! was compiled with Kiln, or it is not. No cell can make code under another name: `compile` and the
//! attributes of code are closed.

use rustpython_vm::builtins::{PyStr, PyType};
use rustpython_vm::class::PyClassImpl;
use rustpython_vm::function::{FuncArgs, PySetterValue};
use rustpython_vm::types::GetDescriptor;
use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine, pyclass,
};

use super::attributes;

/// Modules of the library that make functions anew, in the stead of a class or an annotation.
const OF_FUNCTIONS: &[&str] = &["annotationlib", "dataclasses", "types", "typing"];

/// Modules that look up from which module they are called, and two that name types after what they find.
const OF_FRAMES: &[&str] = &["collections", "dataclasses", "enum", "collections.abc", "types", "typing"];

/// A type, its attributes that are walled off, and the modules that may ask for them; none for all.
type Wall = (fn(&Context) -> &'static Py<PyType>, &'static [&'static str], &'static [&'static str]);

const WALLS: [Wall; 9] = [
    (|c| c.types.function_type, &["__builtins__", "__closure__", "__code__", "__globals__"], OF_FUNCTIONS),
    (|c| c.types.generator_type, &["gi_code", "gi_frame"], &["types"]),
    (|c| c.types.coroutine_type, &["cr_code", "cr_frame"], &["types"]),
    (|c| c.types.async_generator, &["ag_code", "ag_frame"], &["types"]),
    (|c| c.types.traceback_type, &["tb_frame"], &["types"]),
    (|c| c.types.frame_type, &["f_builtins", "f_code", "f_globals", "f_locals"], OF_FRAMES),
    (|c| c.types.frame_type, &["f_back"], &["types"]),
    (|c| c.types.builtin_function_or_method_type, &["__self__"], &["types"]),
    // A class's own dictionary holds the descriptors themselves.
    (|c| c.types.type_type, &["__dict__", "__subclasses__"], &[]),
];

/// An attribute behind a wall.
#[pyclass(module = false, name = "closed_attribute")]
#[derive(Debug, PyPayload)]
struct PyWall {
    name: &'static str,
    real: PyObjectRef,
    library: &'static [&'static str],
}

/// Whose code is running.
enum Caller {
    /// The library's, of the module so called.
    Library(String),
    /// That of a cell, or text that was compiled while one ran.
    Cell,
    /// None: Kiln itself asks, between cells.
    Kiln,
}

/// Puts the walls up, once for each thread: types are shared by its interpreters.
pub(super) fn build(vm: &VirtualMachine) {
    PyWall::make_static_type();
    for (class, names, library) in WALLS {
        let class = class(&vm.ctx);
        for name in names {
            let interned = vm.ctx.intern_str(*name);
            let Some(real) = class.get_direct_attr(interned) else { continue };
            if real.downcast_ref::<PyWall>().is_none() {
                class.set_attr(interned, PyWall { name, real, library }.into_ref(&vm.ctx).into());
            }
        }
    }
}

/// The attribute `name` of `object` for Kiln itself, whatever runs.
pub(super) fn read(object: &PyObject, name: &'static str, vm: &VirtualMachine) -> PyResult {
    let attribute = object.class().get_attr(vm.ctx.intern_str(name));
    match attribute.as_ref().and_then(|attribute| attribute.downcast_ref::<PyWall>()) {
        Some(wall) => wall.open(Some(object.to_owned()), Some(object.class().to_owned().into()), vm),
        None => object.get_attr(name, vm),
    }
}

/// Whether what runs is the library's module `name`.
pub(super) fn is_library(name: &str, vm: &VirtualMachine) -> bool {
    matches!(caller(vm), Caller::Library(module) if module == name)
}

/// Whether what runs is text that was compiled while a cell ran, such as a dataclass's methods.
pub(super) fn is_cell(vm: &VirtualMachine) -> bool {
    matches!(caller(vm), Caller::Cell)
}

fn caller(vm: &VirtualMachine) -> Caller {
    let Some(frame) = vm.current_frame() else { return Caller::Kiln };
    // The library's code is called by its module, cells and texts by something in angle brackets.
    let path = frame.code.source_path().as_str();
    if path.starts_with('<') && !path.starts_with("<frozen ") && path != "<source>" {
        return Caller::Cell;
    }
    let name = frame.globals.get_item_opt("__name__", vm).ok().flatten();
    let name = name.as_ref().and_then(|name| name.downcast_ref::<PyStr>());
    Caller::Library(name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default())
}

impl PyWall {
    fn open(&self, object: Option<PyObjectRef>, class: Option<PyObjectRef>, vm: &VirtualMachine) -> PyResult {
        let found = vm.call_get_descriptor_specific(&self.real, object, class);
        found.unwrap_or_else(|| Ok(self.real.clone()))
    }

    fn refuse(&self, vm: &VirtualMachine) -> PyResult<()> {
        match caller(vm) {
            Caller::Kiln => Ok(()),
            Caller::Library(name) if self.library.is_empty() || self.library.contains(&name.as_str()) => {
                Ok(())
            }
            _ => Err(attributes::refusal(self.name, vm)),
        }
    }
}

impl GetDescriptor for PyWall {
    fn descr_get(
        zelf: PyObjectRef,
        object: Option<PyObjectRef>,
        class: Option<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult {
        let wall = Self::_as_pyref(&zelf, vm)?;
        if object.as_ref().is_none_or(|object| vm.is_none(object)) {
            return Ok(zelf);
        }
        if wall.name == "__subclasses__" {
            return subclasses(wall.open(object.clone(), class, vm)?, object, vm);
        }
        wall.refuse(vm)?;
        wall.open(object, class, vm)
    }
}

/// `cls.__subclasses__`, which abstract classes call while a cell runs. All classes there are hang below
/// `object` and `type`, the import system's among them: of those it tells none.
fn subclasses(real: PyObjectRef, class: Option<PyObjectRef>, vm: &VirtualMachine) -> PyResult {
    let root = class.is_some_and(|class| {
        class.is(vm.ctx.types.object_type.as_object()) || class.is(vm.ctx.types.type_type.as_object())
    });
    let tell = move |args: FuncArgs, vm: &VirtualMachine| match root {
        true => Ok(vm.ctx.new_list(Vec::new()).into()),
        false => real.call(args, vm),
    };
    Ok(vm.new_function("__subclasses__", tell).into())
}

#[pyclass(with(GetDescriptor))]
impl PyWall {
    #[pyslot]
    fn descr_set(
        zelf: &PyObject,
        object: PyObjectRef,
        value: PySetterValue,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let wall = Self::_as_pyref(zelf, vm)?;
        wall.refuse(vm)?;
        match wall.real.class().slots.descr_set.load() {
            Some(set) => set(&wall.real, object, value, vm),
            None => Err(vm.new_attribute_error(format!("'{}' is read-only", wall.name))),
        }
    }
}
