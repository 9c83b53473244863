//! A throw-away project to build: files in a temporary folder, and the real `kiln` binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A project in a folder of its own, removed when dropped.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    cache: Option<PathBuf>,
}

/// What a command did.
pub(crate) struct Ran {
    /// The exit code; `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it complained about.
    pub(crate) stderr: String,
}

impl Project {
    /// A project without cells: a configuration, two languages and the repository's templates.
    pub(crate) fn new() -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a temporary folder"), cache: None };
        let repository = repository();
        copy(&repository.join("templates"), &project.path("templates"));
        project
            .file("kiln.toml", "title = \"Test\"\nlanguages = [{ tag = \"en\", name = \"English\" }, { tag = \"zh\", name = \"中文\" }]\n[lint]\nlock-step = \"off\"\nmissing-translation = \"off\"\n")
            .file("content/_index.en.md", "+++\ntitle = \"Home\"\n+++\n\nWelcome.\n")
    }

    /// A project with the repository's own models at hand.
    pub(crate) fn with_models() -> Self {
        let project = Self::new();
        copy(&repository().join("models"), &project.path("models"));
        let manifest = std::fs::read_to_string(repository().join("models.toml")).expect("models.toml");
        project.file("models.toml", &manifest)
    }

    /// Uses an empty cache of its own instead of the user's.
    pub(crate) fn with_empty_cache(mut self) -> Self {
        self.cache = Some(self.path(".cache"));
        self
    }

    /// Uses the cache in `folder`.
    pub(crate) fn with_cache(mut self, folder: &Path) -> Self {
        self.cache = Some(folder.to_owned());
        self
    }

    /// Uses a cache of its own that shares the runtime and the models with the one at `other`.
    pub(crate) fn with_cache_beside(self, other: &Path) -> Self {
        let project = self.with_empty_cache();
        std::fs::create_dir_all(project.path(".cache")).expect("made");
        for shared in ["runtime", "models"] {
            #[cfg(unix)]
            std::os::unix::fs::symlink(other.join(shared), project.path(".cache").join(shared))
                .expect("linked");
        }
        project
    }

    /// Writes a file.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        self.put(path, text.as_bytes());
        self
    }

    /// Writes a file of any content.
    pub(crate) fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    }

    /// A path in the project.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// The command `kiln ARGS` in the project's folder.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = kiln();
        command.args(args).current_dir(self.folder.path());
        if let Some(cache) = &self.cache {
            command.env("KILN_CACHE_DIR", cache);
        }
        command
    }

    /// Runs `kiln ARGS` in the project's folder.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        Ran::from(self.command(args).output().expect("kiln starts"))
    }

    /// Runs `kiln build`, which must succeed.
    #[track_caller]
    pub(crate) fn build(&self) -> Ran {
        let ran = self.run(&["build"]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        ran
    }

    /// The text of a file of the built site.
    #[track_caller]
    pub(crate) fn site(&self, path: &str) -> String {
        let path = self.path("site").join(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The manifest of the built site.
    pub(crate) fn manifest(&self) -> Value {
        serde_json::from_str(&self.site("kiln-manifest.json")).expect("the manifest is JSON")
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The `kiln` binary, ready for arguments.
pub(crate) fn kiln() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiln"));
    command.stdin(Stdio::null()).env_remove("ORT_DYLIB_PATH");
    command
}

/// The folder of this repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder`, by path, without the manifest (it holds durations).
pub(crate) fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("the folder can be walked"))
        .filter(|entry| entry.file_type().is_file() && entry.file_name() != "kiln-manifest.json")
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).expect("below").to_string_lossy().into_owned();
            (path, std::fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

/// Copies the repository's templates to `to`.
pub(crate) fn copy_templates(to: &Path) {
    copy(&repository().join("templates"), to);
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().flatten() {
        let target = to.join(entry.path().strip_prefix(from).expect("below"));
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).expect("made");
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}
