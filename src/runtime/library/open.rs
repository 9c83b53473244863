//! Opening the library only to ask what it is, for `kiln doctor`.

use std::path::Path;

use ort::ep::{CPU, ExecutionProvider as _};

use crate::{Error, Result};

/// What an opened library says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its build: branch, commit, flags.
    pub build: String,
    /// The execution providers that Kiln uses and this library has.
    pub providers: Vec<&'static str>,
}

/// Opens the library at `path` for the rest of this process. It starts no environment.
///
/// # Errors
/// It is no ONNX Runtime, too old a one, or built for another machine.
pub fn open(path: &Path) -> Result<Opened> {
    // The builder that this gives is dropped: without it no environment, and so no telemetry.
    ort::init_from(path).map(drop).map_err(|cause| {
        Error::new(format!("`{}` cannot be opened: {cause}", path.display()))
            .hint("a library of another system or an old version? name another one with `--ort-lib`")
    })?;
    let has = CPU::is_available().unwrap_or(false);
    Ok(Opened { build: ort::info().to_owned(), providers: has.then_some(CPU::NAME).into_iter().collect() })
}
