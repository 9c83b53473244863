//! A digest of any Python value: equal digests, equal values.
//!
//! Data is hashed as it is, functions by their code and what they close over, classes by what is in
//! them, modules and the library's own functions by their names. The names that a function looks up
//! when it is called are not part of it: whoever plans the run knows them from the text. What cannot
//! be looked into, such as an iterator half-way, makes the whole value opaque.

use std::collections::{BTreeSet, HashMap};

use rustpython_vm::builtins::{
    PyBaseObject, PyBytes, PyCode, PyDict, PyFloat, PyFrozenSet, PyFunction, PyInt, PyList, PyModule, PySet,
    PyStr, PyTuple, PyType,
};
use rustpython_vm::{AsObject, Py, PyObject, PyObjectRef, VirtualMachine};

use super::imports::Spaces;
use super::model::PyModel;
use super::pipeline::PyPipeline;
use super::random::PyGenerator;
use super::record::PyRecord;
use super::tensor::PyTensor;
use super::tokenizer::PyTokenizer;
use super::walls;
use crate::snippet::program::{Kind, Value};
use crate::tensor::Tensor;

/// Values nested deeper than this are opaque.
const DEPTH: usize = 2000;

/// Classes of Python's own whose instances are the sum of these attributes.
const PARTS: [(&str, &[&str]); 6] = [
    ("cell", &["cell_contents"]),
    ("classmethod", &["__func__"]),
    ("method", &["__self__", "__func__"]),
    ("partial", &["func", "args", "keywords"]),
    ("property", &["fget", "fset", "fdel"]),
    ("staticmethod", &["__func__"]),
];

fn parts(object: &PyObject) -> Option<&'static (&'static str, &'static [&'static str])> {
    let class = object.class();
    PARTS.iter().find(|(name, _)| class.heaptype_ext.is_none() && *name == &*class.name())
}

/// What `object` holds; `spaces` are the namespaces of the cells.
pub(super) fn value(object: &PyObject, spaces: &Spaces, vm: &VirtualMachine) -> Value {
    let mut walk = Walk {
        hasher: blake3::Hasher::new(),
        seen: HashMap::new(),
        depth: 0,
        kind: Kind::Data,
        models: BTreeSet::new(),
        spaces,
        vm,
    };
    walk.object(object);
    let digest = match walk.kind {
        Kind::Opaque => String::new(),
        _ => walk.hasher.finalize().to_hex()[..32].to_owned(),
    };
    Value { digest, kind: walk.kind, models: walk.models.into_iter().collect() }
}

/// Whether nothing that a cell can do changes `object` without making it another one.
pub(super) fn is_fixed(object: &PyObject, vm: &VirtualMachine) -> bool {
    vm.is_none(object)
        || object.downcast_ref_if_exact::<PyInt>(vm).is_some()
        || object.downcast_ref_if_exact::<PyFloat>(vm).is_some()
        || object.downcast_ref_if_exact::<PyStr>(vm).is_some()
        || object.downcast_ref_if_exact::<PyBytes>(vm).is_some()
        || object.class().is(vm.ctx.types.bool_type)
        || object.downcast_ref::<PyModule>().is_some()
        // Tensors refuse to be written to by another cell.
        || object.downcast_ref::<PyTensor>().is_some()
        || object.downcast_ref::<PyModel>().is_some()
        || object.downcast_ref::<PyPipeline>().is_some()
        || object.downcast_ref::<PyTokenizer>().is_some()
}

/// Whether `object` is made to change while it is used, by whichever cell uses it.
pub(super) fn is_stream(object: &PyObject) -> bool {
    object.downcast_ref::<PyGenerator>().is_some()
}

struct Walk<'a> {
    hasher: blake3::Hasher,
    /// The objects on the way and before, by identity: one that is met again is named by its number.
    seen: HashMap<usize, usize>,
    depth: usize,
    kind: Kind,
    models: BTreeSet<String>,
    spaces: &'a Spaces,
    vm: &'a VirtualMachine,
}

impl Walk<'_> {
    fn tag(&mut self, tag: &str) {
        self.bytes(tag.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len());
        self.hasher.update(bytes);
    }

    fn number(&mut self, number: usize) {
        self.hasher.update(&(number as u64).to_le_bytes());
    }

    fn opaque(&mut self) {
        self.kind = Kind::Opaque;
    }

    fn code(&mut self) {
        if self.kind == Kind::Data {
            self.kind = Kind::Code;
        }
    }

    fn object(&mut self, object: &PyObject) {
        if self.kind == Kind::Opaque || self.simple(object) {
            return;
        }
        let next = self.seen.len();
        if let Some(number) = self.seen.get(&object.get_id()) {
            let number = *number;
            self.tag("again");
            return self.number(number);
        }
        self.seen.insert(object.get_id(), next);
        self.depth += 1;
        match self.depth > DEPTH {
            true => self.opaque(),
            false => self.compound(object),
        }
        self.depth -= 1;
    }

    fn each<'o>(&mut self, tag: &str, objects: impl ExactSizeIterator<Item = &'o PyObjectRef>) {
        self.tag(tag);
        self.number(objects.len());
        for object in objects {
            self.object(object);
        }
    }

    /// Hashes what holds no other object; `false` where `object` may.
    fn simple(&mut self, object: &PyObject) -> bool {
        let vm = self.vm;
        let types = &vm.ctx.types;
        if vm.is_none(object) {
            self.tag("None");
        } else if object.class().is(types.bool_type) {
            let truth = object.to_owned().try_to_bool(vm).unwrap_or_default();
            self.tag(if truth { "True" } else { "False" });
        } else if let Some(int) = object.downcast_ref_if_exact::<PyInt>(vm) {
            self.tag("int");
            self.tag(&int.to_str_radix_10());
        } else if let Some(float) = object.downcast_ref_if_exact::<PyFloat>(vm) {
            self.tag("float");
            self.bytes(&float.to_f64().to_bits().to_le_bytes());
        } else if let Some(text) = object.downcast_ref_if_exact::<PyStr>(vm) {
            self.tag("str");
            self.bytes(text.as_bytes());
        } else if let Some(bytes) = object.downcast_ref_if_exact::<PyBytes>(vm) {
            self.tag("bytes");
            self.bytes(bytes.as_bytes());
        } else if [types.complex_type, types.range_type, types.slice_type, types.ellipsis_type]
            .iter()
            .any(|kind| object.class().is(*kind))
        {
            let text = object.repr(vm).map(|text| text.to_string_lossy().into_owned());
            self.tag(&object.class().name());
            self.tag(&text.unwrap_or_default());
        } else {
            return false;
        }
        true
    }

    fn compound(&mut self, object: &PyObject) {
        if self.own(object) {
            return;
        }
        let vm = self.vm;
        if let Some(list) = object.downcast_ref::<PyList>() {
            let items = list.borrow_vec().to_vec();
            self.each("list", items.iter());
        } else if let Some(tuple) = object.downcast_ref::<PyTuple>() {
            self.each("tuple", tuple.as_slice().iter());
        } else if let Some(dict) = object.downcast_ref::<PyDict>() {
            self.dict(dict);
        } else if let Some(set) = object.downcast_ref::<PySet>() {
            self.each("set", set.elements().iter());
        } else if let Some(set) = object.downcast_ref::<PyFrozenSet>() {
            self.each("frozenset", set.elements().iter());
        } else if let Some(function) = object.downcast_ref::<PyFunction>() {
            return self.function(function.as_object());
        } else if let Some(code) = object.downcast_ref::<PyCode>() {
            return self.code_object(code);
        } else if let Some(class) = object.downcast_ref::<PyType>() {
            return self.class(class);
        } else if let Some(module) = object.downcast_ref::<PyModule>() {
            return self.named("module", module.as_object());
        } else if object.class().is(vm.ctx.types.builtin_function_or_method_type) {
            self.named("builtin", object);
            return self.attribute(object, "__self__");
        } else if let Some((name, parts)) = parts(object) {
            self.tag(name);
            return parts.iter().for_each(|part| self.attribute(object, part));
        } else if object.downcast_ref::<PyStr>().is_none()
            && object.downcast_ref::<PyInt>().is_none()
            && object.downcast_ref::<PyFloat>().is_none()
            && object.downcast_ref::<PyBaseObject>().is_none()
        {
            return self.opaque();
        }
        self.instance(object);
    }

    /// Hashes the values of the module `kiln`; `false` where `object` is none.
    fn own(&mut self, object: &PyObject) -> bool {
        if let Some(tensor) = object.downcast_ref::<PyTensor>() {
            self.tensor(&tensor.get());
        } else if let Some(record) = object.downcast_ref::<PyRecord>() {
            self.tag("record");
            for (name, part) in record.parts() {
                self.tag(name);
                self.object(part);
            }
        } else if let Some(generator) = object.downcast_ref::<PyGenerator>() {
            self.tag("generator");
            self.tag(&generator.state());
        } else if let Some(model) = object.downcast_ref::<PyModel>() {
            match model.manifest_id() {
                Some(id) => self.model("model", id.to_owned()),
                // It runs on ONNX Runtime wherever it is called.
                None => {
                    self.code();
                    self.tag("graph");
                }
            }
            self.tag(model.edits());
        } else if let Some(pipeline) = object.downcast_ref::<PyPipeline>() {
            self.model(&pipeline.task(), pipeline.model_id());
            self.tag(pipeline.prefix());
            for (name, value) in pipeline.settings() {
                self.tag(name);
                self.object(value);
            }
        } else if let Some(tokenizer) = object.downcast_ref::<PyTokenizer>() {
            self.model("tokenizer", tokenizer.model_id().to_owned());
        } else {
            return false;
        }
        true
    }

    fn model(&mut self, what: &str, id: String) {
        self.tag(what);
        self.tag(&id);
        self.models.insert(id);
    }

    fn tensor(&mut self, tensor: &Tensor) {
        self.tag(tensor.dtype().name());
        self.number(tensor.ndim());
        tensor.shape().iter().for_each(|length| self.number(*length));
        self.hasher.update(&tensor.to_le_bytes());
    }

    fn dict(&mut self, dict: &PyDict) {
        let items = dict.items_vec();
        self.tag("dict");
        self.number(items.len());
        for (key, value) in &items {
            self.object(key);
            self.object(value);
        }
    }

    /// An instance of a class: its class and its attributes, beside what it is made of.
    fn instance(&mut self, object: &PyObject) {
        let class = object.class();
        if class.heaptype_ext.is_none() && object.downcast_ref::<PyBaseObject>().is_none() {
            return;
        }
        if let Some(text) = object.downcast_ref::<PyStr>() {
            self.bytes(text.as_bytes());
        }
        if let Some(int) = object.downcast_ref::<PyInt>() {
            self.tag(&int.to_str_radix_10());
        }
        if let Some(float) = object.downcast_ref::<PyFloat>() {
            self.bytes(&float.to_f64().to_bits().to_le_bytes());
        }
        let slots = |class: &Py<PyType>| {
            let slots = class.heaptype_ext.as_ref().and_then(|heap| heap.slots.as_ref());
            slots.is_some_and(|slots| !slots.is_empty())
        };
        if slots(class) || class.mro.read().iter().any(|base| slots(base)) {
            return self.opaque();
        }
        self.tag("instance");
        self.object(class.as_object());
        if let Some(attributes) = object.dict() {
            self.dict(&attributes);
        }
    }

    fn class(&mut self, class: &Py<PyType>) {
        self.named("class", class.as_object());
        if !self.is_of_cells(class.as_object()) {
            return;
        }
        self.code();
        let bases = class.bases.read().clone();
        bases.iter().for_each(|base| self.object(base.as_object()));
        let attributes: Vec<_> = class
            .attributes
            .read()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.clone()))
            .collect();
        for (name, value) in attributes {
            // What the interpreter adds to every class says nothing about it, and what `dataclass` adds
            // stands in the methods that it writes.
            let given = ["getset_descriptor", "member_descriptor"].contains(&&*value.class().name());
            if given || ["__firstlineno__", "__dataclass_fields__", "__dataclass_params__"].contains(&&*name)
            {
                continue;
            }
            self.tag(&name);
            self.object(&value);
        }
    }

    fn function(&mut self, function: &PyObject) {
        self.named("function", function);
        let globals = self.get(function, "__globals__");
        let own = globals.is_some_and(|globals| self.spaces.values().any(|space| globals.is(space)));
        if own {
            self.code();
        }
        for part in ["__code__", "__defaults__", "__kwdefaults__"] {
            self.attribute(function, part);
        }
        let cells = self.get(function, "__closure__");
        for cell in
            cells.iter().filter_map(|cells| cells.downcast_ref::<PyTuple>()).flat_map(|t| t.as_slice())
        {
            // The library's own closures hold caches too, which are no part of what they compute.
            match self.get(cell, "cell_contents") {
                Some(held) if own || is_callable(&held) => self.object(&held),
                _ => self.tag("empty"),
            }
        }
    }

    fn code_object(&mut self, code: &Py<PyCode>) {
        self.tag("code");
        self.bytes(&code.code.instructions.original_bytes());
        self.bytes(&code.code.exceptiontable);
        for number in [code.code.arg_count, code.code.posonlyarg_count, code.code.kwonlyarg_count] {
            self.number(number as usize);
        }
        self.number(code.code.flags.bits() as usize);
        let names = [&code.code.names, &code.code.varnames, &code.code.cellvars, &code.code.freevars];
        for names in names {
            self.number(names.len());
            names.iter().for_each(|name| self.tag(name.as_str()));
        }
        self.attribute(code.as_object(), "co_consts");
    }

    /// Hashes where `object` comes from and what it is called.
    fn named(&mut self, tag: &str, object: &PyObject) {
        self.tag(tag);
        for part in ["__module__", "__qualname__", "__name__"] {
            let name = self.get(object, part);
            let name = name.as_ref().and_then(|name| name.downcast_ref::<PyStr>());
            self.bytes(name.map(|name| name.as_bytes()).unwrap_or_default());
        }
    }

    fn is_of_cells(&self, object: &PyObject) -> bool {
        let module = self.get(object, "__module__");
        module.is_some_and(|module| {
            module.downcast_ref::<PyStr>().is_some_and(|name| name.as_bytes() == b"__main__")
        })
    }

    fn attribute(&mut self, object: &PyObject, name: &'static str) {
        self.tag(name);
        match self.get(object, name) {
            Some(value) => self.object(&value),
            None => self.tag("absent"),
        }
    }

    fn get(&self, object: &PyObject, name: &'static str) -> Option<PyObjectRef> {
        walls::read(object, name, self.vm).ok()
    }
}

fn is_callable(object: &PyObject) -> bool {
    object.downcast_ref::<PyFunction>().is_some() || object.downcast_ref::<PyType>().is_some()
}
