//! Which steps of training are gone through, and what noise each has: what all schedulers share.
//!
//! The three spacings are those of table 2 of Lin et al. (2023), <https://arxiv.org/abs/2305.08891>.

use super::betas::alphas_cumprod;
use super::{BetaSchedule, Prediction, combine, karras_sigmas, linspace, steps, trainable, unknown};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The settings that diffusers' schedulers have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
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
    /// How the steps are chosen among those of training.
    pub timestep_spacing: Spacing,
    /// Added to the steps of the spacing `leading`.
    pub steps_offset: usize,
}

/// How steps are chosen among those of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spacing {
    /// From the first to the last, evenly.
    Linspace,
    /// Multiples of one number, from the first on.
    Leading,
    /// Evenly, from the last down.
    Trailing,
}

impl Spacing {
    /// The meaning of diffusers' `timestep_spacing`.
    ///
    /// # Errors
    /// It has none.
    pub fn parse(name: &str) -> Result<Self, RunError> {
        match name {
            "linspace" => Ok(Self::Linspace),
            "leading" => Ok(Self::Leading),
            "trailing" => Ok(Self::Trailing),
            _ => Err(unknown("timestep_spacing", name, &["linspace", "leading", "trailing"])),
        }
    }
}

impl Training {
    /// diffusers' defaults, with the spacing that each scheduler has of its own.
    pub const fn spaced(timestep_spacing: Spacing) -> Self {
        Self {
            num_train_timesteps: 1000,
            beta_start: 0.0001,
            beta_end: 0.02,
            beta_schedule: BetaSchedule::Linear,
            prediction: Prediction::Epsilon,
            timestep_spacing,
            steps_offset: 0,
        }
    }

    /// β and ᾱ of each step of training.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub(super) fn noise(&self) -> Result<Noise, RunError> {
        if !(self.beta_start > 0.0 && self.beta_end < 1.0 && self.beta_start <= self.beta_end) {
            return Err(RunError::setting("0 < beta_start <= beta_end < 1 must hold"));
        }
        if self.prediction == Prediction::Consistency {
            return Err(RunError::setting("prediction_type \"consistency\" is of consistency models only"));
        }
        if self.num_train_timesteps < 2 {
            return Err(RunError::setting("num_train_timesteps must be 2 or more"));
        }
        trainable(self.num_train_timesteps)?;
        let betas = self.beta_schedule.betas(self.num_train_timesteps, self.beta_start, self.beta_end);
        let kept = alphas_cumprod(&betas);
        let sigmas = kept.iter().map(|a| ((1.0 - a) / a).sqrt()).collect();
        Ok(Noise { betas, kept, sigmas })
    }

    /// `count` steps of training, the noisiest first; whole numbers but for the spacing `linspace`.
    ///
    /// # Errors
    /// There are fewer.
    pub(super) fn timesteps(&self, count: usize) -> Result<Vec<f64>, RunError> {
        let all = self.num_train_timesteps;
        let count = steps(count, all)?;
        let offset = self.steps_offset as f64;
        Ok(match self.timestep_spacing {
            Spacing::Linspace => linspace(0.0, (all - 1) as f64, count).into_iter().rev().collect(),
            Spacing::Leading => (0..count).rev().map(|i| (i * (all / count)) as f64 + offset).collect(),
            Spacing::Trailing => {
                let ratio = all as f64 / count as f64;
                (0..count).map(|i| half_to_even(all as f64 - i as f64 * ratio) - 1.0).collect()
            }
        })
    }

    /// How many steps of training one of `count` steps goes back.
    pub(super) fn stride(&self, count: usize) -> usize {
        self.num_train_timesteps / count.max(1)
    }

    /// x₀ as the model's `output` for the sample `x` says, where the signal has the part `signal` in it
    /// and the noise the part `spread`.
    pub(super) fn clean(&self, output: f64, x: f64, signal: f64, spread: f64) -> f64 {
        match self.prediction {
            Prediction::Epsilon => (x - spread * output) / signal,
            Prediction::Sample | Prediction::Consistency => output,
            Prediction::Velocity => signal * x - spread * output,
        }
    }
}

/// How noisy each step of training is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Noise {
    pub(super) betas: Vec<f64>,
    /// ᾱ: how much of the signal's variance is left.
    pub(super) kept: Vec<f64>,
    /// σ = √((1 − ᾱ)/ᾱ), rising.
    pub(super) sigmas: Vec<f64>,
}

impl Noise {
    /// ᾱ at the step `timestep` of training; `first` before the first one.
    pub(super) fn kept_at(&self, timestep: f64, first: f64) -> f64 {
        if timestep < 0.0 {
            return first;
        }
        // Checked above: not negative.
        self.kept[(timestep as usize).min(self.kept.len() - 1)]
    }

    /// σ at step `t` of training, between two steps on the line that joins them.
    pub(super) fn sigma_at(&self, t: f64) -> f64 {
        let last = self.sigmas.len() - 1;
        let low = (t.max(0.0).floor() as usize).min(last);
        let high = (low + 1).min(last);
        let part = (t - low as f64).clamp(0.0, 1.0);
        self.sigmas[low] * (1.0 - part) + self.sigmas[high] * part
    }

    /// The step of training with the given σ, between two steps on the line of ln σ.
    pub(super) fn timestep_of(&self, sigma: f64) -> f64 {
        let log = sigma.max(1e-10).ln();
        let last = self.sigmas.len() - 1;
        let low =
            self.sigmas.partition_point(|s| s.ln() <= log).saturating_sub(1).min(last.saturating_sub(1));
        let (below, above) = (self.sigmas[low].ln(), self.sigmas[(low + 1).min(last)].ln());
        let part = if below == above { 0.0 } else { ((below - log) / (below - above)).clamp(0.0, 1.0) };
        low as f64 + part
    }

    /// `count` σ spaced as Karras et al. do, from `high` down to `low` (those of training where absent).
    ///
    /// # Errors
    /// σ cannot go from the one to the other.
    pub(super) fn karras(
        &self,
        count: usize,
        low: Option<f64>,
        high: Option<f64>,
        rho: f64,
    ) -> Result<Vec<f64>, RunError> {
        let (low, high) = (low.unwrap_or(self.sigmas[0]), high.unwrap_or(self.sigmas[self.sigmas.len() - 1]));
        if !(low > 0.0 && low < high && high.is_finite()) {
            return Err(RunError::setting(format!("σ cannot go from {high} down to {low}")));
        }
        Ok(karras_sigmas(&linspace(0.0, 1.0, count), low, high, rho))
    }

    /// `original` with `noise`, as it is at step `timestep` of training.
    ///
    /// # Errors
    /// There is no such step, or the shapes differ.
    pub(super) fn add(
        &self,
        original: &Array<f32>,
        noise: &Array<f32>,
        timestep: f64,
    ) -> Result<Array<f32>, RunError> {
        if timestep < 0.0 || timestep.fract() != 0.0 || timestep >= self.kept.len() as f64 {
            return Err(RunError::setting(format!(
                "there is no step {timestep}: training has {}",
                self.kept.len()
            )));
        }
        let kept = self.kept_at(timestep, 1.0);
        let (signal, spread) = (kept.sqrt(), (1.0 - kept).sqrt());
        combine(["original", "noise", "noise"], [original, noise, noise], |x, z, _| signal * x + spread * z)
    }
}

/// Rounded, a half to the even neighbour, as NumPy does.
pub(super) fn half_to_even(value: f64) -> f64 {
    value.round_ties_even()
}
