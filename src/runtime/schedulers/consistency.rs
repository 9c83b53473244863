//! `CMStochasticIterativeScheduler`: one-step and multistep sampling of consistency models.
//!
//! Song et al. (2023), <https://arxiv.org/abs/2303.01469>: algorithm 1, appendix C for the skip
//! connection. Between two steps the denoised sample is given fresh noise of the next σ.

use super::{Prediction, combine, index_of, karras_sigmas, linspace, steps, trainable};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The settings of a [`Consistency`] scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConsistencyConfig {
    /// Steps of the schedule that the model was trained on.
    pub num_train_timesteps: usize,
    /// The smallest σ.
    pub sigma_min: f64,
    /// The largest σ: that of pure noise.
    pub sigma_max: f64,
    /// The standard deviation of clean data.
    pub sigma_data: f64,
    /// Scales the noise added between steps.
    pub s_noise: f64,
    /// How much the schedule dwells on small σ.
    pub rho: f64,
    /// Whether to cut denoised samples to -1..1.
    pub clip_denoised: bool,
    /// [`Prediction::Consistency`], or [`Prediction::Sample`] for a graph that has the skip
    /// connection inside and gives x₀.
    pub prediction: Prediction,
}

impl Default for ConsistencyConfig {
    fn default() -> Self {
        Self {
            num_train_timesteps: 40,
            sigma_min: 0.002,
            sigma_max: 80.0,
            sigma_data: 0.5,
            s_noise: 1.0,
            rho: 7.0,
            clip_denoised: true,
            prediction: Prediction::Consistency,
        }
    }
}

/// The schedule and steps of a consistency model.
#[derive(Clone, Debug, PartialEq)]
pub struct Consistency {
    config: ConsistencyConfig,
    timesteps: Vec<f64>,
    sigmas: Vec<f64>,
}

impl Consistency {
    /// The scheduler with all steps of training.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: ConsistencyConfig) -> Result<Self, RunError> {
        let c = &config;
        if !(c.sigma_min > 0.0 && c.sigma_min < c.sigma_max && c.sigma_max.is_finite()) {
            return Err(RunError::setting("sigma_min must be above 0 and below sigma_max"));
        }
        if !(c.rho > 0.0 && c.sigma_data > 0.0) {
            return Err(RunError::setting("rho and sigma_data must be above 0"));
        }
        if !matches!(c.prediction, Prediction::Consistency | Prediction::Sample) {
            return Err(RunError::setting("prediction_type must be \"consistency\" or \"sample\" here"));
        }
        if c.num_train_timesteps < 2 {
            return Err(RunError::setting("num_train_timesteps must be 2 or more"));
        }
        trainable(c.num_train_timesteps)?;
        let ramp = linspace(0.0, 1.0, c.num_train_timesteps);
        Ok(Self::over(config, &ramp))
    }

    /// Chooses `count` of the steps of training, evenly, from pure noise on.
    ///
    /// # Errors
    /// There are fewer.
    pub fn set_timesteps(&mut self, count: usize) -> Result<(), RunError> {
        let all = self.config.num_train_timesteps;
        let ratio = all / steps(count, all)?;
        let ramp: Vec<f64> = (0..count).map(|i| (i * ratio) as f64 / (all - 1) as f64).collect();
        *self = Self::over(self.config, &ramp);
        Ok(())
    }

    /// The settings.
    pub fn config(&self) -> &ConsistencyConfig {
        &self.config
    }

    /// What the model is told at each step: 250·ln σ.
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// σ at each step, and that after the last.
    pub fn sigmas(&self) -> &[f64] {
        &self.sigmas
    }

    /// The standard deviation of the noise to begin with.
    pub fn init_noise_sigma(&self) -> f64 {
        self.config.sigma_max
    }

    /// The sample as the model wants it: divided by √(σ² + σ_data²).
    ///
    /// # Errors
    /// `timestep` is none of the schedule's.
    pub fn scale_model_input(&self, sample: &Array<f32>, timestep: f64) -> Result<Array<f32>, RunError> {
        let sigma = self.sigmas[index_of(&self.timesteps, timestep)?];
        let scale = sigma.hypot(self.config.sigma_data);
        Ok(sample.mapv(|v| (f64::from(v) / scale) as f32).into_shared())
    }

    /// The sample at the next σ. `noise` is standard normal; of the last step of a schedule of one
    /// step it is not used.
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
        let (sigma, next) = (self.sigmas[at], self.sigmas[at + 1]);
        let (skip, out) = match c.prediction {
            Prediction::Consistency => {
                let data = c.sigma_data * c.sigma_data;
                let above = sigma - c.sigma_min;
                (data / (above * above + data), above * c.sigma_data / sigma.hypot(c.sigma_data))
            }
            Prediction::Sample | Prediction::Epsilon | Prediction::Velocity => (0.0, 1.0),
        };
        let next = next.clamp(c.sigma_min, c.sigma_max);
        let one_step = self.timesteps.len() == 1;
        let added = if one_step { 0.0 } else { c.s_noise * (next * next - c.sigma_min * c.sigma_min).sqrt() };
        combine(["model_output", "sample", "noise"], [model_output, sample, noise], |model, x, z| {
            let denoised = out * model + skip * x;
            let denoised = if c.clip_denoised { denoised.clamp(-1.0, 1.0) } else { denoised };
            denoised + added * z
        })
    }

    /// `original` with `noise` of the σ at `timestep`.
    ///
    /// # Errors
    /// `timestep` is none of the schedule's, or the shapes differ.
    pub fn add_noise(
        &self,
        original: &Array<f32>,
        noise: &Array<f32>,
        timestep: f64,
    ) -> Result<Array<f32>, RunError> {
        let sigma = self.sigmas[index_of(&self.timesteps, timestep)?];
        combine(["original", "noise", "noise"], [original, noise, noise], |x, z, _| x + sigma * z)
    }

    fn over(config: ConsistencyConfig, ramp: &[f64]) -> Self {
        let mut sigmas = karras_sigmas(ramp, config.sigma_min, config.sigma_max, config.rho);
        let timesteps = sigmas.iter().map(|sigma| 250.0 * (sigma + 1e-44).ln()).collect();
        sigmas.push(config.sigma_min);
        Self { config, timesteps, sigmas }
    }
}
