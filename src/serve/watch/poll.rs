//! Looks at the files again and again: for network and container file systems, which tell nothing.
//!
//! `notify` has a watcher of this kind; it compares times by the second and only ever expects later ones, so
//! that it misses the second of two saves, and a file that is put back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::build::{Changes, Inputs};

/// How often files are looked at.
pub(super) const EVERY: Duration = Duration::from_millis(300);

/// What is seen of a file: another time or size is another file.
type Look = (SystemTime, u64);

/// The files of a project as they were seen last.
#[derive(Debug)]
pub(in crate::serve) struct Poll {
    root: PathBuf,
    out: PathBuf,
    inputs: Inputs,
    seen: BTreeMap<PathBuf, Look>,
}

impl Poll {
    /// The `inputs` of the project in `root` as they are now; what is in `out` does not count.
    pub(super) fn new(root: &Path, out: &Path, inputs: Inputs) -> Self {
        let mut poll = Self { root: root.to_owned(), out: out.to_owned(), inputs, seen: BTreeMap::new() };
        poll.seen = poll.look();
        poll
    }

    /// Looks at `inputs` from now on; says whether some of them are new.
    pub(super) fn cover(&mut self, inputs: &Inputs) -> bool {
        let new = inputs.difference(&self.inputs).next().is_some();
        if new {
            self.inputs.extend(inputs.iter().cloned());
            self.seen = self.look();
        }
        new
    }

    /// Waits for a change, at most for `patience`, and then until the files are at rest.
    pub(super) fn next(&mut self, patience: Duration) -> Option<Changes> {
        let end = Instant::now() + patience;
        let mut changed = BTreeSet::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if changed.is_empty() && left.is_zero() {
                return None;
            }
            std::thread::sleep(if changed.is_empty() { left.min(EVERY) } else { EVERY / 4 });
            let now = self.look();
            let new = differences(&self.seen, &now);
            let rests = new.is_empty();
            self.seen = now;
            changed.extend(new);
            if rests && !changed.is_empty() {
                return Some(Changes::Files(changed));
            }
        }
    }

    fn look(&self) -> BTreeMap<PathBuf, Look> {
        let inputs = self.inputs.iter().flat_map(|input| walkdir::WalkDir::new(self.root.join(input)));
        let files = inputs.flatten().filter(|entry| !entry.file_type().is_dir());
        let looks = files.filter(|entry| !entry.path().starts_with(&self.out)).filter_map(|entry| {
            let meta =
                std::fs::metadata(entry.path()).or_else(|_| std::fs::symlink_metadata(entry.path())).ok()?;
            let path = entry.path().strip_prefix(&self.root).ok()?.to_owned();
            Some((path, (meta.modified().ok()?, meta.len())))
        });
        looks.collect()
    }
}

/// The paths of files that have come, gone or changed.
fn differences(old: &BTreeMap<PathBuf, Look>, new: &BTreeMap<PathBuf, Look>) -> Vec<PathBuf> {
    let come = new.iter().filter(|(path, look)| old.get(*path) != Some(look)).map(|(path, _)| path);
    let gone = old.keys().filter(|path| !new.contains_key(*path));
    come.chain(gone).cloned().collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::disallowed_methods, reason = "the tests change files")]

    use std::fs;

    use super::*;

    #[test]
    fn every_kind_of_change_is_seen() {
        let root = tempfile::tempdir().expect("a folder");
        let page = root.path().join("content/a.en.md");
        fs::create_dir_all(root.path().join("content")).expect("made");
        fs::write(&page, "one").expect("written");
        let mut poll = Poll::new(root.path(), &root.path().join("site"), ["content".into()].into());
        assert_eq!(poll.next(Duration::ZERO), None);
        let one = Changes::Files(["content/a.en.md".into()].into());
        let wait = Duration::from_secs(20);
        for text in ["two!", "three", "four"] {
            fs::write(&page, text).expect("written");
            assert_eq!(poll.next(wait), Some(one.clone()), "{text}");
        }
        // A file that is put back is older than the one before it.
        let file = fs::File::options().write(true).open(&page).expect("opened");
        file.set_modified(SystemTime::UNIX_EPOCH).expect("set");
        assert_eq!(poll.next(wait), Some(one.clone()));
        fs::remove_file(&page).expect("removed");
        assert_eq!(poll.next(wait), Some(one));
        fs::write(root.path().join("notes.txt"), "no input").expect("written");
        assert_eq!(poll.next(EVERY * 2), None);
    }
}
