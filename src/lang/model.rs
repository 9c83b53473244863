//! `k.model(id)`: a model's facts, its weights, its runs.

use std::fmt;
use std::rc::Rc;

use rustpython_vm::builtins::{PyDict, PyStr};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::types::{Callable, Representable};
use rustpython_vm::{Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, pyclass};

use super::call::{Call, Function};
use super::display::PyDisplay;
use super::host::{HostModel, Port};
use super::raise::{self, OrRaise};
use super::record::PyRecord;
use super::tensor::PyTensor;
use super::tokenizer::PyTokenizer;
use super::{convert, stage};
use crate::snippet::output::{Bytes, Download, Output};
use crate::tensor::Tensor;

/// A model.
#[pyclass(module = "kiln", name = "Model")]
#[derive(PyPayload)]
pub(super) struct PyModel {
    model: Rc<dyn HostModel>,
    /// Its id in the manifest; `None` where a cell made the graph itself.
    id: Option<String>,
    /// A digest of how it differs from the model of its id, or of the graph; empty where it does not.
    edits: String,
    /// The file of a graph that a cell made.
    file: Option<Rc<[u8]>>,
}

impl fmt::Debug for PyModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Model({})", self.model.card().id)
    }
}

/// The model called `id`, noted as used by the running cell.
pub(super) fn open(id: &str, vm: &VirtualMachine) -> PyResult<Rc<dyn HostModel>> {
    match stage::with(|stage| {
        let model = stage.model(id);
        if model.is_ok() {
            stage.used(id);
        }
        model
    }) {
        Some(model) => model.or_raise(vm),
        None => Err(vm.new_runtime_error("models are there while a cell runs")),
    }
}

/// `k.model`.
pub(super) const MODEL: Function = Function {
    name: "model",
    params: &["id"],
    run: |c| {
        let Some(id) = c.text("id")? else { return c.object("id") };
        let model = open(&id, c.vm)?;
        Ok(PyModel { model, id: Some(id), edits: String::new(), file: None }.into_ref(&c.vm.ctx).into())
    },
};

/// The methods of models.
pub(super) const METHODS: &[Function] = &[
    Function { name: "run", params: &["self", "inputs=None", "outputs=None", "**named"], run: run_feeds },
    Function {
        name: "weight",
        params: &["self", "name"],
        run: |c| {
            let name = c.text("name")?.unwrap_or_default();
            let weight = this(c)?.model.weight(&name).or_raise(c.vm)?;
            Ok(PyTensor::object(weight, c.vm))
        },
    },
    Function {
        name: "patched",
        params: &["self", "weights"],
        run: |c| {
            let weights = tensors_by_name(c, "weights", "a dict from weight names to tensors")?;
            let this = this(c)?;
            let model = this.model.patched(&weights).or_raise(c.vm)?;
            let edit = weights.iter().flat_map(|(name, tensor)| {
                [
                    name.clone().into_bytes(),
                    format!("{:?}", tensor.shape()).into_bytes(),
                    tensor.to_le_bytes(),
                ]
            });
            Ok(this.edited(model, "patched", edit).into_ref(&c.vm.ctx).into())
        },
    },
    Function {
        name: "bypassed",
        params: &["self", "nodes", "input=None"],
        run: |c| {
            let nodes = one_or_more(c, "nodes")?.unwrap_or_default();
            let input = c.given("input").map(|_| c.count("input", 0)).transpose()?;
            let this = this(c)?;
            let model = this.model.bypassed(&nodes, input).or_raise(c.vm)?;
            let edit = nodes.into_iter().chain([format!("{input:?}")]).map(String::into_bytes);
            Ok(this.edited(model, "bypassed", edit).into_ref(&c.vm.ctx).into())
        },
    },
    Function { name: "download", params: &["self", "name=None"], run: download },
];

fn this(c: &Call<'_>) -> PyResult<PyRef<PyModel>> {
    c.object("self")?.downcast().map_err(|other| c.expected("self", "a model", &other))
}

/// Inputs as a dict, by their names, or one tensor for a model that takes one.
fn run_feeds(c: &Call<'_>) -> PyResult {
    let mut feeds = match c.given("inputs") {
        None => Vec::new(),
        Some(given) if given.downcast_ref::<PyDict>().is_some() => tensors_by_name(c, "inputs", "a dict")?,
        Some(_) => this(c)?.only(c.tensor("inputs")?, c.vm)?,
    };
    for (name, value) in c.more() {
        feeds.push((name.clone(), convert::operand(value, c.vm)?.into_tensor()));
    }
    let outputs = one_or_more(c, "outputs")?;
    this(c)?.run(feeds, outputs.as_deref(), c.vm)
}

/// The file of a graph that the cell made, as something that readers may take along.
fn download(c: &Call<'_>) -> PyResult {
    let this = this(c)?;
    let Some(file) = &this.file else {
        let hint = ["`k.graph(fn, …)` makes one; models of models.toml are fetched from where they are from"
            .to_owned()];
        let message = format!("download(): '{}' is no graph that a cell has made", this.model.card().id);
        return Err(raise::exception(c.vm, c.vm.ctx.exceptions.value_error.to_owned(), message, &hint));
    };
    let name = c.text("name")?.unwrap_or_else(|| format!("{}.onnx", this.model.card().id));
    let plain = name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c)) && !name.starts_with('.');
    if !plain {
        return Err(c.value_error(format!("download(): '{name}' is no name for a file")));
    }
    Ok(PyDisplay::object(Output::Download(Download { name, file: Bytes(file.to_vec()) }), c.vm))
}

/// The argument `name`, a dict whose keys are names.
fn tensors_by_name(c: &Call<'_>, name: &str, what: &str) -> PyResult<Vec<(String, Tensor)>> {
    let object = c.object(name)?;
    let Some(dict) = object.downcast_ref::<PyDict>() else {
        return Err(c.expected(name, what, &object));
    };
    let entry = |(key, value): (PyObjectRef, PyObjectRef)| {
        let Some(key) = key.downcast_ref::<PyStr>() else {
            return Err(c.expected(name, "a dict whose keys are names", &key));
        };
        Ok((key.to_string_lossy().into_owned(), convert::operand(&value, c.vm)?.into_tensor()))
    };
    dict.items_vec().into_iter().map(entry).collect()
}

/// The argument `name`, if given: one text or a list of them.
fn one_or_more(c: &Call<'_>, name: &str) -> PyResult<Option<Vec<String>>> {
    match c.given(name) {
        Some(one) if one.downcast_ref::<PyStr>().is_some() => Ok(c.text(name)?.map(|text| vec![text])),
        _ => c.texts(name),
    }
}

impl PyModel {
    /// The model of a graph that the cell made, whose file is `bytes`.
    pub(super) fn of_cell(model: Rc<dyn HostModel>, bytes: &[u8], vm: &VirtualMachine) -> PyObjectRef {
        let edits = blake3::hash(bytes).to_hex().to_string();
        Self { model, id: None, edits, file: Some(bytes.into()) }.into_ref(&vm.ctx).into()
    }

    /// The model itself.
    pub(super) fn host(&self) -> &dyn HostModel {
        &*self.model
    }

    /// Its id in the manifest, if it is from there.
    pub(super) fn manifest_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// How it differs from the model of its id; empty where it does not.
    pub(super) fn edits(&self) -> &str {
        &self.edits
    }

    /// `model`, made of this one by `what`.
    fn edited(&self, model: Rc<dyn HostModel>, what: &str, edit: impl Iterator<Item = Vec<u8>>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [self.edits.clone().into_bytes(), what.as_bytes().to_vec()].into_iter().chain(edit) {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(&part);
        }
        Self { model, id: self.id.clone(), edits: hasher.finalize().to_hex().to_string(), file: None }
    }

    /// `tensor` as what a model that takes one input is fed.
    fn only(&self, tensor: Tensor, vm: &VirtualMachine) -> PyResult<Vec<(String, Tensor)>> {
        let inputs = &self.model.card().inputs;
        if let [input] = inputs.as_slice() {
            return Ok(vec![(input.name.clone(), tensor)]);
        }
        let names: Vec<String> = inputs.iter().map(|input| format!("{}=…", input.name)).collect();
        let hint = [format!("name them: `m({})`", names.join(", "))];
        let class = vm.ctx.exceptions.type_error.to_owned();
        let message = format!("'{}' takes {} inputs, and one was given", self.model.card().id, inputs.len());
        Err(raise::exception(vm, class, message, &hint))
    }

    fn run(&self, feeds: Vec<(String, Tensor)>, outputs: Option<&[String]>, vm: &VirtualMachine) -> PyResult {
        stage::with(|stage| match &self.id {
            Some(id) => stage.used(id),
            None => stage.runtime = true,
        });
        let results = self.model.run(feeds, outputs).or_raise(vm)?;
        let dict = vm.ctx.new_dict();
        for (name, tensor) in results {
            dict.set_item(name.as_str(), PyTensor::object(tensor, vm), vm)?;
        }
        Ok(dict.into())
    }
}

#[pyclass(with(Callable, Representable))]
impl PyModel {
    #[pygetset]
    fn id(&self) -> String {
        self.model.card().id.clone()
    }

    #[pygetset]
    fn task(&self) -> String {
        self.model.card().task.clone()
    }

    #[pygetset]
    fn num_params(&self) -> u64 {
        self.model.card().num_params
    }

    #[pygetset]
    fn inputs(&self, vm: &VirtualMachine) -> PyObjectRef {
        ports(&self.model.card().inputs, vm)
    }

    #[pygetset]
    fn outputs(&self, vm: &VirtualMachine) -> PyObjectRef {
        ports(&self.model.card().outputs, vm)
    }

    #[pygetset]
    fn nodes(&self, vm: &VirtualMachine) -> PyResult {
        let names = |names: &[String]| -> PyObjectRef {
            vm.ctx.new_list(names.iter().map(|name| vm.ctx.new_str(name.as_str()).into()).collect()).into()
        };
        let nodes = self.model.nodes().or_raise(vm)?;
        let records = nodes.iter().map(|node| {
            let parts = vec![
                ("name", vm.ctx.new_str(node.name.as_str()).into()),
                ("op_type", vm.ctx.new_str(node.op_type.as_str()).into()),
                ("inputs", names(&node.inputs)),
                ("outputs", names(&node.outputs)),
            ];
            PyRecord::object("Node", parts, vm)
        });
        Ok(vm.ctx.new_list(records.collect()).into())
    }

    #[pygetset]
    fn tokenizer(&self, vm: &VirtualMachine) -> PyResult {
        PyTokenizer::object(&*self.model, vm)
    }
}

fn ports(ports: &[Port], vm: &VirtualMachine) -> PyObjectRef {
    let records = ports.iter().map(|port| {
        let shape = port.shape.iter().map(|length| match length {
            Some(length) => vm.ctx.new_int(*length).into(),
            None => vm.ctx.none(),
        });
        let parts = vec![
            ("name", vm.ctx.new_str(port.name.as_str()).into()),
            ("dtype", vm.ctx.new_str(port.dtype.name()).into()),
            ("shape", vm.ctx.new_list(shape.collect()).into()),
        ];
        PyRecord::object("Port", parts, vm)
    });
    vm.ctx.new_list(records.collect()).into()
}

impl Callable for PyModel {
    type Args = FuncArgs;

    /// `m(name=tensor, …)`: a run with the inputs as keywords; `m(tensor)` where there is one.
    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let mut feeds = match args.args.as_slice() {
            [] => Vec::new(),
            [one] if one.downcast_ref::<PyDict>().is_none() => {
                zelf.only(convert::operand(one, vm)?.into_tensor(), vm)?
            }
            _ => return Err(vm.new_type_error("a model takes its inputs by name: m(input_ids=…)")),
        };
        for (name, value) in args.kwargs {
            feeds.push((name, convert::operand(&value, vm)?.into_tensor()));
        }
        zelf.run(feeds, None, vm)
    }
}

impl Representable for PyModel {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        let card = zelf.model.card();
        Ok(format!("Model('{}', task='{}', num_params={})", card.id, card.task, card.num_params))
    }
}
