//! What a cell may import, and what it gets: a facade with a module's public names and nothing else.
//!
//! The frozen library imports what it needs; a cell sees none of it, because a facade holds no
//! module that is not on the list itself (`collections._sys`, `json.codecs`, `math.__loader__`).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rustpython_vm::builtins::{PyBaseExceptionRef, PyDictRef, PyModule, PyStr};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::import::import_source;
use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine};

use super::{builtins, digest, library, mersenne, raise, walls};
use crate::snippet::program::Kind;
use crate::snippet::python::PAGES;

/// What a cell may import, sorted.
pub(super) const ALLOWED: [&str; 29] = [
    "abc",
    "bisect",
    "cmath",
    "collections",
    "collections.abc",
    "copy",
    "dataclasses",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "itertools",
    "json",
    "kiln",
    "kiln.linalg",
    "kiln.ops",
    "kiln.plot",
    "kiln.schedulers",
    "math",
    "numbers",
    "operator",
    "random",
    "re",
    "statistics",
    "string",
    "textwrap",
    "typing",
    "warnings",
];

/// Public names that would look attributes up by name, or evaluate text, past the guards.
const WITHHELD: [(&str, &[&str]); 6] = [
    ("enum", &["global_enum", "global_enum_repr", "global_flag_repr", "global_str"]),
    ("functools", &["update_wrapper", "WRAPPER_ASSIGNMENTS", "WRAPPER_UPDATES"]),
    ("operator", &["attrgetter", "methodcaller"]),
    ("string", &["Formatter"]),
    ("typing", &["ForwardRef", "evaluate_forward_ref", "get_type_hints"]),
    ("dataclasses", &["make_dataclass"]),
];

/// The two functions of `inspect` that `dataclasses` calls: the real module needs files.
const INSPECT: &str = "
def unwrap(function):
    while hasattr(function, '__wrapped__'):
        function = function.__wrapped__
    return function

def signature(function, **options):
    raise ValueError('no signature')
";

/// Imports modules for the cells of one session.
pub(super) struct Importer {
    facades: RefCell<BTreeMap<String, PyObjectRef>>,
    asked: RefCell<BTreeSet<String>>,
    spaces: RefCell<Spaces>,
    pages: RefCell<BTreeMap<String, String>>,
    builtins: RefCell<Option<PyDictRef>>,
    real: PyObjectRef,
}

/// The namespaces of the cells by name; the empty one is the program's own.
pub(super) type Spaces = BTreeMap<String, PyDictRef>;

impl Importer {
    /// An importer; `real` is Python's `__import__`.
    pub(super) fn new(real: PyObjectRef) -> Rc<Self> {
        Rc::new(Self {
            facades: RefCell::default(),
            asked: RefCell::default(),
            spaces: RefCell::default(),
            pages: RefCell::default(),
            builtins: RefCell::default(),
            real,
        })
    }

    /// Gives every namespace these builtins.
    pub(super) fn furnish(&self, builtins: PyDictRef) {
        *self.builtins.borrow_mut() = Some(builtins);
    }

    /// Says which namespace each module `pages.…` stands for.
    pub(super) fn pages(&self, modules: &BTreeMap<String, String>) {
        self.pages.borrow_mut().clone_from(modules);
    }

    /// Every namespace so far.
    pub(super) fn spaces(&self) -> Spaces {
        self.spaces.borrow().clone()
    }

    /// The namespace called `name`, made when it is first asked for.
    pub(super) fn space(&self, name: &str, vm: &VirtualMachine) -> PyDictRef {
        let mut spaces = self.spaces.borrow_mut();
        let space = spaces.entry(name.to_owned()).or_insert_with(|| {
            let space = vm.ctx.new_dict();
            let main = vm.ctx.new_str("__main__");
            // Items of a dictionary can always be set.
            let _ = space.set_item("__name__", main.into(), vm);
            space
        });
        // Each time: where a cell had taken them away, the VM would put its own in their place.
        if let Some(builtins) = &*self.builtins.borrow() {
            let _ = space.set_item("__builtins__", builtins.clone().into(), vm);
        }
        space.clone()
    }

    /// Another page as a module: the names that its cells have left.
    fn page(&self, name: &str, vm: &VirtualMachine) -> PyResult {
        let Some(space) = self.pages.borrow().get(name).cloned() else { return Err(refuse(name, vm)) };
        let names = self.space(&space, vm);
        let module = vm.new_module(name, vm.ctx.new_dict(), None);
        let spaces = self.spaces();
        for (key, value) in names.items_vec() {
            let Some(name) = key.downcast_ref::<PyStr>() else { continue };
            let shared = !name.to_string_lossy().starts_with("__")
                && digest::value(&value, &spaces, vm).kind != Kind::Opaque
                && !digest::is_stream(&value);
            if shared {
                module.set_attr(name, value, vm)?;
            }
        }
        Ok(module.into())
    }

    /// Makes `module` what `import name` gives.
    pub(super) fn provide(&self, name: &str, module: PyObjectRef) {
        self.facades.borrow_mut().insert(name.to_owned(), module);
    }

    /// Notes the modules that a cell's import statements name.
    ///
    /// The VM's native code imports through the same function, in the frame of the cell that called
    /// it: what no cell has asked for is the interpreter's own business.
    pub(super) fn expect(&self, modules: &BTreeSet<String>) {
        self.asked.borrow_mut().extend(modules.iter().cloned());
    }

    /// Stands in for `builtins.__import__`: cells get facades, all others the modules.
    pub(super) fn hook(self: &Rc<Self>, vm: &VirtualMachine) -> PyObjectRef {
        let importer = Rc::clone(self);
        let import = move |args: FuncArgs, vm: &VirtualMachine| {
            let call = Call::read(&args);
            let from_cell = call
                .globals
                .is_some_and(|globals| importer.spaces.borrow().values().any(|space| globals.is(space)));
            match call.name {
                Some(name) if from_cell && importer.asked.borrow().contains(&name) => {
                    importer.import(&name, call.from, call.relative, vm)
                }
                // Text that was made into code while a cell ran.
                Some(name) if !from_cell && walls::is_cell(vm) => {
                    importer.import(&name, call.from, call.relative, vm)
                }
                _ => importer.real.call(args, vm),
            }
        };
        vm.new_function("__import__", import).into()
    }

    /// The `__import__` that a cell can call by hand: it knows the allow list only.
    pub(super) fn for_cells(self: &Rc<Self>, vm: &VirtualMachine) -> PyObjectRef {
        let importer = Rc::clone(self);
        let import = move |args: FuncArgs, vm: &VirtualMachine| {
            let call = Call::read(&args);
            importer.import(&call.name.unwrap_or_default(), call.from, call.relative, vm)
        };
        vm.new_function("__import__", import).into()
    }

    /// What the cell's statement gets: the module itself after `from`, else the top of its name.
    fn import(&self, name: &str, from: bool, relative: bool, vm: &VirtualMachine) -> PyResult {
        if !relative && name.split('.').next() == Some(PAGES) {
            return self.page(name, vm);
        }
        if relative || ALLOWED.binary_search(&name).is_err() {
            return Err(refuse(name, vm));
        }
        let module = self.facade(name, vm)?;
        match name.split_once('.') {
            Some((top, _)) if !from => self.facade(top, vm),
            _ => Ok(module),
        }
    }

    fn facade(&self, name: &str, vm: &VirtualMachine) -> PyResult {
        if let Some(facade) = self.facades.borrow().get(name) {
            return Ok(facade.clone());
        }
        let modules = vm.sys_module.get_attr("modules", vm)?;
        match name {
            "dataclasses" if modules.get_item("inspect", vm).is_err() => {
                import_source(vm, "inspect", INSPECT)?;
            }
            // `statistics` imports it.
            "random" | "statistics" if modules.get_item("random", vm).is_err() => mersenne::install(vm)?,
            "warnings" => {
                let facade = vm.new_module(name, vm.ctx.new_dict(), None);
                facade.set_attr("warn", vm.new_function("warn", builtins::warn), vm)?;
                self.provide(name, facade.clone().into());
                return Ok(facade.into());
            }
            _ => {}
        }
        self.real.call((vm.ctx.new_str(name),), vm)?;
        let module = modules.get_item(name, vm)?;
        library::tidy(name, &module, vm)?;
        let facade = vm.new_module(name, vm.ctx.new_dict(), None);
        let withheld = WITHHELD.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, names)| names);
        for public in public_names(&module, vm)? {
            if withheld.contains(&public.as_str()) {
                continue;
            }
            // A lazy attribute whose module needs files (`typing.ContextManager`) is left out.
            let Ok(value) = module.get_attr(&vm.ctx.new_str(public.as_str()), vm) else { continue };
            if value.downcast_ref::<PyModule>().is_none() {
                facade.set_attr(&vm.ctx.new_str(public.as_str()), value, vm)?;
            }
        }
        if name == "functools" {
            facade.set_attr("wraps", wraps(module.get_attr("update_wrapper", vm)?, vm), vm)?;
        }
        let facade: PyObjectRef = facade.into();
        self.facades.borrow_mut().insert(name.to_owned(), facade.clone());
        // A submodule on the list hangs below its parent's facade.
        for inner in ALLOWED.iter().filter(|inner| inner.rsplit_once('.').is_some_and(|(top, _)| top == name))
        {
            let below = self.facade(inner, vm)?;
            let attribute = inner.rsplit_once('.').map_or(*inner, |(_, last)| last);
            facade.set_attr(&vm.ctx.new_str(attribute), below, vm)?;
        }
        Ok(facade)
    }
}

/// `functools.wraps`, less its choice of attributes to copy, which could be closed ones.
fn wraps(update: PyObjectRef, vm: &VirtualMachine) -> PyObjectRef {
    let wraps = move |wrapped: PyObjectRef, vm: &VirtualMachine| {
        let update = update.clone();
        let decorate =
            move |wrapper: PyObjectRef, vm: &VirtualMachine| update.call((wrapper, wrapped.clone()), vm);
        PyObjectRef::from(vm.new_function("wraps", decorate))
    };
    vm.new_function("wraps", wraps).into()
}

/// The arguments of `__import__(name, globals, locals, fromlist, level)`.
struct Call<'a> {
    name: Option<String>,
    globals: Option<&'a PyObjectRef>,
    from: bool,
    relative: bool,
}

impl<'a> Call<'a> {
    fn read(args: &'a FuncArgs) -> Self {
        let argument = |at: usize, name: &str| args.args.get(at).or_else(|| args.kwargs.get(name));
        let text = |object: &PyObjectRef| {
            object.downcast_ref::<PyStr>().map(|text| text.to_string_lossy().into_owned())
        };
        Self {
            name: argument(0, "name").and_then(text),
            globals: argument(1, "globals"),
            from: argument(3, "fromlist")
                .and_then(|list| list.downcast_ref::<rustpython_vm::builtins::PyTuple>())
                .is_some_and(|names| !names.is_empty()),
            relative: argument(4, "level")
                .and_then(|level| level.downcast_ref::<rustpython_vm::builtins::PyInt>())
                .is_some_and(|level| level.as_u32_mask() != 0),
        }
    }
}

/// `__all__`, or every name without a leading underscore.
fn public_names(module: &PyObjectRef, vm: &VirtualMachine) -> PyResult<Vec<String>> {
    let names: Vec<PyObjectRef> = match module.get_attr("__all__", vm) {
        Ok(all) => all.try_to_value(vm)?,
        Err(_) => vm.dir(Some(module.clone()))?.borrow_vec().to_vec(),
    };
    Ok(names
        .iter()
        .filter_map(|name| name.downcast_ref::<PyStr>())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('_'))
        .collect())
}

fn refuse(name: &str, vm: &VirtualMachine) -> PyBaseExceptionRef {
    let stands_in = match name.split('.').next().unwrap_or(name) {
        "numpy" => Some("`import kiln as k` has NumPy's functions under NumPy's names"),
        "torch" | "onnxruntime" => Some("`import kiln as k` has tensors, and `k.model(id)` runs models"),
        "transformers" => Some("`import kiln as k`, then `k.pipeline(task, id)`"),
        "diffusers" => Some("`import kiln as k`, then `k.schedulers`"),
        "matplotlib" | "PIL" | "seaborn" => Some("`import kiln as k`, then `k.plot`"),
        "secrets" => Some("`import kiln as k`, then `k.rng(seed)`: the same draws in every build"),
        "time" | "datetime" => Some("a cell has no clock, so that every build gives the same page"),
        "scipy" | "sklearn" | "pandas" => {
            Some("`import kiln as k`: `k.linalg`, `k.cov`, `k.convolve`, `k.plot.table` do what many need")
        }
        "os" | "sys" | "pathlib" | "io" | "subprocess" => {
            Some("a cell cannot reach the machine; `k.load(name)` reads what `#| inputs` declares")
        }
        _ => None,
    };
    let mut hints = raise::did_you_mean(name, ALLOWED);
    hints.extend(stands_in.map(str::to_owned));
    hints.push(format!("a cell may import {}", ALLOWED.join(", ")));
    let class = vm.ctx.exceptions.import_error.to_owned();
    raise::exception(vm, class, format!("no module named '{name}' in a cell"), &hints)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_list_is_sorted() {
        assert!(super::ALLOWED.is_sorted());
    }
}
