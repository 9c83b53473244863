//! The stores of a build as one: the local one, and behind it the shared one, where there is one.

use super::action::Action;
use super::local::{Contents, Local, Look};
use super::remote::{Fetched, Remote};
use super::{CellKey, Digest, Making};
use crate::Result;

/// Where bakes are looked for and put.
#[derive(Debug, Default)]
pub struct Store {
    local: Option<Local>,
    remote: Option<Remote>,
}

/// Something that a store held.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How it was made.
    pub making: Making,
}

/// What a look-up found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// What is stored under the key, whole.
    pub stored: Option<Stored>,
    /// Where something damaged was met, and dropped.
    pub damaged: Option<Place>,
}

/// One of the two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The one on this machine.
    Local,
    /// The shared one.
    Shared,
}

impl Store {
    /// The store `local`, with `remote` behind it.
    pub fn new(local: Local, remote: Option<Remote>) -> Self {
        Self { local: Some(local), remote }
    }

    /// A store that holds nothing and keeps nothing.
    pub fn nowhere() -> Self {
        Self::default()
    }

    /// What is stored under `key`. What the shared store has is kept on this machine as well, and what
    /// only this machine has is shared.
    pub fn get(&self, key: CellKey) -> Found {
        let mut found = Found::default();
        let Some(local) = &self.local else { return found };
        match local.action(key) {
            Look::There(action) => match local.blob(action.blob) {
                Look::There(bytes) => {
                    if let Some(remote) = &self.remote {
                        remote.share(key, &action, &bytes);
                    }
                    found.stored = Some(Stored { bytes, making: action.making });
                    return found;
                }
                // It was collected.
                Look::Nothing => {}
                Look::Damaged => found.damaged = Some(Place::Local),
            },
            Look::Nothing => {}
            Look::Damaged => found.damaged = Some(Place::Local),
        }
        let Some(remote) = &self.remote else { return found };
        match remote.get(key) {
            Fetched::Whole(action, bytes) => {
                // A disk that is full costs the next build a request, not this one its bake.
                let _ = local.put(key, &action, &bytes);
                found.stored = Some(Stored { bytes, making: action.making });
            }
            Fetched::Nothing => {}
            Fetched::Damaged => found.damaged = Some(Place::Shared),
        }
        found
    }

    /// Stores `bytes` under `key`. A shared store that does not answer is no fault here: see [`Self::unsent`].
    ///
    /// # Errors
    /// The local store cannot be written to.
    pub fn put(&self, key: CellKey, bytes: &[u8], making: &Making) -> Result<()> {
        let action = Action::new(key, Digest::of(bytes), making.clone());
        let Some(local) = &self.local else { return Ok(()) };
        local.put(key, &action, bytes)?;
        if let Some(remote) = &self.remote {
            remote.put(key, &action, bytes);
        }
        Ok(())
    }

    /// What went wrong with the shared store, in a sentence, if anything did.
    pub fn fault(&self) -> Option<String> {
        self.remote.as_ref().and_then(Remote::fault)
    }

    /// How many bakes the shared store should have got and did not.
    pub fn unsent(&self) -> usize {
        self.remote.as_ref().map_or(0, Remote::unsent)
    }

    /// Keeps the local store within `keep` bytes.
    ///
    /// # Errors
    /// It cannot be read, or a file cannot be removed.
    pub fn collect(&self, keep: u64) -> Result<Contents> {
        self.local.as_ref().map_or(Ok(Contents::default()), |local| local.collect(keep))
    }
}

#[cfg(test)]
#[cfg(feature = "shared-store")]
mod tests {
    use super::*;
    use crate::cache::{Access, KeyBuilder};

    struct Fleet {
        folder: tempfile::TempDir,
    }

    impl Fleet {
        fn new() -> Self {
            Self { folder: tempfile::tempdir().expect("a temporary folder") }
        }

        /// A machine of its own, on the shared store.
        fn machine(&self, name: &str, access: Access) -> Store {
            let shared = self.folder.path().join("shared");
            let remote = Remote::new(&shared.to_string_lossy(), access).expect("a store");
            Store::new(Local::new(self.folder.path().join(name)), Some(remote))
        }

        /// Damages every file of the shared store below `kind`.
        fn damage(&self, kind: &str) {
            for entry in walkdir::WalkDir::new(self.folder.path().join("shared")).into_iter().flatten() {
                if entry.file_type().is_file()
                    && entry.path().components().any(|part| part.as_os_str() == kind)
                {
                    #[expect(clippy::disallowed_methods, reason = "a test damages a file")]
                    std::fs::write(entry.path(), "damaged").expect("damaged");
                }
            }
        }
    }

    fn key(name: &str) -> CellKey {
        KeyBuilder::new(name).finish()
    }

    #[track_caller]
    fn holds(store: &Store, name: &str, expect: Option<&[u8]>) {
        let found = store.get(key(name));
        assert_eq!(found.stored.as_ref().map(|stored| stored.bytes.as_slice()), expect);
        assert_eq!(found.damaged, None);
    }

    #[test]
    fn one_machine_finds_what_another_has_made() {
        let place = Fleet::new();
        let (one, two) = (place.machine("one", Access::Write), place.machine("two", Access::Read));
        holds(&two, "a", None);
        one.put(key("a"), b"made", &Making::default()).expect("put");
        holds(&two, "a", Some(b"made"));
        place.damage("blobs");
        holds(&two, "a", Some(b"made"));
    }

    #[test]
    fn who_may_only_read_changes_nothing() {
        let place = Fleet::new();
        let reader = place.machine("one", Access::Read);
        reader.put(key("a"), b"made", &Making::default()).expect("put");
        holds(&reader, "a", Some(b"made"));
        holds(&place.machine("two", Access::Read), "a", None);
        assert_eq!((reader.unsent(), reader.fault()), (0, None));
    }

    #[test]
    fn what_was_made_alone_is_shared_later() {
        let place = Fleet::new();
        place.machine("one", Access::Read).put(key("a"), b"made", &Making::default()).expect("put");
        holds(&place.machine("one", Access::Write), "a", Some(b"made"));
        holds(&place.machine("two", Access::Read), "a", Some(b"made"));
    }

    #[test]
    fn the_first_to_share_a_key_wins() {
        let place = Fleet::new();
        let (one, two) = (place.machine("one", Access::Write), place.machine("two", Access::Write));
        one.put(key("a"), b"first", &Making::default()).expect("put");
        two.put(key("a"), b"second", &Making::default()).expect("put");
        holds(&place.machine("three", Access::Read), "a", Some(b"first"));
        holds(&two, "a", Some(b"second"));
    }

    #[test]
    fn what_is_damaged_is_told_and_made_again() {
        for kind in ["blobs", "actions"] {
            let place = Fleet::new();
            place.machine("one", Access::Write).put(key("a"), b"made", &Making::default()).expect("put");
            place.damage(kind);
            let two = place.machine("two", Access::Write);
            assert_eq!(two.get(key("a")), Found { stored: None, damaged: Some(Place::Shared) });
            two.put(key("a"), b"made", &Making::default()).expect("put");
            holds(&place.machine("three", Access::Read), "a", Some(b"made"));
        }
    }
}
