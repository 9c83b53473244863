//! `HeunDiscreteScheduler`: Heun's method of second order on the probability-flow equation.
//!
//! Karras et al. (2022), <https://arxiv.org/abs/2206.00364>, algorithm 1 without churn: a step along the
//! slope here, then the same step again along the mean of the slopes here and there. The model is
//! asked twice a step, so every timestep but the first stands twice in the schedule.

use super::spacing::{Noise, Spacing, Training};
use super::{Prediction, combine, index_of};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The settings of a [`Heun`] scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeunConfig {
    /// What all schedulers have.
    pub training: Training,
    /// Whether to space σ as Karras et al. do.
    pub use_karras_sigmas: bool,
    /// Whether to cut the estimate of the clean sample to -1..1.
    pub clip_sample: bool,
}

impl Default for HeunConfig {
    fn default() -> Self {
        let training =
            Training { beta_start: 0.00085, beta_end: 0.012, ..Training::spaced(Spacing::Linspace) };
        Self { training, use_karras_sigmas: false, clip_sample: false }
    }
}

/// The schedule and steps of Heun's method.
#[derive(Clone, Debug, PartialEq)]
pub struct Heun {
    config: HeunConfig,
    noise: Noise,
    timesteps: Vec<f64>,
    /// σ of each timestep, and 0 after the last.
    sigmas: Vec<f64>,
    /// How many steps have been made.
    at: Option<usize>,
    /// The slope and the sample where the step began, until it has been made the second time.
    begun: Option<(Array<f32>, Array<f32>)>,
}

impl Heun {
    /// The scheduler with all steps of training.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: HeunConfig) -> Result<Self, RunError> {
        let noise = config.training.noise()?;
        let mut made =
            Self { config, noise, timesteps: Vec::new(), sigmas: Vec::new(), at: None, begun: None };
        made.set_timesteps(config.training.num_train_timesteps)?;
        Ok(made)
    }

    /// Chooses `count` steps and begins anew.
    ///
    /// # Errors
    /// There are fewer steps of training.
    pub fn set_timesteps(&mut self, count: usize) -> Result<(), RunError> {
        let mut timesteps = self.config.training.timesteps(count)?;
        let mut sigmas: Vec<f64> = timesteps.iter().map(|&t| self.noise.sigma_at(t)).collect();
        if self.config.use_karras_sigmas && count > 1 {
            sigmas = self.noise.karras(count, Some(sigmas[count - 1]), Some(sigmas[0]), 7.0)?;
            timesteps = sigmas.iter().map(|&sigma| self.noise.timestep_of(sigma)).collect();
        }
        let twice = |values: &[f64]| -> Vec<f64> {
            let (first, rest) = values.split_at(1);
            first.iter().copied().chain(rest.iter().flat_map(|&value| [value, value])).collect()
        };
        (self.timesteps, self.sigmas) = (twice(&timesteps), twice(&sigmas));
        self.sigmas.push(0.0);
        (self.at, self.begun) = (None, None);
        Ok(())
    }

    /// What the model is told at each step, the second look of each step among them.
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// σ at each of them, and 0 after the last.
    pub fn sigmas(&self) -> &[f64] {
        &self.sigmas
    }

    /// β and ᾱ of each step of training.
    pub fn series(&self) -> (&[f64], &[f64]) {
        (&self.noise.betas, &self.noise.kept)
    }

    /// The standard deviation of the noise to begin with.
    pub fn init_noise_sigma(&self) -> f64 {
        let most = self.sigmas.iter().copied().fold(0.0, f64::max);
        match self.config.training.timestep_spacing {
            Spacing::Linspace | Spacing::Trailing => most,
            Spacing::Leading => most.hypot(1.0),
        }
    }

    /// The sample as the model wants it: divided by √(σ² + 1).
    ///
    /// # Errors
    /// `timestep` is none of the schedule's.
    pub fn scale_model_input(&self, sample: &Array<f32>, timestep: f64) -> Result<Array<f32>, RunError> {
        let scale = self.sigmas[self.position(timestep)?].hypot(1.0);
        Ok(sample.mapv(|v| (f64::from(v) / scale) as f32).into_shared())
    }

    /// The sample at the next timestep of the schedule; steps have to be made in order.
    ///
    /// # Errors
    /// `timestep` is none of the schedule's, or the shapes differ.
    pub fn step(
        &mut self,
        model_output: &Array<f32>,
        timestep: f64,
        sample: &Array<f32>,
    ) -> Result<Array<f32>, RunError> {
        let at = self.position(timestep)?;
        let (sigma, next) = match &self.begun {
            None => (self.sigmas[at], self.sigmas[at + 1]),
            Some(_) => (self.sigmas[at - 1], self.sigmas[at]),
        };
        let here = if self.begun.is_some() { next } else { sigma };
        let c = self.config;
        let clean = |model: f64, x: f64| {
            let clean = match c.training.prediction {
                Prediction::Epsilon => x - here * model,
                Prediction::Sample | Prediction::Consistency => model,
                Prediction::Velocity => x / (here * here + 1.0) - here / here.hypot(1.0) * model,
            };
            if c.clip_sample { clean.clamp(-1.0, 1.0) } else { clean }
        };
        let slope =
            combine(["model_output", "sample", "sample"], [model_output, sample, sample], |model, x, _| {
                (x - clean(model, x)) / here
            })?;
        let made = match self.begun.take() {
            None => {
                let made =
                    combine(["slope", "sample", "sample"], [&slope, sample, sample], |slope, x, _| {
                        x + slope * (next - sigma)
                    })?;
                // At σ = 0 there is no slope to look at a second time.
                self.begun = (next > 0.0).then(|| (slope, sample.clone()));
                made
            }
            Some((first, start)) => {
                combine(["slope", "slope", "sample"], [&first, &slope, &start], |first, second, x| {
                    x + (first + second) / 2.0 * (next - sigma)
                })?
            }
        };
        self.at = Some(at + 1);
        Ok(made)
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

    /// Where `timestep` stands: at the next place of the schedule where that fits.
    fn position(&self, timestep: f64) -> Result<usize, RunError> {
        let found = index_of(&self.timesteps, timestep)?;
        let next = self.at.filter(|&at| self.timesteps.get(at) == Some(&self.timesteps[found]));
        Ok(next.unwrap_or(found))
    }
}
