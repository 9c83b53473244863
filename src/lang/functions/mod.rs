//! The functions at the top of `kiln`, one file a family; many are methods of tensors too.

mod create;
mod joining;
mod linalg;
mod math;
mod more;
mod pairs;
mod products;
mod reduce;
mod shape;
mod stats;

use rustpython_vm::builtins::PyModule;
use rustpython_vm::class::StaticType;
use rustpython_vm::{PyObjectRef, PyRef, PyResult, VirtualMachine};

use super::call::Function;
use super::tensor;
use super::trace::PyTraced;

/// Functions whose first argument can stand before the dot: `x.sum(axis=0)`.
const METHODS: [&str; 44] = [
    "abs",
    "all",
    "allclose",
    "any",
    "argmax",
    "argmin",
    "argsort",
    "astype",
    "clip",
    "cos",
    "cumprod",
    "cumsum",
    "diagonal",
    "dot",
    "exp",
    "expand_dims",
    "flatten",
    "flip",
    "log",
    "matmul",
    "max",
    "mean",
    "min",
    "nonzero",
    "norm",
    "permute",
    "prod",
    "ravel",
    "repeat",
    "reshape",
    "round",
    "sin",
    "softmax",
    "sort",
    "sqrt",
    "squeeze",
    "std",
    "sum",
    "swapaxes",
    "take",
    "topk",
    "trace",
    "transpose",
    "var",
];

/// Every function, family by family.
pub(super) fn tables() -> impl Iterator<Item = &'static Function> {
    [
        create::FUNCTIONS,
        math::FUNCTIONS,
        reduce::FUNCTIONS,
        shape::FUNCTIONS,
        linalg::FUNCTIONS,
        more::FUNCTIONS,
        joining::FUNCTIONS,
        pairs::FUNCTIONS,
        products::FUNCTIONS,
        stats::FUNCTIONS,
    ]
    .into_iter()
    .flatten()
}

/// Other names of the same functions.
const ALIASES: [(&str, &str); 15] = [
    ("concat", "concatenate"),
    ("amax", "max"),
    ("amin", "min"),
    ("absolute", "abs"),
    ("gather", "take_along_axis"),
    ("mod", "remainder"),
    ("permute_dims", "permute"),
    ("around", "round"),
    ("true_divide", "divide"),
    ("radians", "deg2rad"),
    ("degrees", "rad2deg"),
    ("fabs", "abs"),
    ("identity", "eye"),
    ("empty", "zeros"),
    ("empty_like", "zeros_like"),
];

/// The other names of the function called `name`.
pub(super) fn aliases(name: &str) -> impl Iterator<Item = &'static str> {
    ALIASES.iter().filter(move |(_, of)| *of == name).map(|(alias, _)| *alias)
}

/// What `k.linalg` has, under NumPy's names there.
const LINALG: [&str; 10] =
    ["det", "eigh", "inv", "matmul", "matrix_power", "norm", "outer", "solve", "tensordot", "trace"];

/// Puts into `part`, the module `kiln.linalg`, what `module` has of it.
pub(super) fn linear(part: &PyRef<PyModule>, module: &PyRef<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    LINALG.into_iter().try_for_each(|name| part.set_attr(name, module.get_attr(name, vm)?, vm))
}

/// Puts every function into `module`, and the methods on the class of tensors.
pub(super) fn install(module: &PyRef<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    for function in tables() {
        module.set_attr(function.name, function.object(vm), vm)?;
        if METHODS.contains(&function.name) {
            for class in [tensor::class(), PyTraced::static_type()] {
                let method: PyObjectRef = vm.new_method(function.name, class, function.native()).into();
                class.set_attr(vm.ctx.intern_str(function.name), method);
            }
        }
    }
    for (alias, name) in ALIASES {
        let function = module.get_attr(name, vm)?;
        module.set_attr(alias, function, vm)?;
    }
    Ok(())
}
