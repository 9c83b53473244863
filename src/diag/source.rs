//! The texts that spans point into.

use std::collections::BTreeMap;
use std::ffi::OsString;
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
    /// The files by path.
    paths: BTreeMap<OsString, FileId>,
}

impl Sources {
    /// Takes in a file and names it. One of the same path is the same file with another text.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> FileId {
        let (path, text) = (path.into(), text.into());
        if let Some(&id) = self.paths.get(path.as_os_str()) {
            self.files[id.0 as usize].text = text;
            return id;
        }
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.paths.insert(path.clone().into_os_string(), id);
        self.files.push(SourceFile { path, text });
        id
    }

    /// The path of every file, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.paths.keys().map(Path::new)
    }

    /// The file with this path.
    pub fn find(&self, path: &Path) -> Option<FileId> {
        self.paths.get(path.as_os_str()).copied()
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
