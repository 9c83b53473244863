//! `k.schedulers`: diffusion schedulers, named as in diffusers.

use std::cell::RefCell;
use std::fmt;

use rustpython_vm::builtins::{PyBool, PyModule, PyStr};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::types::Representable;
use rustpython_vm::{Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, pyclass};

use super::call::{Call, Function};
use super::host::{HostScheduler, Setting, Step};
use super::raise::{self, OrRaise};
use super::random::PyGenerator;
use super::record::PyRecord;
use super::tensor::PyTensor;
use super::{convert, stage};
use crate::tensor::elementwise::{Binary, binary};
use crate::tensor::{DType, Operand, Tensor, reduce};

const CLASSES: [&str; 8] = [
    "CMStochasticIterativeScheduler",
    "DDIMScheduler",
    "DDPMScheduler",
    "DPMSolverMultistepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "LCMScheduler",
];

/// Classifier-free guidance (Ho and Salimans, <https://arxiv.org/abs/2207.12598>), with the rescaling of
/// Lin et al. (<https://arxiv.org/abs/2305.08891>, section 3.4).
pub(super) static GUIDANCE: Function = Function {
    name: "classifier_free_guidance",
    params: &["noise_pred_uncond", "noise_pred_text", "guidance_scale=7.5", "guidance_rescale=0.0"],
    run: guidance,
};

/// A scheduler.
#[pyclass(module = "kiln", name = "Scheduler")]
#[derive(PyPayload)]
pub(super) struct PyScheduler {
    class: &'static str,
    scheduler: RefCell<Box<dyn HostScheduler>>,
}

impl fmt::Debug for PyScheduler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.class)
    }
}

/// Puts the classes into `module`.
pub(super) fn install(module: &PyRef<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    for class in CLASSES {
        let make = move |args: FuncArgs, vm: &VirtualMachine| construct(class, args, vm);
        module.set_attr(class, PyObjectRef::from(vm.new_function(class, make)), vm)?;
    }
    module.set_attr(GUIDANCE.name, GUIDANCE.object(vm), vm)?;
    Ok(())
}

fn construct(class: &'static str, args: FuncArgs, vm: &VirtualMachine) -> PyResult<PyObjectRef> {
    if !args.args.is_empty() {
        return Err(vm.new_type_error(format!("{class} takes its settings by name: num_train_timesteps=…")));
    }
    let settings = args
        .kwargs
        .into_iter()
        .filter(|(_, value)| !vm.is_none(value))
        .map(|(name, value)| Ok((name, setting(&value, vm)?)))
        .collect::<PyResult<Vec<_>>>()?;
    match stage::with(|stage| stage.scheduler(class, &settings)) {
        Some(scheduler) => {
            let scheduler = RefCell::new(scheduler.or_raise(vm)?);
            Ok(PyScheduler { class, scheduler }.into_ref(&vm.ctx).into())
        }
        None => Err(vm.new_runtime_error("schedulers are there while a cell runs")),
    }
}

fn setting(value: &PyObjectRef, vm: &VirtualMachine) -> PyResult<Setting> {
    if let Some(text) = value.downcast_ref::<PyStr>() {
        return Ok(Setting::Text(text.to_string_lossy().into_owned()));
    }
    if value.downcast_ref::<PyBool>().is_some() {
        return Ok(Setting::Flag(value.clone().try_to_bool(vm)?));
    }
    convert::float(value, vm).map(Setting::Number)
}

/// The methods of schedulers.
pub(super) const METHODS: &[Function] = &[
    Function {
        name: "set_timesteps",
        params: &["self", "num_inference_steps"],
        run: |c| {
            let count = c.count("num_inference_steps", 1)?;
            this(c)?.scheduler.borrow_mut().set_timesteps(count).or_raise(c.vm)?;
            Ok(c.vm.ctx.none())
        },
    },
    Function {
        name: "scale_model_input",
        params: &["self", "sample", "timestep"],
        run: |c| {
            let (sample, timestep) = (single(c, "sample")?, c.float("timestep", 0.0)?);
            let scaled = this(c)?.scheduler.borrow().scale_model_input(&sample, timestep).or_raise(c.vm)?;
            Ok(PyTensor::object(scaled, c.vm))
        },
    },
    Function {
        name: "step",
        params: &[
            "self",
            "model_output",
            "timestep",
            "sample",
            "eta=0.0",
            "use_clipped_model_output=False",
            "generator=None",
            "noise=None",
        ],
        run: step,
    },
    Function {
        name: "add_noise",
        params: &["self", "original_samples", "noise", "timesteps"],
        run: |c| {
            let (original, noise) = (single(c, "original_samples")?, single(c, "noise")?);
            let timesteps = c.tensor("timesteps")?.to_f64s();
            let this = this(c)?;
            let add = |original: &Tensor, noise: &Tensor, at: f64| {
                this.scheduler.borrow().add_noise(original, noise, at).or_raise(c.vm)
            };
            if let [at] = timesteps.as_slice() {
                return Ok(PyTensor::object(add(&original, &noise, *at)?, c.vm));
            }
            // A timestep for each sample of the batch, as a training step draws them.
            let (samples, noises) =
                (convert::rows(&original).or_raise(c.vm)?, convert::rows(&noise).or_raise(c.vm)?);
            if samples.len() != timesteps.len() || noises.len() != timesteps.len() {
                let message =
                    format!("add_noise(): {} timesteps for {} samples", timesteps.len(), samples.len());
                return Err(c.value_error(message));
            }
            let noisy = samples.iter().zip(&noises).zip(timesteps);
            let noisy =
                noisy.map(|((sample, noise), at)| add(sample, noise, at)).collect::<PyResult<Vec<_>>>()?;
            c.give(crate::tensor::shape::stack(&noisy, 0))
        },
    },
];

fn this(c: &Call<'_>) -> PyResult<PyRef<PyScheduler>> {
    c.object("self")?.downcast().map_err(|other| c.expected("self", "a scheduler", &other))
}

fn single(c: &Call<'_>, name: &str) -> PyResult<Tensor> {
    Ok(c.tensor(name)?.astype(DType::Float32))
}

/// One step; `.prev_sample` of the result is the sample after it. Noise comes from `noise`, else from
/// `generator`, else from the cell's seed.
fn step(c: &Call<'_>) -> PyResult {
    let (output, sample) = (single(c, "model_output")?, single(c, "sample")?);
    let noise = match c.given("noise") {
        Some(_) => single(c, "noise")?,
        None => PyGenerator::noise(c.given("generator"), sample.shape(), c)?,
    };
    let timestep = c.float("timestep", 0.0)?;
    let given = Step {
        model_output: &output,
        timestep,
        sample: &sample,
        noise: &noise,
        eta: c.float("eta", 0.0)?,
        use_clipped_model_output: c.flag("use_clipped_model_output", false)?,
    };
    let previous = this(c)?.scheduler.borrow_mut().step(&given).or_raise(c.vm)?;
    Ok(PyRecord::object("StepOutput", vec![("prev_sample", PyTensor::object(previous, c.vm))], c.vm))
}

/// Where the two predictions differ, further in the direction of the conditional one.
fn guidance(c: &Call<'_>) -> PyResult {
    let (free, told) = (c.operand("noise_pred_uncond")?, c.operand("noise_pred_text")?);
    let (scale, rescale) = (c.float("guidance_scale", 7.5)?, c.float("guidance_rescale", 0.0)?);
    c.give((|| {
        let difference = Operand::Tensor(binary(Binary::Subtract, &told, &free)?);
        let pushed = Operand::Tensor(binary(Binary::Multiply, &difference, &Operand::Float(scale))?);
        let guided = binary(Binary::Add, &free, &pushed)?;
        if rescale == 0.0 {
            return Ok(guided);
        }
        // As much spread as the conditional prediction has, sample by sample.
        let axes: Vec<isize> = (1..guided.ndim() as isize).collect();
        let spread = |tensor: &Tensor| reduce::std(tensor, Some(&axes), 1.0, true);
        let factor = binary(
            Binary::Divide,
            &Operand::Tensor(spread(&told.clone().into_tensor())?),
            &Operand::Tensor(spread(&guided)?),
        )?;
        let factor = binary(Binary::Multiply, &Operand::Tensor(factor), &Operand::Float(rescale))?;
        let factor = binary(Binary::Add, &Operand::Tensor(factor), &Operand::Float(1.0 - rescale))?;
        binary(Binary::Multiply, &Operand::Tensor(guided), &Operand::Tensor(factor))
    })())
}

fn numbers(values: &[f64], vm: &VirtualMachine) -> PyResult {
    let values = values.iter().map(|&v| v as f32).collect::<Vec<_>>();
    Ok(PyTensor::object(Tensor::from_vec(&[values.len()], values).or_raise(vm)?, vm))
}

#[pyclass(with(Representable))]
impl PyScheduler {
    #[pygetset]
    fn timesteps(&self, vm: &VirtualMachine) -> PyResult {
        let timesteps = self.scheduler.borrow().timesteps();
        if timesteps.iter().all(|t| t.fract() == 0.0) {
            let whole = timesteps.iter().map(|&t| t as i64).collect::<Vec<_>>();
            return Ok(PyTensor::object(Tensor::from_vec(&[whole.len()], whole).or_raise(vm)?, vm));
        }
        numbers(&timesteps, vm)
    }

    #[pygetset]
    fn sigmas(&self, vm: &VirtualMachine) -> PyResult {
        self.series("sigmas", vm)
    }

    #[pygetset]
    fn betas(&self, vm: &VirtualMachine) -> PyResult {
        self.series("betas", vm)
    }

    #[pygetset]
    fn alphas_cumprod(&self, vm: &VirtualMachine) -> PyResult {
        self.series("alphas_cumprod", vm)
    }

    #[pygetset]
    fn init_noise_sigma(&self) -> f64 {
        self.scheduler.borrow().init_noise_sigma()
    }

    fn series(&self, name: &'static str, vm: &VirtualMachine) -> PyResult {
        match self.scheduler.borrow().series(name) {
            Some(values) => numbers(&values, vm),
            None => {
                let class = vm.ctx.exceptions.attribute_error.to_owned();
                Err(raise::exception(vm, class, format!("a {} has no {name}", self.class), &[]))
            }
        }
    }
}

impl Representable for PyScheduler {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("{}(steps={})", zelf.class, zelf.scheduler.borrow().timesteps().len()))
    }
}
