//! Figures, tables and pictures as values of a cell: they show themselves.

use rustpython_vm::types::Representable;
use rustpython_vm::{Py, PyObjectRef, PyPayload, PyResult, VirtualMachine, pyclass};

use crate::snippet::output::Output;
use crate::snippet::raw::Raw;

/// Something that is shown as more than text.
#[pyclass(module = "kiln", name = "Display")]
#[derive(Debug, PyPayload)]
pub(super) struct PyDisplay {
    output: Output,
    raws: Vec<Raw>,
}

impl PyDisplay {
    /// `output` as a value.
    pub(super) fn object(output: Output, vm: &VirtualMachine) -> PyObjectRef {
        Self { output, raws: Vec::new() }.into_ref(&vm.ctx).into()
    }

    /// `output` as a value, with the numbers behind it.
    pub(super) fn of(output: Output, raws: Vec<Raw>, vm: &VirtualMachine) -> PyObjectRef {
        Self { output, raws }.into_ref(&vm.ctx).into()
    }

    /// The numbers behind what it shows.
    pub(super) fn raws(&self) -> &[Raw] {
        &self.raws
    }

    /// What it shows.
    pub(super) fn output(&self) -> Output {
        self.output.clone()
    }
}

#[pyclass(with(Representable))]
impl PyDisplay {}

impl Representable for PyDisplay {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(match &zelf.output {
            Output::Text { text } => text.clone(),
            Output::Table(table) => format!("<table of {} rows>", table.rows.len()),
            Output::Image(image) => format!("<image of {}x{}>", image.width, image.height),
            Output::Figure(figure) => format!("<{}>", figure.describe()),
            Output::Download(download) => format!("<file {}>", download.name),
            Output::Tokens(tokens) => format!("<{} tokens>", tokens.tokens.len()),
            Output::Overlay(over) => format!("<image with {} marks>", over.boxes.len() + over.masks.len()),
            Output::Animation(animation) => format!("<animation at {} frames a second>", animation.fps),
            Output::ImageGrid(grid) => format!("<{} images>", grid.images.len()),
        })
    }
}
