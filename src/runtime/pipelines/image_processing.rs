//! Pictures made ready for a model, bit for bit as Pillow and torchvision do.

use ndarray::{Array3, Array4, ArrayView3, Axis, Ix3, s};

use super::super::files;
use super::super::onnx::{Model, RunError};
use crate::snippet::program::LocalModel;
use crate::tensor::Tensor;

/// Mean of ImageNet's red, green and blue, of 0..1.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];

/// Their standard deviation.
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Digits after the point in the fixed-point weights of [`resize`].
const PRECISION: u32 = 22;

/// Larger pictures are not taken.
const MAX_SIDE: usize = 1 << 14;

/// How a model wants its pictures: what its `preprocessor_config.json` says, else ImageNet's usual way.
/// Beside a number, `rescale_factor` may be `"max"`: one over the greatest value of the picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preprocessor {
    config: Option<serde_json::Value>,
}

impl Preprocessor {
    /// Reads the model's file with the role `preprocessor`, if it has one.
    ///
    /// # Errors
    /// It cannot be read, or is no JSON.
    pub fn of(local: &LocalModel) -> crate::Result<Self> {
        let Some(path) = local.file("preprocessor") else { return Ok(Self::default()) };
        let config = serde_json::from_slice(&files::read(path)?)
            .map_err(crate::Error::because(format!("{} is no JSON", path.display())))?;
        Ok(Self { config: Some(config) })
    }

    /// `image` as float32 `[1, 3, height, width]`, ready for the first input of `model`.
    ///
    /// # Errors
    /// It is no picture, or the file asks for what is not known.
    pub fn prepared(&self, image: &Tensor, model: &Model) -> Result<Tensor, RunError> {
        let dims = model.inputs().first().and_then(|slot| slot.dims.clone()).unwrap_or_default();
        let fixed = |axis: usize| dims.get(axis).and_then(|dim| dim.fixed());
        let picture = picture(image)?;
        let (tall, wide) = (picture.len_of(Axis(0)), picture.len_of(Axis(1)));
        let config = self.config.as_ref();
        let size = config.and_then(|config| config.get("size"));
        let flag = |name: &str, otherwise: bool| {
            config.and_then(|config| config.get(name)?.as_bool()).unwrap_or(otherwise)
        };
        let side = |value: Option<&serde_json::Value>, name: &str| {
            value.and_then(|value| usize::try_from(value.get(name)?.as_u64()?).ok())
        };
        let shortest = side(size, "shortest_edge");
        let (height, width) = match (side(size, "height").zip(side(size, "width")), shortest) {
            _ if !flag("do_resize", true) => (tall, wide),
            (Some(sides), _) => sides,
            (None, Some(short)) if tall <= wide => (short, (short * wide / tall).max(short)),
            (None, Some(short)) => ((short * tall / wide).max(short), short),
            (None, None) => (fixed(2).unwrap_or(224), fixed(3).unwrap_or(224)),
        };
        if ![height, width].iter().all(|side| (1..=MAX_SIDE).contains(side)) {
            return Err(RunError::setting(format!("pictures of {height} x {width} are not taken")));
        }
        let filter = match config.and_then(|config| config.get("resample")?.as_u64()) {
            None | Some(2) => Filter::Bilinear,
            Some(1) => Filter::Lanczos,
            Some(3) => Filter::Bicubic,
            Some(other) => {
                return Err(RunError::setting(format!(
                    "the resampling {other} of the preprocessor is not known"
                )));
            }
        };
        let mut scaled = scale(picture.view(), width, Axis(1), filter);
        scaled = scale(scaled.view(), height, Axis(0), filter);
        let crop =
            config.and_then(|config| config.get("crop_size")).filter(|_| flag("do_center_crop", false));
        if let Some((h, w)) = side(crop, "height").zip(side(crop, "width")) {
            let (h, w) = (h.min(height), w.min(width));
            let (top, left) = ((height - h) / 2, (width - w) / 2);
            scaled = scaled.slice(s![top..top + h, left..left + w, ..]).to_owned();
        }
        let three = |name: &str, usual: [f32; 3]| {
            let given = config.and_then(|config| config.get(name)?.as_array());
            let number = |at: usize| Some(given?.get(at)?.as_f64()? as f32);
            [0, 1, 2].map(|at| number(at).unwrap_or(usual[at]))
        };
        let normal = flag("do_normalize", true);
        let (mean, deviation) = match normal {
            true => (three("image_mean", MEAN), three("image_std", DEVIATION)),
            false => ([0.0; 3], [1.0; 3]),
        };
        let factor = match config.and_then(|config| config.get("rescale_factor")) {
            _ if !flag("do_rescale", true) => 1.0,
            // U²-Net divides by the greatest value, so that dark pictures become bright.
            Some(factor) if factor == "max" => {
                1.0 / f32::from(scaled.iter().copied().max().unwrap_or(0).max(1))
            }
            factor => factor.and_then(serde_json::Value::as_f64).unwrap_or(1.0 / 255.0) as f32,
        };
        let (h, w) = (scaled.len_of(Axis(0)), scaled.len_of(Axis(1)));
        let pixels = Array4::from_shape_fn((1, 3, h, w), |(_, c, y, x)| {
            (f32::from(scaled[[y, x, c]]) * factor - mean[c]) / deviation[c]
        });
        Ok(Tensor::Float32(pixels.into_dyn().into_shared()))
    }
}

/// Height and width of a picture.
///
/// # Errors
/// It is none.
pub(super) fn sides(image: &Tensor) -> Result<(usize, usize), RunError> {
    picture(image).map(|picture| (picture.len_of(Axis(0)), picture.len_of(Axis(1))))
}

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
pub(super) fn picture(image: &Tensor) -> Result<Array3<u8>, RunError> {
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

/// What a pixel of the scaled picture is a mean of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// A triangle.
    Bilinear,
    /// Keys' cubic with a = -0.5.
    Bicubic,
    /// A windowed sinc of three lobes.
    Lanczos,
}

impl Filter {
    fn reach(self) -> f64 {
        match self {
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            Self::Bilinear => (1.0 - x).max(0.0),
            Self::Bicubic if x < 1.0 => (1.5 * x - 2.5) * x * x + 1.0,
            Self::Bicubic if x < 2.0 => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            Self::Bicubic => 0.0,
            Self::Lanczos if x < 3.0 => sinc(x) * sinc(x / 3.0),
            Self::Lanczos => 0.0,
        }
    }
}

/// sin(πx)/(πx).
fn sinc(x: f64) -> f64 {
    let turned = x * std::f64::consts::PI;
    if turned == 0.0 { 1.0 } else { turned.sin() / turned }
}

/// Scales `axis` to `length` pixels with a triangle that is as wide as the scale, as Pillow's
/// `BILINEAR` does: weights in fixed point, each result rounded to a byte.
pub fn resize(image: ArrayView3<'_, u8>, length: usize, axis: Axis) -> Array3<u8> {
    scale(image, length, axis, Filter::Bilinear)
}

/// Scales `axis` to `length` pixels, each a mean of those that `filter` reaches.
pub(super) fn scale(image: ArrayView3<'_, u8>, length: usize, axis: Axis, filter: Filter) -> Array3<u8> {
    let size = image.len_of(axis);
    let scale = size as f64 / length as f64;
    let stretch = scale.max(1.0);
    let reach = stretch * filter.reach();
    let mut shape = image.raw_dim();
    shape[axis.index()] = length;
    let mut scaled = Array3::zeros(shape);
    for (at, mut slice) in scaled.axis_iter_mut(axis).enumerate() {
        let center = (at as f64 + 0.5) * scale;
        let low = (center - reach + 0.5).max(0.0) as usize;
        let high = ((center + reach + 0.5) as usize).min(size);
        let weight = |i: usize| filter.weight((i as f64 + 0.5 - center) / stretch);
        let total: f64 = (low..high).map(weight).sum();
        let one = f64::from(1_u32 << PRECISION);
        let weights: Vec<i64> = (low..high).map(|i| (weight(i) / total * one).round() as i64).collect();
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

    /// The numbers are those of Pillow 13, `resize((n, 1), Image.LANCZOS)`.
    #[test]
    fn a_windowed_sinc_is_pillows() {
        let image = Array3::from_shape_fn((1, 12, 3), |(_, x, _)| (x * 37 % 256) as u8);
        let row = |length| {
            let scaled = scale(image.view(), length, Axis(1), Filter::Lanczos);
            scaled.slice(s![0, .., 0]).to_vec()
        };
        assert_eq!(row(5), [24, 121, 175, 41, 123]);
        assert_eq!(row(17), [0, 16, 49, 73, 100, 125, 151, 171, 232, 186, 16, 3, 59, 78, 102, 135, 153]);
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
