//! A bake: what a cell made, with everything a reader may want to know about how it was made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cache::{CellKey, Making};

use super::key::Key;
use super::output::{Check, Output};
use super::program::Value;
use super::raw::Raw;

/// What the store keeps of a cell that ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bake {
    /// What the cell displayed and printed, in order.
    pub outputs: Vec<Output>,
    /// The numbers behind what it displayed: no page shows them, but drift is measured on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raws: Vec<Raw>,
    /// How close the closest choice was that the cell has made: a token, or the greatest of several numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
    /// What it claimed.
    pub checks: Vec<Check>,
    /// What it warned of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What the cell has left in its names, `None` for names that are gone: what later keys are made of.
    pub values: BTreeMap<String, Option<Value>>,
    /// How it was made.
    pub provenance: Provenance,
}

/// What the store keeps of an inline value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InlineBake {
    /// Its text.
    pub text: String,
    /// What it has left in names, as with a cell.
    pub values: BTreeMap<String, Option<Value>>,
}

/// How a bake was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// The models that ran in the cell, in order of first use.
    pub models: Vec<ModelUse>,
    /// The runtime, if a model ran: `onnxruntime 1.32.0`.
    pub runtime: Option<String>,
    /// The execution provider, if a model ran: `cpu`.
    pub provider: Option<String>,
    /// The seed of the cell's default random generator.
    pub seed: u64,
}

/// A model that ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelUse {
    /// Its id in `models.toml`.
    pub id: String,
    /// The digest of its files, in hex.
    pub sha256: String,
}

/// A bake in its place: what the renderer is given for a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Baked {
    /// The cell's key.
    pub key: Key,
    /// Whether this build ran the cell or found it.
    pub status: Status,
    /// What the cell made.
    pub bake: Bake,
    /// How long it took, and on what.
    pub making: Making,
    /// The inline values that stand after it.
    pub inlines: Vec<BakedInline>,
}

impl Baked {
    /// The text of the inline value `code`.
    pub fn inline(&self, code: &str) -> Option<&str> {
        self.inlines.iter().find(|inline| inline.code == code).map(|inline| inline.bake.text.as_str())
    }
}

/// An inline value in its place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BakedInline {
    /// The expression.
    pub code: String,
    /// Its key.
    pub key: CellKey,
    /// Its text, and what it left behind.
    pub bake: InlineBake,
}

/// Where a bake came from in this build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The cell ran.
    #[default]
    Run,
    /// A store had it.
    Cached,
    /// The committed lock had it.
    Locked,
}

/// The bakes of a build, by chapter and label.
pub type Bakes = std::collections::BTreeMap<String, std::collections::BTreeMap<String, Baked>>;
