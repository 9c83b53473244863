//! Libraries that others installed: system folders and Python packages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::platform::{Platform, VERSION};
use super::{Library, Origin, version};
use crate::Result;
use crate::models::Cache;
use crate::models::fetch::find_program;

/// A library of exactly the pinned version.
pub(super) fn find(cache: &Cache) -> Result<Option<Library>> {
    for folder in system_folders() {
        for name in names() {
            if let Some(library) = exact(&folder.join(name), Origin::System, cache)? {
                return Ok(Some(library));
            }
        }
    }
    for folder in ["python3", "python"].into_iter().filter_map(python_package) {
        for name in names() {
            if let Some(library) = exact(&folder.join("capi").join(name), Origin::Python, cache)? {
                return Ok(Some(library));
            }
        }
    }
    Ok(None)
}

/// The library at `path` if there is one of the pinned version.
fn exact(path: &Path, origin: Origin, cache: &Cache) -> Result<Option<Library>> {
    if !path.is_file() {
        return Ok(None);
    }
    let (found, pinned) = version::of(path, cache)?;
    Ok((found.as_deref() == Some(VERSION)).then(|| Library {
        path: path.to_owned(),
        version: VERSION.to_owned(),
        origin,
        pinned,
        warning: None,
    }))
}

/// The names that a library of the pinned version may have.
fn names() -> Vec<&'static str> {
    let plain = match std::env::consts::OS {
        "windows" => "onnxruntime.dll",
        "macos" => "libonnxruntime.dylib",
        _ => "libonnxruntime.so",
    };
    let mut names: Vec<&str> = Platform::host().map(Platform::library).into_iter().collect();
    if !names.contains(&plain) {
        names.push(plain);
    }
    names
}

/// Where this system keeps shared libraries.
fn system_folders() -> Vec<PathBuf> {
    let (variable, fixed): (&str, &[&str]) = match std::env::consts::OS {
        "windows" => ("PATH", &[]),
        "macos" => ("DYLD_LIBRARY_PATH", &["/opt/homebrew/lib", "/usr/local/lib"]),
        _ => ("LD_LIBRARY_PATH", &["/usr/local/lib", "/usr/local/lib64", "/usr/lib64", "/usr/lib"]),
    };
    let mut folders: Vec<PathBuf> = std::env::var_os(variable)
        .map(|path| std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect())
        .unwrap_or_default();
    folders.extend(fixed.iter().map(PathBuf::from));
    if cfg!(target_os = "linux") {
        folders.push(format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH).into());
    }
    folders
}

/// Asks Python for its `onnxruntime` without importing it: the version comes from the package's
/// metadata, the folder from the finder. The current folder is left out: it is the project.
const PROBE: &str = "\
import sys
sys.path[:] = [path for path in sys.path if path]
import importlib.metadata, importlib.util, os
print(importlib.metadata.version('onnxruntime'))
print(os.path.dirname(importlib.util.find_spec('onnxruntime').origin))";

/// The folder of the package `onnxruntime` of the pinned version in the Python called `program`.
fn python_package(program: &str) -> Option<PathBuf> {
    let program = find_program(program)?;
    let output = Command::new(program)
        .args(["-c", PROBE])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    (lines.next()? == VERSION).then_some(())?;
    lines.next().map(PathBuf::from)
}
