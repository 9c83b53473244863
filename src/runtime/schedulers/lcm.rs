//! `LCMScheduler`: latent consistency models, a handful of steps.
//!
//! Luo et al. (2023), <https://arxiv.org/abs/2310.04378>: the estimate of the clean sample goes through
//! the skip connection of consistency models, and is given fresh noise for the next step.

use super::spacing::{Noise, Spacing, Training};
use super::{combine, index_of, steps};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The standard deviation of clean data that the skip connection is made for.
const SIGMA_DATA: f64 = 0.5;

/// The settings of an [`Lcm`] scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LcmConfig {
    /// What all schedulers have.
    pub training: Training,
    /// The steps of the schedule that the model was distilled on.
    pub original_inference_steps: usize,
    /// Whether to cut the estimate of the clean sample to -1..1.
    pub clip_sample: bool,
    /// Scales the timestep in the skip connection.
    pub timestep_scaling: f64,
}

impl Default for LcmConfig {
    fn default() -> Self {
        use super::BetaSchedule;
        Self {
            training: Training {
                beta_start: 0.00085,
                beta_end: 0.012,
                beta_schedule: BetaSchedule::ScaledLinear,
                ..Training::spaced(Spacing::Leading)
            },
            original_inference_steps: 50,
            clip_sample: false,
            timestep_scaling: 10.0,
        }
    }
}

/// The schedule and steps of a latent consistency model.
#[derive(Clone, Debug, PartialEq)]
pub struct Lcm {
    config: LcmConfig,
    noise: Noise,
    timesteps: Vec<f64>,
}

impl Lcm {
    /// The scheduler with all steps that the model was distilled on.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: LcmConfig) -> Result<Self, RunError> {
        let noise = config.training.noise()?;
        steps(config.original_inference_steps, config.training.num_train_timesteps)?;
        let mut made = Self { config, noise, timesteps: Vec::new() };
        made.set_timesteps(config.original_inference_steps)?;
        Ok(made)
    }

    /// Chooses `count` of the steps that the model was distilled on, from pure noise on.
    ///
    /// # Errors
    /// There are fewer.
    pub fn set_timesteps(&mut self, count: usize) -> Result<(), RunError> {
        let all = self.config.original_inference_steps;
        let ratio = self.config.training.num_train_timesteps / all;
        let count = steps(count, all)?;
        let chosen = (0..count).map(|i| i * all / count);
        self.timesteps = chosen.map(|i| ((all - i) * ratio - 1) as f64).collect();
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

    /// The sample at the next step. `noise` is standard normal; in the last step it is not used.
    ///
    /// # Errors
    /// `timestep` is none of the schedule's, or the shapes differ.
    pub fn step(
        &self,
        model_output: &Array<f32>,
        timestep: f64,
        sample: &Array<f32>,
        noise: &Array<f32>,
    ) -> Result<Array<f32>, RunError> {
        let c = &self.config;
        let at = index_of(&self.timesteps, timestep)?;
        let t = self.timesteps[at];
        let kept = self.noise.kept_at(t, 1.0);
        let next = self.timesteps.get(at + 1).map(|&t| self.noise.kept_at(t, 1.0));
        let (signal, spread) = (kept.sqrt(), (1.0 - kept).sqrt());
        let scaled = t * c.timestep_scaling;
        let data = SIGMA_DATA * SIGMA_DATA;
        let (skip, out) = (data / (scaled * scaled + data), scaled / scaled.hypot(SIGMA_DATA));
        combine(["model_output", "sample", "noise"], [model_output, sample, noise], |model, x, z| {
            let clean = c.training.clean(model, x, signal, spread);
            let clean = if c.clip_sample { clean.clamp(-1.0, 1.0) } else { clean };
            let denoised = out * clean + skip * x;
            next.map_or(denoised, |kept| kept.sqrt() * denoised + (1.0 - kept).sqrt() * z)
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
