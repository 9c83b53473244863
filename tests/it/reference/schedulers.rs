//! Schedulers against the formulas in NumPy.

use kiln::runtime::schedulers::{
    BetaSchedule, Consistency, ConsistencyConfig, Ddpm, DdpmConfig, Euler, EulerConfig, Prediction, Spacing,
    Training,
};
use kiln::tensor::Array;
use ndarray::{ArcArray, IxDyn};
use serde_json::Value;

use super::{close, numbers, recorded};

fn array(value: &Value) -> Array<f32> {
    let values: Vec<f32> = numbers(value).into_iter().map(|v| v as f32).collect();
    ArcArray::from_shape_vec(IxDyn(&[values.len()]), values).unwrap()
}

#[track_caller]
fn same(found: &Array<f32>, expected: &Value) {
    let found: Vec<f64> = found.iter().map(|&v| f64::from(v)).collect();
    let scale = found.iter().fold(1.0_f64, |most, v| most.max(v.abs()));
    close(&found, &numbers(expected), 1e-6 * scale);
}

#[track_caller]
fn list(found: &[f64], expected: &Value) {
    close(found, &numbers(expected), 1e-6);
}

struct Given {
    record: Value,
    sample: Array<f32>,
    output: Array<f32>,
    noise: Array<f32>,
}

fn given() -> Given {
    let record = recorded("schedulers");
    let [sample, output, noise] = ["sample", "model_output", "noise"].map(|key| array(&record[key]));
    Given { record, sample, output, noise }
}

#[test]
fn consistency_sampling() {
    let g = given();
    let expected = &g.record["consistency"];
    let of_sample = ConsistencyConfig { prediction: Prediction::Sample, ..ConsistencyConfig::default() };
    for (config, key) in [(ConsistencyConfig::default(), "prev"), (of_sample, "prev_of_sample")] {
        let mut scheduler = Consistency::new(config).unwrap();
        assert_eq!(scheduler.timesteps().len(), 40);
        scheduler.set_timesteps(4).unwrap();
        list(scheduler.timesteps(), &expected["timesteps"]);
        list(scheduler.sigmas(), &expected["sigmas"]);
        for (at, &t) in scheduler.timesteps().iter().enumerate() {
            // A cell passes the timestep back as float32.
            let found = scheduler.step(&g.output, f64::from(t as f32), &g.sample, &g.noise).unwrap();
            same(&found, &expected["steps"][at][key]);
        }
    }
}

#[test]
fn euler() {
    let g = given();
    let expected = &g.record["euler"];
    let mut plain = Euler::new(EulerConfig::default()).unwrap();
    plain.set_timesteps(5).unwrap();
    list(plain.timesteps(), &expected["timesteps"]);
    list(plain.sigmas(), &expected["sigmas"]);
    let t = plain.timesteps()[1];
    same(&plain.step(&g.output, t, &g.sample, &g.noise).unwrap(), &expected["prev"]);
    same(&plain.scale_model_input(&g.sample, t).unwrap(), &expected["scaled"]);

    let config = EulerConfig {
        use_karras_sigmas: true,
        sigma_min: Some(0.002),
        sigma_max: Some(80.0),
        training: Training { prediction: Prediction::Sample, ..Training::spaced(Spacing::Linspace) },
        ..EulerConfig::default()
    };
    let mut karras = Euler::new(config).unwrap();
    karras.set_timesteps(5).unwrap();
    list(karras.sigmas(), &expected["karras_sigmas"]);
    let t = karras.timesteps()[1];
    same(&karras.step(&g.output, t, &g.sample, &g.noise).unwrap(), &expected["karras_prev_of_sample"]);
}

#[test]
fn ddpm() {
    let g = given();
    let expected = &g.record["ddpm"];
    let some = |all: &[f64]| [0, 1, 500, 999].map(|i| all[i]);
    let mut scheduler = Ddpm::new(DdpmConfig::default()).unwrap();
    list(&some(scheduler.betas()), &expected["betas"]);
    list(&some(scheduler.alphas_cumprod()), &expected["alphas_cumprod"]);
    for (schedule, key) in
        [(BetaSchedule::ScaledLinear, "scaled_linear"), (BetaSchedule::SquaredCosine, "squaredcos_cap_v2")]
    {
        list(&some(&schedule.betas(1000, 1e-4, 0.02)), &expected[key]);
    }
    scheduler.set_timesteps(10).unwrap();
    list(scheduler.timesteps(), &expected["timesteps"]);
    same(&scheduler.add_noise(&g.sample, &g.noise, 500.0).unwrap(), &expected["noised"]);
    for step in expected["steps"].as_array().unwrap() {
        let t = step["timestep"].as_f64().unwrap();
        same(&scheduler.step(&g.output, t, &g.sample, &g.noise).unwrap(), &step["prev"]);
    }
}

#[test]
fn settings_that_make_no_sense_are_told() {
    let g = given();
    let scheduler = Ddpm::new(DdpmConfig::default()).unwrap();
    let error = scheduler.step(&g.output, 1000.0, &g.sample, &g.noise).unwrap_err();
    assert_eq!(error.to_string(), "1000 is none of the scheduler's 1000 timesteps");
    let short = ArcArray::zeros(IxDyn(&[2]));
    let error = scheduler.step(&g.output, 5.0, &short, &g.noise).unwrap_err();
    assert_eq!(error.to_string(), "`model_output` has the shape [6] but `sample` [2]");
    let error = BetaSchedule::parse("liner").unwrap_err();
    assert_eq!(error.hints(), ["did you mean \"linear\"?"]);
    let mut scheduler = Consistency::new(ConsistencyConfig::default()).unwrap();
    let error = scheduler.set_timesteps(41).unwrap_err();
    assert_eq!(error.to_string(), "41 steps are asked for; from 1 to 40 are possible");
    let config = ConsistencyConfig { sigma_min: -1.0, ..ConsistencyConfig::default() };
    assert!(Consistency::new(config).is_err());
}
