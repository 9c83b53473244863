//! `t[…]`, read and written, with NumPy's rules.

use super::elementwise::broadcast_shape;
use super::shape::broadcast_to;
use super::{Array, Element, Shape, Tensor, TensorError, TensorResult, array, check_size, elements, same};

/// One part of what stands between the brackets.
#[derive(Clone, Debug, PartialEq)]
pub enum Index {
    /// An integer: the axis goes away. Negative ones count from the end.
    Integer(i64),
    /// `start:stop:step`.
    Slice {
        /// The first position, or the end that the step begins at.
        start: Option<i64>,
        /// One past the last position, or the other end.
        stop: Option<i64>,
        /// 1 by default; not 0.
        step: Option<i64>,
    },
    /// `None`: a new axis of length 1.
    NewAxis,
    /// `...`: as many whole axes as it takes.
    Ellipsis,
    /// Positions in an array of integers of this shape.
    Integers {
        /// The shape of the array.
        shape: Vec<usize>,
        /// The positions, row by row.
        at: Vec<i64>,
    },
    /// The places where an array of bools of this shape is true.
    Mask {
        /// The shape of the array: those of the axes that it stands for.
        shape: Vec<usize>,
        /// The bools, row by row.
        at: Vec<bool>,
    },
}

/// Where in `x` (row by row) the chosen elements are, and the shape of the choice.
struct Chosen {
    offsets: Vec<usize>,
    shape: Vec<usize>,
}

/// The chosen elements.
///
/// # Errors
/// Too many indices, a position out of bounds, index arrays that do not broadcast.
pub fn get(x: &Tensor, indices: &[Index]) -> TensorResult<Tensor> {
    let chosen = choose(x.shape(), indices)?;
    check_size(&chosen.shape, x.dtype())?;
    Ok(gather(x, &chosen.offsets, &chosen.shape))
}

/// Sets the chosen elements to `value`, broadcast to their shape and made of `x`'s dtype.
///
/// # Errors
/// As [`get`]; a value that does not broadcast.
pub fn set(x: &mut Tensor, indices: &[Index], value: &Tensor) -> TensorResult<()> {
    let chosen = choose(x.shape(), indices)?;
    let value = match value.len() {
        1 => value.clone(),
        _ => broadcast_to(&without_lead(value, chosen.shape.len())?, &chosen.shape).map_err(|_| {
            TensorError::value(format!(
                "a value of shape {} does not fit the chosen elements of shape {}",
                Shape(value.shape()),
                Shape(&chosen.shape)
            ))
        })?,
    };
    let value = value.astype(x.dtype());
    fn scatter<T: Element>(a: &mut Array<T>, offsets: &[usize], value: &Tensor) {
        let Some(source) = T::of(value).map(elements) else { return };
        if a.as_slice().is_none() {
            *a = array(a.shape(), elements(a).into_owned());
        }
        // Memory shared with another tensor is copied here, before it is written to.
        let Some(data) = a.as_slice_mut() else { return };
        for (i, &offset) in offsets.iter().enumerate() {
            data[offset] = source[if source.len() == 1 { 0 } else { i }];
        }
    }
    super::each!(x, a => scatter(a, &chosen.offsets, &value));
    Ok(())
}

/// NumPy lets a value have axes of length 1 in front of those it is set to.
fn without_lead(value: &Tensor, ndim: usize) -> TensorResult<Tensor> {
    let extra = value.ndim().saturating_sub(ndim);
    if extra > 0 && value.shape()[..extra].iter().all(|&length| length == 1) {
        return super::shape::squeeze(value, Some(&(0..extra as isize).collect::<Vec<_>>()));
    }
    Ok(value.clone())
}

/// The elements at `offsets` of the flattened tensor, as `shape`.
pub(crate) fn gather(x: &Tensor, offsets: &[usize], shape: &[usize]) -> Tensor {
    fn of<T: Element>(a: &Array<T>, offsets: &[usize], shape: &[usize]) -> Array<T> {
        let data = elements(a);
        array(shape, offsets.iter().map(|&offset| data[offset]).collect())
    }
    same!(x, a => of(a, offsets, shape))
}

/// A part of the choice: lengths in the result, and what each step adds to the offset.
struct Table {
    shape: Vec<usize>,
    offsets: Vec<usize>,
}

fn choose(shape: &[usize], indices: &[Index]) -> TensorResult<Chosen> {
    let indices = spread(shape, indices)?;
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    // NumPy: with arrays among the indices, integers are arrays too; their common axes stand where
    // the first was if all stand together, else in front.
    let has_arrays = indices.iter().any(|index| matches!(index, Index::Integers { .. }));
    let is_array = |index: &Index| {
        matches!(index, Index::Integers { .. }) || (has_arrays && matches!(index, Index::Integer(_)))
    };
    let mut tables: Vec<Table> = Vec::new();
    let mut arrays: Vec<(&[usize], Vec<usize>)> = Vec::new();
    let (mut first_array, mut together, mut last_was_array) = (None, true, false);
    let mut base = 0;
    let mut axis = 0;
    for index in &indices {
        if is_array(index) {
            together &= last_was_array || first_array.is_none();
            first_array.get_or_insert(tables.len());
        }
        last_was_array = is_array(index);
        match index {
            Index::NewAxis => tables.push(Table { shape: vec![1], offsets: vec![0] }),
            Index::Ellipsis | Index::Mask { .. } => {}
            Index::Integer(at) => {
                let offset = position(*at, shape, axis)? * strides[axis];
                if has_arrays {
                    arrays.push((&[], vec![offset]));
                } else {
                    base += offset;
                }
                axis += 1;
            }
            Index::Slice { start, stop, step } => {
                let (first, count, step) = resolve(*start, *stop, *step, shape[axis])?;
                let offset = |i: usize| (first + i as i64 * step) as usize * strides[axis];
                tables.push(Table { shape: vec![count], offsets: (0..count).map(offset).collect() });
                axis += 1;
            }
            Index::Integers { shape: of, at } => {
                let offsets = at
                    .iter()
                    .map(|&at| Ok(position(at, shape, axis)? * strides[axis]))
                    .collect::<TensorResult<Vec<_>>>()?;
                arrays.push((of, offsets));
                axis += 1;
            }
        }
    }
    if let Some(first) = first_array {
        tables.insert(if together { first } else { 0 }, join(&arrays)?);
    }
    let mut offsets = vec![base];
    for table in &tables {
        offsets = offsets.iter().flat_map(|&o| table.offsets.iter().map(move |&t| o + t)).collect();
    }
    let shape = tables.into_iter().flat_map(|table| table.shape).collect();
    Ok(Chosen { offsets, shape })
}

/// The index arrays broadcast together, their offsets added.
fn join(arrays: &[(&[usize], Vec<usize>)]) -> TensorResult<Table> {
    let mut shape = Vec::new();
    for (other, _) in arrays {
        shape = broadcast_shape(&shape, other)?;
    }
    let mut offsets = vec![0; shape.iter().product()];
    for (of, each) in arrays {
        let each = Tensor::Int64(array(of, each.iter().map(|&offset| offset as i64).collect()));
        for (sum, offset) in offsets.iter_mut().zip(broadcast_to(&each, &shape)?.to_i64s()) {
            *sum += offset as usize;
        }
    }
    Ok(Table { shape, offsets })
}

/// Every axis named: masks as integer arrays, the ellipsis as slices.
fn spread(shape: &[usize], indices: &[Index]) -> TensorResult<Vec<Index>> {
    let axes = |index: &Index| match index {
        Index::NewAxis | Index::Ellipsis => 0,
        Index::Mask { shape, .. } => shape.len(),
        Index::Integer(_) | Index::Slice { .. } | Index::Integers { .. } => 1,
    };
    let named: usize = indices.iter().map(axes).sum();
    if named > shape.len() {
        return Err(TensorError::index(format!("{named} indices for a tensor of shape {}", Shape(shape))));
    }
    if indices.iter().filter(|index| **index == Index::Ellipsis).count() > 1 {
        return Err(TensorError::index("an index has at most one `...`"));
    }
    let rest = std::iter::repeat_n(Index::Slice { start: None, stop: None, step: None }, shape.len() - named);
    let mut all = Vec::with_capacity(shape.len());
    let mut axis = 0;
    for index in indices {
        match index {
            Index::Ellipsis => all.extend(rest.clone()),
            Index::Mask { shape: of, at } => {
                // Without an ellipsis before it, the mask's axes begin at `axis`.
                let begin = axis;
                if shape.get(begin..begin + of.len()) != Some(of) {
                    return Err(TensorError::index(format!(
                        "a mask of shape {} does not fit a tensor of shape {}",
                        Shape(of),
                        Shape(shape)
                    )));
                }
                all.extend(
                    nonzero(of, at).into_iter().map(|at| Index::Integers { shape: vec![at.len()], at }),
                );
            }
            other => all.push(other.clone()),
        }
        axis += match index {
            Index::Ellipsis => shape.len() - named,
            other => axes(other),
        };
    }
    if !indices.contains(&Index::Ellipsis) {
        all.extend(rest);
    }
    Ok(all)
}

/// For each axis, the positions of the true elements.
pub fn nonzero(shape: &[usize], at: &[bool]) -> Vec<Vec<i64>> {
    let mut positions = vec![Vec::new(); shape.len()];
    for (flat, _) in at.iter().enumerate().filter(|(_, holds)| **holds) {
        let mut rest = flat;
        for axis in (0..shape.len()).rev() {
            positions[axis].push((rest % shape[axis]) as i64);
            rest /= shape[axis];
        }
    }
    positions
}

fn position(at: i64, shape: &[usize], axis: usize) -> TensorResult<usize> {
    let length = shape[axis] as i64;
    let wrapped = if at < 0 { at + length } else { at };
    if (0..length).contains(&wrapped) {
        return Ok(wrapped as usize);
    }
    Err(TensorError::index(format!(
        "index {at} is out of bounds for axis {axis} of a tensor of shape {}",
        Shape(shape)
    )))
}

/// First position, number of positions and step of a slice of an axis, as Python has it.
fn resolve(
    start: Option<i64>,
    stop: Option<i64>,
    step: Option<i64>,
    length: usize,
) -> TensorResult<(i64, usize, i64)> {
    let length = length as i64;
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(TensorError::value("the step of a slice is not 0"));
    }
    let (lowest, highest) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |at: i64| if at < 0 { at.saturating_add(length) } else { at }.clamp(lowest, highest);
    let first = start.map_or(if step > 0 { lowest } else { highest }, clamp);
    let end = stop.map_or(if step > 0 { highest } else { lowest }, clamp);
    let distance = if step > 0 { end - first } else { first - end };
    let count = if distance <= 0 { 0 } else { (distance - 1) / step.abs() + 1 };
    Ok((first, count as usize, step))
}
