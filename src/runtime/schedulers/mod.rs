//! Noise schedules and the steps of diffusion, named as in diffusers.
//!
//! A step is a function of the model's output, the timestep, the sample and, where the method is
//! stochastic, noise that the caller draws. Most schedulers hold no state but their schedule; those of
//! higher order ([`Heun`], [`DpmSolver`]) remember the last outputs of the model. Arrays of a step have
//! one shape. Sums are made in float64 and rounded once.

mod betas;
mod consistency;
mod ddim;
mod ddpm;
mod dpm_solver;
mod euler;
mod heun;
mod lcm;
mod spacing;

pub use betas::BetaSchedule;
pub use consistency::{Consistency, ConsistencyConfig};
pub use ddim::{Ddim, DdimConfig};
pub use ddpm::{Ddpm, DdpmConfig};
pub use dpm_solver::{DpmSolver, DpmSolverConfig};
pub use euler::{Euler, EulerConfig};
pub use heun::{Heun, HeunConfig};
pub use lcm::{Lcm, LcmConfig};
pub use spacing::{Spacing, Training};

use super::onnx::RunError;
use crate::tensor::Array;

/// What a model's output is an estimate of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prediction {
    /// The noise, ε.
    Epsilon,
    /// The clean sample, x₀.
    Sample,
    /// The velocity, `√ᾱ·ε − √(1−ᾱ)·x₀` (Salimans and Ho, <https://arxiv.org/abs/2202.00512>).
    Velocity,
    /// The inside of a consistency model, before its skip connection (only [`Consistency`]).
    Consistency,
}

impl Prediction {
    /// The meaning of diffusers' `prediction_type`.
    ///
    /// # Errors
    /// It has none.
    pub fn parse(name: &str) -> Result<Self, RunError> {
        const KNOWN: [&str; 4] = ["epsilon", "sample", "v_prediction", "consistency"];
        match name {
            "epsilon" => Ok(Self::Epsilon),
            "sample" => Ok(Self::Sample),
            "v_prediction" => Ok(Self::Velocity),
            "consistency" => Ok(Self::Consistency),
            _ => Err(unknown("prediction_type", name, &KNOWN)),
        }
    }
}

/// σ at each of `ramp` (0 = the largest, 1 = the smallest), spaced evenly in σ^(1/ρ): equation 5 of
/// Karras et al. (2022), <https://arxiv.org/abs/2206.00364>.
pub fn karras_sigmas(ramp: &[f64], sigma_min: f64, sigma_max: f64, rho: f64) -> Vec<f64> {
    let (low, high) = (sigma_min.powf(1.0 / rho), sigma_max.powf(1.0 / rho));
    ramp.iter().map(|r| (high + r * (low - high)).powf(rho)).collect()
}

/// `count` numbers from `start` to `end`, both included.
fn linspace(start: f64, end: f64, count: usize) -> Vec<f64> {
    match count {
        0 => Vec::new(),
        1 => vec![start],
        _ => (0..count).map(|i| start + (end - start) * i as f64 / (count - 1) as f64).collect(),
    }
}

/// Where `timestep` stands in `timesteps`. Cells pass it back as float32, so it need not be exact.
fn index_of(timesteps: &[f64], timestep: f64) -> Result<usize, RunError> {
    let distance = |i: &usize| (timesteps[*i] - timestep).abs();
    let near = (0..timesteps.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
    near.filter(|i| distance(i) <= 1e-4 * (1.0 + timestep.abs())).ok_or_else(|| RunError::Setting {
        message: format!("{timestep} is none of the scheduler's {} timesteps", timesteps.len()),
        hint: Some("pass the elements of `scheduler.timesteps`, in order".to_owned()),
    })
}

/// Applies `f` to the elements of three arrays of one shape.
fn combine(
    names: [&str; 3],
    arrays: [&Array<f32>; 3],
    f: impl Fn(f64, f64, f64) -> f64,
) -> Result<Array<f32>, RunError> {
    let [a, b, c] = arrays;
    for (name, other) in [(names[1], b), (names[2], c)] {
        if other.shape() != a.shape() {
            return Err(RunError::setting(format!(
                "`{}` has the shape {:?} but `{name}` {:?}",
                names[0],
                a.shape(),
                other.shape()
            )));
        }
    }
    let joined = ndarray::Zip::from(a).and(b).and(c);
    Ok(joined.map_collect(|&a, &b, &c| f(a.into(), b.into(), c.into()) as f32).into_shared())
}

/// A value that a setting does not know.
fn unknown(setting: &str, value: &str, known: &[&str]) -> RunError {
    let near = crate::diag::closest(value, known.iter().copied());
    RunError::Setting {
        message: format!("`{setting}` is \"{value}\", which is none of {}", known.join(", ")),
        hint: near.map(|near| format!("did you mean \"{near}\"?")),
    }
}

/// An error where `count` steps of training are more than anybody trains with.
fn trainable(count: usize) -> Result<(), RunError> {
    if count <= 1 << 20 {
        return Ok(());
    }
    Err(RunError::setting(format!("num_train_timesteps is {count}, more than {}", 1 << 20)))
}

/// The number of steps asked for, if it is possible.
fn steps(wanted: usize, most: usize) -> Result<usize, RunError> {
    if (1..=most).contains(&wanted) {
        return Ok(wanted);
    }
    Err(RunError::setting(format!("{wanted} steps are asked for; from 1 to {most} are possible")))
}
