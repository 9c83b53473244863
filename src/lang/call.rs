//! Functions of the module `kiln`, and how their arguments are read.
//!
//! Every function is one line of a table: its name, its parameters as Python would write them, and
//! what it does. One closure type serves them all, which keeps the binary and the compile time small.

use std::rc::Rc;

use rustpython_vm::builtins::{PyBaseExceptionRef, PyStr};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine};

use super::raise::{self, OrRaise};
use super::tensor::PyTensor;
use super::{convert, habits, trace};
use crate::tensor::{DType, Operand, Tensor, TensorError, TensorResult};

/// A function that cells can call.
#[derive(Debug)]
pub(super) struct Function {
    /// Its name.
    pub(super) name: &'static str,
    /// Its parameters: `x`, `axis=None`, `*rest`, `**more`.
    pub(super) params: &'static [&'static str],
    /// What it does.
    pub(super) run: fn(&Call<'_>) -> PyResult,
}

/// One call: the arguments by parameter.
pub(super) struct Call<'a> {
    pub(super) vm: &'a VirtualMachine,
    name: &'static str,
    names: &'a [&'static str],
    values: Vec<Option<PyObjectRef>>,
    rest: Vec<PyObjectRef>,
    more: Vec<(String, PyObjectRef)>,
}

impl Function {
    /// The function as an object of the VM.
    pub(super) fn object(&'static self, vm: &VirtualMachine) -> PyObjectRef {
        vm.new_function(self.name, self.native()).into()
    }

    /// What the VM calls. A method is the same function: its first argument is the object.
    pub(super) fn native(&'static self) -> impl Fn(FuncArgs, &VirtualMachine) -> PyResult + 'static {
        let names: Rc<[&'static str]> = self.params.iter().map(|param| bare(param)).collect();
        move |args, vm| {
            if trace::touches(&args) {
                return trace::call(self, &names, args, vm);
            }
            (self.run)(&self.bind(&names, args, vm)?)
        }
    }

    /// The arguments by parameter.
    pub(super) fn bind<'a>(
        &'static self,
        names: &'a [&'static str],
        args: FuncArgs,
        vm: &'a VirtualMachine,
    ) -> PyResult<Call<'a>> {
        let places = names.iter().position(|name| name.starts_with('*')).unwrap_or(names.len());
        let open = names.get(places).is_some_and(|name| !name.starts_with("**"));
        let any_name = names.last().is_some_and(|name| name.starts_with("**"));
        let mut call = Call {
            vm,
            name: self.name,
            names,
            values: vec![None; names.len()],
            rest: Vec::new(),
            more: Vec::new(),
        };
        for (at, value) in args.args.into_iter().enumerate() {
            if at < places {
                call.values[at] = Some(value);
            } else if open {
                call.rest.push(value);
            } else {
                let own = usize::from(names.first() == Some(&"self"));
                let message = format!("{}() takes at most {} arguments", self.name, places - own);
                return Err(call.type_error(message, &[self.signature()]));
            }
        }
        for (name, value) in args.kwargs {
            let Some(at) = names.iter().position(|known| *known == name) else {
                if any_name {
                    call.more.push((name, value));
                    continue;
                }
                let mut hints = match habits::argument(&name, names) {
                    Some(hint) => vec![hint.to_owned()],
                    None => raise::did_you_mean(&name, names.iter().copied()),
                };
                hints.push(self.signature());
                let message = format!("{}() got an unexpected keyword argument '{name}'", self.name);
                return Err(call.type_error(message, &hints));
            };
            if call.values[at].replace(value).is_some() {
                let message = format!("{}() got '{name}' twice", self.name);
                return Err(call.type_error(message, &[self.signature()]));
            }
        }
        let missing = self
            .params
            .iter()
            .zip(&call.values)
            .find(|(param, value)| value.is_none() && !param.contains('=') && !param.starts_with('*'));
        if let Some((param, _)) = missing {
            let message = format!("{}() needs the argument '{param}'", self.name);
            return Err(call.type_error(message, &[self.signature()]));
        }
        Ok(call)
    }

    fn signature(&self) -> String {
        let params: Vec<&str> = self.params.iter().copied().filter(|param| *param != "self").collect();
        // A task is no name of Python: its pipeline is what is called.
        let name = if self.name.contains('-') { "pipe" } else { self.name };
        format!("the call is `{name}({})`", params.join(", "))
    }
}

/// The name of a parameter, without what stands in for it.
pub(super) fn bare(param: &'static str) -> &'static str {
    param.split_once('=').map_or(param, |(name, _)| name)
}

impl Call<'_> {
    /// The argument `name`; `None` where it is left out or Python's `None`.
    pub(super) fn given(&self, name: &str) -> Option<&PyObjectRef> {
        let at = self.names.iter().position(|known| *known == name)?;
        self.values[at].as_ref().filter(|value| !self.vm.is_none(value))
    }

    /// The function's name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Whether the argument `name` was written, be it as `None`.
    pub(super) fn written(&self, name: &str) -> bool {
        self.names.iter().position(|known| *known == name).is_some_and(|at| self.values[at].is_some())
    }

    /// The argument `name`, which may be anything but `None`.
    pub(super) fn object(&self, name: &str) -> PyResult<PyObjectRef> {
        match self.given(name) {
            Some(value) => Ok(value.clone()),
            None => Err(self.type_error(format!("{}(): '{name}' must not be None", self.name), &[])),
        }
    }

    /// The arguments beyond those with names.
    pub(super) fn rest(&self) -> &[PyObjectRef] {
        &self.rest
    }

    /// The arguments by names that are no parameter's, where the function takes any.
    pub(super) fn more(&self) -> &[(String, PyObjectRef)] {
        &self.more
    }

    /// A number or tensor; lists become tensors.
    pub(super) fn operand(&self, name: &str) -> PyResult<Operand> {
        convert::operand(self.object(name)?.as_object(), self.vm).map_err(|raised| self.about(name, raised))
    }

    /// A tensor; numbers and lists become tensors.
    pub(super) fn tensor(&self, name: &str) -> PyResult<Tensor> {
        Ok(self.operand(name)?.into_tensor())
    }

    /// A list or tuple of tensors, or the slices of one tensor.
    pub(super) fn tensors(&self, name: &str) -> PyResult<Vec<Tensor>> {
        convert::tensors(self.object(name)?.as_object(), self.vm).map_err(|raised| self.about(name, raised))
    }

    /// A float, or `default`.
    pub(super) fn float(&self, name: &str, default: f64) -> PyResult<f64> {
        match self.given(name) {
            None => Ok(default),
            Some(value) => convert::float(value, self.vm).map_err(|raised| self.about(name, raised)),
        }
    }

    /// An integer, or `default`.
    pub(super) fn integer(&self, name: &str, default: i64) -> PyResult<i64> {
        match self.given(name) {
            None => Ok(default),
            Some(value) => convert::integer(value, self.vm).map_err(|raised| self.about(name, raised)),
        }
    }

    /// An integer that is not negative, or `default`.
    pub(super) fn count(&self, name: &str, default: usize) -> PyResult<usize> {
        let value = self.integer(name, default as i64)?;
        usize::try_from(value).map_err(|_| self.value_error(format!("{}(): '{name}' is {value}", self.name)))
    }

    /// `True` or `False`, or `default`.
    pub(super) fn flag(&self, name: &str, default: bool) -> PyResult<bool> {
        match self.given(name) {
            None => Ok(default),
            Some(value) => value.clone().try_to_bool(self.vm),
        }
    }

    /// A text, if given.
    pub(super) fn text(&self, name: &str) -> PyResult<Option<String>> {
        self.given(name)
            .map(|value| match value.downcast_ref::<PyStr>() {
                Some(text) => Ok(text.to_string_lossy().into_owned()),
                None => Err(self.expected(name, "a string", value)),
            })
            .transpose()
    }

    /// A list of texts, if given; anything in it is written as `str` writes it.
    pub(super) fn texts(&self, name: &str) -> PyResult<Option<Vec<String>>> {
        self.given(name).map(|value| convert::labels(value, self.vm)).transpose()
    }

    /// A shape: an integer or a sequence of them.
    pub(super) fn shape(&self, name: &str) -> PyResult<Vec<usize>> {
        convert::shape(self.object(name)?.as_object(), self.vm).map_err(|raised| self.about(name, raised))
    }

    /// An axis, if given.
    pub(super) fn axis(&self, name: &str) -> PyResult<Option<isize>> {
        self.given(name).map(|value| convert::integer(value, self.vm).map(|axis| axis as isize)).transpose()
    }

    /// Axes, if given: an integer or a sequence of them.
    pub(super) fn axes(&self, name: &str) -> PyResult<Option<Vec<isize>>> {
        let integers = self.given(name).map(|value| convert::integers(value, self.vm)).transpose()?;
        Ok(integers.map(|axes| axes.into_iter().map(|axis| axis as isize).collect()))
    }

    /// A dtype, if given.
    pub(super) fn dtype(&self, name: &str) -> PyResult<Option<DType>> {
        let Some(value) = self.given(name) else { return Ok(None) };
        // `zeros(2, 3)`: PyTorch's way of writing a shape.
        if self.names.first() == Some(&"shape") && convert::integer(value, self.vm).is_ok() {
            let hint = [format!("a shape is one argument: `{}((2, 3))`", self.name)];
            let message = format!("{}(): '{name}' must be a dtype such as 'float32'", self.name);
            return Err(self.type_error(message, &hint));
        }
        convert::dtype(value, self.vm).map(Some).map_err(|raised| self.about(name, raised))
    }

    /// A tensor as the result.
    pub(super) fn give(&self, result: TensorResult<Tensor>) -> PyResult {
        Ok(PyTensor::object(result.map_err(|error| self.named(error)).or_raise(self.vm)?, self.vm))
    }

    /// A tensor as the result that shares `x`'s elements in NumPy.
    pub(super) fn give_view(&self, name: &str, result: TensorResult<Tensor>) -> PyResult {
        let tensor = result.map_err(|error| self.named(error)).or_raise(self.vm)?;
        Ok(PyTensor::view(tensor, self.given(name), self.vm))
    }

    /// Several tensors as a tuple or list.
    pub(super) fn give_all(&self, result: TensorResult<Vec<Tensor>>) -> PyResult<Vec<PyObjectRef>> {
        let tensors = result.map_err(|error| self.named(error)).or_raise(self.vm)?;
        Ok(tensors.into_iter().map(|tensor| PyTensor::object(tensor, self.vm)).collect())
    }

    fn named(&self, mut error: TensorError) -> TensorError {
        error.message = format!("{}(): {}", self.name, error.message);
        error
    }

    /// "`name` should be `what`, not what it is".
    pub(super) fn expected(&self, name: &str, what: &str, got: &PyObjectRef) -> PyBaseExceptionRef {
        let message = format!("{}(): '{name}' must be {what}, not {}", self.name, convert::described(got));
        self.type_error(message, &[])
    }

    /// A `TypeError`.
    pub(super) fn type_error(&self, message: String, hints: &[String]) -> PyBaseExceptionRef {
        raise::exception(self.vm, self.vm.ctx.exceptions.type_error.to_owned(), message, hints)
    }

    /// A `ValueError`.
    pub(super) fn value_error(&self, message: String) -> PyBaseExceptionRef {
        self.vm.new_value_error(message)
    }

    /// One of `known` by its text, or an error with did-you-mean; `default` where nothing is given.
    pub(super) fn one_of<T: Copy>(&self, name: &str, known: &[(&'static str, T)], default: T) -> PyResult<T> {
        let Some(text) = self.text(name)? else { return Ok(default) };
        if let Some((_, value)) = known.iter().find(|(known, _)| *known == text) {
            return Ok(*value);
        }
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let mut hints = raise::did_you_mean(&text, names.iter().copied());
        hints.push(format!("'{name}' is one of {}", names.join(", ")));
        let message = format!("{}(): '{name}' is '{text}'", self.name);
        Err(raise::exception(self.vm, self.vm.ctx.exceptions.value_error.to_owned(), message, &hints))
    }

    /// Says in whose argument a conversion failed.
    fn about(&self, name: &str, raised: PyBaseExceptionRef) -> PyBaseExceptionRef {
        let Ok(text) = raised.as_object().str(self.vm) else { return raised };
        let hints = raise::notes(&raised, self.vm);
        let message = format!("{}(): '{name}': {}", self.name, text.to_string_lossy());
        raise::exception(self.vm, raised.class().to_owned(), message, &hints)
    }
}
