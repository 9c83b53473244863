//! How much noise each step of training adds.

use std::f64::consts::FRAC_PI_2;

use super::{linspace, unknown};
use crate::runtime::onnx::RunError;

/// The shape of β over the steps of training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BetaSchedule {
    /// Evenly spaced (Ho et al., <https://arxiv.org/abs/2006.11239>).
    Linear,
    /// Evenly spaced in √β (latent diffusion).
    ScaledLinear,
    /// From a cosine of ᾱ, at most 0.999 (Nichol and Dhariwal, <https://arxiv.org/abs/2102.09672>).
    SquaredCosine,
}

impl BetaSchedule {
    /// The meaning of diffusers' `beta_schedule`.
    ///
    /// # Errors
    /// It has none.
    pub fn parse(name: &str) -> Result<Self, RunError> {
        const KNOWN: [&str; 3] = ["linear", "scaled_linear", "squaredcos_cap_v2"];
        match name {
            "linear" => Ok(Self::Linear),
            "scaled_linear" => Ok(Self::ScaledLinear),
            "squaredcos_cap_v2" => Ok(Self::SquaredCosine),
            _ => Err(unknown("beta_schedule", name, &KNOWN)),
        }
    }

    /// β for `count` steps of training.
    pub fn betas(self, count: usize, start: f64, end: f64) -> Vec<f64> {
        match self {
            Self::Linear => linspace(start, end, count),
            Self::ScaledLinear => linspace(start.sqrt(), end.sqrt(), count).iter().map(|b| b * b).collect(),
            Self::SquaredCosine => {
                let kept = |t: f64| ((t + 0.008) / 1.008 * FRAC_PI_2).cos().powi(2);
                let at = |i: usize| kept(i as f64 / count as f64);
                (0..count).map(|i| (1.0 - at(i + 1) / at(i)).min(0.999)).collect()
            }
        }
    }
}

/// ᾱ: how much of the signal's variance is left after each step.
pub(super) fn alphas_cumprod(betas: &[f64]) -> Vec<f64> {
    betas
        .iter()
        .scan(1.0, |kept, beta| {
            *kept *= 1.0 - beta;
            Some(*kept)
        })
        .collect()
}
