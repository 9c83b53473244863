//! Schedulers for cells: a class and settings by diffusers' names in, one of the schedulers out.

mod settings;

use crate::lang::host::{HostError, HostErrorKind, HostResult, HostScheduler, Setting, Step};
use crate::runtime::onnx::RunError;
use crate::runtime::schedulers::{Consistency, Ddim, Ddpm, DpmSolver, Euler, EulerConfig, Heun, Lcm};
use crate::tensor::{Array, Tensor};

use super::refused;

pub(super) use settings::CLASSES;

/// The scheduler of class `class` with `settings`.
pub(super) fn make(class: &str, settings: &[(String, Setting)]) -> HostResult<Box<dyn HostScheduler>> {
    fn boxed<S: HostScheduler + 'static>(made: Result<S, RunError>) -> HostResult<Box<dyn HostScheduler>> {
        made.map(|made| Box::new(made) as Box<dyn HostScheduler>).map_err(|error| refused(&error))
    }
    match class {
        "CMStochasticIterativeScheduler" => boxed(Consistency::new(settings::consistency(settings)?)),
        "DDIMScheduler" => boxed(Ddim::new(settings::ddim(settings)?)),
        "DDPMScheduler" => boxed(Ddpm::new(settings::ddpm(settings)?)),
        "DPMSolverMultistepScheduler" => boxed(DpmSolver::new(settings::dpm_solver(settings)?)),
        "EulerAncestralDiscreteScheduler" => {
            boxed(Euler::new(EulerConfig { ancestral: true, ..settings::euler(settings)? }))
        }
        "EulerDiscreteScheduler" => boxed(Euler::new(settings::euler(settings)?)),
        "HeunDiscreteScheduler" => boxed(Heun::new(settings::heun(settings)?)),
        "LCMScheduler" => boxed(Lcm::new(settings::lcm(settings)?)),
        _ => Err(HostError::new(HostErrorKind::Lookup, format!("there is no scheduler `{class}`"))
            .did_you_mean(class, CLASSES)),
    }
}

fn array<'a>(name: &str, tensor: &'a Tensor) -> HostResult<&'a Array<f32>> {
    match tensor {
        Tensor::Float32(array) => Ok(array),
        other => {
            let message = format!("`{name}` must be float32, not {}", other.dtype());
            Err(HostError::new(HostErrorKind::Type, message))
        }
    }
}

fn tensor(result: Result<Array<f32>, RunError>) -> HostResult<Tensor> {
    result.map(Tensor::Float32).map_err(|error| refused(&error))
}

/// The part of the boundary that is the same for every scheduler; `$scale` and `$step` are not.
macro_rules! scheduler {
    ($type:ident, sigma: $sigma:expr, series: $series:expr, scale: $scale:expr, step: $step:expr) => {
        impl HostScheduler for $type {
            fn set_timesteps(&mut self, count: usize) -> HostResult<()> {
                $type::set_timesteps(self, count).map_err(|error| refused(&error))
            }

            fn timesteps(&self) -> Vec<f64> {
                $type::timesteps(self).to_vec()
            }

            fn series(&self, name: &str) -> Option<Vec<f64>> {
                let series: fn(&$type, &str) -> Option<Vec<f64>> = $series;
                series(self, name)
            }

            fn init_noise_sigma(&self) -> f64 {
                let sigma: fn(&$type) -> f64 = $sigma;
                sigma(self)
            }

            fn scale_model_input(&self, sample: &Tensor, timestep: f64) -> HostResult<Tensor> {
                let scale: fn(&$type, &Array<f32>, f64) -> Result<Array<f32>, RunError> = $scale;
                tensor(scale(self, array("sample", sample)?, timestep))
            }

            fn step(&mut self, given: &Step<'_>) -> HostResult<Tensor> {
                let (output, sample) =
                    (array("model_output", given.model_output)?, array("sample", given.sample)?);
                let noise = array("noise", given.noise)?;
                let step: fn(
                    &mut $type,
                    &Array<f32>,
                    &Array<f32>,
                    &Array<f32>,
                    &Step<'_>,
                ) -> Result<Array<f32>, RunError> = $step;
                tensor(step(self, output, sample, noise, given))
            }

            fn add_noise(&self, original: &Tensor, noise: &Tensor, timestep: f64) -> HostResult<Tensor> {
                let original = array("original_samples", original)?;
                tensor($type::add_noise(self, original, array("noise", noise)?, timestep))
            }
        }
    };
}

/// β and ᾱ by name.
fn of_training(name: &str, (betas, kept): (&[f64], &[f64])) -> Option<Vec<f64>> {
    match name {
        "betas" => Some(betas.to_vec()),
        "alphas_cumprod" => Some(kept.to_vec()),
        _ => None,
    }
}

scheduler!(Consistency,
    sigma: Consistency::init_noise_sigma,
    series: |s, name| (name == "sigmas").then(|| s.sigmas().to_vec()),
    scale: |s, x, t| s.scale_model_input(x, t),
    step: |s, output, x, noise, given| Consistency::step(s, output, given.timestep, x, noise));
scheduler!(Ddim,
sigma: |_| 1.0,
series: |s, name| of_training(name, s.series()),
scale: |_, x, _| Ok(x.clone()),
step: |s, output, x, noise, given| {
    Ddim::step(s, output, given.timestep, x, (given.eta, given.use_clipped_model_output), noise)
});
scheduler!(Ddpm,
    sigma: Ddpm::init_noise_sigma,
    series: |s, name| of_training(name, (s.betas(), s.alphas_cumprod())),
    scale: |_, x, _| Ok(x.clone()),
    step: |s, output, x, noise, given| Ddpm::step(s, output, given.timestep, x, noise));
scheduler!(DpmSolver,
    sigma: |_| 1.0,
    series: |s, name| if name == "sigmas" { Some(s.sigmas().to_vec()) } else { of_training(name, s.series()) },
    scale: |_, x, _| Ok(x.clone()),
    step: |s, output, x, _noise, given| DpmSolver::step(s, output, given.timestep, x));
scheduler!(Euler,
    sigma: Euler::init_noise_sigma,
    series: |s, name| match name {
        "sigmas" => Some(s.sigmas().to_vec()),
        _ => of_training(name, (s.betas(), s.alphas_cumprod())),
    },
    scale: |s, x, t| s.scale_model_input(x, t),
    step: |s, output, x, noise, given| Euler::step(s, output, given.timestep, x, noise));
scheduler!(Heun,
    sigma: Heun::init_noise_sigma,
    series: |s, name| if name == "sigmas" { Some(s.sigmas().to_vec()) } else { of_training(name, s.series()) },
    scale: |s, x, t| s.scale_model_input(x, t),
    step: |s, output, x, _noise, given| Heun::step(s, output, given.timestep, x));
scheduler!(Lcm,
    sigma: |_| 1.0,
    series: |s, name| of_training(name, s.series()),
    scale: |_, x, _| Ok(x.clone()),
    step: |s, output, x, noise, given| Lcm::step(s, output, given.timestep, x, noise));
