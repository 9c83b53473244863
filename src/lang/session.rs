//! Runs the cells of a program one after the other, in one namespace.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Instant;

use rustpython_vm::builtins::{PyDictRef, PyFloat};
use rustpython_vm::compiler::Mode;
use rustpython_vm::scope::Scope;
use rustpython_vm::{AsObject, Interpreter, PyObjectRef, PyResult, VirtualMachine};

use super::fault::{self, Texts};
use super::host::Host;
use super::imports::Importer;
use super::names::Names;
use super::stage::{self, Shared, Stage};
use super::{attributes, builtins, code, interpreter, kiln_module, library, plain, repeat, walls};
use crate::snippet::plain::Plain;
use crate::snippet::program::{Fault, Outcome, ProgramCell, Ran, Value};

/// An interpreter and the namespace that the cells of one program share.
///
/// A session stays on one thread, whose stack should have [`super::STACK_BYTES`]. A cell that never
/// ends, or that asks for more memory than there is, takes its process along: the process belongs to
/// whoever set the limits.
pub struct Session {
    interpreter: Interpreter,
    importer: Rc<Importer>,
    stage: Shared,
    texts: Texts,
    /// What cells hold in each namespace; the empty name is the program's own.
    names: BTreeMap<String, Names>,
}

impl Session {
    /// A session in which nothing has run, with `host` to ask for models.
    ///
    /// # Errors
    /// An interpreter that does not come up: a fault of this build of Kiln.
    pub fn new(host: Box<dyn Host>) -> crate::Result<Self> {
        let interpreter = interpreter::build();
        let stage: Shared = Rc::new(RefCell::new(Stage::new(host)));
        let made = interpreter.enter(|vm| furnish(vm).map_err(|raised| describe(&raised, vm)));
        let importer = made
            .map_err(|cause| crate::Error::new(format!("the Python interpreter does not start: {cause}")))?;
        Ok(Self { interpreter, importer, stage, texts: Texts::new(), names: BTreeMap::new() })
    }

    /// Says which namespace each module `pages.…` stands for.
    #[must_use]
    pub fn with_pages(self, modules: &BTreeMap<String, String>) -> Self {
        self.importer.pages(modules);
        self
    }

    /// The namespace called `space`.
    fn space(&self, space: &str) -> PyDictRef {
        self.interpreter.enter(|vm| self.importer.space(space, vm))
    }

    /// From now on a cell may show `bytes` at most.
    pub fn bound_output(&mut self, bytes: u64) {
        self.stage.borrow_mut().most = bytes;
    }

    /// Runs a cell.
    ///
    /// A cell that must raise and does is [`Outcome::Done`], its exception shown as text; one that
    /// must and does not is a fault.
    pub fn run_cell(&mut self, cell: &ProgramCell) -> Outcome {
        let begun = Instant::now();
        self.stage.borrow_mut().begin(cell);
        let entered = stage::enter(&self.stage);
        let name = fault::file_name(&cell.id());
        let place = Place { file: &name, cell: &cell.id(), space: &cell.space };
        let ended = match self.guarded(place, &cell.code, true) {
            Ok(_) if cell.must_raise => Err(Fault {
                kind: "NoException".to_owned(),
                message: "the cell has `error: true` but raised nothing".to_owned(),
                hints: vec!["remove `#| error: true`".to_owned()],
                ..Fault::default()
            }),
            Err(raised) if cell.must_raise => {
                let text = format!("{}: {}\n", raised.kind, raised.message);
                self.stage.borrow_mut().write(&text, Vec::new());
                Ok(())
            }
            ended => ended.map(|_| ()),
        };
        let values = ended.and_then(|()| self.changes(&cell.label, &cell.space));
        drop(entered);
        match values {
            Ok(values) => Outcome::Done(self.ran(String::new(), values, begun)),
            Err(fault) => Outcome::Failed(fault),
        }
    }

    /// Finds the text of an inline expression of the namespace `space`, after the cells that have run.
    pub fn run_inline(&mut self, code: &str, space: &str) -> Outcome {
        let begun = Instant::now();
        let label = self.stage.borrow().labels.last().cloned().unwrap_or_default();
        self.stage.borrow_mut().again();
        let entered = stage::enter(&self.stage);
        let text = self.inline(code, space);
        let values = text.and_then(|text| Ok((text, self.changes(&label, space)?)));
        drop(entered);
        match values {
            Ok((text, values)) => Outcome::Done(self.ran(text, values, begun)),
            Err(fault) => Outcome::Failed(fault),
        }
    }

    /// Writes down what the names of `cell` hold, as far as it is data and fits into `most` bytes.
    pub fn write(&mut self, cell: &ProgramCell, most: usize) -> Outcome {
        let (names, mut room) = (self.names.get(&cell.space), most);
        let written = self.interpreter.enter(|vm| {
            let own = names.into_iter().flat_map(|names| names.of(&cell.label));
            own.filter_map(|(name, object)| Some((name.clone(), plain::of(object, &mut room, vm)?))).collect()
        });
        Outcome::Done(Ran { written, ..Ran::default() })
    }

    /// Gives the names of `cell` the `values` that an earlier run of it wrote down, and runs its
    /// `definitions`: the same text with nothing else in it. Neither shows anything.
    pub fn restore(
        &mut self,
        cell: &ProgramCell,
        values: &BTreeMap<String, Plain>,
        definitions: &str,
    ) -> Outcome {
        let begun = Instant::now();
        // Its tensors belong to the cell, as if it had run.
        self.stage.borrow_mut().begin(cell);
        let entered = stage::enter(&self.stage);
        let namespace = self.space(&cell.space);
        let set = self.interpreter.enter(|vm| {
            let set = |(name, value): (&String, &Plain)| {
                namespace.set_item(name.as_str(), plain::object(value, vm)?, vm)
            };
            values.iter().try_for_each(set).map_err(|raised| describe(&raised, vm))
        });
        let fault = |message: String| Fault { message, ..Fault::default() };
        let name = fault::file_name(&cell.id());
        let place = Place { file: &name, cell: &cell.id(), space: &cell.space };
        let defined = set.map_err(fault).and_then(|()| self.guarded(place, definitions, true));
        let values = defined.and_then(|_| self.changes(&cell.label, &cell.space));
        drop(entered);
        match values {
            Ok(values) => Outcome::Done(self.ran(String::new(), values, begun)),
            Err(fault) => Outcome::Failed(fault),
        }
    }

    /// What the cell `label` has changed in its own namespace; in others it may change nothing.
    fn changes(&mut self, label: &str, space: &str) -> Result<BTreeMap<String, Option<Value>>, Fault> {
        let (importer, names) = (&self.importer, &mut self.names);
        self.interpreter.enter(|vm| {
            let all = importer.spaces();
            let changes = names.entry(space.to_owned()).or_default().changes(label, &all, space, vm)?;
            let mut others = names.iter().filter(|(other, _)| *other != space);
            others.try_for_each(|(_, names)| names.unchanged(&all, vm))?;
            Ok(changes)
        })
    }

    fn ran(&self, text: String, values: BTreeMap<String, Option<Value>>, begun: Instant) -> Ran {
        let mut stage = self.stage.borrow_mut();
        Ran {
            outputs: std::mem::take(&mut stage.outputs),
            raws: std::mem::take(&mut stage.raws),
            margin: stage.margin.take(),
            checks: std::mem::take(&mut stage.checks),
            warnings: std::mem::take(&mut stage.warnings),
            text,
            written: BTreeMap::new(),
            values,
            models: std::mem::take(&mut stage.models),
            runtime: stage.runtime,
            ms: begun.elapsed().as_secs_f64() * 1e3,
        }
    }

    /// The text of an inline expression: `str` of its value, floats in at most six significant
    /// digits.
    fn inline(&mut self, code: &str, space: &str) -> Result<String, Fault> {
        let place = Place { file: fault::INLINE, cell: "", space };
        let value = self.guarded(place, code.trim(), false)?;
        let (texts, namespace) = (&self.texts, self.space(space));
        let Some(value) = value else { return Ok(String::new()) };
        self.interpreter.enter(|vm| {
            inline_text(&value, vm).map_err(|raised| fault::of_exception(&raised, texts, &namespace, vm))
        })
    }

    /// Runs `code`; a panic below becomes a fault, so that it costs one cell and not the build.
    fn guarded(&mut self, place: Place<'_>, code: &str, shown: bool) -> Result<Option<PyObjectRef>, Fault> {
        self.texts.insert(place.file.to_owned(), (place.cell.to_owned(), code.to_owned()));
        catch_unwind(AssertUnwindSafe(|| self.execute(place, code, shown))).unwrap_or_else(|_| {
            Err(Fault {
                kind: "InternalError".to_owned(),
                message: "Kiln's interpreter failed in this cell".to_owned(),
                hints: vec!["please report the cell: this is a fault of Kiln".to_owned()],
                ..Fault::default()
            })
        })
    }

    fn execute(&self, place: Place<'_>, text: &str, shown: bool) -> Result<Option<PyObjectRef>, Fault> {
        let Place { file, cell, space } = place;
        let namespace = self.space(space);
        let survey = attributes::survey(text);
        if let Some(closed) = survey.closed {
            return Err(fault::of_closed(&closed.name, closed.range, cell, text));
        }
        self.importer.expect(&survey.imports);
        self.interpreter.enter(|vm| {
            let compiled = match shown {
                true => code::cell(text, file, vm.compile_opts())
                    .map(|(code, shows)| (vm.ctx.new_code(code), shows)),
                false => vm.compile(text, Mode::Eval, file.to_owned()).map(|code| (code, false)),
            };
            let (code, shows) = compiled.map_err(|error| fault::of_syntax(&error, file, &self.texts, vm))?;
            let run = || -> PyResult<Option<PyObjectRef>> {
                let returned = vm.run_code_obj(code, Scope::with_builtins(None, namespace.clone(), vm))?;
                if !shown {
                    return Ok(Some(returned));
                }
                if !shows {
                    return Ok(None);
                }
                let value = namespace.get_item(code::VALUE, vm)?;
                namespace.del_item(code::VALUE, vm)?;
                if !vm.is_none(&value) && !silenced(text) {
                    builtins::show(&value, vm)?;
                }
                Ok(Some(value))
            };
            run().map_err(|raised| fault::of_exception(&raised, &self.texts, &namespace, vm))
        })
    }
}

/// Whether a cell ends in a semicolon, which keeps its last value from being shown, as in IPython.
fn silenced(code: &str) -> bool {
    let last = code.lines().rev().map(|line| line.split(" #").next().unwrap_or("").trim_end());
    last.map(str::trim_start)
        .find(|line| !line.is_empty() && !line.starts_with('#'))
        .is_some_and(|line| line.ends_with(';'))
}

/// Where code belongs.
#[derive(Clone, Copy)]
struct Place<'a> {
    /// The name it is compiled under.
    file: &'a str,
    /// What frames call its cell.
    cell: &'a str,
    /// Its namespace.
    space: &'a str,
}

/// Puts the guarded builtins and the importer in place.
fn furnish(vm: &VirtualMachine) -> PyResult<Rc<Importer>> {
    let importer = Importer::new(vm.builtins.get_attr("__import__", vm)?);
    vm.builtins.set_attr("__import__", importer.hook(vm), vm)?;
    let builtins = builtins::of_cells(vm)?;
    builtins.set_item("__import__", importer.for_cells(vm), vm)?;
    kiln_module::install(&importer, &builtins, vm)?;
    library::hold(&builtins, vm)?;
    importer.furnish(builtins);
    walls::build(vm);
    repeat::bound(vm);
    Ok(importer)
}

fn describe(raised: &rustpython_vm::builtins::PyBaseExceptionRef, vm: &VirtualMachine) -> String {
    let text = raised.as_object().str(vm).map(|text| text.to_string_lossy().into_owned());
    format!("{}: {}", raised.class().name(), text.unwrap_or_default())
}

fn inline_text(value: &PyObjectRef, vm: &VirtualMachine) -> PyResult<String> {
    let text = match value.downcast_ref::<PyFloat>() {
        Some(number) => shortened(number.to_f64()),
        None => value.str(vm)?.to_string_lossy().into_owned(),
    };
    Ok(builtins::without_addresses(&text))
}

/// A float in at most six significant digits, without trailing zeros; with an exponent below 1e-4
/// and from 1e16 on, as Python's `repr` has it.
pub(super) fn shortened(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string().to_lowercase();
    }
    let rounded: f64 = format!("{number:.5e}").parse().unwrap_or(number);
    let size = rounded.abs();
    if size != 0.0 && !(1e-4..1e16).contains(&size) {
        let text = format!("{rounded:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let exponent: i32 = exponent.parse().unwrap_or(0);
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.abs());
    }
    format!("{rounded}")
}
