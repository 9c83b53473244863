//! The shared store: actions and blobs in a bucket, a folder, or behind an HTTP server.
//!
//! Invariants: an action is put only where there is none (the first machine to share a key wins), and
//! after its blob; whatever comes back is checked against its hash. A store that stops answering is not
//! asked again in this build, which goes on with what this machine has. Nothing is opened before
//! something is asked for: a build that finds all it needs on this machine opens no connection.

mod open;

use std::collections::BTreeSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use object_store::path::Path;
use object_store::{Error as Refusal, ObjectStoreExt, PutMode, PutOptions};

use super::action::Action;
use super::{CellKey, Digest};
use crate::Result;
use open::{Address, Service};

/// What may be done with a shared store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Look things up: for builds of untrusted changes.
    Read,
    /// Look things up, and put what was made.
    Write,
}

/// A shared store.
#[derive(Debug)]
pub struct Remote {
    address: Address,
    access: Access,
    service: OnceLock<Option<Service>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Why it is asked nothing more.
    down: Option<String>,
    /// Why it is given nothing more.
    refused: Option<String>,
    /// How many bakes it did not get.
    unsent: usize,
    /// The damaged files that were met: these are written over.
    damaged: BTreeSet<Path>,
}

/// What came back for a key.
#[derive(Debug)]
pub(super) enum Fetched {
    /// The action and its blob.
    Whole(Action, Vec<u8>),
    /// Nothing, or no answer.
    Nothing,
    /// Something that does not match its hash.
    Damaged,
}

impl Remote {
    /// The store at `url`: `s3://BUCKET/PREFIX`, `gs://…`, `az://…`, a folder, or `https://…`, which can
    /// only be read. Credentials come from the variables that each service's own tools read.
    ///
    /// # Errors
    /// There is no such kind of store.
    pub fn new(url: &str, access: Access) -> Result<Self> {
        let address = Address::parse(url)?;
        let access = if address.is_writable() { access } else { Access::Read };
        Ok(Self { address, access, service: OnceLock::new(), state: Mutex::default() })
    }

    pub(super) fn get(&self, key: CellKey) -> Fetched {
        let path = action_path(key);
        let Some(file) = self.read(&path) else { return Fetched::Nothing };
        let Some(action) = Action::open(key, &file) else {
            self.state().damaged.insert(path);
            return Fetched::Damaged;
        };
        let blob_path = blob_path(action.blob);
        match self.read(&blob_path) {
            Some(bytes) if Digest::of(&bytes) == action.blob => Fetched::Whole(action, bytes),
            // An action without its blob is of no more use than a damaged one.
            found => {
                if found.is_none() && self.state().down.is_some() {
                    return Fetched::Nothing;
                }
                self.state().damaged.extend([path, blob_path]);
                Fetched::Damaged
            }
        }
    }

    /// Puts a bake that was just made.
    pub(super) fn put(&self, key: CellKey, action: &Action, blob: &[u8]) {
        if self.access == Access::Write {
            let sent =
                self.write(&blob_path(action.blob), blob) && self.write(&action_path(key), &action.seal());
            self.state().unsent += usize::from(!sent);
        }
    }

    /// Puts a bake that this machine had, where the store lacks it.
    pub(super) fn share(&self, key: CellKey, action: &Action, blob: &[u8]) {
        if self.access == Access::Write && !self.has(&action_path(key)) {
            self.put(key, action, blob);
        }
    }

    /// What went wrong, in a sentence.
    pub(super) fn fault(&self) -> Option<String> {
        let state = self.state();
        state.down.clone().or_else(|| state.refused.clone())
    }

    /// How many bakes the store did not get.
    pub(super) fn unsent(&self) -> usize {
        self.state().unsent
    }

    /// The service, opened when it is first asked; `None` where it is of no use any more.
    fn service(&self) -> Option<&Service> {
        if self.state().down.is_some() {
            return None;
        }
        let opened = self.service.get_or_init(|| match self.address.open() {
            Ok(service) => Some(service),
            Err(why) => {
                self.give_up(&why);
                None
            }
        });
        opened.as_ref()
    }

    /// The bytes at `path`; `None` where there are none, or no answer.
    fn read(&self, path: &Path) -> Option<Vec<u8>> {
        let service = self.service()?;
        let path = service.path(path);
        let got = service.runtime.block_on(async { service.objects.get(&path).await?.bytes().await });
        match got {
            Ok(bytes) => Some(bytes.into()),
            Err(Refusal::NotFound { .. }) => None,
            Err(error) => {
                self.give_up(&first(&error));
                None
            }
        }
    }

    fn has(&self, path: &Path) -> bool {
        let Some(service) = self.service() else { return false };
        match service.runtime.block_on(service.objects.head(&service.path(path))) {
            Ok(_) => true,
            Err(Refusal::NotFound { .. }) => false,
            Err(error) => {
                self.give_up(&first(&error));
                false
            }
        }
    }

    /// Whether the store now has these, or whatever was there before, at `path`.
    fn write(&self, path: &Path, bytes: &[u8]) -> bool {
        let Some(service) = self.service().filter(|_| self.state().refused.is_none()) else { return false };
        let mode = if self.state().damaged.contains(path) { PutMode::Overwrite } else { PutMode::Create };
        let put = |mode: PutMode| {
            let (path, options) = (service.path(path), PutOptions::from(mode));
            service.runtime.block_on(service.objects.put_opts(&path, bytes.to_vec().into(), options))
        };
        let written = match put(mode) {
            // This service cannot put on a condition: two machines write the same blob, or either action.
            Err(Refusal::NotImplemented { .. } | Refusal::NotSupported { .. }) => put(PutMode::Overwrite),
            written => written,
        };
        match written {
            Ok(_) | Err(Refusal::AlreadyExists { .. } | Refusal::Precondition { .. }) => true,
            Err(error @ (Refusal::PermissionDenied { .. } | Refusal::Unauthenticated { .. })) => {
                self.refuse(&first(&error))
            }
            // There is nothing to find where something is put but its bucket.
            Err(Refusal::NotFound { .. }) => self.refuse("its bucket, or container, does not exist"),
            Err(error) => {
                self.give_up(&first(&error));
                false
            }
        }
    }

    /// Notes that the store takes nothing: always `false`.
    fn refuse(&self, why: &str) -> bool {
        let why = format!("the shared store {} takes nothing from here: {why}", self.address);
        self.state().refused.get_or_insert(why);
        false
    }

    fn give_up(&self, why: &str) {
        let why = format!("the shared store {} does not answer: {why}", self.address);
        self.state().down.get_or_insert(why);
    }

    /// A thread that panicked while it held the state ends the whole build anyway.
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn action_path(key: CellKey) -> Path {
    path("actions", &key.hex())
}

fn blob_path(digest: Digest) -> Path {
    path("blobs", &digest.hex())
}

/// Where a file stands below the store's base.
fn path(kind: &str, hex: &str) -> Path {
    Path::from_iter([kind, &hex[..2], &hex[2..]])
}

/// The first line of `error`: services answer with whole documents.
fn first(error: &Refusal) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(160).collect()
}
