//! Writes the site: all of it or nothing.
//!
//! Invariant: whoever looks at the output folder sees the whole old site or the whole new one, also
//! when the build is killed at any instant. The new site is laid out in a folder beside the old one
//! (files that did not change are linked, not written) and the two are exchanged in one step. A
//! site that does not differ is not touched at all.

#![expect(clippy::disallowed_methods, reason = "this room is where the site is written")]

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

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

/// The manifest's entry for each of `files`, by path.
pub fn list(files: &[OutFile]) -> Vec<Listed> {
    let mut listed: Vec<Listed> = files
        .iter()
        .map(|file| Listed {
            path: file.path.clone(),
            digest: format!("b3:{}", blake3::hash(&file.bytes).to_hex()),
            bytes: file.bytes.len() as u64,
        })
        .collect();
    listed.sort_by(|a, b| a.path.cmp(&b.path));
    listed
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

/// Makes `out` the site that consists of `files`. Files in `out` that no build of Kiln made stay.
///
/// # Errors
/// The folder, or the one it lies in, cannot be written to; the old site is then left as it was.
pub fn write(out: &Path, files: &[OutFile], manifest: &[u8]) -> Result<()> {
    let old = Old::read(out);
    let mut all: BTreeMap<&str, &[u8]> =
        files.iter().map(|f| (f.path.as_str(), f.bytes.as_slice())).collect();
    all.insert(IGNORE.0, IGNORE.1);
    let listed = list(files);
    if old.is(&listed) {
        // Durations differ from build to build: the manifest alone is replaced, in one step.
        return replace(&out.join(MANIFEST), manifest);
    }
    all.insert(MANIFEST, manifest);
    let same: BTreeMap<&str, &Listed> = listed.iter().map(|l| (l.path.as_str(), l)).collect();
    let stage = Stage::new(out)?;
    for (path, bytes) in &all {
        let unchanged = same.get(path).is_some_and(|new| old.files.get(*path) == Some(&new.digest));
        stage.put(path, bytes, unchanged.then(|| out.join(path)))?;
    }
    for foreign in old.foreign.iter().filter(|path| !all.contains_key(path.as_str())) {
        stage.keep(foreign, &out.join(foreign))?;
    }
    stage.become_(out)
}

/// What stands in the output folder.
#[derive(Default)]
struct Old {
    /// Digest of each file that the last build made and that is still there with its size.
    files: BTreeMap<String, String>,
    /// How many files the last build made.
    count: usize,
    /// Files that no build made.
    foreign: Vec<String>,
}

impl Old {
    fn read(out: &Path) -> Self {
        #[derive(Deserialize)]
        struct Files {
            files: Vec<Listed>,
        }
        let text = fs::read(out.join(MANIFEST)).unwrap_or_default();
        let made = serde_json::from_slice::<Files>(&text).map(|m| m.files).unwrap_or_default();
        let mut old = Self { count: made.len(), ..Self::default() };
        let made: BTreeMap<String, Listed> = made.into_iter().map(|l| (l.path.clone(), l)).collect();
        for entry in walkdir::WalkDir::new(out).min_depth(1).sort_by_file_name().into_iter().flatten() {
            if entry.file_type().is_dir() {
                continue;
            }
            let Ok(relative) = entry.path().strip_prefix(out) else { continue };
            let path = relative.to_string_lossy().replace('\\', "/");
            match made.get(&path) {
                Some(listed) if entry.metadata().is_ok_and(|meta| meta.len() == listed.bytes) => {
                    old.files.insert(path, listed.digest.clone());
                }
                Some(_) => {}
                None => old.foreign.push(path),
            }
        }
        old
    }

    /// Whether the folder already holds exactly the files `listed`.
    fn is(&self, listed: &[Listed]) -> bool {
        self.count == listed.len()
            && listed.iter().all(|new| self.files.get(&new.path) == Some(&new.digest))
            && self.foreign.iter().any(|path| path == IGNORE.0)
    }
}

/// A folder beside the output folder in which the new site is laid out.
struct Stage {
    folder: PathBuf,
    /// Held while the folder is in use, so that two builds of one site take turns.
    _lock: fs::File,
}

impl Stage {
    fn new(out: &Path) -> Result<Self> {
        let name = out.file_name().map_or("site".into(), |name| name.to_string_lossy().into_owned());
        let parent = match out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        fs::create_dir_all(parent).map_err(|e| fault(parent, e))?;
        let lock_path = parent.join(format!(".{name}.kiln-lock"));
        let lock = fs::File::create(&lock_path).map_err(|e| fault(&lock_path, e))?;
        lock.lock().map_err(|e| fault(&lock_path, e))?;
        let folder = parent.join(format!(".{name}.kiln-new"));
        // What a build that was killed has left behind.
        remove(&folder)?;
        fs::create_dir(&folder).map_err(|e| fault(&folder, e))?;
        Ok(Self { folder, _lock: lock })
    }

    fn put(&self, path: &str, bytes: &[u8], unchanged: Option<PathBuf>) -> Result<()> {
        let target = self.place(path)?;
        // Where links are not to be had the file is written like any other.
        if unchanged.is_some_and(|old| fs::hard_link(old, &target).is_ok()) {
            return Ok(());
        }
        fs::write(&target, bytes).map_err(|e| fault(&target, e))
    }

    fn keep(&self, path: &str, old: &Path) -> Result<()> {
        let target = self.place(path)?;
        fs::hard_link(old, &target)
            .or_else(|_| fs::copy(old, &target).map(drop))
            .map_err(|e| fault(&target, e))
    }

    fn place(&self, path: &str) -> Result<PathBuf> {
        let target = self.folder.join(path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|e| fault(folder, e))?;
        }
        Ok(target)
    }

    /// Puts the new site in the place of the old one and removes the old one.
    fn become_(self, out: &Path) -> Result<()> {
        exchange(&self.folder, out).map_err(|e| fault(out, e))?;
        remove(&self.folder)
    }
}

/// Exchanges two folders in one step, or moves `new` to `old` where there is no `old`.
fn exchange(new: &Path, old: &Path) -> std::io::Result<()> {
    if !old.exists() {
        return fs::rename(new, old);
    }
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE) {
            Ok(()) => return Ok(()),
            // File systems without an exchange take the two steps below.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS | rustix::io::Errno::NOTSUP) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let aside = new.with_extension("kiln-old");
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    fs::rename(old, &aside)?;
    fs::rename(new, old)?;
    fs::rename(&aside, new)
}

/// Writes one file in one step.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(parent).map_err(|e| fault(path, e))?;
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
        let manifest = serde_json::json!({ "files": list(files) }).to_string();
        write(out, files, manifest.as_bytes()).expect("the site can be written");
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
