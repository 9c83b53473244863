//! The module `kiln` and its parts, as cells import them.

use std::rc::Rc;

use rustpython_vm::builtins::{PyDictRef, PyModule, PyType};
use rustpython_vm::class::{PyClassImpl, StaticType};
use rustpython_vm::{Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine};

use super::call::Function;
use super::display::PyDisplay;
use super::imports::Importer;
use super::load;
use super::model::{self, PyModel};
use super::pipeline::{self, PyPipeline};
use super::random::{self, PyGenerator};
use super::record::PyRecord;
use super::schedulers::{self, PyScheduler};
use super::tensor::PyTensor;
use super::tokenizer::{self, PyTokenizer};
use super::trace::{self, PyTraced};
use super::{functions, inplace, operators, plot, proofs};
use crate::tensor::DType;

/// Makes `kiln` and its parts, hands them to `importer`, and adds to the builtins of cells.
pub(super) fn install(importer: &Rc<Importer>, builtins: &PyDictRef, vm: &VirtualMachine) -> PyResult<()> {
    let kiln = vm.new_module("kiln", vm.ctx.new_dict(), None);
    class::<PyTensor>(&kiln, &[], vm)?;
    class::<PyTraced>(&kiln, &[], vm)?;
    class::<PyGenerator>(&kiln, random::METHODS, vm)?;
    class::<PyModel>(&kiln, model::METHODS, vm)?;
    class::<PyTokenizer>(&kiln, tokenizer::METHODS, vm)?;
    class::<PyPipeline>(&kiln, &[], vm)?;
    class::<PyScheduler>(&kiln, schedulers::METHODS, vm)?;
    class::<PyDisplay>(&kiln, &[], vm)?;
    class::<PyRecord>(&kiln, &[], vm)?;
    for dtype in DType::ALL {
        let name = vm.ctx.new_str(dtype.name());
        kiln.set_attr(&name.clone(), PyObjectRef::from(name), vm)?;
    }
    let numbers =
        [("pi", std::f64::consts::PI), ("e", std::f64::consts::E), ("inf", f64::INFINITY), ("nan", f64::NAN)];
    for (name, value) in numbers {
        kiln.set_attr(name, PyObjectRef::from(vm.ctx.new_float(value)), vm)?;
    }
    kiln.set_attr("newaxis", vm.ctx.none(), vm)?;
    functions::install(&kiln, vm)?;
    // After the functions: what tensors do in place stands before what makes another one.
    add::<PyTensor>(inplace::METHODS, vm);
    for function in [&random::RNG, &model::MODEL, &trace::GRAPH, &pipeline::PIPELINE, &load::LOAD] {
        kiln.set_attr(function.name, function.object(vm), vm)?;
    }
    for function in proofs::FUNCTIONS {
        let object = function.object(vm);
        builtins.set_item(function.name, object.clone(), vm)?;
        kiln.set_attr(function.name, object, vm)?;
    }
    kiln.set_attr("display", builtins.get_item("display", vm)?, vm)?;
    let (plot, schedulers, ops) = (part("plot", vm), part("schedulers", vm), part("ops", vm));
    let linalg = part("linalg", vm);
    functions::linear(&linalg, &kiln, vm)?;
    plot::install(&plot, vm)?;
    operators::install(&ops, vm)?;
    schedulers::install(&schedulers, vm)?;
    for (name, module) in [("plot", plot), ("schedulers", schedulers), ("ops", ops), ("linalg", linalg)] {
        importer.provide(&format!("kiln.{name}"), module.clone().into());
        kiln.set_attr(name, PyObjectRef::from(module), vm)?;
    }
    importer.provide("kiln", kiln.into());
    Ok(())
}

/// What makes objects of the class called `class`.
fn maker(class: &str) -> &'static str {
    match class {
        "Generator" => "a generator comes from `k.rng(seed)`",
        "Model" => "a model is opened by `k.model(id)`",
        "Pipeline" => "a pipeline is made by `k.pipeline(task, id)`",
        "Tensor" => "a tensor is made by `k.array([1, 2])`, `k.zeros(shape)` and their kin",
        "Tokenizer" => "a tokenizer comes with its model: `k.model(id).tokenizer`",
        _ => "`kiln`'s functions make them: `k.array([1, 2])`, `k.model(id)`",
    }
}

fn part(name: &str, vm: &VirtualMachine) -> PyRef<PyModule> {
    vm.new_module(&format!("kiln.{name}"), vm.ctx.new_dict(), None)
}

/// Makes the class `T` with its `methods` and puts it into `module`.
fn class<T: PyPayload + PyClassImpl + StaticType>(
    module: &PyRef<PyModule>,
    methods: &'static [Function],
    vm: &VirtualMachine,
) -> PyResult<()> {
    let object = T::make_static_type();
    let class: &'static Py<PyType> = T::static_type();
    // What `object` would make under this name is none: its memory holds nothing of the kind.
    class.slots.new.store(Some(|class, _, vm| {
        let name = class.name();
        let message = format!("cannot make a '{name}' by its class; {}", maker(&name));
        Err(vm.new_type_error(message))
    }));
    add::<T>(methods, vm);
    // A cell gets its objects from functions; the names are for `isinstance`.
    module.set_attr(&vm.ctx.new_str(T::NAME), PyObjectRef::from(object), vm)
}

/// Gives the class `T` `methods`.
fn add<T: StaticType>(methods: &'static [Function], vm: &VirtualMachine) {
    let class: &'static Py<PyType> = T::static_type();
    for method in methods {
        let object: PyObjectRef = vm.new_method(method.name, class, method.native()).into();
        class.set_attr(vm.ctx.intern_str(method.name), object);
    }
}
