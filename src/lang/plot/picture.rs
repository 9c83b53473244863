//! Tensors as pictures.

use rustpython_vm::{AsObject, PyObjectRef, PyResult};

use super::super::call::{Call, Function};
use super::super::display::PyDisplay;
use super::super::{behind, convert};
use super::bounds;
use super::colormap::{Colormap, NAMES};
use crate::snippet::output::{Bytes, Image, ImageGrid, Output};
use crate::tensor::{DType, Shape, Tensor, shape};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "image",
        params: &["image", "cmap='gray'", "scale=None", "vmin=None", "vmax=None"],
        run: |c| {
            let style = Style::read(c)?;
            let tensor = c.tensor("image")?;
            let image = style.picture(&tensor, 256, c)?;
            Ok(PyDisplay::of(Output::Image(image), behind::pictures(&[tensor]), c.vm))
        },
    },
    Function {
        name: "image_grid",
        params: &[
            "images",
            "labels=None",
            "columns=None",
            "cmap='gray'",
            "scale=None",
            "vmin=None",
            "vmax=None",
            "scale_each=False",
        ],
        run: |c| grid(c, "images", false),
    },
    Function {
        name: "filmstrip",
        params: &[
            "frames",
            "labels=None",
            "cmap='gray'",
            "scale=None",
            "vmin=None",
            "vmax=None",
            "scale_each=False",
        ],
        run: |c| grid(c, "frames", true),
    },
];

/// How numbers become colours.
pub(super) struct Style {
    cmap: Colormap,
    scale: Option<u32>,
    vmin: Option<f64>,
    vmax: Option<f64>,
}

impl Style {
    /// The style that the arguments of a call ask for.
    pub(super) fn read(c: &Call<'_>) -> PyResult<Self> {
        let bound = |name: &str| c.given(name).map(|_| c.float(name, 0.0)).transpose();
        let scale = c.given("scale").map(|_| c.count("scale", 1)).transpose()?;
        Ok(Self {
            cmap: c.one_of("cmap", &NAMES, Colormap::Gray)?,
            scale: scale.map(|scale| u32::try_from(scale.clamp(1, 64)).unwrap_or(1)),
            vmin: bound("vmin")?,
            vmax: bound("vmax")?,
        })
    }

    /// A picture of `[H, W]`, `[H, W, 3]`, `[1, H, W]` or `[3, H, W]`: uint8 as it is, other numbers
    /// from `vmin..vmax`, which are their own least and greatest unless given. Small pictures are
    /// magnified to about `side` screen pixels.
    pub(super) fn picture(&self, image: &Tensor, side: u32, c: &Call<'_>) -> PyResult<Image> {
        let (pixels, colour) = match *image.shape() {
            [_, _] => (image.clone(), false),
            [_, _, 3] => (image.clone(), true),
            [_, _, 1] | [1, _, _] => {
                let axis = if image.shape()[0] == 1 { 0 } else { 2 };
                let plain = shape::squeeze(image, Some(&[axis]));
                (plain.unwrap_or_else(|_| image.clone()), false)
            }
            [3, _, _] => (shape::transpose(image, &[1, 2, 0]), true),
            _ => {
                return Err(c.value_error(format!(
                    "a tensor of shape {} is no picture: (H, W), (H, W, 3), (1, H, W) or (3, H, W)",
                    Shape(image.shape())
                )));
            }
        };
        let (height, width) = (pixels.shape()[0], pixels.shape()[1]);
        let fits = |length: usize| u32::try_from(length).ok().filter(|length| (1..=8192).contains(length));
        let (Some(height), Some(width)) = (fits(height), fits(width)) else {
            return Err(c.value_error(format!("a picture of {height}x{width} pixels cannot be shown")));
        };
        let values = pixels.to_f64s();
        let (own_low, own_high) = bounds(values.iter().copied());
        let (low, high) = match pixels.dtype() {
            DType::Uint8 => (self.vmin.unwrap_or(0.0), self.vmax.unwrap_or(255.0)),
            DType::Bool => (0.0, 1.0),
            _ => (self.vmin.unwrap_or(own_low), self.vmax.unwrap_or(own_high)),
        };
        if low >= high {
            return Err(c.value_error(format!("vmin is {low} and vmax {high}")));
        }
        let part = |v: f64| (v - low) / (high - low);
        let bytes: Vec<u8> = if colour {
            values.iter().map(|&v| (part(v).clamp(0.0, 1.0) * 255.0).round() as u8).collect()
        } else {
            values.iter().flat_map(|&v| self.cmap.colour(part(v))).collect()
        };
        let png = encode(width, height, colour || self.cmap != Colormap::Gray, &bytes);
        let png = png.map_err(|error| c.value_error(format!("the picture cannot be encoded: {error}")))?;
        let scale = self.scale.unwrap_or_else(|| (side / width.max(height)).clamp(1, 16));
        Ok(Image { width, height, scale, png: Bytes(png) })
    }
}

/// A PNG file of `rgb`; with one channel where the picture has no colour.
fn encode(width: u32, height: u32, colour: bool, rgb: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let single: Vec<u8>;
    let data = if colour {
        encoder.set_color(png::ColorType::Rgb);
        rgb
    } else {
        encoder.set_color(png::ColorType::Grayscale);
        single = rgb.iter().step_by(3).copied().collect();
        &single
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(data)?;
    writer.finish()?;
    Ok(file)
}

/// Pictures of one size and on one scale: the bounds of all of them together, unless given. With
/// `scale_each=True` every picture has its own, as in torchvision's `make_grid`.
pub(super) fn pictures(
    tensors: &[Tensor],
    name: &str,
    mut style: Style,
    side: u32,
    c: &Call<'_>,
) -> PyResult<Vec<Image>> {
    let same = tensors.windows(2).all(|pair| pair[0].shape() == pair[1].shape());
    let [first, ..] = tensors else {
        return Err(c.value_error(format!("there are no {name} to show")));
    };
    if !same {
        return Err(c.value_error(format!("the {name} have different shapes")));
    }
    if !matches!(first.dtype(), DType::Uint8 | DType::Bool) && !c.flag("scale_each", false)? {
        let (low, high) = bounds(tensors.iter().flat_map(Tensor::to_f64s));
        style.vmin = style.vmin.or(Some(low));
        style.vmax = style.vmax.or(Some(high));
    }
    tensors.iter().map(|image| style.picture(image, side, c)).collect()
}

/// Several pictures side by side.
fn grid(c: &Call<'_>, name: &str, filmstrip: bool) -> PyResult {
    let given: PyObjectRef = c.object(name)?;
    let tensors = convert::tensors(given.as_object(), c.vm)?;
    let side = if filmstrip { 96 } else { 128 };
    let images = pictures(&tensors, name, Style::read(c)?, side, c)?;
    let labels = c.texts("labels")?.unwrap_or_default();
    if !labels.is_empty() && labels.len() != tensors.len() {
        return Err(c.value_error(format!("{} labels for {} {name}", labels.len(), tensors.len())));
    }
    let natural = match filmstrip {
        true => images.len(),
        false => ((images.len() as f64).sqrt().ceil() as usize).clamp(1, 8),
    };
    let columns = if filmstrip { natural } else { c.count("columns", natural)?.max(1) };
    let columns = u32::try_from(columns).unwrap_or(u32::MAX);
    let raws = behind::pictures(&tensors);
    Ok(PyDisplay::of(Output::ImageGrid(ImageGrid { images, labels, columns, filmstrip }), raws, c.vm))
}
