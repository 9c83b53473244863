//! Python exceptions from Rust errors, with their hints as notes.
//!
//! A hint travels as an entry of `__notes__` (PEP 678), so what `Exception.add_note` adds in a cell
//! reaches the author in the same way.

use rustpython_vm::builtins::{PyBaseExceptionRef, PyListRef, PyTypeRef};
use rustpython_vm::{AsObject, PyResult, VirtualMachine};

use super::host::{HostError, HostErrorKind};
use crate::tensor::{ErrorKind, TensorError};

/// An exception of class `class` with `hints` as notes.
pub(super) fn exception(
    vm: &VirtualMachine,
    class: PyTypeRef,
    message: impl Into<String>,
    hints: &[String],
) -> PyBaseExceptionRef {
    let raised = vm.new_exception_msg(class, message.into().into());
    if !hints.is_empty() {
        let notes = hints.iter().map(|hint| vm.ctx.new_str(hint.as_str()).into()).collect();
        // Setting an attribute of a fresh exception cannot fail; without notes only hints are lost.
        let _ = raised.as_object().set_attr("__notes__", vm.ctx.new_list(notes), vm);
    }
    raised
}

/// The notes of an exception: its hints.
pub(super) fn notes(raised: &PyBaseExceptionRef, vm: &VirtualMachine) -> Vec<String> {
    let Ok(notes) = raised.as_object().get_attr("__notes__", vm) else { return Vec::new() };
    let Ok(notes) = notes.downcast::<rustpython_vm::builtins::PyList>() else { return Vec::new() };
    let notes: PyListRef = notes;
    let entries: Vec<_> = notes.borrow_vec().to_vec();
    entries
        .iter()
        .filter_map(|note| note.str(vm).ok().map(|text| text.to_string_lossy().into_owned()))
        .collect()
}

/// `did you mean …?` when one of `known` is close to `word`.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    crate::diag::closest(word, known).map(|near| format!("did you mean `{near}`?")).into_iter().collect()
}

/// Turns the errors of other rooms into exceptions.
pub(super) trait OrRaise<T> {
    /// The value, or the error as a Python exception.
    fn or_raise(self, vm: &VirtualMachine) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T, TensorError> {
    fn or_raise(self, vm: &VirtualMachine) -> PyResult<T> {
        self.map_err(|error| {
            let class = match error.kind {
                ErrorKind::Type => vm.ctx.exceptions.type_error,
                ErrorKind::Value => vm.ctx.exceptions.value_error,
                ErrorKind::Index => vm.ctx.exceptions.index_error,
                ErrorKind::Memory => vm.ctx.exceptions.memory_error,
            };
            exception(vm, class.to_owned(), error.message, &error.hints)
        })
    }
}

impl<T> OrRaise<T> for Result<T, HostError> {
    fn or_raise(self, vm: &VirtualMachine) -> PyResult<T> {
        self.map_err(|error| {
            let class = match error.kind {
                HostErrorKind::Lookup => vm.ctx.exceptions.lookup_error,
                HostErrorKind::Value => vm.ctx.exceptions.value_error,
                HostErrorKind::Type => vm.ctx.exceptions.type_error,
                HostErrorKind::Runtime => vm.ctx.exceptions.runtime_error,
            };
            exception(vm, class.to_owned(), error.message, &error.hints)
        })
    }
}
