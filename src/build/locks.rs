//! The committed bakes of a project: read before cells are looked up, written by `kiln bake`, compared by
//! `kiln check`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Result;
use crate::cache::{LOCK, LockFolder};
use crate::content::Content;
use crate::diag::{Parsed, Sources, toml_fault};
use crate::snippet::bake::Bakes;
use crate::snippet::lock::Lock;

/// The locks of a project by chapter.
pub(super) type Locks = BTreeMap<String, Lock>;

/// The files of the lock of `chapter`.
pub(super) fn folder(root: &Path, chapter: &str) -> LockFolder {
    LockFolder::new(root.join("content").join(chapter))
}

/// Reads the lock of every chapter that has one.
///
/// # Errors
/// A lock cannot be read.
pub(super) fn read(root: &Path, content: &Content, sources: &mut Sources) -> Result<Parsed<Locks>> {
    let mut found = Parsed::clean(Locks::new());
    for chapter in &content.chapters {
        let Some(text) = folder(root, &chapter.path).text()? else { continue };
        match Lock::parse(&text) {
            Ok(lock) => drop(found.value.insert(chapter.path.clone(), lock)),
            Err(error) => {
                let file = sources.add(format!("content/{}/{LOCK}", chapter.path), text);
                let fault = toml_fault(&error, file);
                found.diagnostics.push(fault.hint("`kiln bake` writes it anew once it is removed"));
            }
        }
    }
    Ok(found)
}

/// Writes the lock of every chapter of `bakes` whose lock in `old` says something else; returns their
/// names.
///
/// # Errors
/// A folder cannot be written to.
pub(super) fn write(root: &Path, old: &Locks, bakes: &Bakes) -> Result<Vec<String>> {
    let mut written = Vec::new();
    for (chapter, cells) in bakes {
        let (mut lock, mut files) = (Lock::default(), BTreeMap::new());
        for (label, baked) in cells {
            files.extend([lock.add(label, baked)]);
        }
        if old.get(chapter) != Some(&lock) {
            folder(root, chapter).replace(&lock.text(), &files)?;
            written.push(chapter.clone());
        }
    }
    Ok(written)
}
