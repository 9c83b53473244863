//! Small read-only objects with named parts: a model's inputs, a node, what a scheduler's step gives.

use rustpython_vm::builtins::PyStr;
use rustpython_vm::protocol::PyMappingMethods;
use rustpython_vm::types::{AsMapping, GetAttr, Representable};
use rustpython_vm::{AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine, pyclass};

/// Named parts, in order; also found by number, as a tuple's.
#[pyclass(module = "kiln", name = "Record")]
#[derive(Debug, PyPayload)]
pub(super) struct PyRecord {
    name: &'static str,
    parts: Vec<(&'static str, PyObjectRef)>,
}

impl PyRecord {
    /// A record called `name`.
    pub(super) fn object(
        name: &'static str,
        parts: Vec<(&'static str, PyObjectRef)>,
        vm: &VirtualMachine,
    ) -> PyObjectRef {
        Self { name, parts }.into_ref(&vm.ctx).into()
    }

    /// Its parts, in order.
    pub(super) fn parts(&self) -> &[(&'static str, PyObjectRef)] {
        &self.parts
    }
}

#[pyclass(with(AsMapping, GetAttr, Representable))]
impl PyRecord {
    #[pymethod]
    fn __dir__(&self, vm: &VirtualMachine) -> PyObjectRef {
        let names = self.parts.iter().map(|(name, _)| vm.ctx.new_str(*name).into()).collect();
        vm.ctx.new_list(names).into()
    }
}

impl GetAttr for PyRecord {
    fn getattro(zelf: &Py<Self>, name: &Py<PyStr>, vm: &VirtualMachine) -> PyResult {
        let wanted = name.to_string_lossy();
        match zelf.parts.iter().find(|(name, _)| *name == wanted) {
            Some((_, value)) => Ok(value.clone()),
            None => zelf.as_object().generic_getattr(name, vm),
        }
    }
}

impl AsMapping for PyRecord {
    fn as_mapping() -> &'static PyMappingMethods {
        static METHODS: PyMappingMethods = PyMappingMethods {
            length: Some(|mapping, _vm| Ok(PyRecord::mapping_downcast(mapping).parts.len())),
            subscript: Some(|mapping, key, vm| {
                let zelf = PyRecord::mapping_downcast(mapping);
                if let Some(name) = key.downcast_ref::<PyStr>() {
                    let wanted = name.to_string_lossy();
                    let found = zelf.parts.iter().find(|(name, _)| *name == wanted);
                    return found
                        .map(|(_, value)| value.clone())
                        .ok_or_else(|| vm.new_key_error(key.to_owned()));
                }
                let at = usize::try_from(super::convert::integer(key, vm)?).unwrap_or(usize::MAX);
                zelf.parts
                    .get(at)
                    .map(|(_, value)| value.clone())
                    .ok_or_else(|| vm.new_index_error("there are fewer parts than that"))
            }),
            ass_subscript: None,
        };
        &METHODS
    }
}

impl Representable for PyRecord {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let parts = zelf
            .parts
            .iter()
            .map(|(name, value)| Ok(format!("{name}={}", value.repr(vm)?.to_string_lossy())))
            .collect::<PyResult<Vec<_>>>()?;
        Ok(format!("{}({})", zelf.name, parts.join(", ")))
    }
}
