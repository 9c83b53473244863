//! Faults of TOML files, wherever one is read.

use super::{Diagnostic, FileId, Span};

/// A fault that the TOML reader found in `file`, with its place and, for a name it does not know,
/// the nearest one that it does.
pub fn toml_fault(error: &::toml::de::Error, file: FileId) -> Diagnostic {
    let message = error.message();
    let fault = Diagnostic::error(Span::new(file, error.span().unwrap_or(0..0)), message.to_owned());
    let mut quoted = message.split('`').skip(1).step_by(2);
    match quoted.next() {
        Some(unknown) if message.starts_with("unknown") => fault.did_you_mean(unknown, quoted),
        _ => fault,
    }
}
