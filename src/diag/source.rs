//! The texts that spans point into.

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Names one file of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A file as it was read: its name and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path relative to the project's root, with `/` between the parts.
    pub path: PathBuf,
    /// The whole text.
    pub text: Arc<str>,
}

/// Every text of a build, read once, in the order of loading.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Takes in a file and names it.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile { path: path.into(), text: text.into() });
        id
    }

    /// The file that `id` names.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The text of `id`.
    pub fn text(&self, id: FileId) -> &str {
        &self.file(id).text
    }

    /// The path of `id`, relative to the project's root.
    pub fn path(&self, id: FileId) -> &Path {
        &self.file(id).path
    }

    /// Line and column of byte `offset` in `id`; both start at 1, columns count characters.
    pub fn line_column(&self, id: FileId, offset: usize) -> (usize, usize) {
        let text = self.text(id);
        let mut at = offset.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }
}
