//! Schedulers against whole runs of diffusers, through the very calls that a cell makes.

use std::fmt::Write;

use serde_json::Value;

use super::recorded;
use crate::project::Project;

/// Arguments by name, as Python writes them, with a comma after each.
fn named(arguments: &Value) -> String {
    let mut written = String::new();
    for (name, value) in arguments.as_object().unwrap() {
        let value = match value {
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            other => other.to_string(),
        };
        write!(written, "{name}={value}, ").unwrap();
    }
    written
}

/// A cell that goes through the recorded run and says by how much it is off.
fn cell(at: usize, case: &Value) -> String {
    let (settings, more) = (named(&case["settings"]), named(&case["step"]));
    format!(
        "```python run
#| label: case-{at}
s = k.schedulers.{scheduler}({settings})
s.set_timesteps({steps})
expected = json.loads('{case}')
worst = k.abs(k.array(s.timesteps, dtype='float64') - k.array(expected['timesteps'], dtype='float64')).max()
# diffusers finds steps between two of training in float32.
check('timesteps', worst / 1000, '<=', 1e-5)
check('init', abs(s.init_noise_sigma - expected['init_noise_sigma']), '<=', 1e-4)
sample = start * s.init_noise_sigma
errors = []
for i, t in enumerate(s.timesteps):
    want = expected['steps'][i]
    scaled = s.scale_model_input(sample, t)
    scale = max(1.0, float(k.abs(k.array(want['prev'])).max()))
    errors.append(float(k.abs(scaled - k.array(want['scaled'])).max()) / scale)
    sample = s.step(k.roll(output, i) * 0.9**i, t, sample, {more}noise=noise).prev_sample
    errors.append(float(k.abs(sample - k.array(want['prev'])).max()) / scale)
check('steps', max(errors), '<=', 5e-5)
noised = s.add_noise(start, noise, expected['noised']['timestep'])
check('noised', k.abs(noised - k.array(expected['noised']['sample'])).max(), '<=', 1e-4)
```

",
        scheduler = case["scheduler"].as_str().unwrap(),
        steps = case["num_inference_steps"],
    )
}

#[test]
fn whole_runs_are_those_of_diffusers() {
    let record = recorded("diffusers");
    let cases = record["cases"].as_array().unwrap();
    assert!(cases.len() >= 20);
    let list = |key: &str| record[key].to_string();
    let mut page = format!(
        "# Runs\n\n```python run\n#| label: given\nimport json\nimport kiln as k\nstart = k.array({})\noutput = k.array({})\nnoise = k.array({})\n```\n\n",
        list("sample"),
        list("model_output"),
        list("noise")
    );
    for (at, case) in cases.iter().enumerate() {
        page += &cell(at, case);
    }
    Project::new().file("content/a.en.md", &page).build();
}
