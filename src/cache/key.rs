//! The key of a cell: a hash of everything that its outputs depend on.

use std::fmt;

/// A cell's key: two cells with one key have the same outputs.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey([u8; 32]);

impl CellKey {
    /// The key in hex, 64 digits.
    pub fn hex(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// The key that is written as `text`, `b3:` and all; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let hash = blake3::Hash::from_hex(text.strip_prefix("b3:")?).ok()?;
        Some(Self(*hash.as_bytes()))
    }
}

impl fmt::Display for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("b3:")?;
        f.write_str(&self.hex())
    }
}

impl fmt::Debug for CellKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Makes a key from named parts. The same parts in the same order make the same key; names and
/// lengths are hashed along, so that no two different lists of parts run together.
pub struct KeyBuilder(blake3::Hasher);

impl KeyBuilder {
    /// Starts a key. `schema` names the list of parts: change it whenever the list changes.
    pub fn new(schema: &str) -> Self {
        Self(blake3::Hasher::new_derive_key(schema))
    }

    /// Adds a part.
    #[must_use]
    pub fn part(mut self, name: &str, value: &[u8]) -> Self {
        for bytes in [name.as_bytes(), value] {
            self.0.update(&(bytes.len() as u64).to_le_bytes());
            self.0.update(bytes);
        }
        self
    }

    /// The key of the parts so far.
    pub fn finish(&self) -> CellKey {
        CellKey(*self.0.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_together() {
        let key = |parts: &[(&str, &str)]| {
            parts.iter().fold(KeyBuilder::new("test"), |k, (n, v)| k.part(n, v.as_bytes())).finish()
        };
        assert_eq!(key(&[("a", "bc")]), key(&[("a", "bc")]));
        assert_ne!(key(&[("a", "bc")]), key(&[("ab", "c")]));
        assert_ne!(key(&[("a", "b"), ("c", "d")]), key(&[("a", "bcd")]));
        assert_ne!(key(&[("a", "b"), ("c", "d")]), key(&[("c", "d"), ("a", "b")]));
    }
}
