//! The key of a cell or an inline value: everything that what it shows depends on, and nothing else.
//!
//! What a cell reads of the cells before it counts by value: an edit above that leaves the values as
//! they were runs nothing below. Captions, alternative texts and display options are not in here.

use std::collections::BTreeMap;

use crate::cache::{CellKey, KeyBuilder};

use super::plan::{Planned, PlannedInline, Surroundings};
use super::program::Value;
use super::state::Reading;

/// Changed whenever what a key covers changes.
const SCHEMA: &str = "kiln cell key 3";
const VALUES_SCHEMA: &str = "kiln values 1";
const INLINE_SCHEMA: &str = "kiln inline key 3";

/// A key, and what it was made of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Key {
    /// The key itself.
    pub cell: CellKey,
    /// Its parts by name, in order.
    pub parts: Vec<Part>,
}

/// A part of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is: `source`, `seed`, `reads x`, `model minilm`.
    pub name: String,
    /// Its value, or a digest of it.
    pub value: String,
}

impl Key {
    /// The key that a lock recorded as `text`, made of `parts`.
    pub fn locked(text: &str, parts: &BTreeMap<String, String>) -> Option<Self> {
        let parts = parts.iter().map(|(name, value)| part(name.as_str(), value.as_str())).collect();
        Some(Self { cell: CellKey::parse(text)?, parts })
    }

    fn of(schema: &str, parts: Vec<Part>) -> Self {
        let builder = KeyBuilder::new(schema);
        let builder = parts.iter().fold(builder, |key, part| key.part(&part.name, part.value.as_bytes()));
        Self { cell: builder.finish(), parts }
    }
}

/// The key under which the values of a cell with this key are written down.
pub fn of_values(cell: CellKey) -> CellKey {
    KeyBuilder::new(VALUES_SCHEMA).part("cell", cell.hex().as_bytes()).finish()
}

fn part(name: impl Into<String>, value: impl Into<String>) -> Part {
    Part { name: name.into(), value: value.into() }
}

/// A short digest of `bytes`, for parts that are too long to be shown.
pub fn short(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_owned()
}

/// The key of `cell`, which reads `reading`.
pub fn of_cell(cell: &Planned, reading: &Reading<'_>, around: &Surroundings) -> Key {
    let mut parts = common(&cell.normal, around);
    parts.push(part("seed", cell.seed.to_string()));
    if cell.must_raise {
        parts.push(part("error", "true"));
    }
    for (name, path) in &cell.inputs {
        let file = around.files.get(path);
        parts.push(part(format!("input {name}"), file.map(|file| file.digest.as_str()).unwrap_or_default()));
    }
    parts.extend(outside(cell, &cell.models, cell.runtime, reading, around));
    Key::of(SCHEMA, parts)
}

/// The key of `inline`, which stands after `cell` and reads `reading`.
pub fn of_inline(
    cell: &Planned,
    inline: &PlannedInline,
    reading: &Reading<'_>,
    around: &Surroundings,
) -> Key {
    let mut parts = common(&inline.normal, around);
    parts.extend(outside(cell, &inline.models, inline.runtime, reading, around));
    Key::of(INLINE_SCHEMA, parts)
}

fn common(normal: &str, around: &Surroundings) -> Vec<Part> {
    vec![part("library", around.library.as_str()), part("source", short(normal.as_bytes()))]
}

/// What comes from outside the code: values of other cells, models, the runtime.
/// Names are as the cell knows them: a cell has one key, whichever program it is part of.
fn outside(
    cell: &Planned,
    models: &[String],
    runtime: bool,
    reading: &Reading<'_>,
    around: &Surroundings,
) -> Vec<Part> {
    let read =
        |(name, value): (&str, &Value)| part(format!("reads {}", cell.local(name)), value.digest.as_str());
    let mut parts: Vec<Part> = reading.values().map(read).collect();
    // By name as the cell knows it, not as the program sorts it.
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    let ids = reading.models(models);
    // A model that the manifest lacks has been reported where it is named.
    parts.extend(ids.iter().map(|id| {
        let known = [around.models.get(id), around.facts.get(id)];
        let known: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
        part(format!("model {id}"), known.join(" "))
    }));
    if runtime || !ids.is_empty() || reading.runtime() {
        parts.push(part("runtime", around.runtime.as_str()));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_library_is_another_key() {
        let key = |library: &str, normal: &str| {
            let around = Surroundings { library: library.to_owned(), ..Surroundings::default() };
            Key::of(SCHEMA, common(normal, &around))
        };
        assert_eq!(key("1", "x"), key("1", "x"));
        assert_ne!(key("1", "x").cell, key("2", "x").cell);
        assert_ne!(key("1", "x").cell, key("1", "y").cell);
        assert_ne!(key("1", "x").cell, key("", "x").cell);
    }
}
