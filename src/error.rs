//! Faults of the machine and of who calls, as against faults of the author, which are diagnostics.

use std::fmt;

/// What went wrong and the ways to mend it; ends the command with exit code 5, or 2 where it was used wrongly.
#[derive(Debug)]
pub struct Error {
    message: String,
    hints: Vec<String>,
    is_usage: bool,
}

/// The result of whatever touches the machine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A fault described by `message`: one sentence that names the thing (path, package, host) at
    /// fault, without a full stop.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), is_usage: false }
    }

    /// A fault of whoever called: what they name cannot be, or is not there. To try again does not help.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { is_usage: true, ..Self::new(message) }
    }

    /// Whether it is a fault of whoever called.
    pub fn is_usage(&self) -> bool {
        self.is_usage
    }

    /// Adds a sentence on what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What to do, one sentence each.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// For `map_err`: `message`, then the cause.
    pub fn because<E: fmt::Display>(message: impl Into<String>) -> impl FnOnce(E) -> Self {
        let message = message.into();
        move |cause| Self::new(format!("{message}: {cause}"))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
