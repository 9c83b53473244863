//! `k.pipeline(task, id)`: a task done from input to answer, named as in transformers.

use std::fmt;
use std::rc::Rc;

use rustpython_vm::builtins::PyStr;
use rustpython_vm::function::FuncArgs;
use rustpython_vm::types::{Callable, Representable};
use rustpython_vm::{Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, pyclass};

use super::call::{Call, Function};
use super::host::{HostModel, Pooling, Sampling};
use super::raise::{self, OrRaise};
use super::tensor::PyTensor;
use super::tokenizer::{PyTokenizer, texts};
use super::{model, stage};

/// A task with its model.
#[pyclass(module = "kiln", name = "Pipeline")]
#[derive(PyPayload)]
pub(super) struct PyPipeline {
    task: &'static Task,
    model: Rc<dyn HostModel>,
}

/// A task: its name, and the function that a call of the pipeline is.
#[derive(Debug)]
struct Task {
    name: &'static str,
    call: Function,
}

static TASKS: [Task; 3] = [
    Task {
        name: "feature-extraction",
        call: Function {
            name: "feature-extraction",
            params: &["self", "texts", "pooling='mean'", "normalize=True"],
            run: features,
        },
    },
    Task {
        name: "text-generation",
        call: Function {
            name: "text-generation",
            params: &[
                "self",
                "prompt",
                "max_new_tokens=32",
                "do_sample=False",
                "temperature=1.0",
                "top_k=0",
                "top_p=1.0",
                "repetition_penalty=1.0",
                "seed=0",
                "stop=None",
                "num_return_sequences=1",
                "return_full_text=True",
            ],
            run: generate,
        },
    },
    Task {
        name: "image-classification",
        call: Function { name: "image-classification", params: &["self", "image", "top_k=5"], run: classify },
    },
];

impl fmt::Debug for PyPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pipeline({}, {})", self.task.name, self.model.card().id)
    }
}

/// `k.pipeline`.
pub(super) const PIPELINE: Function = Function {
    name: "pipeline",
    params: &["task", "model"],
    run: |c| {
        let wanted = c.text("task")?.unwrap_or_default();
        let Some(task) = TASKS.iter().find(|task| task.name == wanted) else {
            let names = TASKS.iter().map(|task| task.name);
            let mut hints = raise::did_you_mean(&wanted, names.clone());
            hints.push(format!("tasks are {}", names.collect::<Vec<_>>().join(", ")));
            let class = c.vm.ctx.exceptions.lookup_error.to_owned();
            return Err(raise::exception(c.vm, class, format!("there is no pipeline '{wanted}'"), &hints));
        };
        let id = c.text("model")?.unwrap_or_default();
        Ok(PyPipeline { task, model: model::open(&id, c.vm)? }.into_ref(&c.vm.ctx).into())
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
        zelf.task.call.native()(args, vm)
    }
}

impl Representable for PyPipeline {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("Pipeline('{}', '{}')", zelf.task.name, zelf.model.card().id))
    }
}

fn this(c: &Call<'_>) -> PyResult<PyRef<PyPipeline>> {
    c.object("self")?.downcast().map_err(|other| c.expected("self", "a pipeline", &other))
}

fn features(c: &Call<'_>) -> PyResult {
    let poolings = [("mean", Pooling::Mean), ("cls", Pooling::Cls), ("none", Pooling::None)];
    let pooling = match c.written("pooling") && c.given("pooling").is_none() {
        true => Pooling::None,
        false => c.one_of("pooling", &poolings, Pooling::Mean)?,
    };
    let texts = texts(&c.object("texts")?, c.vm)?;
    let normalize = c.flag("normalize", true)?;
    Ok(PyTensor::object(this(c)?.model.features(&texts, pooling, normalize).or_raise(c.vm)?, c.vm))
}

fn generate(c: &Call<'_>) -> PyResult {
    let Some(prompt) = c.text("prompt")? else { return c.object("prompt") };
    let stop = match c.given("stop") {
        None => Vec::new(),
        Some(stop) => texts(stop, c.vm)?,
    };
    let how = Sampling {
        max_new_tokens: c.count("max_new_tokens", 32)?,
        do_sample: c.flag("do_sample", false)?,
        temperature: c.float("temperature", 1.0)?,
        top_k: c.count("top_k", 0)?,
        top_p: c.float("top_p", 1.0)?,
        repetition_penalty: c.float("repetition_penalty", 1.0)?,
        seed: c.integer("seed", 0)? as u64,
        stop,
        sequences: c.count("num_return_sequences", 1)?,
        full_text: c.flag("return_full_text", true)?,
    };
    let vm = c.vm;
    let written = this(c)?.model.generate(&prompt, &how).or_raise(vm)?;
    let dicts = written.into_iter().map(|generation| {
        let dict = vm.ctx.new_dict();
        let ids = generation.token_ids.into_iter().map(|id| vm.ctx.new_int(id).into()).collect();
        dict.set_item("generated_text", vm.ctx.new_str(generation.text).into(), vm)?;
        dict.set_item("token_ids", vm.ctx.new_list(ids).into(), vm)?;
        Ok(PyObjectRef::from(dict))
    });
    Ok(vm.ctx.new_list(dicts.collect::<PyResult<_>>()?).into())
}

fn classify(c: &Call<'_>) -> PyResult {
    let image = c.object("image")?;
    if image.downcast_ref::<PyStr>().is_some() {
        return Err(c.expected("image", "a uint8 tensor of shape (height, width, 3)", &image));
    }
    let vm = c.vm;
    let classes = this(c)?.model.classify(&c.tensor("image")?, c.count("top_k", 5)?).or_raise(vm)?;
    let dicts = classes.into_iter().map(|(label, score)| {
        let dict = vm.ctx.new_dict();
        dict.set_item("label", vm.ctx.new_str(label).into(), vm)?;
        dict.set_item("score", vm.ctx.new_float(score).into(), vm)?;
        Ok(PyObjectRef::from(dict))
    });
    Ok(vm.ctx.new_list(dicts.collect::<PyResult<_>>()?).into())
}
