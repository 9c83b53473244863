//! `voice-activity-detection`: when somebody speaks.

use std::collections::BTreeMap;

use ndarray::{ArcArray, IxDyn};

use super::super::onnx::{Model, RunError};
use super::encoder::floats;
use crate::lang::host::Item;
use crate::tensor::{DType, Tensor};

/// Samples a second that the model hears.
pub const SAMPLING_RATE: i64 = 16_000;
/// Samples of one look, and those of the look before that go along.
const WINDOW: usize = 512;
const CONTEXT: usize = 64;
/// More than an hour of sound is no example for a page.
const MOST: usize = 3600 * 16_000;

/// The probability of speech in each 32 ms of `audio` (16 kHz, from -1 to 1), and the stretches, in
/// seconds, in which it is at least `threshold`. Takes Silero's graph: `input`, `state`, `sr`.
///
/// # Errors
/// It is no sound, or the model hears none.
pub fn voice_activity(model: &mut Model, audio: &Tensor, threshold: f64) -> Result<Item, RunError> {
    let inputs: Vec<&str> = model.inputs().iter().map(|slot| slot.name.as_str()).collect();
    if ["input", "state", "sr"].iter().any(|name| !inputs.contains(name)) || model.outputs().len() < 2 {
        return Err(RunError::Setting {
            message: format!("the model `{}` does not detect voices", model.id()),
            hint: Some("voice-activity-detection takes Silero's graph: input, state and sr".to_owned()),
        });
    }
    let Tensor::Float32(samples) = audio.astype(DType::Float32) else {
        return Err(RunError::setting("a sound is a tensor of floats"));
    };
    if samples.ndim() != 1 || samples.len() > MOST {
        return Err(RunError::setting(format!(
            "a sound is one row of at most {MOST} samples, not {:?}",
            audio.shape()
        )));
    }
    let samples: Vec<f32> = samples.iter().copied().collect();
    let names: Vec<String> = model.outputs().iter().take(2).map(|slot| slot.name.clone()).collect();
    let mut state = Tensor::Float32(ArcArray::zeros(IxDyn(&[2, 1, 128])));
    let mut context = vec![0.0_f32; CONTEXT];
    let mut heard = Vec::new();
    for window in samples.chunks(WINDOW) {
        let mut piece = context.clone();
        piece.extend_from_slice(window);
        piece.resize(CONTEXT + WINDOW, 0.0);
        context.copy_from_slice(&piece[WINDOW..]);
        let input = ArcArray::from_shape_vec(IxDyn(&[1, CONTEXT + WINDOW]), piece);
        let input = input.map_err(|_| RunError::setting("a window of sound is cut wrongly"))?;
        let feeds = BTreeMap::from([
            ("input".to_owned(), Tensor::Float32(input)),
            ("state".to_owned(), state),
            ("sr".to_owned(), Tensor::Int64(ArcArray::from_elem(IxDyn(&[]), SAMPLING_RATE))),
        ]);
        let mut found = model.run(&feeds, &names)?.into_iter();
        let (Some((name, speech)), Some((_, next))) = (found.next(), found.next()) else { break };
        heard.push(floats(model, &name, speech)?.iter().next().copied().unwrap_or_default());
        state = next;
    }
    let seconds =
        |windows: usize| Item::Number((windows * WINDOW).min(samples.len()) as f64 / SAMPLING_RATE as f64);
    let mut segments = Vec::new();
    let mut begun = None;
    for (at, speaks) in heard.iter().map(|&p| f64::from(p) >= threshold).chain([false]).enumerate() {
        match (begun, speaks) {
            (None, true) => begun = Some(at),
            (Some(from), false) => {
                segments.push(Item::dict([("start", seconds(from)), ("end", seconds(at))]));
                begun = None;
            }
            _ => {}
        }
    }
    let count = heard.len();
    let heard = ArcArray::from_shape_vec(IxDyn(&[count]), heard);
    let heard = heard.map_err(|_| RunError::setting("the windows of sound do not fit"))?;
    Ok(Item::dict([
        ("probabilities", Item::Tensor(Tensor::Float32(heard))),
        ("segments", Item::List(segments)),
    ]))
}
