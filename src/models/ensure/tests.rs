//! Whole models, from sources on this disk.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::diag::Sources;
use crate::models::{Cache, Manifest};

/// A project with a cache of its own, and a manifest made of `files`: name, role, sha256, source.
struct Project {
    folder: tempfile::TempDir,
    manifest: Manifest,
}

impl Project {
    fn new(files: &[(&str, &str, Sha256, &str)]) -> Self {
        let mut text = "[[model]]\nid = \"m\"\ntask = \"other\"\nfamily = \"cnn\"\nparameters = 3\n\
                        license = \"MIT\"\nprovenance = \"us\"\ncard = \"c\"\n"
            .to_owned();
        for (name, role, sha256, source) in files {
            text += &format!(
                "[[model.file]]\nrole = \"{role}\"\nname = \"{name}\"\nsha256 = \"{sha256}\"\nsources = [{source}]\n"
            );
        }
        let mut sources = Sources::default();
        let id = sources.add("models.toml", text.as_str());
        let parsed = Manifest::parse(&text, id);
        assert_eq!(parsed.diagnostics, [], "{text}");
        Self { folder: tempfile::tempdir().unwrap(), manifest: parsed.value }
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    fn store(&self) -> ModelStore {
        let cache = Cache::at(self.folder.path().join("cache"));
        ModelStore { network: Network::Forbidden, ..ModelStore::new(cache, self.folder.path()) }
    }

    fn ensure(&self) -> Result<LocalModel> {
        ensure(&self.manifest.entries()[0], &self.store(), &Progress::quiet())
    }

    fn states(&self) -> Vec<FileState> {
        let status = status(&self.manifest.entries()[0], &self.store()).unwrap();
        status.into_iter().map(|file| file.state).collect()
    }
}

const PYPI: &str = "{ pypi = \"p\", version = \"1\", member = \"m\" }";

#[test]
fn a_file_of_the_project_is_used_in_place() {
    let project = Project::new(&[("g.onnx", "graph", Sha256::of(b"G"), "{ path = \"g\" }")]);
    assert_eq!(project.states(), [FileState::Missing]);
    project.write("g", b"G");
    let model = project.ensure().unwrap();
    assert_eq!(model.file("graph").unwrap(), project.folder.path().join("g"));
    assert_eq!((model.id.as_str(), model.parameters), ("m", 3));
    assert_eq!(model.sha256, project.manifest.entries()[0].digest().to_string());
    assert_eq!(project.states(), [FileState::Verified(Sha256::of(b"G"))]);
}

#[test]
fn a_file_of_the_project_with_other_bytes_is_an_error() {
    let project = Project::new(&[("g.onnx", "graph", Sha256::of(b"G"), "{ path = \"g\" }")]);
    project.write("g", b"changed");
    let error = project.ensure().unwrap_err().to_string();
    assert!(error.contains("of model `m` has the wrong sha256"), "{error}");
    assert!(error.contains(&Sha256::of(b"changed").to_string()), "{error}");
}

#[test]
fn a_model_with_data_is_gathered_in_one_folder() {
    let project = Project::new(&[
        ("g.onnx", "graph", Sha256::of(b"G"), "{ path = \"g\" }"),
        ("w.data", "data", Sha256::of(b"W"), "{ path = \"w\" }"),
    ]);
    project.write("g", b"G");
    project.write("w", b"W");
    let model = project.ensure().unwrap();
    let (graph, data) = (model.file("graph").unwrap(), model.file("data").unwrap());
    assert_eq!(graph.parent(), data.parent());
    assert!(graph.starts_with(project.folder.path().join("cache/models/m")));
    assert_eq!(std::fs::read(data).unwrap(), b"W");
    let tmp = project.folder.path().join("cache/tmp");
    let left: Vec<_> = tmp.read_dir().unwrap().flatten().map(|item| item.file_name()).collect();
    assert_eq!(left, ["gate.lock"], "nothing is left behind");
}

#[test]
fn a_damaged_file_of_the_cache_is_brought_again() {
    let project = Project::new(&[
        ("g.onnx", "graph", Sha256::of(b"G"), "{ path = \"g\" }"),
        ("w.data", "data", Sha256::of(b"W"), "{ path = \"w\" }"),
    ]);
    project.write("g", b"G");
    project.write("w", b"W");
    let data = project.ensure().unwrap().file("data").unwrap().to_owned();
    std::fs::write(&data, b"cut").unwrap();
    assert_eq!(project.states()[1], FileState::Wrong(Sha256::of(b"cut")));
    project.ensure().unwrap();
    assert_eq!(std::fs::read(&data).unwrap(), b"W");
}

#[test]
fn verify_sees_what_a_stamp_cannot() {
    let project = Project::new(&[
        ("g.onnx", "graph", Sha256::of(b"G"), "{ path = \"g\" }"),
        ("w.data", "data", Sha256::of(b"W"), "{ path = \"w\" }"),
    ]);
    project.write("g", b"G");
    project.write("w", b"W");
    let data = project.ensure().unwrap().file("data").unwrap().to_owned();
    let time = data.metadata().unwrap().modified().unwrap();
    std::fs::write(&data, b"X").unwrap();
    std::fs::File::options().write(true).open(&data).unwrap().set_modified(time).unwrap();
    assert_eq!(project.states()[1], FileState::Verified(Sha256::of(b"W")), "same length, same time");
    let seen = verify(&project.manifest.entries()[0], &project.store()).unwrap();
    assert_eq!(seen[1].state, FileState::Wrong(Sha256::of(b"X")));
}

#[test]
fn the_next_source_is_tried_and_every_failure_is_told() {
    let sources = "{ path = \"absent\" }, { path = \"wrong\" }, { path = \"g\" }";
    let project = Project::new(&[("g.onnx", "graph", Sha256::of(b"G"), sources)]);
    project.write("wrong", b"no");
    let error = project.ensure().unwrap_err().to_string();
    for part in ["cannot bring `g.onnx` of model `m`", "path absent", "path wrong", "wrong sha256"] {
        assert!(error.contains(part), "{error}");
    }
    project.write("g", b"G");
    let model = project.ensure().unwrap();
    assert_eq!(std::fs::read(model.file("graph").unwrap()).unwrap(), b"G");
}

#[test]
fn without_a_network_a_missing_file_is_one_clear_error() {
    let project = Project::new(&[("g.onnx", "graph", Sha256::of(b"G"), PYPI)]);
    let error = project.ensure().unwrap_err();
    assert!(error.to_string().contains("not in the cache, and fetching is off"), "{error}");
    assert!(error.hints().iter().any(|hint| hint.contains("kiln models fetch m")));
    // The file may be put there by hand: its sha256 is all that counts.
    let place =
        project.store().place(&project.manifest.entries()[0], &project.manifest.entries()[0].files[0]);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(&place, b"G").unwrap();
    assert_eq!(project.ensure().unwrap().file("graph").unwrap(), place);
}

#[test]
fn builds_at_the_same_time_share_the_work() {
    let project = Project::new(&[
        ("g.onnx", "graph", Sha256::of(b"G"), "{ path = \"g\" }"),
        ("w.data", "data", Sha256::of(&vec![9; 3_000_000]), "{ path = \"w\" }"),
    ]);
    project.write("g", b"G");
    project.write("w", &vec![9; 3_000_000]);
    let done = AtomicUsize::new(0);
    let inodes = Mutex::new(std::collections::BTreeSet::new());
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let model = project.ensure().unwrap();
                let meta = model.file("data").unwrap().metadata().unwrap();
                inodes.lock().unwrap().insert(meta.modified().unwrap());
                done.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(done.into_inner(), 8);
    assert_eq!(inodes.into_inner().unwrap().len(), 1, "the file was written once");
}

#[test]
fn several_models_keep_their_order() {
    let project = Project::new(&[("g.onnx", "graph", Sha256::of(b"G"), "{ path = \"g\" }")]);
    let missing = Project::new(&[("h.onnx", "graph", Sha256::of(b"H"), PYPI)]);
    project.write("g", b"G");
    let entries = [&missing.manifest.entries()[0], &project.manifest.entries()[0]];
    let results = ensure_all(&entries, &project.store(), &Progress::quiet());
    assert!(results[0].is_err() && results[1].is_ok());
}
