//! Writes the site: all of it or nothing.
//!
//! Invariant: whoever looks at the output folder sees the whole old site or the whole new one, also
//! when the build is killed at any instant. The new site is laid out in a folder beside the old one
//! (files that did not change are linked, not written) and the two are exchanged in one step. A
//! site that does not differ is not touched at all.

#![expect(clippy::disallowed_methods, reason = "this room is where the site is written")]

mod memory;
mod stage;

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

pub use memory::Memory;
pub use stage::Stage;

/// The name of the file that lists what a build made.
pub const MANIFEST: &str = "kiln-manifest.json";

/// The output folder keeps itself out of git.
const IGNORE: (&str, &[u8]) =
    (".gitignore", b"# The built site: made by `kiln build`, not committed.\n*\n!.gitignore\n");

/// A file of the site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutFile {
    /// Path below the output folder, with `/` between the parts.
    pub path: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// A file of the site as the manifest lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Path below the output folder.
    pub path: String,
    /// Hash of the content, `b3:HEX`.
    pub digest: String,
    /// Size in bytes.
    pub bytes: u64,
}

impl Listed {
    /// What the manifest says of `file`.
    pub fn new(file: &OutFile) -> Self {
        Self {
            path: file.path.clone(),
            digest: format!("b3:{}", blake3::hash(&file.bytes).to_hex()),
            bytes: file.bytes.len() as u64,
        }
    }
}

/// Takes the files of a site one by one, from several threads at once, so that no build has to hold them
/// all. What a build has taken is worth nothing before it is known to have no faults.
pub trait Sink: Sync {
    /// Takes a file. The same file may come twice.
    fn put(&self, file: &Listed, bytes: Vec<u8>);

    /// The files of pages that somebody waits for: they are made before the others.
    fn wanted(&self) -> BTreeSet<String> {
        BTreeSet::new()
    }

    /// Whether something more urgent waits than what is made of all pages together.
    fn is_urgent(&self) -> bool {
        false
    }

    /// Hears that the page that consists of `files` is finished and has no faults, before the whole site is.
    fn sound(&self, files: &[Listed]) {
        let _ = files;
    }
}

/// Takes files and forgets them: for commands that want to know the faults of a site and nothing else.
#[derive(Debug)]
pub struct Nowhere;

impl Sink for Nowhere {
    fn put(&self, _: &Listed, _: Vec<u8>) {}
}

/// Checks that `out` can become a site before any cell is run.
///
/// # Errors
/// `out` is a file or may not be written to.
pub fn check(out: &Path) -> Result<()> {
    match fs::metadata(out) {
        Ok(meta) if !meta.is_dir() => {
            Err(Error::new(format!("the output folder {} is a file", out.display()))
                .hint("remove it, or choose another folder with `--out`"))
        }
        Ok(meta) if meta.permissions().readonly() => {
            Err(Error::new(format!("the output folder {} is read-only", out.display()))
                .hint("make it writable, or choose another folder with `--out`"))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(fault(out, error)),
    }
}

/// Puts `bytes` in the place of the file at `path`, in one step.
///
/// # Errors
/// Its folder cannot be made or written to.
pub fn file(path: &Path, bytes: &[u8]) -> Result<()> {
    let path = &Path::new(".").join(path);
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
    replace(path, bytes)
}

/// Writes one file in one step.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::Builder::new();
    // As any file that a program makes, not as a secret.
    #[cfg(unix)]
    new.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = new.tempfile_in(parent).map_err(|e| fault(path, e))?;
    std::io::Write::write_all(&mut file, bytes).map_err(|e| fault(path, e))?;
    file.persist(path).map(drop).map_err(|e| fault(path, e.error))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(fault(folder, error)),
        _ => Ok(()),
    }
}

fn fault(path: &Path, error: std::io::Error) -> Error {
    let fault = Error::new(format!("cannot write {}: {error}", path.display()));
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            fault.hint("make the folder writable, or choose another one with `--out`")
        }
        ErrorKind::StorageFull => fault.hint("free some space on that disk"),
        _ => fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> OutFile {
        OutFile { path: path.into(), bytes: text.as_bytes().to_vec() }
    }

    fn build(out: &Path, files: &[OutFile]) {
        let listed: Vec<Listed> = files.iter().map(Listed::new).collect();
        let manifest = serde_json::json!({ "files": listed }).to_string();
        let stage = Stage::new(out);
        for (file, listed) in files.iter().zip(&listed) {
            stage.put(listed, file.bytes.clone());
        }
        stage.finish(&listed, manifest.as_bytes()).expect("the site can be written");
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = walkdir::WalkDir::new(folder)
            .into_iter()
            .flatten()
            .filter(|e| e.file_type().is_file())
            .map(|e| e.path().strip_prefix(folder).expect("below").to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_site_replaces_the_one_before_and_keeps_what_it_did_not_make() {
        let root = tempfile::tempdir().expect("a folder");
        let out = root.path().join("site");
        build(&out, &[file("index.html", "one"), file("en/a/index.html", "a")]);
        assert_eq!(names(&out), [".gitignore", "en/a/index.html", "index.html", MANIFEST]);
        fs::write(out.join("CNAME"), "kiln.example").expect("written");
        build(&out, &[file("index.html", "two")]);
        assert_eq!(names(&out), [".gitignore", "CNAME", "index.html", MANIFEST]);
        assert_eq!(fs::read_to_string(out.join("index.html")).expect("there"), "two");
        assert_eq!(names(root.path()).iter().filter(|name| name.contains("kiln-new")).count(), 0);
    }

    #[test]
    fn a_damaged_file_is_written_again() {
        let root = tempfile::tempdir().expect("a folder");
        let out = root.path().join("site");
        let files = [file("index.html", "whole")];
        build(&out, &files);
        fs::write(out.join("index.html"), "wh").expect("written");
        build(&out, &files);
        assert_eq!(fs::read_to_string(out.join("index.html")).expect("there"), "whole");
    }

    #[test]
    fn what_a_killed_build_left_is_cleared_away() {
        let root = tempfile::tempdir().expect("a folder");
        let out = root.path().join("site");
        fs::create_dir_all(root.path().join(".site.kiln-new/en")).expect("made");
        build(&out, &[file("index.html", "one")]);
        assert!(!root.path().join(".site.kiln-new").exists());
    }

    #[test]
    fn a_file_or_a_read_only_folder_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let out = root.path().join("site");
        fs::write(&out, "").expect("written");
        assert!(check(&out).is_err());
        fs::remove_file(&out).expect("removed");
        assert!(check(&out).is_ok());
        fs::create_dir(&out).expect("made");
        let mut permissions = fs::metadata(&out).expect("there").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&out, permissions).expect("set");
        assert!(check(&out).is_err());
    }
}
