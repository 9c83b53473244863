//! The settings of schedulers, by diffusers' names.

use crate::lang::host::{HostError, HostErrorKind, HostResult, Setting};
use crate::runtime::schedulers::{
    BetaSchedule, ConsistencyConfig, DdimConfig, DdpmConfig, DpmSolverConfig, EulerConfig, HeunConfig,
    LcmConfig, Prediction, Spacing, Training,
};

use super::refused;

/// The classes, by name.
pub(in crate::runtime::host) const CLASSES: [&str; 8] = [
    "CMStochasticIterativeScheduler",
    "DDIMScheduler",
    "DDPMScheduler",
    "DPMSolverMultistepScheduler",
    "EulerAncestralDiscreteScheduler",
    "EulerDiscreteScheduler",
    "HeunDiscreteScheduler",
    "LCMScheduler",
];

/// A setting's name and how it changes a configuration.
type Apply<C> = (&'static str, fn(&mut C, &Setting) -> HostResult<()>);

pub(super) fn consistency(settings: &[(String, Setting)]) -> HostResult<ConsistencyConfig> {
    applied(settings, ConsistencyConfig::default(), CONSISTENCY, None)
}

pub(super) fn ddim(settings: &[(String, Setting)]) -> HostResult<DdimConfig> {
    applied(settings, DdimConfig::default(), DDIM, Some(|c| &mut c.training))
}

pub(super) fn ddpm(settings: &[(String, Setting)]) -> HostResult<DdpmConfig> {
    applied(settings, DdpmConfig::default(), DDPM, Some(|c| &mut c.training))
}

pub(super) fn dpm_solver(settings: &[(String, Setting)]) -> HostResult<DpmSolverConfig> {
    applied(settings, DpmSolverConfig::default(), DPM_SOLVER, Some(|c| &mut c.training))
}

pub(super) fn euler(settings: &[(String, Setting)]) -> HostResult<EulerConfig> {
    applied(settings, EulerConfig::default(), EULER, Some(|c| &mut c.training))
}

pub(super) fn heun(settings: &[(String, Setting)]) -> HostResult<HeunConfig> {
    applied(settings, HeunConfig::default(), HEUN, Some(|c| &mut c.training))
}

pub(super) fn lcm(settings: &[(String, Setting)]) -> HostResult<LcmConfig> {
    applied(settings, LcmConfig::default(), LCM, Some(|c| &mut c.training))
}

const TRAINING: &[Apply<Training>] = &[
    ("num_train_timesteps", |c, s| set(&mut c.num_train_timesteps, count(s))),
    ("beta_start", |c, s| set(&mut c.beta_start, number(s))),
    ("beta_end", |c, s| set(&mut c.beta_end, number(s))),
    ("beta_schedule", |c, s| set(&mut c.beta_schedule, named(s, BetaSchedule::parse))),
    ("prediction_type", |c, s| set(&mut c.prediction, named(s, Prediction::parse))),
    ("timestep_spacing", |c, s| set(&mut c.timestep_spacing, named(s, Spacing::parse))),
    ("steps_offset", |c, s| set(&mut c.steps_offset, count(s))),
];

const CONSISTENCY: &[Apply<ConsistencyConfig>] = &[
    ("num_train_timesteps", |c, s| set(&mut c.num_train_timesteps, count(s))),
    ("sigma_min", |c, s| set(&mut c.sigma_min, number(s))),
    ("sigma_max", |c, s| set(&mut c.sigma_max, number(s))),
    ("sigma_data", |c, s| set(&mut c.sigma_data, number(s))),
    ("s_noise", |c, s| set(&mut c.s_noise, number(s))),
    ("rho", |c, s| set(&mut c.rho, number(s))),
    ("clip_denoised", |c, s| set(&mut c.clip_denoised, flag(s))),
    ("prediction_type", |c, s| set(&mut c.prediction, named(s, Prediction::parse))),
];

const DDIM: &[Apply<DdimConfig>] = &[
    ("clip_sample", |c, s| set(&mut c.clip_sample, flag(s))),
    ("set_alpha_to_one", |c, s| set(&mut c.set_alpha_to_one, flag(s))),
];

const DDPM: &[Apply<DdpmConfig>] = &[("clip_sample", |c, s| set(&mut c.clip_sample, flag(s)))];

const DPM_SOLVER: &[Apply<DpmSolverConfig>] = &[
    ("solver_order", |c, s| set(&mut c.solver_order, count(s))),
    ("algorithm_type", |c, s| {
        set(&mut c.data_prediction, one_of(s, &[("dpmsolver++", true), ("dpmsolver", false)]))
    }),
    ("solver_type", |c, s| set(&mut c.heun, one_of(s, &[("midpoint", false), ("heun", true)]))),
    ("lower_order_final", |c, s| set(&mut c.lower_order_final, flag(s))),
    ("use_karras_sigmas", |c, s| set(&mut c.use_karras_sigmas, flag(s))),
    ("final_sigmas_type", |c, s| {
        set(&mut c.final_sigma_min, one_of(s, &[("zero", false), ("sigma_min", true)]))
    }),
];

const EULER: &[Apply<EulerConfig>] = &[
    ("use_karras_sigmas", |c, s| set(&mut c.use_karras_sigmas, flag(s))),
    ("sigma_min", |c, s| set(&mut c.sigma_min, number(s).map(Some))),
    ("sigma_max", |c, s| set(&mut c.sigma_max, number(s).map(Some))),
    ("rho", |c, s| set(&mut c.rho, number(s))),
];

const HEUN: &[Apply<HeunConfig>] = &[
    ("use_karras_sigmas", |c, s| set(&mut c.use_karras_sigmas, flag(s))),
    ("clip_sample", |c, s| set(&mut c.clip_sample, flag(s))),
];

const LCM: &[Apply<LcmConfig>] = &[
    ("original_inference_steps", |c, s| set(&mut c.original_inference_steps, count(s))),
    ("clip_sample", |c, s| set(&mut c.clip_sample, flag(s))),
    ("timestep_scaling", |c, s| set(&mut c.timestep_scaling, number(s))),
];

/// `config` with `settings`: those of `own`, and those of training where `training` finds them.
fn applied<C>(
    settings: &[(String, Setting)],
    mut config: C,
    own: &[Apply<C>],
    training: Option<fn(&mut C) -> &mut Training>,
) -> HostResult<C> {
    for (name, value) in settings {
        let changed = match (own.iter().find(|(known, _)| known == name), training) {
            (Some((_, change)), _) => change(&mut config, value),
            (None, Some(training)) if TRAINING.iter().any(|(known, _)| known == name) => {
                let mut shared = TRAINING.iter().filter(|(known, _)| known == name);
                shared.try_for_each(|(_, change)| change(training(&mut config), value))
            }
            _ => {
                let shared = TRAINING.iter().map(|(known, _)| *known).filter(|_| training.is_some());
                let known = own.iter().map(|(known, _)| *known).chain(shared);
                return Err(HostError::new(HostErrorKind::Type, format!("there is no setting `{name}`"))
                    .did_you_mean(name, known.clone())
                    .hint(format!("settings are {}", known.collect::<Vec<_>>().join(", "))));
            }
        };
        changed.map_err(|error| HostError { message: format!("{name}: {}", error.message), ..error })?;
    }
    Ok(config)
}

fn set<T>(place: &mut T, value: HostResult<T>) -> HostResult<()> {
    *place = value?;
    Ok(())
}

fn wanted<T>(what: &str, setting: &Setting) -> HostResult<T> {
    let got = match setting {
        Setting::Flag(flag) => flag.to_string(),
        Setting::Number(number) => number.to_string(),
        Setting::Text(text) => format!("\"{text}\""),
    };
    Err(HostError::new(HostErrorKind::Type, format!("expected {what}, got {got}")))
}

fn number(setting: &Setting) -> HostResult<f64> {
    match setting {
        Setting::Number(number) => Ok(*number),
        other => wanted("a number", other),
    }
}

fn count(setting: &Setting) -> HostResult<usize> {
    match setting {
        // Whole and small enough to be exact, so the cast loses nothing.
        Setting::Number(number) if number.fract() == 0.0 && (0.0..1e9).contains(number) => {
            Ok(*number as usize)
        }
        other => wanted("a whole number", other),
    }
}

fn flag(setting: &Setting) -> HostResult<bool> {
    match setting {
        Setting::Flag(flag) => Ok(*flag),
        other => wanted("True or False", other),
    }
}

fn named<T>(
    setting: &Setting,
    parse: fn(&str) -> Result<T, crate::runtime::onnx::RunError>,
) -> HostResult<T> {
    match setting {
        Setting::Text(text) => parse(text).map_err(|error| refused(&error)),
        other => wanted("a text", other),
    }
}

fn one_of(setting: &Setting, known: &[(&str, bool)]) -> HostResult<bool> {
    let names = known.iter().map(|(name, _)| *name);
    match setting {
        Setting::Text(text) => match known.iter().find(|(name, _)| name == text) {
            Some((_, value)) => Ok(*value),
            None => Err(HostError::new(HostErrorKind::Value, format!("there is no \"{text}\""))
                .did_you_mean(text, names.clone())
                .hint(format!("it is one of {}", names.collect::<Vec<_>>().join(", ")))),
        },
        other => wanted("a text", other),
    }
}
