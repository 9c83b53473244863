//! `EulerDiscreteScheduler`: Euler's method on the probability-flow equation.
//!
//! Karras et al. (2022), <https://arxiv.org/abs/2206.00364>: dx/dσ = (x − x₀)/σ, where x₀ is the
//! model's denoised sample; a step goes along that line to the next σ.

use super::betas::alphas_cumprod;
use super::{BetaSchedule, Prediction, combine, index_of, karras_sigmas, linspace, steps, trainable};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The settings of an [`Euler`] scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EulerConfig {
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
    /// Whether to space σ as Karras et al. do, rather than evenly over the steps of training.
    pub use_karras_sigmas: bool,
    /// The smallest σ of that spacing; that of training where absent.
    pub sigma_min: Option<f64>,
    /// The largest.
    pub sigma_max: Option<f64>,
    /// How much it dwells on small σ.
    pub rho: f64,
}

impl Default for EulerConfig {
    fn default() -> Self {
        Self {
            num_train_timesteps: 1000,
            beta_start: 0.0001,
            beta_end: 0.02,
            beta_schedule: BetaSchedule::Linear,
            prediction: Prediction::Epsilon,
            use_karras_sigmas: false,
            sigma_min: None,
            sigma_max: None,
            rho: 7.0,
        }
    }
}

/// The schedule and steps of Euler's method.
#[derive(Clone, Debug, PartialEq)]
pub struct Euler {
    config: EulerConfig,
    betas: Vec<f64>,
    kept: Vec<f64>,
    /// σ at each step of training, rising.
    trained: Vec<f64>,
    timesteps: Vec<f64>,
    sigmas: Vec<f64>,
}

impl Euler {
    /// The scheduler with all steps of training.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: EulerConfig) -> Result<Self, RunError> {
        let c = &config;
        if !(c.beta_start > 0.0 && c.beta_end < 1.0 && c.beta_start <= c.beta_end && c.rho > 0.0) {
            return Err(RunError::setting("0 < beta_start <= beta_end < 1 and rho > 0 must hold"));
        }
        if c.prediction == Prediction::Consistency {
            return Err(RunError::setting("prediction_type \"consistency\" is of consistency models only"));
        }
        trainable(c.num_train_timesteps)?;
        let betas = c.beta_schedule.betas(c.num_train_timesteps, c.beta_start, c.beta_end);
        let kept = alphas_cumprod(&betas);
        let trained: Vec<f64> = kept.iter().map(|a| ((1.0 - a) / a).sqrt()).collect();
        let mut made = Self { config, betas, kept, trained, timesteps: Vec::new(), sigmas: Vec::new() };
        made.set_timesteps(made.config.num_train_timesteps)?;
        Ok(made)
    }

    /// Chooses `count` steps.
    ///
    /// # Errors
    /// There are fewer steps of training, or σ cannot be spaced.
    pub fn set_timesteps(&mut self, count: usize) -> Result<(), RunError> {
        let last = steps(count, self.config.num_train_timesteps)?.min(self.trained.len());
        let top = (self.trained.len() - 1) as f64;
        if self.config.use_karras_sigmas {
            let low = self.config.sigma_min.unwrap_or(self.trained[0]);
            let high = self.config.sigma_max.unwrap_or(self.trained[self.trained.len() - 1]);
            if !(low > 0.0 && low < high && high.is_finite()) {
                return Err(RunError::setting(format!("σ cannot go from {high} down to {low}")));
            }
            self.sigmas = karras_sigmas(&linspace(0.0, 1.0, last), low, high, self.config.rho);
            self.timesteps = self.sigmas.iter().map(|&sigma| self.timestep_of(sigma)).collect();
        } else {
            self.timesteps = linspace(top, 0.0, last);
            self.sigmas = self.timesteps.iter().map(|&t| self.sigma_at(t)).collect();
        }
        self.sigmas.push(0.0);
        Ok(())
    }

    /// What the model is told at each step: the step of training, or one between two.
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// σ at each step, and 0 after the last.
    pub fn sigmas(&self) -> &[f64] {
        &self.sigmas
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
        self.sigmas[0]
    }

    /// The sample as the model wants it: divided by √(σ² + 1).
    ///
    /// # Errors
    /// `timestep` is none of the schedule's.
    pub fn scale_model_input(&self, sample: &Array<f32>, timestep: f64) -> Result<Array<f32>, RunError> {
        let scale = self.sigma(timestep)?.0.hypot(1.0);
        Ok(sample.mapv(|v| (f64::from(v) / scale) as f32).into_shared())
    }

    /// The sample at the next σ.
    ///
    /// # Errors
    /// `timestep` is none of the schedule's, or the shapes differ.
    pub fn step(
        &self,
        model_output: &Array<f32>,
        timestep: f64,
        sample: &Array<f32>,
    ) -> Result<Array<f32>, RunError> {
        let (sigma, next) = self.sigma(timestep)?;
        let prediction = self.config.prediction;
        let arrays = [model_output, sample, sample];
        combine(["model_output", "sample", "sample"], arrays, |model, x, _| {
            let clean = match prediction {
                Prediction::Epsilon => x - sigma * model,
                Prediction::Sample | Prediction::Consistency => model,
                Prediction::Velocity => x / (sigma * sigma + 1.0) - sigma / sigma.hypot(1.0) * model,
            };
            x + (x - clean) / sigma * (next - sigma)
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
        let (sigma, _) = self.sigma(timestep)?;
        combine(["original", "noise", "noise"], [original, noise, noise], |x, z, _| x + sigma * z)
    }

    /// σ at `timestep` and at the step after.
    fn sigma(&self, timestep: f64) -> Result<(f64, f64), RunError> {
        let at = index_of(&self.timesteps, timestep)?;
        Ok((self.sigmas[at], self.sigmas[at + 1]))
    }

    /// σ at step `t` of training, between two steps on the line that joins them.
    fn sigma_at(&self, t: f64) -> f64 {
        let low = (t.floor() as usize).min(self.trained.len() - 1);
        let high = (low + 1).min(self.trained.len() - 1);
        let part = t - low as f64;
        self.trained[low] * (1.0 - part) + self.trained[high] * part
    }

    /// The step of training with the given σ, between two steps on the line of ln σ.
    fn timestep_of(&self, sigma: f64) -> f64 {
        let log = sigma.max(1e-10).ln();
        let last = self.trained.len() - 1;
        let low =
            self.trained.partition_point(|s| s.ln() <= log).saturating_sub(1).min(last.saturating_sub(1));
        let (below, above) = (self.trained[low].ln(), self.trained[(low + 1).min(last)].ln());
        let part = if below == above { 0.0 } else { ((below - log) / (below - above)).clamp(0.0, 1.0) };
        low as f64 + part
    }
}
