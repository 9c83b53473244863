//! The files that a converter reads.

#![expect(clippy::disallowed_methods, reason = "this is where files to be converted are read")]

use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// Files by the names that the manifest gives them, in its order.
#[derive(Clone, Debug, Default)]
pub struct Inputs(Vec<(String, PathBuf)>);

impl Inputs {
    /// The bytes of the one file that the converter of `what` reads.
    ///
    /// # Errors
    /// There is none or more than one, or it cannot be read.
    pub(super) fn only(&self, what: &str) -> Result<Vec<u8>> {
        match self.0.as_slice() {
            [(_, path)] => read(path),
            _ => Err(Error::new(format!("the {what} converter needs one file with the role `data`"))),
        }
    }

    /// The bytes of the file called `name`.
    ///
    /// # Errors
    /// There is no such file, or it cannot be read.
    pub(super) fn named(&self, name: &str) -> Result<Vec<u8>> {
        let found = self.0.iter().find(|(known, _)| known == name);
        let (_, path) = found.ok_or_else(|| {
            Error::new(format!("the converter needs a file called `{name}`"))
                .hint("give it the role `data` in models.toml, and name the role in `from`")
        })?;
        read(path)
    }
}

impl FromIterator<(String, PathBuf)> for Inputs {
    fn from_iter<T: IntoIterator<Item = (String, PathBuf)>>(files: T) -> Self {
        Self(files.into_iter().collect())
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|cause| Error::new(format!("{} cannot be read: {cause}", path.display())))
}
