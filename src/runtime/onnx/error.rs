//! Why a model did not run: facts for the author of a cell.

use std::fmt;

use crate::Error;
use crate::onnx::{ElementType, Slot};
use crate::tensor::DType;

/// Why a model, a tokenizer or a pipeline gave no answer.
#[derive(Debug)]
pub enum RunError {
    /// An input was not fed.
    Missing {
        /// The input.
        input: Slot,
        /// What was fed.
        given: Vec<String>,
    },
    /// A name that was fed is no input.
    UnknownInput {
        /// The name.
        name: String,
        /// The input that may be meant.
        near: Option<String>,
        /// The inputs.
        known: Vec<String>,
    },
    /// A name that was asked for is no value of the graph.
    UnknownOutput {
        /// The name.
        name: String,
        /// The value that may be meant.
        near: Option<String>,
    },
    /// A part of the graph was named that it does not have.
    UnknownPart {
        /// What it would be: a node, a weight.
        what: &'static str,
        /// The name.
        name: String,
        /// The one that may be meant.
        near: Option<String>,
    },
    /// A tensor has the wrong element type.
    Type {
        /// The input.
        input: Slot,
        /// The type of the tensor.
        got: DType,
        /// The shape of the tensor.
        shape: Vec<usize>,
    },
    /// A tensor has the wrong shape.
    Shape {
        /// The input.
        input: Slot,
        /// The type of the tensor.
        got: DType,
        /// The shape of the tensor.
        shape: Vec<usize>,
    },
    /// An integer does not fit the type of the input.
    Range {
        /// The input.
        input: Slot,
    },
    /// A value has a type that no tensor has.
    Unsupported {
        /// The value.
        name: String,
        /// Its type.
        element: ElementType,
    },
    /// A setting makes no sense.
    Setting {
        /// What is wrong, as a sentence without a full stop.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// ONNX Runtime stopped.
    Runtime {
        /// Its message.
        message: String,
        /// What may be the reason.
        hints: Vec<String>,
    },
    /// The machine is at fault: a file or the library.
    Machine(Error),
}

impl RunError {
    /// A setting that makes no sense.
    pub fn setting(message: impl Into<String>) -> Self {
        Self::Setting { message: message.into(), hint: None }
    }

    /// The Python exception that fits.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Missing { .. }
            | Self::UnknownInput { .. }
            | Self::UnknownOutput { .. }
            | Self::UnknownPart { .. } => "KeyError",
            Self::Type { .. } | Self::Unsupported { .. } => "TypeError",
            Self::Shape { .. } | Self::Range { .. } | Self::Setting { .. } => "ValueError",
            Self::Runtime { .. } | Self::Machine(_) => "RuntimeError",
        }
    }

    /// What to do about it, one sentence each.
    pub fn hints(&self) -> Vec<String> {
        let meant =
            |near: &Option<String>| near.iter().map(|name| format!("did you mean `{name}`?")).collect();
        match self {
            Self::Missing { input, .. } => vec![format!("feed `{}` with a tensor {input}", input.name)],
            Self::UnknownInput { near, .. } | Self::UnknownPart { near, .. } => meant(near),
            Self::UnknownOutput { near: near @ Some(_), .. } => meant(near),
            Self::UnknownOutput { near: None, .. } => {
                vec!["`m.outputs` lists the outputs, `m.nodes` every value inside".to_owned()]
            }
            Self::Type { input, .. } => match input.element.dtype() {
                Some(dtype) => vec![format!("convert it with `.astype(\"{dtype}\")`")],
                None => Vec::new(),
            },
            Self::Shape { input, shape, .. } => match &input.dims {
                Some(dims) if dims.len() == shape.len() + 1 => {
                    vec!["a model takes a batch: add the first axis with `x[None]`".to_owned()]
                }
                Some(_) | None => Vec::new(),
            },
            Self::Setting { hint, .. } => hint.iter().cloned().collect(),
            Self::Runtime { hints, .. } => hints.clone(),
            Self::Machine(error) => error.hints().to_vec(),
            Self::Range { .. } | Self::Unsupported { .. } => Vec::new(),
        }
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { input, given } if given.is_empty() => {
                write!(f, "the input `{}` ({input}) is missing", input.name)
            }
            Self::Missing { input, given } => {
                write!(f, "the input `{}` ({input}) is missing; given: {}", input.name, given.join(", "))
            }
            Self::UnknownInput { name, known, .. } => {
                write!(f, "the model has no input `{name}`; its inputs: {}", known.join(", "))
            }
            Self::UnknownOutput { name, .. } => write!(f, "the model has no value `{name}`"),
            Self::UnknownPart { what, name, .. } => write!(f, "the model has no {what} `{name}`"),
            Self::Type { input, got, shape } | Self::Shape { input, got, shape } => {
                write!(f, "the input `{}` takes {input}, got {got} {shape:?}", input.name)
            }
            Self::Range { input } => {
                write!(f, "the input `{}` takes {input}, and a value is out of its range", input.name)
            }
            Self::Unsupported { name, element } => {
                write!(f, "the value `{name}` is of type {element}, which no tensor has")
            }
            Self::Setting { message, .. } | Self::Runtime { message, .. } => f.write_str(message),
            Self::Machine(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RunError {}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Self::Machine(error)
    }
}
