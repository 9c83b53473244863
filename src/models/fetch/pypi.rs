//! Python packages: over HTTP from the configured index, else through `uv` or `pip`.

use std::path::Path;

use super::archive::{Package, Top};
use super::client::{self, Client};
use super::index::{self, IndexFile};
use super::sink::Pin;
use super::{Fetcher, http, one_or_all, pip_config, within};
use crate::models::store::failed;
use crate::{Error, Result};

/// Which wheel to take where a package has one for each platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The Python whose wheel to take: `3.11`.
    pub python: &'static str,
    /// The platform tag in the wheel's name: `manylinux_2_28_x86_64`.
    pub platform: &'static str,
    /// What uv calls that platform: `x86_64-manylinux_2_28`.
    pub uv_platform: &'static str,
}

impl Target {
    /// The Python tag in the wheel's name: `cp311`.
    pub(super) fn tag(&self) -> String {
        format!("cp{}", self.python.replace('.', ""))
    }
}

/// One package to fetch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) name: &'a str,
    pub(super) version: &'a str,
    pub(super) sdist: bool,
    pub(super) target: Option<&'a Target>,
}

impl Request<'_> {
    /// Names the request among those of a run.
    pub(super) fn key(&self) -> String {
        let kind = if self.sdist { "sdist" } else { self.target.map_or("wheel", |target| target.platform) };
        format!("pypi {} {} {kind}", self.name, self.version)
    }

    fn label(&self) -> String {
        format!("{} {}", self.name, self.version)
    }
}

/// The platform that pure-Python wheels are asked for: they run on every one.
const ANY_PYTHON: &str = "3.11";

/// Fetches the package of `request` into `folder`.
pub(super) fn fetch(fetcher: &Fetcher<'_>, request: &Request<'_>, folder: &Path) -> Result<Package> {
    let mut failures: Vec<Error> = Vec::new();
    for url in &pip_config::index_config().urls {
        match over_http(fetcher, request, url, folder) {
            Ok(package) => return Ok(package),
            Err(error) => failures.push(within(&format!("index {}", http::shown(url)), &error)),
        }
    }
    let clients = [client::uv().filter(|_| !request.sdist), client::pip()];
    for client in clients.into_iter().flatten() {
        match through(fetcher, &client, request, folder) {
            Ok(package) => return Ok(package),
            Err(error) => failures.push(error),
        }
    }
    if failures.is_empty() {
        return Err(Error::new("no Python package index is configured, and neither uv nor pip is on PATH")
            .hint("install uv, or Python with pip")
            .hint("or set PIP_INDEX_URL to the address of a simple index"));
    }
    Err(one_or_all(failures))
}

pub(super) fn over_http(
    fetcher: &Fetcher<'_>,
    request: &Request<'_>,
    url: &str,
    folder: &Path,
) -> Result<Package> {
    let files = index::files(fetcher.agent()?, url, request.name)?;
    let file = index::choose(&files, request).ok_or_else(|| {
        Error::new(format!("the index has no {} of version {}", kind(request), request.version))
    })?;
    let pin = Pin { sha256: file.sha256, size: file.size };
    let brought = fetcher.download(&file.url, pin, request.label())?;
    let path = folder.join(&file.name);
    brought.file.persist(&path).map_err(|error| failed("cannot write", &path)(error.error))?;
    Ok(package(path, file))
}

fn package(path: std::path::PathBuf, file: &IndexFile) -> Package {
    let top = if file.name.ends_with(".whl") { Top::Kept } else { Top::Dropped };
    Package::Archive { path, name: file.name.clone(), top }
}

fn kind(request: &Request<'_>) -> String {
    match (request.sdist, request.target) {
        (true, _) => "source archive".to_owned(),
        (false, Some(target)) => format!("wheel for {} {}", target.tag(), target.platform),
        (false, None) => "wheel".to_owned(),
    }
}

fn through(fetcher: &Fetcher<'_>, client: &Client, request: &Request<'_>, folder: &Path) -> Result<Package> {
    let work = folder.join(client.name);
    let out = work.join("out");
    std::fs::create_dir_all(&out).map_err(failed("cannot create the folder", &out))?;
    let to = out.to_string_lossy().into_owned();
    let exact = format!("{}=={}", request.name, request.version);
    let label = request.label();
    let task = fetcher.progress.task(label.clone(), None);
    let attempts = match client.name {
        "uv" => vec![uv_arguments(request, &to, &exact)],
        // pip runs the archive's build system for its metadata: the one at hand, so that nothing more is
        // downloaded, or where there is none the one that the archive asks for.
        _ if request.sdist => {
            [&["--no-build-isolation"][..], &[]].map(|how| pip_arguments(request, &to, &exact, how)).into()
        }
        _ => vec![pip_arguments(request, &to, &exact, &[])],
    };
    let mut ran = Ok(());
    for arguments in attempts {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        ran = client.run(&arguments, &work, &task);
        if ran.is_ok() {
            break;
        }
    }
    ran?;
    if client.name == "uv" {
        task.done(&format!("installed {label} with uv"), client::size(&out));
        return Ok(Package::Folder(out));
    }
    let path = super::only_file(&out)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let size = path.metadata().map_or(0, |meta| meta.len());
    task.done(&format!("downloaded {label} with pip"), size);
    let top = if name.ends_with(".whl") { Top::Kept } else { Top::Dropped };
    Ok(Package::Archive { path, name, top })
}

/// uv downloads nothing without installing it, so it installs into a folder of ours.
fn uv_arguments(request: &Request<'_>, to: &str, exact: &str) -> Vec<String> {
    let python = request.target.map_or(ANY_PYTHON, |target| target.python);
    let mut arguments =
        strings(["pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]).to_vec();
    arguments.extend(strings(["--no-compile-bytecode", "--python-version", python, "--target", to]));
    if let Some(target) = request.target {
        arguments.extend(strings(["--python-platform", target.uv_platform]));
    }
    arguments.push(exact.to_owned());
    arguments
}

fn pip_arguments(request: &Request<'_>, to: &str, exact: &str, how: &[&str]) -> Vec<String> {
    let mut arguments =
        strings(["download", "--no-deps", "--progress-bar", "off", "--retries", "2", "--dest", to]).to_vec();
    match (request.sdist, request.target) {
        (true, _) => arguments.extend(strings(["--no-binary", ":all:"])),
        (false, target) => {
            let python = target.map_or(ANY_PYTHON, |target| target.python);
            arguments.extend(strings(["--only-binary", ":all:", "--python-version", python]));
            arguments.extend(strings(["--implementation", "cp", "--ignore-requires-python"]));
            if let Some(target) = target {
                arguments.extend(strings(["--abi", &target.tag(), "--platform", target.platform]));
            }
        }
    }
    arguments.extend(how.iter().map(|word| (*word).to_owned()));
    arguments.push(exact.to_owned());
    arguments
}

fn strings<const N: usize>(words: [&str; N]) -> [String; N] {
    words.map(str::to_owned)
}
