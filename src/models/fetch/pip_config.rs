//! Which Python package index the user has configured, as pip and uv read it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The indexes to ask, most important first, and where that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct IndexConfig {
    /// Simple-API addresses, `http` or `https`. Empty where none is configured.
    pub urls: Vec<String>,
    /// The variable or file that names the first one.
    pub origin: Option<String>,
}

/// What this user has configured.
pub fn index_config() -> IndexConfig {
    let env = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    resolve(&env, &config_files(&env), &|path| std::fs::read_to_string(path).ok())
}

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The configured indexes: variables first, then `files`, later ones over earlier ones.
fn resolve(env: Env<'_>, files: &[PathBuf], read: &dyn Fn(&Path) -> Option<String>) -> IndexConfig {
    let mut settings: BTreeMap<String, (String, String)> = BTreeMap::new();
    for path in files {
        for (key, value) in parse(&read(path).unwrap_or_default()) {
            settings.insert(key, (value, path.display().to_string()));
        }
    }
    // A command's own section is over `[global]`.
    let setting = |key: &str| {
        ["download", "global"].iter().find_map(|section| settings.get(&format!("{section}.{key}")))
    };
    let variable = |name: &str| env(name).map(|value| (value, name.to_owned()));
    let truthy = |value: &str| matches!(value.trim(), "1" | "true" | "yes" | "on" | "True");
    let closed = variable("PIP_NO_INDEX").or_else(|| setting("no-index").cloned());
    if closed.is_some_and(|(value, _)| truthy(&value)) {
        return IndexConfig::default();
    }
    let main = ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"]
        .into_iter()
        .find_map(variable)
        .or_else(|| setting("index-url").cloned());
    let extra = ["UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"]
        .into_iter()
        .filter_map(variable)
        .chain(setting("extra-index-url").cloned());
    let mut config = IndexConfig::default();
    for (value, origin) in main.into_iter().chain(extra) {
        for url in value.split_whitespace().map(unnamed).filter(|url| is_web(url)) {
            config.origin.get_or_insert_with(|| origin.clone());
            config.urls.push(url.trim_end_matches('/').to_owned());
        }
    }
    config
}

/// uv writes `name=https://…` where an index has a name.
fn unnamed(index: &str) -> &str {
    match index.split_once('=') {
        Some((name, url)) if !name.contains(':') => url,
        _ => index,
    }
}

/// Folders and other schemes are for the clients themselves.
fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

/// `section.key` and value of each setting, as Python's configparser reads them. Keys are written
/// with `-` whatever the file has.
fn parse(text: &str) -> Vec<(String, String)> {
    let mut settings: Vec<(String, String)> = Vec::new();
    let mut section = "";
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = bare.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = name.trim();
        } else if line.starts_with([' ', '\t']) {
            // A continued value: one item a line.
            if let Some((_, value)) = settings.last_mut() {
                value.push('\n');
                value.push_str(bare);
            }
        } else if let Some(at) = bare.find(['=', ':']) {
            let key = bare[..at].trim().to_ascii_lowercase().replace('_', "-");
            settings.push((format!("{section}.{key}"), bare[at + 1..].trim().to_owned()));
        }
    }
    settings
}

/// pip's configuration files on this system, least important first.
fn config_files(env: Env<'_>) -> Vec<PathBuf> {
    let named = env("PIP_CONFIG_FILE").map(PathBuf::from);
    if named.as_deref().is_some_and(|path| path == Path::new(if cfg!(windows) { "nul" } else { "/dev/null" }))
    {
        return Vec::new();
    }
    let name = if cfg!(windows) { "pip.ini" } else { "pip.conf" };
    let var = |name: &str| env(name).map(PathBuf::from);
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let in_home = |part: &str| home.as_ref().map(|home| home.join(part));
    let mut folders: Vec<Option<PathBuf>> = Vec::new();
    if cfg!(windows) {
        folders.push(var("PROGRAMDATA").map(|dir| dir.join("pip")));
        folders.push(in_home("pip"));
        folders.push(var("APPDATA").map(|dir| dir.join("pip")));
    } else {
        if cfg!(target_os = "macos") {
            folders.push(Some("/Library/Application Support/pip".into()));
        }
        for dir in env("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".into()).split(':').rev() {
            folders.push(Some(Path::new(dir).join("pip")));
        }
        folders.push(Some("/etc".into()));
        folders.push(in_home(".pip"));
        if cfg!(target_os = "macos") {
            folders.push(in_home("Library/Application Support/pip"));
        }
        folders.push(var("XDG_CONFIG_HOME").or_else(|| in_home(".config")).map(|dir| dir.join("pip")));
    }
    folders.push(var("VIRTUAL_ENV"));
    folders.into_iter().flatten().map(|folder| folder.join(name)).chain(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(env: &[(&str, &str)], files: &[&str], urls: &[&str], origin: Option<&str>) {
        let env = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let paths: Vec<PathBuf> = (0..files.len()).map(|i| PathBuf::from(i.to_string())).collect();
        let read = |path: &Path| Some(files[path.to_str()?.parse::<usize>().ok()?].to_owned());
        let config = resolve(&env, &paths, &read);
        assert_eq!(config.urls, urls);
        assert_eq!(config.origin.as_deref(), origin);
    }

    #[test]
    fn nothing_configured() {
        check(&[], &["[global]\ncert = /x.pem\nfind-links = /wheels\n"], &[], None);
    }

    #[test]
    fn files_are_read_as_configparser_does() {
        let text = "# comment\n[global]\nindex_url: https://a.example/simple/\nextra-index-url =\n    https://b.example/s\n    https://c.example/s\n";
        check(
            &[],
            &[text],
            &["https://a.example/simple", "https://b.example/s", "https://c.example/s"],
            Some("0"),
        );
    }

    #[test]
    fn later_files_commands_and_variables_win() {
        let (a, b) = ("[global]\nindex-url=https://a.example\n", "[global]\nindex-url=https://b.example\n");
        check(&[], &[a, b], &["https://b.example"], Some("1"));
        check(&[], &["[download]\nindex-url=https://d.example\n", b], &["https://d.example"], Some("0"));
        let pip = ("PIP_INDEX_URL", "https://p.example");
        check(&[pip], &[a], &["https://p.example"], Some("PIP_INDEX_URL"));
        let uv = ("UV_DEFAULT_INDEX", "corp=https://u.example/simple");
        check(&[pip, uv], &[a], &["https://u.example/simple"], Some("UV_DEFAULT_INDEX"));
    }

    #[test]
    fn closed_and_local_indexes_are_left_to_the_clients() {
        check(&[("PIP_NO_INDEX", "1")], &["[global]\nindex-url=https://a.example\n"], &[], None);
        check(&[("PIP_INDEX_URL", "file:///wheels")], &[], &[], None);
    }

    #[test]
    fn the_null_device_switches_files_off() {
        let null = if cfg!(windows) { "nul" } else { "/dev/null" };
        assert!(config_files(&|name| (name == "PIP_CONFIG_FILE").then(|| null.to_owned())).is_empty());
        let files = config_files(&|name| (name == "PIP_CONFIG_FILE").then(|| "/my/pip.conf".to_owned()));
        assert_eq!(files.last().unwrap(), Path::new("/my/pip.conf"));
    }
}
