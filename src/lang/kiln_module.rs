//! The module `kiln` and its parts, as cells import them.

use std::rc::Rc;

use rustpython_vm::builtins::{PyDictRef, PyModule};
use rustpython_vm::class::PyClassImpl;
use rustpython_vm::{PyObjectRef, PyRef, PyResult, VirtualMachine};

use super::functions;
use super::imports::Importer;
use super::tensor::PyTensor;
use crate::tensor::DType;

/// Makes `kiln` and its parts, hands them to `importer`, and adds its builtins.
pub(super) fn install(importer: &Rc<Importer>, _builtins: &PyDictRef, vm: &VirtualMachine) -> PyResult<()> {
    let tensor = PyTensor::make_static_type();
    let kiln = vm.new_module("kiln", vm.ctx.new_dict(), None);
    kiln.set_attr("Tensor", PyObjectRef::from(tensor), vm)?;
    for dtype in DType::ALL {
        let name = vm.ctx.new_str(dtype.name());
        kiln.set_attr(&name.clone(), PyObjectRef::from(name), vm)?;
    }
    for (name, value) in
        [("pi", std::f64::consts::PI), ("e", std::f64::consts::E), ("inf", f64::INFINITY), ("nan", f64::NAN)]
    {
        kiln.set_attr(name, PyObjectRef::from(vm.ctx.new_float(value)), vm)?;
    }
    kiln.set_attr("newaxis", vm.ctx.none(), vm)?;
    functions::install(&kiln, vm)?;
    provide(importer, "kiln", kiln);
    Ok(())
}

fn provide(importer: &Rc<Importer>, name: &str, module: PyRef<PyModule>) {
    importer.provide(name, module.into());
}
