//! What a cell shows and proves: the values that a bake stores and a page is rendered from.
//!
//! Outputs hold data, never markup: figures are drawn when a page is rendered, so a new theme
//! needs no new run.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
pub use super::overlay::{Mask, Outline, Overlay};

/// One thing that a cell shows, in the order in which the cell showed it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Output {
    /// What `print` wrote, or the `repr` of a displayed value.
    Text {
        /// The text, with `\n` between lines.
        text: String,
    },
    /// Rows and columns.
    Table(Table),
    /// One raster image.
    Image(Image),
    /// A chart or heatmap, as the data it is drawn from.
    Figure(Figure),
    /// A text cut into tokens, each with an optional weight.
    Tokens(Tokens),
    /// Several images of one size: a grid, or a filmstrip when it has one row.
    ImageGrid(ImageGrid),
    /// Boxes or masks over an image.
    Overlay(Overlay),
    /// Moments of one process, shown one after the other.
    Animation(Animation),
    /// A file that readers may take along.
    Download(Download),
}

impl Output {
    /// What it is as a media type: the value of `data-mime` in the page. A raster's file may be a smaller one.
    pub fn mime(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text/plain",
            Self::Table(_) => "text/html",
            Self::Image(_) | Self::ImageGrid(_) => "image/png",
            Self::Figure(_) | Self::Overlay(_) => "image/svg+xml",
            Self::Animation(animation) => match animation.frames {
                Frames::Images(_) => "image/png",
                Frames::Figures(_) => "image/svg+xml",
            },
            Self::Tokens(_) => "text/html",
            Self::Download(_) => "application/octet-stream",
        }
    }

    /// Whether the output is a picture, which must have an alternative text.
    pub fn is_picture(&self) -> bool {
        match self {
            Self::Image(_) | Self::ImageGrid(_) | Self::Figure(_) | Self::Overlay(_) | Self::Animation(_) => {
                true
            }
            Self::Text { .. } | Self::Table(_) | Self::Tokens(_) | Self::Download(_) => false,
        }
    }
}

/// A table of text: every row has as many fields as there are columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The heading of each column.
    pub columns: Vec<String>,
    /// The rows, top to bottom.
    pub rows: Vec<Vec<Field>>,
}

/// One field of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Field {
    /// A number, as the cell formatted it: set flush right.
    Number {
        /// The digits to show.
        number: String,
    },
    /// Anything else: set flush left.
    Text(String),
}

/// A raster image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// Width in pixels of the stored image.
    pub width: u32,
    /// Height in pixels of the stored image.
    pub height: u32,
    /// How many screen pixels each stored pixel covers: small rasters are magnified, unsmoothed.
    pub scale: u32,
    /// The PNG file.
    pub png: Bytes,
}

/// Several images with a label each, row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageGrid {
    /// The images.
    pub images: Vec<Image>,
    /// A label under each image; empty, or as many as there are images.
    pub labels: Vec<String>,
    /// How many images stand in a row; at least 1.
    pub columns: u32,
    /// Whether the images are moments of one process, in order.
    pub filmstrip: bool,
}

/// Moments of one process, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Animation {
    /// What is shown, one after the other.
    pub frames: Frames,
    /// A label under each frame; empty, or as many as there are frames.
    pub labels: Vec<String>,
    /// Frames a second, from 1 to 30.
    pub fps: u32,
}

/// The frames of an animation: from 2 to 60.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frames {
    /// Images of one size.
    Images(Vec<Image>),
    /// Charts or heatmaps with the same axes.
    Figures(Vec<Figure>),
}

/// A file that readers may take along.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Download {
    /// What the reader's copy is called.
    pub name: String,
    /// The file.
    pub file: Bytes,
}

/// A text cut into tokens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tokens {
    /// The tokens in reading order.
    pub tokens: Vec<Token>,
}

/// One token of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// The text of the token as a reader should see it.
    pub text: String,
    /// Its number in the vocabulary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// Its weight in 0..=1, drawn as the strength of the background.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

/// A claim that a cell made and measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The claim in words.
    pub name: String,
    /// What was measured, as text or number.
    pub measured: serde_json::Value,
    /// One of `<= < >= > == !=`.
    pub op: String,
    /// What it was compared with.
    pub bound: serde_json::Value,
    /// Whether the comparison came out true.
    pub ok: bool,
    /// Whether this is a control, which must come out false.
    pub control: bool,
}

impl Check {
    /// Whether the page may be published: a check that holds, or a control that fails.
    pub fn passes(&self) -> bool {
        self.ok != self.control
    }
}

/// The bytes of a file, written to JSON as base64.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use base64::Engine;
        to.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        use base64::Engine;
        let text = String::deserialize(from)?;
        base64::engine::general_purpose::STANDARD.decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}
