//! An action: which blob a key makes, and how it was made. Small, and whole or of no use.

use serde::{Deserialize, Serialize};

use super::{CellKey, Digest};

/// How a blob was made: what differs between two machines that make the same thing, and so is in no blob.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Making {
    /// How long it took, in milliseconds.
    pub ms: f64,
    /// The processor that made it: its architecture and the extensions that kernels choose by.
    pub cpu: String,
}

/// What a store says under a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Action {
    /// The key, so that a file in the wrong place is noticed.
    key: String,
    /// The blob.
    pub(super) blob: Digest,
    /// How it was made.
    #[serde(flatten)]
    pub(super) making: Making,
}

impl Action {
    pub(super) fn new(key: CellKey, blob: Digest, making: Making) -> Self {
        Self { key: key.to_string(), blob, making }
    }

    /// The action as a file: the hash of the rest, then the rest.
    pub(super) fn seal(&self) -> Vec<u8> {
        // Strings and a number can always be written.
        let body = serde_json::to_vec(self).unwrap_or_default();
        [Digest::of(&body).hex().as_bytes(), b"\n", body.as_slice()].concat()
    }

    /// The action under `key` in a file, if the file is whole.
    pub(super) fn open(key: CellKey, file: &[u8]) -> Option<Self> {
        let action = Self::read(file)?;
        (action.key == key.to_string()).then_some(action)
    }

    /// The action in a file under any key.
    pub(super) fn read(file: &[u8]) -> Option<Self> {
        let (head, body) = file.split_at_checked(64)?;
        let body = body.strip_prefix(b"\n")?;
        if Digest::of(body).hex().as_bytes() != head {
            return None;
        }
        serde_json::from_slice(body).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::KeyBuilder;

    #[test]
    fn a_changed_byte_or_another_key_is_noticed() {
        let key = KeyBuilder::new("test").finish();
        let making = Making { ms: 1.5, cpu: "x86_64".to_owned() };
        let action = Action::new(key, Digest::of(b"blob"), making);
        let file = action.seal();
        assert_eq!(Action::open(key, &file), Some(action));
        assert_eq!(Action::open(KeyBuilder::new("other").finish(), &file), None);
        for at in 0..file.len() {
            let mut bad = file.clone();
            bad[at] ^= 1;
            assert_eq!(Action::open(key, &bad), None, "byte {at}");
            assert_eq!(Action::open(key, &file[..at]), None, "cut at {at}");
        }
    }
}
