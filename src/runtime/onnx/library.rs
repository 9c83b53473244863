//! The shared library of ONNX Runtime and the options of every session.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use crate::{Error, Result};

/// The options of every session, spelled out: part of the key of every cell that runs a model.
///
/// One thread, because a sum's last bits may depend on how it was split; workers run side by side
/// instead. All graph optimisations, because the same library applies the same ones. Products of
/// uint8 and int8 are exact: without this, x86 processors that lack VNNI add them in 16 bits, which
/// overflow. Change a session's options and this text together.
pub const SESSION_OPTIONS: &str = "cpu intra=1 inter=1 sequential optimize=all deterministic u8s8=exact";

/// The environment of this process and the library it came from. It is never dropped: sessions may
/// outlive every [`Library`], and ONNX Runtime does not survive being opened twice.
static ENVIRONMENT: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

/// Where the shared library is. Making one loads nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Library(PathBuf);

impl Library {
    /// The library at `path`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Loads it, if this process has not yet, and says how it was built.
    ///
    /// # Errors
    /// It cannot be opened, is no ONNX Runtime, is too old, or another one is open already.
    pub fn build_info(&self) -> Result<String> {
        self.environment()?;
        Ok(ort::info().to_owned())
    }

    /// Loads it, if this process has not yet.
    pub(super) fn open(&self) -> Result<()> {
        self.environment().map(drop)
    }

    /// A session over the model file at `path`.
    pub(super) fn session_from_file(&self, path: &Path) -> Result<Session> {
        let mut builder = self.session_builder()?;
        builder.commit_from_file(path).map_err(|cause| refused(path, cause.message()))
    }

    /// A session over the bytes of a model, whose external data lie in the folder of `path`; an empty
    /// path for one that is whole.
    pub(super) fn session_from_bytes(&self, bytes: &[u8], path: &Path) -> Result<Session> {
        let mut builder = self.session_builder()?;
        if let Some(folder) = path.parent().and_then(Path::to_str) {
            builder = builder
                .with_config_entry("session.model_external_initializers_file_folder_path", folder)
                .map_err(option)?;
        }
        builder.commit_from_memory(bytes).map_err(|cause| refused(path, cause.message()))
    }

    /// A builder with [`SESSION_OPTIONS`].
    fn session_builder(&self) -> Result<SessionBuilder> {
        let environment = self.environment()?;
        let builder = Session::builder(&environment)
            .map_err(|cause| Error::new(format!("ONNX Runtime starts no session: {}", cause.message())))?;
        builder
            .with_intra_threads(1)
            .map_err(option)?
            .with_inter_threads(1)
            .map_err(option)?
            .with_parallel_execution(false)
            .map_err(option)?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(option)?
            .with_deterministic_compute(true)
            .map_err(option)?
            .with_config_entry("session.x64quantprecision", "1")
            .map_err(option)?
            // What fails comes back as an error; the log would only repeat it on stderr.
            .with_log_level(LogLevel::Fatal)
            .map_err(option)
    }

    /// The environment of this process, opened by the first call.
    fn environment(&self) -> Result<Environment> {
        // A panic while the lock was held left the option as it was: still good.
        let mut open = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((path, environment)) = open.as_ref() {
            if *path != self.0 {
                return Err(Error::new(format!(
                    "ONNX Runtime is open already from {}, and a process can open only one, not {} too",
                    path.display(),
                    self.0.display()
                )));
            }
            return Ok(environment.clone());
        }
        let builder = ort::init_from(&self.0).map_err(|cause| {
            Error::new(format!("ONNX Runtime cannot be opened from {}: {cause}", self.0.display()))
                .hint("run `kiln doctor` to see which libraries were found")
        })?;
        let environment = builder
            .with_name("kiln")
            .with_telemetry(false)
            .build()
            .map_err(|cause| Error::new(format!("ONNX Runtime does not start: {}", cause.message())))?;
        environment.set_log_level(LogLevel::Fatal);
        *open = Some((self.0.clone(), environment.clone()));
        Ok(environment)
    }
}

fn option(cause: ort::Error<SessionBuilder>) -> Error {
    Error::new(format!("ONNX Runtime refuses an option: {}", cause.message()))
}

fn refused(path: &Path, cause: &str) -> Error {
    if path.as_os_str().is_empty() {
        // What comes before is a place in ONNX Runtime's own code.
        let cause = cause.rsplit_once(" was false. ").map_or(cause, |(_, why)| why).trim();
        let cause = cause.strip_prefix("This is an invalid model. ").unwrap_or(cause);
        return Error::new(format!("ONNX Runtime does not accept the graph: {cause}"));
    }
    Error::new(format!("ONNX Runtime does not accept the model {}: {cause}", path.display()))
        .hint("run `kiln models verify` to check its files")
}
