//! `DPMSolverMultistepScheduler`: DPM-Solver and DPM-Solver++, a few steps of high order.
//!
//! Lu et al. (2022), <https://arxiv.org/abs/2206.00927> and <https://arxiv.org/abs/2211.01095>. With the
//! half log-SNR λ = ln(α/σ) as time the equation has an exact linear part; what is left is a function
//! (x₀ in ++, else ε) expanded around the last one, two or three outputs of the model.

use super::spacing::{Noise, Spacing, Training, half_to_even};
use super::{Prediction, combine, index_of, linspace, steps};
use crate::runtime::onnx::RunError;
use crate::tensor::Array;

/// The settings of a [`DpmSolver`] scheduler.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DpmSolverConfig {
    /// What all schedulers have.
    pub training: Training,
    /// How many outputs of the model a step looks back on: 1 to 3.
    pub solver_order: usize,
    /// Whether the function that is expanded is x₀ (DPM-Solver++) or ε (DPM-Solver).
    pub data_prediction: bool,
    /// Whether a second-order step is Heun's rather than the midpoint's.
    pub heun: bool,
    /// Whether the last steps of a short schedule are of lower order.
    pub lower_order_final: bool,
    /// Whether to space σ as Karras et al. do.
    pub use_karras_sigmas: bool,
    /// Whether σ ends at the smallest of training rather than at 0.
    pub final_sigma_min: bool,
}

impl Default for DpmSolverConfig {
    fn default() -> Self {
        Self {
            training: Training::spaced(Spacing::Linspace),
            solver_order: 2,
            data_prediction: true,
            heun: false,
            lower_order_final: true,
            use_karras_sigmas: false,
            final_sigma_min: false,
        }
    }
}

/// The schedule and steps of DPM-Solver.
#[derive(Clone, Debug, PartialEq)]
pub struct DpmSolver {
    config: DpmSolverConfig,
    noise: Noise,
    timesteps: Vec<f64>,
    /// σ of each step, and that after the last.
    sigmas: Vec<f64>,
    /// The next step of the schedule.
    at: Option<usize>,
    /// The functions of the last steps, the latest last.
    past: Vec<Array<f32>>,
}

/// A moment of the process: α, σ and λ.
#[derive(Clone, Copy)]
struct Moment {
    alpha: f64,
    sigma: f64,
    lambda: f64,
}

impl Moment {
    fn of(sigma: f64) -> Self {
        let alpha = 1.0 / sigma.hypot(1.0);
        let part = sigma * alpha;
        Self { alpha, sigma: part, lambda: alpha.ln() - part.ln() }
    }
}

impl DpmSolver {
    /// The scheduler with all steps of training.
    ///
    /// # Errors
    /// A setting makes no sense.
    pub fn new(config: DpmSolverConfig) -> Result<Self, RunError> {
        if !(1..=3).contains(&config.solver_order) {
            return Err(RunError::setting(format!("solver_order is {}, not 1, 2 or 3", config.solver_order)));
        }
        if !config.data_prediction && !config.final_sigma_min {
            return Err(RunError::Setting {
                message: "algorithm_type \"dpmsolver\" cannot end at σ = 0".to_owned(),
                hint: Some("add final_sigmas_type=\"sigma_min\", or use \"dpmsolver++\"".to_owned()),
            });
        }
        let noise = config.training.noise()?;
        let (timesteps, sigmas, past) = (Vec::new(), Vec::new(), Vec::new());
        let mut made = Self { config, noise, timesteps, sigmas, at: None, past };
        made.set_timesteps(config.training.num_train_timesteps)?;
        Ok(made)
    }

    /// Chooses `count` steps and begins anew.
    ///
    /// # Errors
    /// There are fewer steps of training.
    pub fn set_timesteps(&mut self, count: usize) -> Result<(), RunError> {
        let c = &self.config;
        let all = c.training.num_train_timesteps;
        let count = steps(count, all)?;
        let timesteps: Vec<f64> = match c.training.timestep_spacing {
            // One more than asked for, and the last left out.
            Spacing::Linspace => linspace(0.0, (all - 1) as f64, count + 1)[1..]
                .iter()
                .rev()
                .map(|&t| half_to_even(t))
                .collect(),
            Spacing::Leading => {
                let ratio = all / (count + 1);
                (1..=count).rev().map(|i| (i * ratio + c.training.steps_offset) as f64).collect()
            }
            Spacing::Trailing => c.training.timesteps(count)?,
        };
        if c.use_karras_sigmas {
            self.sigmas = self.noise.karras(count, None, None, 7.0)?;
            let of = |&sigma: &f64| half_to_even(self.noise.timestep_of(sigma));
            self.timesteps = self.sigmas.iter().map(of).collect();
        } else {
            self.sigmas = timesteps.iter().map(|&t| self.noise.sigma_at(t)).collect();
            self.timesteps = timesteps;
        }
        self.sigmas.push(if c.final_sigma_min { self.noise.sigmas[0] } else { 0.0 });
        self.at = None;
        self.past.clear();
        Ok(())
    }

    /// The steps of training that are gone through, last first.
    pub fn timesteps(&self) -> &[f64] {
        &self.timesteps
    }

    /// σ at each step, and that after the last.
    pub fn sigmas(&self) -> &[f64] {
        &self.sigmas
    }

    /// β and ᾱ of each step of training.
    pub fn series(&self) -> (&[f64], &[f64]) {
        (&self.noise.betas, &self.noise.kept)
    }

    /// The sample at the next step; steps have to be made in order.
    ///
    /// # Errors
    /// `timestep` is none of the schedule's, or the shapes differ.
    pub fn step(
        &mut self,
        model_output: &Array<f32>,
        timestep: f64,
        sample: &Array<f32>,
    ) -> Result<Array<f32>, RunError> {
        let found = index_of(&self.timesteps, timestep)?;
        let at =
            self.at.filter(|&at| self.timesteps.get(at) == Some(&self.timesteps[found])).unwrap_or(found);
        let here = Moment::of(self.sigmas[at]);
        let function = self.function(model_output, sample, here)?;
        if self.past.len() == self.config.solver_order {
            self.past.remove(0);
        }
        self.past.push(function);
        let made = self.forward(at, here, sample)?;
        self.at = Some(at + 1);
        Ok(made)
    }

    /// What is expanded: x₀ or ε, from the model's output.
    fn function(
        &self,
        output: &Array<f32>,
        sample: &Array<f32>,
        here: Moment,
    ) -> Result<Array<f32>, RunError> {
        let training = self.config.training;
        let data = self.config.data_prediction;
        combine(["model_output", "sample", "sample"], [output, sample, sample], |model, x, _| {
            if !data && training.prediction == Prediction::Epsilon {
                return model;
            }
            let clean = training.clean(model, x, here.alpha, here.sigma);
            if data { clean } else { (x - here.alpha * clean) / here.sigma }
        })
    }

    /// How many outputs of the model the step `at` looks back on.
    fn order(&self, at: usize) -> usize {
        let count = self.timesteps.len();
        let short = self.config.lower_order_final && count < 15;
        let last = at + 1 == count && (short || !self.config.final_sigma_min);
        let most = match (last, at + 2 == count && short) {
            (true, _) => 1,
            (false, true) => 2,
            (false, false) => 3,
        };
        most.min(self.past.len())
    }

    fn forward(&self, at: usize, here: Moment, x: &Array<f32>) -> Result<Array<f32>, RunError> {
        let next = Moment::of(self.sigmas[at + 1]);
        let h = next.lambda - here.lambda;
        // The factor of the sample, and the sign and size of what is integrated.
        let (keep, scale, grown) = match self.config.data_prediction {
            true => (next.sigma / here.sigma, -next.alpha, (-h).exp_m1()),
            false => (next.alpha / here.alpha, -next.sigma, h.exp_m1()),
        };
        // At σ = 0 the step ends at x₀ itself: λ is infinite there, and e^(-h) is 0.
        let order = self.order(at);
        let m = |back: usize| &self.past[self.past.len() - 1 - back];
        if order == 1 {
            return combine(["model_output", "sample", "sample"], [m(0), x, x], |m, x, _| {
                keep * x + scale * grown * m
            });
        }
        // What the slope adds, and further down the curvature.
        let data = self.config.data_prediction;
        let linear = scale * if data { -(grown / h + 1.0) } else { grown / h - 1.0 };
        let r0 = (here.lambda - Moment::of(self.sigmas[at - 1]).lambda) / h;
        if order == 2 {
            let slope = if self.config.heun { linear } else { 0.5 * scale * grown };
            return combine(["model_output", "model_output", "sample"], [m(0), m(1), x], |m0, m1, x| {
                keep * x + scale * grown * m0 + slope * (m0 - m1) / r0
            });
        }
        let r1 = (Moment::of(self.sigmas[at - 1]).lambda - Moment::of(self.sigmas[at - 2]).lambda) / h;
        let quadratic = scale * if data { (grown + h) / (h * h) - 0.5 } else { (grown - h) / (h * h) - 0.5 };
        let part =
            combine(["model_output", "model_output", "model_output"], [m(0), m(1), m(2)], |m0, m1, m2| {
                let (d0, d1) = ((m0 - m1) / r0, (m1 - m2) / r1);
                let first = d0 + r0 / (r0 + r1) * (d0 - d1);
                let second = (d0 - d1) / (r0 + r1);
                scale * grown * m0 + linear * first + quadratic * second
            })?;
        combine(["part", "sample", "sample"], [&part, x, x], |part, x, _| keep * x + part)
    }

    /// `original` with `noise`, as it is at step `timestep` of the schedule.
    ///
    /// # Errors
    /// `timestep` is none of the schedule's, or the shapes differ.
    pub fn add_noise(
        &self,
        original: &Array<f32>,
        noise: &Array<f32>,
        timestep: f64,
    ) -> Result<Array<f32>, RunError> {
        let at = Moment::of(self.sigmas[index_of(&self.timesteps, timestep)?]);
        combine(["original", "noise", "noise"], [original, noise, noise], |x, z, _| {
            at.alpha * x + at.sigma * z
        })
    }
}
