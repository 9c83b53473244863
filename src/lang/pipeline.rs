//! `k.pipeline(task, id)`: a task done from input to answer, named as in transformers.

mod tasks;

use std::fmt;
use std::rc::Rc;

use rustpython_vm::function::FuncArgs;
use rustpython_vm::types::{Callable, Representable};
use rustpython_vm::{Py, PyObjectRef, PyPayload, PyResult, VirtualMachine, pyclass};

use super::call::Function;
use super::host::HostModel;
use super::raise;
use super::tokenizer::PyTokenizer;
use super::{call, habits, model, stage};

/// A task with its model.
#[pyclass(module = "kiln", name = "Pipeline")]
#[derive(PyPayload)]
pub(super) struct PyPipeline {
    task: &'static Task,
    /// What a text begins with that says what is to be done: `translate English to German: `.
    prefix: String,
    model: Rc<dyn HostModel>,
    /// What every call is made with unless it says otherwise: `pipeline(…, aggregation_strategy="simple")`.
    settings: Vec<(String, PyObjectRef)>,
}

/// Every task, for the reference.
pub(super) fn all() -> &'static [Task] {
    &tasks::TASKS
}

/// A task: its name, and the function that a call of the pipeline is.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) name: &'static str,
    pub(super) call: Function,
}

impl fmt::Debug for PyPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pipeline({}, {})", self.task.name, self.model.card().id)
    }
}

/// `k.pipeline`.
pub(super) const PIPELINE: Function = Function {
    name: "pipeline",
    params: &["task", "model", "**settings"],
    run: |c| {
        let wanted = c.text("task")?.unwrap_or_default();
        let (name, prefix) = tasks::aliased(&wanted);
        let Some(task) = tasks::TASKS.iter().find(|task| task.name == name) else {
            let names = tasks::TASKS.iter().map(|task| task.name);
            let mut hints = raise::did_you_mean(&wanted, names.clone());
            hints.push(format!("tasks are {}", names.collect::<Vec<_>>().join(", ")));
            let class = c.vm.ctx.exceptions.lookup_error.to_owned();
            return Err(raise::exception(c.vm, class, format!("there is no pipeline '{wanted}'"), &hints));
        };
        let known: Vec<&str> = task.call.params.iter().map(|param| call::bare(param)).collect();
        if let Some((name, _)) = c.more().iter().find(|(name, _)| !known.contains(&name.as_str())) {
            let mut hints = match habits::argument(name, &known) {
                Some(hint) => vec![hint.to_owned()],
                None => raise::did_you_mean(name, known.iter().copied()),
            };
            hints.push(format!("{} takes {}", task.name, task.call.params[1..].join(", ")));
            let message = format!("the pipeline '{}' has no setting '{name}'", task.name);
            return Err(c.type_error(message, &hints));
        }
        let id = c.text("model")?.unwrap_or_default();
        let settings = c.more().to_vec();
        Ok(PyPipeline { task, prefix, model: model::open(&id, c.vm)?, settings }.into_ref(&c.vm.ctx).into())
    },
};

#[pyclass(with(Callable, Representable))]
impl PyPipeline {
    #[pygetset]
    pub(super) fn task(&self) -> String {
        self.task.name.to_owned()
    }

    #[pygetset]
    fn tokenizer(&self, vm: &VirtualMachine) -> PyResult {
        PyTokenizer::object(&*self.model, vm)
    }
}

impl PyPipeline {
    /// What it puts before a text.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What every call is made with.
    pub(super) fn settings(&self) -> &[(String, PyObjectRef)] {
        &self.settings
    }

    /// The id of the model it runs on.
    pub(super) fn model_id(&self) -> String {
        self.model.card().id.clone()
    }
}

impl Callable for PyPipeline {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        stage::with(|stage| stage.used(&zelf.model.card().id));
        args.prepend_arg(zelf.to_owned().into());
        let params = zelf.task.call.params.iter().map(|param| call::bare(param));
        let placed: Vec<&str> = params.take(args.args.len()).collect();
        for (name, value) in &zelf.settings {
            if !args.kwargs.contains_key(name) && !placed.contains(&name.as_str()) {
                args.kwargs.insert(name.clone(), value.clone());
            }
        }
        zelf.task.call.native()(args, vm)
    }
}

impl Representable for PyPipeline {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("Pipeline('{}', '{}')", zelf.task.name, zelf.model.card().id))
    }
}
