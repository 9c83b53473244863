//! What can go wrong with tensors.

use std::fmt;

/// The result of a tensor operation.
pub type TensorResult<T> = Result<T, TensorError>;

/// A tensor operation that cannot be done; the message names the shapes and dtypes at fault.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorError {
    /// Which Python exception it is.
    pub kind: ErrorKind,
    /// One sentence without a full stop.
    pub message: String,
    /// What to do, one sentence each.
    pub hints: Vec<String>,
}

/// The Python exception that an error becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// Shapes that do not fit, values out of range: `ValueError`.
    Value,
    /// A dtype or an object of the wrong type: `TypeError`.
    Type,
    /// An index or axis out of bounds: `IndexError`.
    Index,
    /// A tensor too large to make: `MemoryError`.
    Memory,
}

impl TensorError {
    /// A `ValueError`.
    pub fn value(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Value, message)
    }

    /// A `TypeError`.
    pub fn type_(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Type, message)
    }

    /// An `IndexError`.
    pub fn index(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Index, message)
    }

    /// A `MemoryError`.
    pub fn memory(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Memory, message)
    }

    /// Adds a sentence on what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new() }
    }
}

impl fmt::Display for TensorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for TensorError {}
