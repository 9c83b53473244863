//! The files of models: read, or mapped into memory so that processes share their pages.

#![expect(clippy::disallowed_methods, reason = "this is where the files of models are read")]
#![expect(unsafe_code, reason = "mapping a file is unsafe: see the one comment below")]

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;
use prost::bytes::Bytes;

use crate::{Error, Result};

/// The bytes of the file at `path`.
///
/// # Errors
/// It cannot be read.
pub(super) fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|cause| unreadable(path, &cause))
}

/// The bytes of the file at `path`, without reading them.
///
/// # Errors
/// It cannot be opened or mapped.
pub(super) fn map(path: &Path) -> Result<Bytes> {
    let because = |cause: std::io::Error| unreadable(path, &cause);
    let file = File::open(path).map_err(because)?;
    if file.metadata().map_err(because)?.len() == 0 {
        return Ok(Bytes::new());
    }
    // SAFETY: model files are verified by hash, then only ever replaced by renaming another over
    // them, never written in place; so the bytes under the map do not change.
    let map = unsafe { Mmap::map(&file) }.map_err(because)?;
    Ok(Bytes::from_owner(map))
}

fn unreadable(path: &Path, cause: &std::io::Error) -> Error {
    Error::new(format!("{} cannot be read: {cause}", path.display()))
}
