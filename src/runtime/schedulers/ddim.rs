//! `DDIMScheduler`: the deterministic way back of a diffusion, and what lies between it and DDPM.
//!
//! Song et al. (2020), <https://arxiv.org/abs/2010.02502>: equation 12, whose η says how much noise is
//! drawn; equation 16 is its variance.

use super::spacing::{Noise, Spacing, Training, half_to_even};
use super::{combine, index_of};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The settings of a [`Ddim`] scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DdimConfig {
    /// What all schedulers have.
    pub training: Training,
    /// Whether to cut the estimate of the clean sample to -1..1.
    pub clip_sample: bool,
    /// Whether the step before the first has no noise at all, rather than that of the first.
    pub set_alpha_to_one: bool,
}

impl Default for DdimConfig {
    fn default() -> Self {
        Self { training: Training::spaced(Spacing::Leading), clip_sample: true, set_alpha_to_one: true }
    }
}

/// The schedule and steps of DDIM.
#[derive(Clone, Debug, PartialEq)]
pub struct Ddim {
    config: DdimConfig,
    noise: Noise,
    timesteps: Vec<f64>,
}

impl Ddim {
    /// The scheduler with all steps of training.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: DdimConfig) -> Result<Self, RunError> {
        let noise = config.training.noise()?;
        let mut made = Self { config, noise, timesteps: Vec::new() };
        made.set_timesteps(config.training.num_train_timesteps)?;
        Ok(made)
    }

    /// Chooses `count` of the steps of training.
    ///
    /// # Errors
    /// There are fewer.
    pub fn set_timesteps(&mut self, count: usize) -> Result<(), RunError> {
        self.timesteps = self.config.training.timesteps(count)?.into_iter().map(half_to_even).collect();
        Ok(())
    }

    /// The steps of training that are gone through, last first.
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// β and ᾱ of each step of training.
    pub fn series(&self) -> (&[f64], &[f64]) {
        (&self.noise.betas, &self.noise.kept)
    }

    /// The sample one step back. `eta` from 0 to 1 says how much of DDPM's noise is drawn: `noise` is
    /// standard normal, and unused where `eta` is 0. With `use_clipped_model_output` the model's noise is
    /// worked out again from the estimate that was cut; without, the two contradict each other where much
    /// is cut, as under strong guidance.
    ///
    /// # Errors
    /// `timestep` is none of the schedule's, or the shapes differ.
    pub fn step(
        &self,
        model_output: &Array<f32>,
        timestep: f64,
        sample: &Array<f32>,
        (eta, use_clipped_model_output): (f64, bool),
        noise: &Array<f32>,
    ) -> Result<Array<f32>, RunError> {
        let c = &self.config;
        let t = self.timesteps[index_of(&self.timesteps, timestep)?];
        let first = if c.set_alpha_to_one { 1.0 } else { self.noise.kept[0] };
        let stride = c.training.stride(self.timesteps.len());
        let (kept, before) = (self.noise.kept_at(t, first), self.noise.kept_at(t - stride as f64, first));
        let variance = (1.0 - before) / (1.0 - kept) * (1.0 - kept / before);
        let deviation = eta * variance.max(0.0).sqrt();
        let (signal, spread) = (kept.sqrt(), (1.0 - kept).sqrt());
        let direction = (1.0 - before - deviation * deviation).max(0.0).sqrt();
        combine(["model_output", "sample", "noise"], [model_output, sample, noise], |model, x, z| {
            let whole = c.training.clean(model, x, signal, spread);
            let clean = if c.clip_sample { whole.clamp(-1.0, 1.0) } else { whole };
            let epsilon = (x - signal * if use_clipped_model_output { clean } else { whole }) / spread;
            before.sqrt() * clean + direction * epsilon + deviation * z
        })
    }

    /// `original` with `noise`, as it is at step `timestep` of training.
    ///
    /// # Errors
    /// There is no such step, or the shapes differ.
    pub fn add_noise(
        &self,
        original: &Array<f32>,
        noise: &Array<f32>,
        timestep: f64,
    ) -> Result<Array<f32>, RunError> {
        self.noise.add(original, noise, timestep)
    }
}
