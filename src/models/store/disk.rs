//! What to say when the disk says no.

use std::io;
use std::path::Path;

use crate::{Error, Result};

/// For `map_err`: `what` and the path, the cause, and a hint that fits it.
pub(crate) fn failed(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let message = format!("{what} `{}`", path.display());
    move |cause| explain(Error::new(format!("{message}: {cause}")), &cause)
}

/// Adds the hint that fits `cause`.
pub(crate) fn explain(error: Error, cause: &io::Error) -> Error {
    match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => error
            .hint("free some space: `kiln doctor` shows where the cache is and how large it is")
            .hint("or set KILN_CACHE_DIR to a folder on a larger disk"),
        io::ErrorKind::PermissionDenied
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::NotADirectory => error.hint("set KILN_CACHE_DIR to a folder that you may write to"),
        _ => error,
    }
}

/// Creates `folder` and the folders above it.
pub(crate) fn create_dir(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(failed("cannot create the folder", folder))
}
