//! `EulerDiscreteScheduler`: Euler's method on the probability-flow equation, and
//! `EulerAncestralDiscreteScheduler`, which draws noise on the way.
//!
//! Karras et al. (2022), <https://arxiv.org/abs/2206.00364>: dx/dσ = (x − x₀)/σ, where x₀ is the
//! model's denoised sample; a step goes along that line to the next σ.

use super::spacing::{Noise, Spacing, Training};
use super::{Prediction, combine, index_of};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The settings of an [`Euler`] scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EulerConfig {
    /// What all schedulers have.
    pub training: Training,
    /// Whether to space σ as Karras et al. do, rather than evenly over the steps of training.
    pub use_karras_sigmas: bool,
    /// The smallest σ of that spacing; that of training where absent.
    pub sigma_min: Option<f64>,
    /// The largest.
    pub sigma_max: Option<f64>,
    /// How much it dwells on small σ.
    pub rho: f64,
    /// Whether each step goes further down and is given fresh noise (ancestral sampling).
    pub ancestral: bool,
}

impl Default for EulerConfig {
    fn default() -> Self {
        Self {
            training: Training::spaced(Spacing::Linspace),
            use_karras_sigmas: false,
            sigma_min: None,
            sigma_max: None,
            rho: 7.0,
            ancestral: false,
        }
    }
}

/// The schedule and steps of Euler's method.
#[derive(Clone, Debug, PartialEq)]
pub struct Euler {
    config: EulerConfig,
    noise: Noise,
    timesteps: Vec<f64>,
    sigmas: Vec<f64>,
}

impl Euler {
    /// The scheduler with all steps of training.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: EulerConfig) -> Result<Self, RunError> {
        if config.rho <= 0.0 || config.rho.is_nan() {
            return Err(RunError::setting("rho must be above 0"));
        }
        let noise = config.training.noise()?;
        let mut made = Self { config, noise, timesteps: Vec::new(), sigmas: Vec::new() };
        made.set_timesteps(config.training.num_train_timesteps)?;
        Ok(made)
    }

    /// Chooses `count` steps.
    ///
    /// # Errors
    /// There are fewer steps of training, or σ cannot be spaced.
    pub fn set_timesteps(&mut self, count: usize) -> Result<(), RunError> {
        let c = &self.config;
        self.timesteps = c.training.timesteps(count)?;
        self.sigmas = self.timesteps.iter().map(|&t| self.noise.sigma_at(t)).collect();
        if c.use_karras_sigmas {
            let low = c.sigma_min.or(self.sigmas.last().copied());
            let high = c.sigma_max.or(self.sigmas.first().copied());
            self.sigmas = self.noise.karras(count, low, high, c.rho)?;
            self.timesteps = self.sigmas.iter().map(|&sigma| self.noise.timestep_of(sigma)).collect();
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
        &self.noise.betas
    }

    /// ᾱ of each step of training.
    pub fn alphas_cumprod(&self) -> &[f64] {
        &self.noise.kept
    }

    /// The standard deviation of the noise to begin with.
    pub fn init_noise_sigma(&self) -> f64 {
        match self.config.training.timestep_spacing {
            Spacing::Linspace | Spacing::Trailing => self.sigmas[0],
            Spacing::Leading => self.sigmas[0].hypot(1.0),
        }
    }

    /// The sample as the model wants it: divided by √(σ² + 1).
    ///
    /// # Errors
    /// `timestep` is none of the schedule's.
    pub fn scale_model_input(&self, sample: &Array<f32>, timestep: f64) -> Result<Array<f32>, RunError> {
        let scale = self.sigma(timestep)?.0.hypot(1.0);
        Ok(sample.mapv(|v| (f64::from(v) / scale) as f32).into_shared())
    }

    /// The sample at the next σ. `noise` is standard normal; only ancestral sampling uses it.
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
        let (sigma, next) = self.sigma(timestep)?;
        let prediction = self.config.training.prediction;
        // Down to less noise than the next σ has, and up again by fresh noise.
        let up = match self.config.ancestral {
            true => (next * next * (sigma * sigma - next * next)).max(0.0).sqrt() / sigma,
            false => 0.0,
        };
        let down = (next * next - up * up).max(0.0).sqrt();
        let arrays = [model_output, sample, noise];
        combine(["model_output", "sample", "noise"], arrays, |model, x, z| {
            let clean = match prediction {
                Prediction::Epsilon => x - sigma * model,
                Prediction::Sample | Prediction::Consistency => model,
                Prediction::Velocity => x / (sigma * sigma + 1.0) - sigma / sigma.hypot(1.0) * model,
            };
            x + (x - clean) / sigma * (down - sigma) + up * z
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
}
