//! Checks what is fed to a model, and fills in what transformers fills in.
//!
//! Pure. A missing input is filled when the model's `input_ids` (or `inputs_embeds`), of shape
//! `[batch, sequence, …]`, is there to say how large it must be:
//!
//! | input | filled with |
//! |---|---|
//! | `past_key_values.*` | an empty tensor: the batch, then each axis as declared, 0 where it is dynamic |
//! | `attention_mask` | ones, `[batch, past + sequence]` |
//! | `position_ids` | how many attended positions come before, `[batch, sequence]` |
//! | `token_type_ids` | zeros, `[batch, sequence]` |
//! | `use_cache_branch` | whether a past is given, `[1]` |

use std::collections::BTreeMap;

use ndarray::{ArcArray, Array2, IxDyn};

use super::error::RunError;
use crate::diag::closest;
use crate::onnx::{Dim, ElementType, Slot};
use crate::tensor::{DType, Tensor, check_size};

/// The tensors for all of `inputs`, in their order, each of the type the input asks for (or the
/// wider one of [`ElementType::dtype`]).
pub(super) fn prepare(inputs: &[Slot], feeds: &BTreeMap<String, Tensor>) -> Result<Vec<Tensor>, RunError> {
    let known = || inputs.iter().map(|slot| slot.name.as_str());
    if let Some(name) = feeds.keys().find(|name| known().all(|known| known != name.as_str())) {
        return Err(RunError::UnknownInput {
            name: name.clone(),
            near: closest(name, known()).map(str::to_owned),
            known: known().map(str::to_owned).collect(),
        });
    }
    inputs
        .iter()
        .map(|slot| match feeds.get(&slot.name) {
            Some(tensor) => fit(slot, tensor),
            None => match filled(slot, feeds) {
                Some(tensor) => fit(slot, &tensor),
                None => {
                    Err(RunError::Missing { input: slot.clone(), given: feeds.keys().cloned().collect() })
                }
            },
        })
        .collect()
}

/// The sentence that tells two inputs apart whose axes bear one name and have different lengths.
///
/// Not checked beforehand: some exporters reuse a name for axes that do differ.
pub(super) fn disagreement(inputs: &[Slot], tensors: &[Tensor]) -> Option<String> {
    let mut seen: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (slot, tensor) in inputs.iter().zip(tensors) {
        for (dim, &length) in slot.dims.iter().flatten().zip(tensor.shape()) {
            let Dim::Dynamic(axis) = dim else { continue };
            match seen.get(axis.as_str()) {
                Some(&(other, name)) if other != length && axis != "?" => {
                    return Some(format!(
                        "the axis `{axis}` is {other} long in `{name}` but {length} in `{}`",
                        slot.name
                    ));
                }
                Some(_) => {}
                None => drop(seen.insert(axis, (length, &slot.name))),
            }
        }
    }
    None
}

/// `tensor` in the type of `slot`, if its shape and type allow.
fn fit(slot: &Slot, tensor: &Tensor) -> Result<Tensor, RunError> {
    let shape = tensor.shape();
    if let Some(dims) = &slot.dims {
        let fits = dims.len() == shape.len()
            && dims.iter().zip(shape).all(|(dim, &length)| dim.fixed().is_none_or(|fixed| fixed == length));
        if !fits {
            return Err(RunError::Shape { input: slot.clone(), got: tensor.dtype(), shape: shape.to_vec() });
        }
    }
    let Some(dtype) = slot.element.dtype() else {
        return Err(RunError::Unsupported { name: slot.name.clone(), element: slot.element });
    };
    let converted = match (tensor, dtype) {
        (t, to) if t.dtype() == to => t.clone(),
        (Tensor::Float64(a), DType::Float32) => Tensor::Float32(a.mapv(|v| v as f32).into_shared()),
        (Tensor::Float32(a), DType::Float64) => Tensor::Float64(a.mapv(f64::from).into_shared()),
        (t, DType::Int64) => {
            let Some(wide) = integers(t) else { return Err(wrong_type(slot, tensor)) };
            Tensor::Int64(wide)
        }
        (t, DType::Int32 | DType::Uint8) => {
            let Some(wide) = integers(t) else { return Err(wrong_type(slot, tensor)) };
            if !within(&wide, slot.element) {
                return Err(RunError::Range { input: slot.clone() });
            }
            match dtype {
                DType::Int32 => Tensor::Int32(wide.mapv(|v| v as i32).into_shared()),
                _ => Tensor::Uint8(wide.mapv(|v| v as u8).into_shared()),
            }
        }
        _ => return Err(wrong_type(slot, tensor)),
    };
    // The type may still be narrower than the tensor that carries it.
    if let Some(wide) = integers(&converted).filter(|_| slot.element != ElementType::Bool)
        && !within(&wide, slot.element)
    {
        return Err(RunError::Range { input: slot.clone() });
    }
    Ok(converted)
}

fn wrong_type(slot: &Slot, tensor: &Tensor) -> RunError {
    RunError::Type { input: slot.clone(), got: tensor.dtype(), shape: tensor.shape().to_vec() }
}

/// A tensor of integers or truth values as int64.
fn integers(tensor: &Tensor) -> Option<ArcArray<i64, IxDyn>> {
    match tensor {
        Tensor::Int64(a) => Some(a.clone()),
        Tensor::Int32(a) => Some(a.mapv(i64::from).into_shared()),
        Tensor::Uint8(a) => Some(a.mapv(i64::from).into_shared()),
        Tensor::Bool(a) => Some(a.mapv(i64::from).into_shared()),
        Tensor::Float32(_) | Tensor::Float64(_) => None,
    }
}

fn within(values: &ArcArray<i64, IxDyn>, element: ElementType) -> bool {
    let (low, high) = match element {
        ElementType::Uint8 => (0, i64::from(u8::MAX)),
        ElementType::Int8 => (i8::MIN.into(), i8::MAX.into()),
        ElementType::Uint16 => (0, u16::MAX.into()),
        ElementType::Int16 => (i16::MIN.into(), i16::MAX.into()),
        ElementType::Int32 => (i32::MIN.into(), i32::MAX.into()),
        ElementType::Uint32 => (0, u32::MAX.into()),
        ElementType::Uint64 => (0, i64::MAX),
        _ => return true,
    };
    values.iter().all(|v| (low..=high).contains(v))
}

/// What a missing input is filled with, if anything.
fn filled(slot: &Slot, feeds: &BTreeMap<String, Tensor>) -> Option<Tensor> {
    let ids = ["input_ids", "decoder_input_ids", "inputs_embeds"].iter().find_map(|name| feeds.get(*name))?;
    let (batch, sequence) = (*ids.shape().first()?, *ids.shape().get(1)?);
    let given_past = feeds.iter().find(|(name, _)| name.starts_with("past_key_values."));
    let past = given_past.and_then(|(_, tensor)| tensor.shape().get(2).copied()).unwrap_or(0);
    match slot.name.as_str() {
        name if name.starts_with("past_key_values.") && given_past.is_none() => {
            let length = |(axis, dim): (usize, &Dim)| match (axis, dim) {
                (_, Dim::Fixed(n)) => *n,
                (0, Dim::Dynamic(_)) => batch,
                (_, Dim::Dynamic(_)) => 0,
            };
            let shape: Vec<usize> = slot.dims.as_ref()?.iter().enumerate().map(length).collect();
            // A file can declare axes that no memory holds: then the input is missing.
            check_size(&shape, DType::Float64).ok()?;
            Some(empty(&shape, slot.element))
        }
        "attention_mask" => Some(Tensor::Int64(ArcArray::from_elem(IxDyn(&[batch, past + sequence]), 1))),
        "token_type_ids" => Some(Tensor::Int64(ArcArray::zeros(IxDyn(&[batch, sequence])))),
        "position_ids" => {
            let mask = feeds.get("attention_mask").and_then(integers);
            Some(Tensor::Int64(positions(mask.as_ref(), batch, past, sequence)?.into_dyn().into_shared()))
        }
        "use_cache_branch" => Some(Tensor::Bool(ArcArray::from_elem(IxDyn(&[1]), past > 0))),
        _ => None,
    }
}

/// `[batch, sequence]`: for each of the last `sequence` positions the number of attended ones before
/// it; 1 where the position itself is masked, as in transformers.
fn positions(
    mask: Option<&ArcArray<i64, IxDyn>>,
    batch: usize,
    past: usize,
    sequence: usize,
) -> Option<Array2<i64>> {
    let Some(mask) = mask else {
        return Some(Array2::from_shape_fn((batch, sequence), |(_, i)| (past + i) as i64));
    };
    let total = past + sequence;
    if mask.shape() != [batch, total] {
        return None;
    }
    let mut found = Array2::ones((batch, sequence));
    for row in 0..batch {
        let mut attended = 0;
        for at in 0..total {
            let here = mask[[row, at]] != 0;
            if here && at >= past {
                found[[row, at - past]] = attended;
            }
            attended += i64::from(here);
        }
    }
    Some(found)
}

fn empty(shape: &[usize], element: ElementType) -> Tensor {
    let shape = IxDyn(shape);
    match element.dtype() {
        Some(DType::Float64) => Tensor::Float64(ArcArray::zeros(shape)),
        Some(DType::Int64) => Tensor::Int64(ArcArray::zeros(shape)),
        Some(DType::Int32) => Tensor::Int32(ArcArray::zeros(shape)),
        Some(DType::Uint8) => Tensor::Uint8(ArcArray::zeros(shape)),
        Some(DType::Bool) => Tensor::Bool(ArcArray::from_elem(shape, false)),
        Some(DType::Float32) | None => Tensor::Float32(ArcArray::zeros(shape)),
    }
}

#[cfg(test)]
#[path = "feeds_tests.rs"]
mod tests;
