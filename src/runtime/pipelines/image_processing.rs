//! Pictures made ready for a model, bit for bit as Pillow and torchvision do.

use ndarray::{Array3, Array4, ArrayView3, Axis, Ix3, s};

use super::super::onnx::RunError;
use crate::tensor::Tensor;

/// Mean of ImageNet's red, green and blue, of 0..1.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];

/// Their standard deviation.
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Digits after the point in the fixed-point weights of [`resize`].
const PRECISION: u32 = 22;

/// Larger pictures are not taken.
const MAX_SIDE: usize = 1 << 14;

/// A picture, uint8 `[height, width, 3]` (or `[height, width]`, all grey), as float32
/// `[1, 3, side, side]`: the shorter side is scaled to 256/224 of `side`, the middle is cut out, each
/// colour loses ImageNet's mean and is divided by its deviation.
///
/// # Errors
/// It is no such picture.
pub fn imagenet(image: &Tensor, side: usize) -> Result<Tensor, RunError> {
    let image = picture(image)?;
    let (height, width) = (image.len_of(Axis(0)), image.len_of(Axis(1)));
    let short = (side * 256).div_ceil(224);
    // torchvision rounds the longer side down.
    let (tall, wide) = if height <= width {
        (short, (short * width / height).max(short))
    } else {
        ((short * height / width).max(short), short)
    };
    let small = resize(resize(image.view(), wide, Axis(1)).view(), tall, Axis(0));
    let middle = |length: usize| half_to_even(length - side);
    let (top, left) = (middle(tall), middle(wide));
    let crop = small.slice(s![top..top + side, left..left + side, ..]);
    let normal = Array4::from_shape_fn((1, 3, side, side), |(_, c, y, x)| {
        (f32::from(crop[[y, x, c]]) / 255.0 - MEAN[c]) / DEVIATION[c]
    });
    Ok(Tensor::Float32(normal.into_dyn().into_shared()))
}

/// `[height, width, 3]`.
fn picture(image: &Tensor) -> Result<Array3<u8>, RunError> {
    let wrong = || RunError::Setting {
        message: format!("a picture is uint8 [height, width, 3], got {} {:?}", image.dtype(), image.shape()),
        hint: Some("floats from 0 to 1 become a picture with `(x * 255).astype(\"uint8\")`".to_owned()),
    };
    let Tensor::Uint8(pixels) = image else { return Err(wrong()) };
    let pixels = match pixels.ndim() {
        2 => {
            let grey = pixels.clone().insert_axis(Axis(2));
            let shape = [pixels.shape()[0], pixels.shape()[1], 3];
            grey.broadcast(shape).map(|view| view.to_owned().into_dyn()).ok_or_else(wrong)?
        }
        _ => pixels.clone().into_owned(),
    };
    let pixels = pixels.into_dimensionality::<Ix3>().map_err(|_| wrong())?;
    let sides = [pixels.len_of(Axis(0)), pixels.len_of(Axis(1))];
    if pixels.len_of(Axis(2)) != 3 || sides.iter().any(|side| !(1..=MAX_SIDE).contains(side)) {
        return Err(wrong());
    }
    Ok(pixels)
}

/// Scales `axis` to `length` pixels with a triangle that is as wide as the scale, as Pillow's
/// `BILINEAR` does: weights in fixed point, each result rounded to a byte.
pub fn resize(image: ArrayView3<'_, u8>, length: usize, axis: Axis) -> Array3<u8> {
    let size = image.len_of(axis);
    let scale = size as f64 / length as f64;
    let reach = scale.max(1.0);
    let mut shape = image.raw_dim();
    shape[axis.index()] = length;
    let mut scaled = Array3::zeros(shape);
    for (at, mut slice) in scaled.axis_iter_mut(axis).enumerate() {
        let center = (at as f64 + 0.5) * scale;
        let low = (center - reach + 0.5).max(0.0) as usize;
        let high = ((center + reach + 0.5) as usize).min(size);
        let triangle = |i: usize| (1.0 - ((i as f64 + 0.5 - center) / reach).abs()).max(0.0);
        let total: f64 = (low..high).map(triangle).sum();
        let one = f64::from(1_u32 << PRECISION);
        let weights: Vec<i64> =
            (low..high).map(|i| (0.5 + triangle(i) / total * one).floor() as i64).collect();
        let mut sums = slice.map(|_| 1_i64 << (PRECISION - 1));
        for (weight, source) in weights.iter().zip(low..high) {
            sums.zip_mut_with(&image.index_axis(axis, source), |sum, &pixel| {
                *sum += weight * i64::from(pixel)
            });
        }
        slice.zip_mut_with(&sums, |to, &sum| *to = (sum >> PRECISION).clamp(0, 255) as u8);
    }
    scaled
}

/// `n / 2`, a half rounded to the even neighbour, as Python's `round` does.
fn half_to_even(n: usize) -> usize {
    if n % 4 == 3 { n / 2 + 1 } else { n / 2 }
}

#[cfg(test)]
mod tests {
    use ndarray::{ArcArray, IxDyn};

    use super::*;

    #[test]
    fn a_picture_of_one_colour_stays_one() {
        let image = Array3::from_elem((50, 80, 3), 77_u8);
        let small = resize(resize(image.view(), 31, Axis(1)).view(), 19, Axis(0));
        assert_eq!(small, Array3::from_elem((19, 31, 3), 77));
    }

    #[test]
    fn halves_are_rounded_to_even() {
        assert_eq!([0, 1, 2, 3, 4, 5, 7].map(half_to_even), [0, 0, 1, 2, 2, 2, 4]);
    }

    #[test]
    fn pictures_of_any_shape_become_square() {
        for shape in [vec![1, 1, 3], vec![9, 300, 3], vec![40, 30]] {
            let image = Tensor::Uint8(ArcArray::zeros(IxDyn(&shape)));
            assert_eq!(imagenet(&image, 224).unwrap().shape(), [1, 3, 224, 224]);
        }
        for shape in [vec![0, 5, 3], vec![5], vec![5, 5, 4], vec![1, 5, 5, 3]] {
            let image = Tensor::Uint8(ArcArray::zeros(IxDyn(&shape)));
            assert!(imagenet(&image, 224).is_err(), "{shape:?}");
        }
    }
}
