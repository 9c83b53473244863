//! The lock of a chapter: the bakes that its author committed, in a file that people can read and merge.
//!
//! `bake.lock` says for each cell what its key was made of, what it showed in numbers, what it claimed
//! and on which models; the outputs themselves are files beside it, named by their digests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cache::{Digest, Making};

use super::bake::{Baked, InlineBake};
use super::key::Key;
use super::program::Value;
use super::summary::summary;

/// Changed whenever an older Kiln could not read what a newer one writes.
const VERSION: u32 = 1;

/// What every lock begins with.
const HEAD: &str =
    "# Written by `kiln bake`: commit it with the page. After a merge, run `kiln bake` again.\n";

/// The bakes of a chapter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    version: u32,
    /// Cells by label.
    #[serde(default, rename = "cell", skip_serializing_if = "BTreeMap::is_empty")]
    pub cells: BTreeMap<String, LockedCell>,
    /// Inline values by key.
    #[serde(default, rename = "inline", skip_serializing_if = "BTreeMap::is_empty")]
    pub inlines: BTreeMap<String, LockedInline>,
}

/// A cell of a lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedCell {
    /// Its key.
    pub key: String,
    /// The digest of the file that holds its bake.
    pub bake: String,
    /// About how many milliseconds it took: a power of two, so that a faster machine changes no line.
    #[serde(default)]
    pub ms: u64,
    /// Each output: its media type, the beginning of its digest, and its numbers summed up.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// The models it ran on, each with the beginning of its digest, and the runtime.
    #[serde(default)]
    pub made_on: Vec<String>,
    /// The processor it ran on, which is in no key.
    #[serde(default)]
    pub cpu: String,
    /// What its key was made of.
    #[serde(default)]
    pub parts: BTreeMap<String, String>,
    /// What it claimed, and what was measured.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, String>,
}

/// An inline value of a lock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedInline {
    /// The expression, for people.
    pub code: String,
    /// Its text.
    pub text: String,
    /// What it left in names, nearly always nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Option<Value>>,
}

impl Default for Lock {
    fn default() -> Self {
        Self { version: VERSION, cells: BTreeMap::new(), inlines: BTreeMap::new() }
    }
}

impl Lock {
    /// Reads `text`.
    ///
    /// # Errors
    /// It is no lock, or one of another Kiln.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let lock: Self = toml::from_str(text)?;
        match lock.version {
            VERSION => Ok(lock),
            other => Err(serde::de::Error::custom(format!("this lock has version {other}, not {VERSION}"))),
        }
    }

    /// The lock as a file: the same bakes make the same bytes.
    pub fn text(&self) -> String {
        // Maps of strings can always be written.
        HEAD.to_owned() + &toml::to_string_pretty(self).unwrap_or_default()
    }

    /// Adds a cell; returns the file that holds its bake, and the file's digest.
    pub fn add(&mut self, label: &str, baked: &Baked) -> (String, Vec<u8>) {
        // A bake is plain data: it can always be written.
        let file = serde_json::to_vec(&baked.bake).unwrap_or_default();
        let digest = digest(&file);
        self.cells.insert(label.to_owned(), LockedCell::new(baked, digest.clone()));
        for made in &baked.inlines {
            let InlineBake { text, values } = made.bake.clone();
            let inline = LockedInline { code: made.code.clone(), text, values };
            self.inlines.insert(made.key.to_string(), inline);
        }
        (digest, file)
    }
}

impl LockedCell {
    fn new(baked: &Baked, digest: String) -> Self {
        let Baked { key, bake, making, .. } = baked;
        let provenance = &bake.provenance;
        let models = provenance.models.iter().map(|model| format!("{} {:.12}", model.id, model.sha256));
        let runtime = provenance.runtime.iter().chain(&provenance.provider).cloned().collect::<Vec<_>>();
        let runtime = (!runtime.is_empty()).then(|| runtime.join(", "));
        let behind = |at: usize| bake.raws.iter().filter(|raw| raw.output == at).collect::<Vec<_>>();
        Self {
            key: key.cell.to_string(),
            bake: digest,
            ms: (making.ms.max(1.0) as u64).next_power_of_two(),
            outputs: bake
                .outputs
                .iter()
                .enumerate()
                .map(|(at, output)| summary(output, &behind(at)))
                .collect(),
            made_on: models.chain(runtime).collect(),
            cpu: making.cpu.clone(),
            parts: key.parts.iter().map(|part| (part.name.clone(), part.value.clone())).collect(),
            checks: bake
                .checks
                .iter()
                .map(|check| {
                    let control = if check.control { " (a control)" } else { "" };
                    (check.name.clone(), format!("{} {} {}{control}", check.measured, check.op, check.bound))
                })
                .collect(),
        }
    }

    /// How it was made, as far as the lock tells.
    pub fn making(&self) -> Making {
        Making { ms: self.ms as f64, cpu: self.cpu.clone() }
    }

    /// What of `key` is not as it was when the cell was locked, in words.
    pub fn differences(&self, key: &Key) -> Vec<String> {
        let now: BTreeMap<&str, &str> =
            key.parts.iter().map(|part| (part.name.as_str(), part.value.as_str())).collect();
        let mut found: Vec<String> = now
            .iter()
            .filter_map(|(name, value)| match self.parts.get(*name) {
                Some(was) if was == value => None,
                Some(was) => Some(format!("{name} was {was} and is {value}")),
                None => Some(format!("{name} is new")),
            })
            .collect();
        let gone = self.parts.keys().filter(|name| !now.contains_key(name.as_str()));
        found.extend(gone.map(|name| format!("{name} is gone")));
        found
    }
}

/// The name of the file with these bytes.
pub fn digest(bytes: &[u8]) -> String {
    Digest::of(bytes).hex()[..32].to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::key::Part;
    use super::*;
    use crate::snippet::bake::Bake;
    use crate::snippet::output::Output;

    fn key(value: &str) -> Key {
        Key { parts: vec![Part { name: "seed".into(), value: value.into() }], ..Key::default() }
    }

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let mut lock = Lock::default();
        let bake = Bake { outputs: vec![Output::Text { text: "a\n\"b\"".into() }], ..Bake::default() };
        let baked = Baked { bake, key: key("1"), ..Baked::default() };
        let (digest, file) = lock.add("x", &baked);
        assert_eq!(super::digest(&file), digest);
        assert_eq!(serde_json::from_slice::<Bake>(&file).expect("a bake"), baked.bake);
        assert_eq!(Lock::parse(&lock.text()).expect("a lock"), lock);
        assert!(Lock::parse("version = 2").expect_err("another version").to_string().contains("version 2"));
        assert!(Lock::parse("version = 1\n<<<<<<< main\n").is_err());
    }

    #[test]
    fn what_has_changed_is_named() {
        let cell = LockedCell::new(&Baked { key: key("1"), ..Baked::default() }, String::new());
        assert_eq!(cell.differences(&key("1")), Vec::<String>::new());
        assert_eq!(cell.differences(&key("2")), ["seed was 1 and is 2"]);
        assert_eq!(cell.differences(&Key::default()), ["seed is gone"]);
        assert_eq!(LockedCell::default().differences(&key("1")), ["seed is new"]);
    }
}
