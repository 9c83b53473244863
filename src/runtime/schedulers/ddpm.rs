//! `DDPMScheduler`: ancestral sampling.
//!
//! Ho et al. (2020), <https://arxiv.org/abs/2006.11239>: equation 4 adds noise, equation 7 is the mean
//! of the step back, with the "fixed small" variance of section 3.2.

use super::betas::alphas_cumprod;
use super::{BetaSchedule, Prediction, combine, index_of, steps, trainable};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The settings of a [`Ddpm`] scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DdpmConfig {
    /// Steps of training.
    pub num_train_timesteps: usize,
    /// β of the first step of training.
    pub beta_start: f64,
    /// β of the last.
    pub beta_end: f64,
    /// The shape of β between them.
    pub beta_schedule: BetaSchedule,
    /// What the model's output is.
    pub prediction: Prediction,
    /// Whether to cut the estimate of the clean sample to -1..1.
    pub clip_sample: bool,
}

impl Default for DdpmConfig {
    fn default() -> Self {
        Self {
            num_train_timesteps: 1000,
            beta_start: 0.0001,
            beta_end: 0.02,
            beta_schedule: BetaSchedule::Linear,
            prediction: Prediction::Epsilon,
            clip_sample: true,
        }
    }
}

/// The schedule and steps of ancestral sampling.
#[derive(Clone, Debug, PartialEq)]
pub struct Ddpm {
    config: DdpmConfig,
    betas: Vec<f64>,
    kept: Vec<f64>,
    timesteps: Vec<f64>,
    /// How many steps of training one step goes back.
    stride: usize,
}

impl Ddpm {
    /// The scheduler with all steps of training.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: DdpmConfig) -> Result<Self, RunError> {
        if !(config.beta_start > 0.0 && config.beta_end < 1.0 && config.beta_start <= config.beta_end) {
            return Err(RunError::setting("0 < beta_start <= beta_end < 1 must hold"));
        }
        if config.prediction == Prediction::Consistency {
            return Err(RunError::setting("prediction_type \"consistency\" is of consistency models only"));
        }
        trainable(config.num_train_timesteps)?;
        let count = config.num_train_timesteps;
        let betas = config.beta_schedule.betas(count, config.beta_start, config.beta_end);
        let kept = alphas_cumprod(&betas);
        let mut made = Self { config, betas, kept, timesteps: Vec::new(), stride: 1 };
        made.set_timesteps(count)?;
        Ok(made)
    }

    /// Chooses `count` of the steps of training, evenly, down to the first.
    ///
    /// # Errors
    /// There are fewer.
    pub fn set_timesteps(&mut self, count: usize) -> Result<(), RunError> {
        let all = self.config.num_train_timesteps;
        self.stride = all / steps(count, all)?;
        self.timesteps = (0..count).rev().map(|i| (i * self.stride) as f64).collect();
        Ok(())
    }

    /// The steps of training that are gone through, last first.
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// β of each step of training.
    pub fn betas(&self) -> &[f64] {
        &self.betas
    }

    /// ᾱ of each step of training.
    pub fn alphas_cumprod(&self) -> &[f64] {
        &self.kept
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
        let t = self.timesteps[index_of(&self.timesteps, timestep)?] as usize;
        let kept = self.kept[t];
        let before = t.checked_sub(self.stride).map_or(1.0, |t| self.kept[t]);
        let (alpha, beta) = (kept / before, 1.0 - kept / before);
        let clean_part = before.sqrt() * beta / (1.0 - kept);
        let sample_part = alpha.sqrt() * (1.0 - before) / (1.0 - kept);
        let variance = ((1.0 - before) / (1.0 - kept) * beta).max(1e-20);
        let deviation = if t > 0 { variance.sqrt() } else { 0.0 };
        let (signal, spread) = (kept.sqrt(), (1.0 - kept).sqrt());
        let c = &self.config;
        combine(["model_output", "sample", "noise"], [model_output, sample, noise], |model, x, z| {
            let clean = match c.prediction {
                Prediction::Epsilon => (x - spread * model) / signal,
                Prediction::Sample | Prediction::Consistency => model,
                Prediction::Velocity => signal * x - spread * model,
            };
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
        timestep: usize,
    ) -> Result<Array<f32>, RunError> {
        let kept = self.kept.get(timestep).copied().ok_or_else(|| {
            RunError::setting(format!("there is no step {timestep}: training has {}", self.kept.len()))
        })?;
        let (signal, spread) = (kept.sqrt(), (1.0 - kept).sqrt());
        combine(["original", "noise", "noise"], [original, noise, noise], |x, z, _| signal * x + spread * z)
    }
}
