//! `DDPMScheduler`: ancestral sampling.
//!
//! Ho et al. (2020), <https://arxiv.org/abs/2006.11239>: equation 4 adds noise, equation 7 is the mean
//! of the step back, with the "fixed small" variance of section 3.2.

use super::spacing::{Noise, Spacing, Training, half_to_even};
use super::{combine, index_of};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The settings of a [`Ddpm`] scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DdpmConfig {
    /// What all schedulers have.
    pub training: Training,
    /// Whether to cut the estimate of the clean sample to -1..1.
    pub clip_sample: bool,
}

impl Default for DdpmConfig {
    fn default() -> Self {
        Self { training: Training::spaced(Spacing::Leading), clip_sample: true }
    }
}

/// The schedule and steps of ancestral sampling.
#[derive(Clone, Debug, PartialEq)]
pub struct Ddpm {
    config: DdpmConfig,
    noise: Noise,
    timesteps: Vec<f64>,
}

impl Ddpm {
    /// The scheduler with all steps of training.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: DdpmConfig) -> Result<Self, RunError> {
        let noise = config.training.noise()?;
        let mut made = Self { config, noise, timesteps: Vec::new() };
        made.set_timesteps(config.training.num_train_timesteps)?;
        Ok(made)
    }

    /// Chooses `count` of the steps of training, down to the first.
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

    /// β of each step of training.
    pub fn betas(&self) -> &[f64] {
        &self.noise.betas
    }

    /// ᾱ of each step of training.
    pub fn alphas_cumprod(&self) -> &[f64] {
        &self.noise.kept
    }

    /// The standard deviation of the noise to begin with.
    pub fn init_noise_sigma(&self) -> f64 {
        1.0
    }

    /// The sample one step back. `noise` is standard normal; in the last step it is not used.
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
        let t = self.timesteps[index_of(&self.timesteps, timestep)?];
        let stride = self.config.training.stride(self.timesteps.len());
        let (kept, before) = (self.noise.kept_at(t, 1.0), self.noise.kept_at(t - stride as f64, 1.0));
        let (alpha, beta) = (kept / before, 1.0 - kept / before);
        let clean_part = before.sqrt() * beta / (1.0 - kept);
        let sample_part = alpha.sqrt() * (1.0 - before) / (1.0 - kept);
        let variance = ((1.0 - before) / (1.0 - kept) * beta).max(1e-20);
        let deviation = if t > 0.0 { variance.sqrt() } else { 0.0 };
        let (signal, spread) = (kept.sqrt(), (1.0 - kept).sqrt());
        let c = &self.config;
        combine(["model_output", "sample", "noise"], [model_output, sample, noise], |model, x, z| {
            let clean = c.training.clean(model, x, signal, spread);
            let clean = if c.clip_sample { clean.clamp(-1.0, 1.0) } else { clean };
            clean_part * clean + sample_part * x + deviation * z
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
