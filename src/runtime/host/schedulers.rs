//! Schedulers for cells: settings by diffusers' names in, one of three schedulers out.

use crate::lang::host::{HostError, HostErrorKind, HostResult, HostScheduler, Setting};
use crate::runtime::onnx::RunError;
use crate::runtime::schedulers::{
    BetaSchedule, Consistency, ConsistencyConfig, Ddpm, DdpmConfig, Euler, EulerConfig, Prediction,
};
use crate::tensor::{Array, Tensor};

use super::refused;

const CLASSES: [&str; 3] = ["CMStochasticIterativeScheduler", "DDPMScheduler", "EulerDiscreteScheduler"];

/// The scheduler of class `class` with `settings`.
pub(super) fn make(class: &str, settings: &[(String, Setting)]) -> HostResult<Box<dyn HostScheduler>> {
    match class {
        "CMStochasticIterativeScheduler" => {
            let mut config = ConsistencyConfig::default();
            apply(settings, CONSISTENCY, &mut config)?;
            Ok(Box::new(Consistency::new(config).map_err(|error| refused(&error))?))
        }
        "DDPMScheduler" => {
            let mut config = DdpmConfig::default();
            apply(settings, DDPM, &mut config)?;
            Ok(Box::new(Ddpm::new(config).map_err(|error| refused(&error))?))
        }
        "EulerDiscreteScheduler" => {
            let mut config = EulerConfig::default();
            apply(settings, EULER, &mut config)?;
            Ok(Box::new(Euler::new(config).map_err(|error| refused(&error))?))
        }
        _ => Err(HostError::new(HostErrorKind::Lookup, format!("there is no scheduler `{class}`"))
            .did_you_mean(class, CLASSES)),
    }
}

/// A setting's name and how it changes a configuration.
type Apply<C> = (&'static str, fn(&mut C, &Setting) -> HostResult<()>);

const CONSISTENCY: &[Apply<ConsistencyConfig>] = &[
    ("num_train_timesteps", |c, s| set(&mut c.num_train_timesteps, count(s))),
    ("sigma_min", |c, s| set(&mut c.sigma_min, number(s))),
    ("sigma_max", |c, s| set(&mut c.sigma_max, number(s))),
    ("sigma_data", |c, s| set(&mut c.sigma_data, number(s))),
    ("s_noise", |c, s| set(&mut c.s_noise, number(s))),
    ("rho", |c, s| set(&mut c.rho, number(s))),
    ("clip_denoised", |c, s| set(&mut c.clip_denoised, flag(s))),
    ("prediction_type", |c, s| set(&mut c.prediction, prediction(s))),
];

const DDPM: &[Apply<DdpmConfig>] = &[
    ("num_train_timesteps", |c, s| set(&mut c.num_train_timesteps, count(s))),
    ("beta_start", |c, s| set(&mut c.beta_start, number(s))),
    ("beta_end", |c, s| set(&mut c.beta_end, number(s))),
    ("beta_schedule", |c, s| set(&mut c.beta_schedule, schedule(s))),
    ("prediction_type", |c, s| set(&mut c.prediction, prediction(s))),
    ("clip_sample", |c, s| set(&mut c.clip_sample, flag(s))),
];

const EULER: &[Apply<EulerConfig>] = &[
    ("num_train_timesteps", |c, s| set(&mut c.num_train_timesteps, count(s))),
    ("beta_start", |c, s| set(&mut c.beta_start, number(s))),
    ("beta_end", |c, s| set(&mut c.beta_end, number(s))),
    ("beta_schedule", |c, s| set(&mut c.beta_schedule, schedule(s))),
    ("prediction_type", |c, s| set(&mut c.prediction, prediction(s))),
    ("use_karras_sigmas", |c, s| set(&mut c.use_karras_sigmas, flag(s))),
    ("sigma_min", |c, s| set(&mut c.sigma_min, number(s).map(Some))),
    ("sigma_max", |c, s| set(&mut c.sigma_max, number(s).map(Some))),
    ("rho", |c, s| set(&mut c.rho, number(s))),
];

fn apply<C>(settings: &[(String, Setting)], known: &[Apply<C>], config: &mut C) -> HostResult<()> {
    for (name, value) in settings {
        let Some((_, change)) = known.iter().find(|(known, _)| known == name) else {
            return Err(HostError::new(HostErrorKind::Type, format!("there is no setting `{name}`"))
                .did_you_mean(name, known.iter().map(|(known, _)| *known)));
        };
        change(config, value)
            .map_err(|error| HostError { message: format!("{name}: {}", error.message), ..error })?;
    }
    Ok(())
}

fn set<T>(place: &mut T, value: HostResult<T>) -> HostResult<()> {
    *place = value?;
    Ok(())
}

fn wanted<T>(what: &str, setting: &Setting) -> HostResult<T> {
    let got = match setting {
        Setting::Flag(flag) => flag.to_string(),
        Setting::Number(number) => number.to_string(),
        Setting::Text(text) => format!("\"{text}\""),
    };
    Err(HostError::new(HostErrorKind::Type, format!("expected {what}, got {got}")))
}

fn number(setting: &Setting) -> HostResult<f64> {
    match setting {
        Setting::Number(number) => Ok(*number),
        other => wanted("a number", other),
    }
}

fn count(setting: &Setting) -> HostResult<usize> {
    match setting {
        // Whole and small enough to be exact, so the cast loses nothing.
        Setting::Number(number) if number.fract() == 0.0 && (0.0..1e9).contains(number) => {
            Ok(*number as usize)
        }
        other => wanted("a whole number", other),
    }
}

fn flag(setting: &Setting) -> HostResult<bool> {
    match setting {
        Setting::Flag(flag) => Ok(*flag),
        other => wanted("True or False", other),
    }
}

fn prediction(setting: &Setting) -> HostResult<Prediction> {
    match setting {
        Setting::Text(text) => Prediction::parse(text).map_err(|error| refused(&error)),
        other => wanted("a text", other),
    }
}

fn schedule(setting: &Setting) -> HostResult<BetaSchedule> {
    match setting {
        Setting::Text(text) => BetaSchedule::parse(text).map_err(|error| refused(&error)),
        other => wanted("a text", other),
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

impl HostScheduler for Consistency {
    fn set_timesteps(&mut self, count: usize) -> HostResult<()> {
        Consistency::set_timesteps(self, count).map_err(|error| refused(&error))
    }

    fn timesteps(&self) -> Vec<f64> {
        Consistency::timesteps(self).to_vec()
    }

    fn series(&self, name: &str) -> Option<Vec<f64>> {
        (name == "sigmas").then(|| self.sigmas().to_vec())
    }

    fn init_noise_sigma(&self) -> f64 {
        Consistency::init_noise_sigma(self)
    }

    fn scale_model_input(&self, sample: &Tensor, timestep: f64) -> HostResult<Tensor> {
        tensor(Consistency::scale_model_input(self, array("sample", sample)?, timestep))
    }

    fn step(&self, output: &Tensor, timestep: f64, sample: &Tensor, noise: &Tensor) -> HostResult<Tensor> {
        let (output, sample) = (array("model_output", output)?, array("sample", sample)?);
        tensor(Consistency::step(self, output, timestep, sample, array("noise", noise)?))
    }

    fn add_noise(&self, original: &Tensor, noise: &Tensor, timestep: f64) -> HostResult<Tensor> {
        tensor(Consistency::add_noise(
            self,
            array("original_samples", original)?,
            array("noise", noise)?,
            timestep,
        ))
    }
}

impl HostScheduler for Euler {
    fn set_timesteps(&mut self, count: usize) -> HostResult<()> {
        Euler::set_timesteps(self, count).map_err(|error| refused(&error))
    }

    fn timesteps(&self) -> Vec<f64> {
        Euler::timesteps(self).to_vec()
    }

    fn series(&self, name: &str) -> Option<Vec<f64>> {
        match name {
            "sigmas" => Some(self.sigmas().to_vec()),
            "betas" => Some(self.betas().to_vec()),
            "alphas_cumprod" => Some(self.alphas_cumprod().to_vec()),
            _ => None,
        }
    }

    fn init_noise_sigma(&self) -> f64 {
        Euler::init_noise_sigma(self)
    }

    fn scale_model_input(&self, sample: &Tensor, timestep: f64) -> HostResult<Tensor> {
        tensor(Euler::scale_model_input(self, array("sample", sample)?, timestep))
    }

    fn step(&self, output: &Tensor, timestep: f64, sample: &Tensor, _noise: &Tensor) -> HostResult<Tensor> {
        tensor(Euler::step(self, array("model_output", output)?, timestep, array("sample", sample)?))
    }

    fn add_noise(&self, original: &Tensor, noise: &Tensor, timestep: f64) -> HostResult<Tensor> {
        tensor(Euler::add_noise(self, array("original_samples", original)?, array("noise", noise)?, timestep))
    }
}

impl HostScheduler for Ddpm {
    fn set_timesteps(&mut self, count: usize) -> HostResult<()> {
        Ddpm::set_timesteps(self, count).map_err(|error| refused(&error))
    }

    fn timesteps(&self) -> Vec<f64> {
        Ddpm::timesteps(self).to_vec()
    }

    fn series(&self, name: &str) -> Option<Vec<f64>> {
        match name {
            "betas" => Some(self.betas().to_vec()),
            "alphas_cumprod" => Some(self.alphas_cumprod().to_vec()),
            _ => None,
        }
    }

    fn init_noise_sigma(&self) -> f64 {
        Ddpm::init_noise_sigma(self)
    }

    fn scale_model_input(&self, sample: &Tensor, _timestep: f64) -> HostResult<Tensor> {
        Ok(sample.clone())
    }

    fn step(&self, output: &Tensor, timestep: f64, sample: &Tensor, noise: &Tensor) -> HostResult<Tensor> {
        let (output, sample) = (array("model_output", output)?, array("sample", sample)?);
        tensor(Ddpm::step(self, output, timestep, sample, array("noise", noise)?))
    }

    fn add_noise(&self, original: &Tensor, noise: &Tensor, timestep: f64) -> HostResult<Tensor> {
        if timestep < 0.0 || timestep.fract() != 0.0 {
            return Err(HostError::new(HostErrorKind::Value, format!("{timestep} is no step of training")));
        }
        // Checked above: whole and not negative.
        let at = timestep as usize;
        tensor(Ddpm::add_noise(self, array("original_samples", original)?, array("noise", noise)?, at))
    }
}
