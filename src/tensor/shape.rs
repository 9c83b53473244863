//! Other shapes for the same elements.

use ndarray::IxDyn;

use super::elementwise::broadcast_shape;
use super::{
    Array, DType, Element, Shape, Tensor, TensorError, TensorResult, array, check_size, elements, same,
};

/// The place of `axis` in `shape`; negative ones count from the end.
///
/// # Errors
/// There is no such axis.
pub fn axis_of(axis: isize, shape: &[usize]) -> TensorResult<usize> {
    let ndim = shape.len() as isize;
    let at = if axis < 0 { axis + ndim } else { axis };
    if (0..ndim).contains(&at) {
        return Ok(at as usize);
    }
    Err(TensorError::index(format!("axis {axis} is out of bounds for a tensor of shape {}", Shape(shape))))
}

/// The elements, row by row, in another shape; one length may be -1, which is worked out.
///
/// # Errors
/// Another number of elements.
pub fn reshape(x: &Tensor, shape: &[i64]) -> TensorResult<Tensor> {
    let known: Vec<usize> = shape.iter().filter_map(|&length| usize::try_from(length).ok()).collect();
    let product: usize = known.iter().product();
    let size = x.len();
    let open = shape.len() - known.len();
    let work_out = size.checked_div(product).unwrap_or(0);
    let fits = match open {
        0 => product == size,
        1 => shape.contains(&-1) && work_out * product == size && (product > 0),
        _ => false,
    };
    if !fits {
        let wanted: Vec<String> = shape.iter().map(i64::to_string).collect();
        return Err(TensorError::value(format!(
            "a tensor of shape {} has {size} elements, which do not fit ({})",
            Shape(x.shape()),
            wanted.join(", ")
        )));
    }
    let shape: Vec<usize> = shape.iter().map(|&length| usize::try_from(length).unwrap_or(work_out)).collect();
    Ok(same!(x, a => array(&shape, elements(a).into_owned())))
}

/// One axis with all elements.
pub fn flatten(x: &Tensor) -> Tensor {
    same!(x, a => array(&[a.len()], elements(a).into_owned()))
}

/// The axes in another order: axis `i` of the result is axis `order[i]` of `x`.
///
/// `order` names every axis once: [`permute`] checks what an author wrote.
pub fn transpose(x: &Tensor, order: &[usize]) -> Tensor {
    same!(x, a => a.clone().permuted_axes(IxDyn(order)).as_standard_layout().into_owned().into_shared())
}

/// The axes in another order; `None` reverses them.
///
/// # Errors
/// `axes` does not name each axis once.
pub fn permute(x: &Tensor, axes: Option<&[isize]>) -> TensorResult<Tensor> {
    let Some(axes) = axes else {
        return Ok(transpose(x, &(0..x.ndim()).rev().collect::<Vec<_>>()));
    };
    let order = axes.iter().map(|&axis| axis_of(axis, x.shape())).collect::<TensorResult<Vec<_>>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..x.ndim()) {
        let fault = TensorError::value(format!(
            "axes {axes:?} do not name each axis of a tensor of shape {} once",
            Shape(x.shape())
        ));
        return Err(match axes {
            [a, b] => fault.hint(format!("`x.swapaxes({a}, {b})` exchanges two axes")),
            _ => fault,
        });
    }
    Ok(transpose(x, &order))
}

/// Two axes swapped.
///
/// # Errors
/// There is no such axis.
pub fn swapaxes(x: &Tensor, a: isize, b: isize) -> TensorResult<Tensor> {
    let mut order: Vec<usize> = (0..x.ndim()).collect();
    order.swap(axis_of(a, x.shape())?, axis_of(b, x.shape())?);
    Ok(transpose(x, &order))
}

/// A new axis of length 1 at each of `axes`, counted in the result.
///
/// # Errors
/// An axis out of bounds or named twice.
pub fn expand_dims(x: &Tensor, axes: &[isize]) -> TensorResult<Tensor> {
    let mut shape = vec![0; x.ndim() + axes.len()];
    for &axis in axes {
        let at = axis_of(axis, &shape)?;
        if std::mem::replace(&mut shape[at], 1) == 1 {
            return Err(TensorError::value(format!("axis {axis} is named twice")));
        }
    }
    let mut old = x.shape().iter();
    for length in shape.iter_mut().filter(|length| **length == 0) {
        *length = old.next().copied().unwrap_or(1);
    }
    with_shape(x, &shape)
}

/// Without the axes of length 1; only those of `axes`, where given.
///
/// # Errors
/// A named axis is longer than 1.
pub fn squeeze(x: &Tensor, axes: Option<&[isize]>) -> TensorResult<Tensor> {
    let mut gone: Vec<bool> = x.shape().iter().map(|&length| axes.is_none() && length == 1).collect();
    for &axis in axes.unwrap_or_default() {
        let at = axis_of(axis, x.shape())?;
        if x.shape()[at] != 1 {
            return Err(TensorError::value(format!(
                "axis {axis} of a tensor of shape {} is longer than 1",
                Shape(x.shape())
            )));
        }
        gone[at] = true;
    }
    let kept: Vec<usize> =
        x.shape().iter().zip(gone).filter(|(_, gone)| !gone).map(|(&length, _)| length).collect();
    with_shape(x, &kept)
}

fn with_shape(x: &Tensor, shape: &[usize]) -> TensorResult<Tensor> {
    reshape(x, &shape.iter().map(|&length| length as i64).collect::<Vec<_>>())
}

/// `x` repeated along axes of length 1 (and new ones in front) to `shape`.
///
/// # Errors
/// `x` does not broadcast to `shape`.
pub fn broadcast_to(x: &Tensor, shape: &[usize]) -> TensorResult<Tensor> {
    check_size(shape, x.dtype())?;
    if broadcast_shape(x.shape(), shape)? != shape {
        return Err(TensorError::value(format!(
            "shape {} does not broadcast to {}",
            Shape(x.shape()),
            Shape(shape)
        )));
    }
    fn spread<T: Element>(a: &Array<T>, shape: &[usize]) -> Array<T> {
        match a.broadcast(IxDyn(shape)) {
            Some(view) => view.as_standard_layout().into_owned().into_shared(),
            None => a.clone(),
        }
    }
    Ok(same!(x, a => spread(a, shape)))
}

/// All of `parts` in the dtype in which they meet.
///
/// # Errors
/// There are none.
pub fn common(parts: &[Tensor], what: &str) -> TensorResult<(Vec<Tensor>, DType)> {
    let dtype = parts.iter().map(Tensor::dtype).reduce(DType::meet);
    let dtype = dtype.ok_or_else(|| TensorError::value(format!("{what} needs at least one tensor")))?;
    Ok((parts.iter().map(|part| part.astype(dtype)).collect(), dtype))
}

/// `parts` one after the other along `axis`.
///
/// # Errors
/// Shapes that differ elsewhere, no parts.
pub fn concatenate(parts: &[Tensor], axis: isize) -> TensorResult<Tensor> {
    let (parts, dtype) = common(parts, "concatenate")?;
    let first = parts[0].shape();
    let axis = axis_of(axis, first)?;
    let mut shape = first.to_vec();
    shape[axis] = 0;
    for part in &parts {
        let other = part.shape();
        let agrees =
            other.len() == first.len() && (0..first.len()).all(|at| at == axis || other[at] == first[at]);
        if !agrees {
            return Err(TensorError::value(format!(
                "shapes {} and {} cannot be concatenated along axis {axis}",
                Shape(first),
                Shape(other)
            ))
            .hint("all axes but that one must have equal lengths"));
        }
        shape[axis] += other[axis];
    }
    let size = check_size(&shape, dtype)?;
    fn join<T: Element>(parts: &[Tensor], shape: &[usize], axis: usize, size: usize) -> Tensor {
        let outer: usize = shape[..axis].iter().product();
        let mut data = Vec::with_capacity(size);
        let sources: Vec<_> =
            parts.iter().filter_map(T::of).map(|a| (elements(a), a.len() / outer.max(1))).collect();
        for row in 0..outer {
            for (source, length) in &sources {
                data.extend_from_slice(&source[row * length..(row + 1) * length]);
            }
        }
        T::wrap(array(shape, data))
    }
    Ok(match dtype {
        DType::Float32 => join::<f32>(&parts, &shape, axis, size),
        DType::Float64 => join::<f64>(&parts, &shape, axis, size),
        DType::Int64 => join::<i64>(&parts, &shape, axis, size),
        DType::Int32 => join::<i32>(&parts, &shape, axis, size),
        DType::Uint8 => join::<u8>(&parts, &shape, axis, size),
        DType::Bool => join::<bool>(&parts, &shape, axis, size),
    })
}

/// `parts` beside each other along a new `axis`.
///
/// # Errors
/// Shapes that differ, no parts.
pub fn stack(parts: &[Tensor], axis: isize) -> TensorResult<Tensor> {
    if let [first, rest @ ..] = parts
        && let Some(other) = rest.iter().find(|part| part.shape() != first.shape())
    {
        return Err(TensorError::value(format!(
            "shapes {} and {} cannot be stacked",
            Shape(first.shape()),
            Shape(other.shape())
        )));
    }
    let parts = parts.iter().map(|part| expand_dims(part, &[axis])).collect::<TensorResult<Vec<_>>>()?;
    concatenate(&parts, axis)
}
