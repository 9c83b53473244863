//! Package clients: finding them, running them, and telling what they said when they fail.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::models::progress::Task;
use crate::models::store::failed;
use crate::{Error, Result, interrupt};

/// A package client on this machine.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Client {
    /// `uv`, `pip` or `npm`.
    pub name: &'static str,
    /// The program.
    pub path: PathBuf,
    /// What goes before its own arguments: `-m pip` where the program is a Python.
    pub prefix: Vec<String>,
}

/// The clients found on this machine, in the order they are tried.
pub fn clients() -> Vec<Client> {
    [uv(), pip(), npm()].into_iter().flatten().collect()
}

/// The `uv` on `PATH`.
pub(super) fn uv() -> Option<Client> {
    Some(Client { name: "uv", path: find("uv")?, prefix: Vec::new() })
}

/// The `pip` on `PATH`, or that of the Python on `PATH`.
pub(super) fn pip() -> Option<Client> {
    let own = ["pip3", "pip"].into_iter().find_map(find);
    if let Some(path) = own {
        return Some(Client { name: "pip", path, prefix: Vec::new() });
    }
    let python = ["python3", "python", "py"].into_iter().find_map(find)?;
    let module = || vec!["-m".to_owned(), "pip".to_owned()];
    let works = Command::new(&python)
        .args(module())
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    works.is_ok_and(|status| status.success()).then(|| Client { name: "pip", path: python, prefix: module() })
}

/// The `npm` on `PATH`.
pub(super) fn npm() -> Option<Client> {
    Some(Client { name: "npm", path: find("npm")?, prefix: Vec::new() })
}

/// The program called `name` on `PATH`.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };
    std::env::split_paths(&path)
        .flat_map(|folder| endings.iter().map(move |ending| folder.join(format!("{name}{ending}"))))
        .find(|program| program.is_file())
}

impl Client {
    /// Runs the client with `arguments`; it works in `folder`, whose growth `task` shows.
    ///
    /// # Errors
    /// It cannot be started, or it fails: then with its own last words.
    pub(super) fn run(&self, arguments: &[&str], folder: &Path, task: &Task) -> Result<()> {
        let temp = folder.join("tmp");
        std::fs::create_dir_all(&temp).map_err(failed("cannot create the folder", &temp))?;
        let mut child = Command::new(&self.path)
            .args(&self.prefix)
            .args(arguments)
            // What a killed client leaves half-done goes away with the folder.
            .envs(["TMPDIR", "TEMP", "TMP"].map(|variable| (variable, &temp)))
            .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
            .env("PIP_NO_INPUT", "1")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::because(format!("cannot start `{}`", self.path.display())))?;
        // Read all along, so that the client never waits for us, and not by way of the disk, which
        // may be what is full.
        let errors = child.stderr.take();
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            // A pipe that breaks has told all that it will.
            let _ = errors.map(|mut pipe| pipe.read_to_end(&mut bytes));
            String::from_utf8_lossy(&bytes).into_owned()
        });
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => {}
                Err(error) => return Err(Error::new(format!("cannot wait for `{}`: {error}", self.name))),
            }
            if let Err(interrupted) = interrupt::check() {
                let _ = child.kill();
                let _ = child.wait();
                return Err(interrupted);
            }
            task.at(size(folder));
            std::thread::sleep(Duration::from_millis(50));
        };
        if status.success() {
            return Ok(());
        }
        Err(explain(self.name, &reader.join().unwrap_or_default(), &status.to_string()))
    }
}

/// What went wrong, from a client's output.
fn explain(client: &str, log: &str, status: &str) -> Error {
    let text = log.to_ascii_lowercase();
    let any = |needles: &[&str]| needles.iter().any(|needle| text.contains(needle));
    if any(&["no space left", "enospc", "disk quota"]) {
        return Error::new(format!("`{client}` failed: no space left on the disk"))
            .hint("free some space, or set KILN_CACHE_DIR to a folder on a larger disk");
    }
    let words = last_words(log);
    let error = Error::new(match words.is_empty() {
        true => format!("`{client}` failed ({status})"),
        false => format!("`{client}` failed: {words}"),
    });
    let network = [
        "name resolution",
        "enotfound",
        "eai_again",
        "connection",
        "econnrefused",
        "timed out",
        "dns error",
        "request failed",
    ];
    if any(&network) {
        return error.hint("check the network; behind a proxy, set HTTPS_PROXY");
    }
    if any(&["certificate", "ssl"]) {
        return error.hint("where a proxy re-signs connections, set SSL_CERT_FILE to its certificate");
    }
    error
}

/// The lines of a client's output that tell its fault: pip and uv say it at the end, npm at the
/// start of its `npm error` lines, and a client that crashed in the last line of all.
fn last_words(log: &str) -> String {
    let lines: Vec<&str> = log.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let npm: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("npm error ")).take(3).collect();
    if !npm.is_empty() {
        return npm.join("; ");
    }
    let starts = |line: &&&str| ["ERROR:", "error:", "×"].iter().any(|start| line.starts_with(start));
    let faults: Vec<&str> = lines.iter().filter(starts).copied().collect();
    match (faults.last(), lines.last()) {
        (Some(fault), Some(last)) if fault.ends_with("Exception:") => (*last).to_owned(),
        (Some(_), _) => faults[faults.len().saturating_sub(2)..].join("; "),
        (None, last) => last.copied().unwrap_or_default().to_owned(),
    }
}

/// The bytes of all files under `folder`.
pub(super) fn size(folder: &Path) -> u64 {
    let files = walkdir::WalkDir::new(folder).into_iter().flatten();
    files
        .filter_map(|file| file.metadata().ok())
        .filter(std::fs::Metadata::is_file)
        .map(|meta| meta.len())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_own_words_are_kept_and_get_a_hint() {
        let log = "Looking in links: x\nWARNING: Retrying (Temporary failure in name resolution)\n\
                   ERROR: No matching distribution found for a==1\n";
        let error = explain("pip", log, "exit status: 1");
        assert_eq!(error.to_string(), "`pip` failed: ERROR: No matching distribution found for a==1");
        assert_eq!(error.hints(), ["check the network; behind a proxy, set HTTPS_PROXY"]);
        let npm =
            "npm error code ECONNREFUSED\nnpm error network no route\nnpm error\nnpm error a log is here\n";
        let error = explain("npm", npm, "exit status: 1");
        assert_eq!(error.to_string(), "`npm` failed: code ECONNREFUSED; network no route; a log is here");
        let crash = "ERROR: Exception:\nTraceback\nOSError: [Errno 28] No space left on device\n";
        let error = explain("pip", crash, "exit status: 2");
        assert_eq!(error.to_string(), "`pip` failed: no space left on the disk");
        assert!(error.hints()[0].contains("free some space"));
        let crash = "ERROR: Exception:\nTraceback\nValueError: odd\n";
        assert_eq!(explain("pip", crash, "").to_string(), "`pip` failed: ValueError: odd");
        let silent = explain("npm", "", "exit status: 9");
        assert_eq!(silent.to_string(), "`npm` failed (exit status: 9)");
    }
}
