//! Where fetched bytes go: a temporary file that is hashed as it is written.

use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::models::progress::Task;
use crate::models::sha256::{Hasher, Sha256};
use crate::models::store::{explain, failed};
use crate::{Error, Result, interrupt};

/// What a file has to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pin {
    /// Its sha256, where known.
    pub sha256: Option<Sha256>,
    /// Its length in bytes, where known.
    pub size: Option<u64>,
}

/// A finished temporary file and what it is.
#[derive(Debug)]
pub struct Brought {
    pub(crate) file: NamedTempFile,
    /// The sha256 of its bytes.
    pub sha256: Sha256,
    /// Its length in bytes.
    pub size: u64,
}

/// Writes and hashes; refuses to grow past the pinned size, so that a hostile archive cannot fill
/// the disk.
pub(crate) struct Sink<'a> {
    file: NamedTempFile,
    hasher: Hasher,
    size: u64,
    pin: Pin,
    task: Option<&'a Task>,
}

impl<'a> Sink<'a> {
    pub(crate) fn create(folder: &Path, pin: Pin, task: Option<&'a Task>) -> Result<Self> {
        let file = NamedTempFile::new_in(folder).map_err(failed("cannot create a file in", folder))?;
        Ok(Self { file, hasher: Hasher::default(), size: 0, pin, task })
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> u64 {
        self.size
    }

    /// Takes in all of `reader`, whose bytes come from `source`.
    pub(crate) fn fill(&mut self, reader: &mut dyn Read, source: &str) -> Result<()> {
        let mut buffer = vec![0; 1 << 17];
        loop {
            interrupt::check()?;
            let n = match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(broken(source, &error)),
            };
            self.size += n as u64;
            if let Some(limit) = self.pin.size.filter(|&limit| self.size > limit) {
                return Err(Error::new(format!("{source} is longer than the {limit} bytes it should have")));
            }
            self.hasher.update(&buffer[..n]);
            self.file.write_all(&buffer[..n]).map_err(failed("cannot write", self.file.path()))?;
            if let Some(task) = self.task {
                task.advance(n as u64);
            }
        }
    }

    /// The file, once it is what the pin says.
    pub(crate) fn finish(self, source: &str) -> Result<Brought> {
        let sha256 = self.hasher.finish();
        if let Some(size) = self.pin.size.filter(|&size| size != self.size) {
            return Err(Error::new(format!("{source} has {} bytes instead of {size}", self.size))
                .hint("the download was cut short or changed on its way: try again"));
        }
        if let Some(expected) = self.pin.sha256.filter(|&expected| expected != sha256) {
            return Err(wrong_hash(source, expected, sha256));
        }
        Ok(Brought { file: self.file, sha256, size: self.size })
    }
}

/// The error of bytes that are not the pinned ones.
pub(crate) fn wrong_hash(what: &str, expected: Sha256, got: Sha256) -> Error {
    Error::new(format!("{what} has the wrong sha256: expected {expected}, got {got}"))
        .hint("the file was changed where it is published or on its way; change the pin only if you know why")
}

/// The error of a stream that ended in a fault.
pub(crate) fn broken(source: &str, cause: &io::Error) -> Error {
    let error = Error::new(format!("cannot read {source}: {cause}"));
    match cause.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
            error.hint("the archive is damaged or was cut short: try again")
        }
        _ => explain(error, cause),
    }
}
