//! The builtins of a cell: Python's, less those that reach outside, with `print` captured.

use rustpython_vm::builtins::{PyBaseException, PyBaseExceptionRef, PyDictRef, PyStr, PyType};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine};

use super::display::PyDisplay;
use super::{attributes, behind, raise, stage};
use crate::snippet::output::Output;
use crate::snippet::raw::Raw;

/// Builtins that a cell has no use for or that lead out of the sandbox, each with what to do instead.
const REMOVED: [(&str, &str); 16] = [
    ("breakpoint", "a cell runs unattended; print what you want to see"),
    ("compile", "a cell's code is compiled once, as it is written"),
    ("copyright", ""),
    ("credits", ""),
    ("eval", "write the expression itself"),
    ("exec", "write the statements themselves"),
    ("exit", "a cell ends at its last line"),
    ("help", "every function of `kiln` is in the section Reference of its site, with an example"),
    ("id", "an address differs from run to run; compare with `is`"),
    ("input", "a cell runs unattended; write the value into the cell"),
    ("license", ""),
    ("memoryview", ""),
    ("open", "a cell has no files; write the data into the cell"),
    ("quit", "a cell ends at its last line"),
    ("_", ""),
    ("__loader__", ""),
];

/// The builtins of cells as a dictionary of their own.
pub(super) fn of_cells(vm: &VirtualMachine) -> PyResult<PyDictRef> {
    let builtins = vm.ctx.new_dict();
    for (name, value) in vm.builtins.dict().items_vec() {
        let kept = name.downcast_ref::<PyStr>().is_some_and(|name| {
            let name = name.to_string_lossy();
            REMOVED.iter().all(|(removed, _)| *removed != name) && name != "__spec__"
        });
        if kept {
            builtins.set_item(&*name, value, vm)?;
        }
    }
    builtins.set_item("print", vm.new_function("print", print).into(), vm)?;
    builtins.set_item("display", vm.new_function("display", display).into(), vm)?;
    for name in ["getattr", "hasattr", "setattr", "delattr"] {
        let real = vm.builtins.get_attr(name, vm)?;
        let guarded = move |args: FuncArgs, vm: &VirtualMachine| {
            if let Some(name) = args.args.get(1).and_then(|name| name.downcast_ref::<PyStr>()) {
                refuse_closed(&name.to_string_lossy(), vm)?;
            }
            real.call(args, vm)
        };
        builtins.set_item(name, vm.new_function(name, guarded).into(), vm)?;
    }
    Ok(builtins)
}

/// Why `name` is not there, for names that Python has and cells have not.
pub(super) fn why_removed(name: &str) -> Option<&'static str> {
    REMOVED.iter().find(|(removed, why)| *removed == name && !why.is_empty()).map(|(_, why)| *why)
}

fn refuse_closed(name: &str, vm: &VirtualMachine) -> PyResult<()> {
    if attributes::is_closed(name) {
        return Err(attributes::refusal(name, vm));
    }
    Ok(())
}

/// `print(*objects, sep=" ", end="\n")`, written to the cell's output.
fn print(args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let (mut sep, mut end) = (" ".to_owned(), "\n".to_owned());
    for (name, value) in &args.kwargs {
        let absent = vm.is_none(value);
        match name.as_str() {
            "sep" if absent => {}
            "end" if absent => {}
            "sep" => sep = text_option("sep", value, vm)?,
            "end" => end = text_option("end", value, vm)?,
            "flush" => {}
            "file" if absent => {}
            "file" => {
                let hint = ["leave `file` out: a cell's output is its page".to_owned()];
                let class = vm.ctx.exceptions.type_error.to_owned();
                return Err(raise::exception(vm, class, "print() of a cell has no files to write to", &hint));
            }
            other => {
                let hints = raise::did_you_mean(other, ["sep", "end", "flush"]);
                let message = format!("print() got an unexpected keyword argument '{other}'");
                return Err(raise::exception(vm, vm.ctx.exceptions.type_error.to_owned(), message, &hints));
            }
        }
    }
    let (mut text, mut raws) = (String::new(), Vec::new());
    for (at, object) in args.args.iter().enumerate() {
        if at > 0 {
            text.push_str(&sep);
        }
        let shown = without_addresses(&object.str(vm)?.to_string_lossy());
        let place = [text.len(), text.len() + shown.len()];
        raws.extend(behind::text(object, &shown).map(|raw| Raw { at: Some(place), ..raw }));
        text.push_str(&shown);
    }
    text.push_str(&end);
    write(&text, raws, vm)
}

fn text_option(name: &str, value: &PyObjectRef, vm: &VirtualMachine) -> PyResult<String> {
    match value.downcast_ref::<PyStr>() {
        Some(text) => Ok(text.to_string_lossy().into_owned()),
        None => {
            Err(vm.new_type_error(format!("{name} must be None or a string, not {}", value.class().name())))
        }
    }
}

/// `display(*objects)`: shows each as the last expression of a cell is shown.
fn display(args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    if let Some(name) = args.kwargs.keys().next() {
        return Err(vm.new_type_error(format!("display() got an unexpected keyword argument '{name}'")));
    }
    args.args.iter().try_for_each(|object| show(object, vm))
}

/// Shows a value: a figure as a figure, anything else by its `repr`.
pub(super) fn show(object: &PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    let (output, raws) = match object.downcast_ref::<PyDisplay>() {
        Some(display) => (display.output(), display.raws().to_vec()),
        None => {
            let text = without_addresses(&object.repr(vm)?.to_string_lossy());
            let place = [0, text.len()];
            let raw = behind::text(object, &text).map(|raw| Raw { at: Some(place), ..raw });
            (Output::Text { text: text + "\n" }, raw.into_iter().collect())
        }
    };
    taken(stage::with(|stage| stage.show(output, raws)), vm)
}

/// `warnings.warn(message, category=UserWarning)`: shown with the cell's output.
pub(super) fn warn(args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let Some(message) = args.args.first().or_else(|| args.kwargs.get("message")) else {
        return Err(vm.new_type_error("warn() needs the argument 'message'"));
    };
    let category = args.args.get(1).or_else(|| args.kwargs.get("category"));
    let class = match (category, message.downcast_ref::<PyBaseException>()) {
        (_, Some(warning)) => warning.class().name().to_string(),
        (Some(category), None) => match category.downcast_ref::<PyType>() {
            Some(class) => class.name().to_string(),
            None => return Err(vm.new_type_error("category must be a Warning subclass")),
        },
        (None, None) => "UserWarning".to_owned(),
    };
    let text = without_addresses(&message.str(vm)?.to_string_lossy());
    taken(stage::with(|stage| stage.warn(format!("{class}: {text}"))), vm)
}

fn write(text: &str, raws: Vec<Raw>, vm: &VirtualMachine) -> PyResult<()> {
    taken(stage::with(|stage| stage.write(text, raws)), vm)
}

/// Whether the stage has taken what it was given.
pub(super) fn taken(taken: Option<bool>, vm: &VirtualMachine) -> PyResult<()> {
    match taken {
        Some(true) => Ok(()),
        Some(false) => Err(too_much(vm)),
        None => Err(vm.new_runtime_error("no cell is running")),
    }
}

fn too_much(vm: &VirtualMachine) -> PyBaseExceptionRef {
    let most = stage::with(|stage| stage.most).unwrap_or_default();
    let most = crate::snippet::program::mebibytes(most);
    let hints =
        ["print a part of it, or a summary".to_owned(), "or allow more with `#| max-output: MIB`".to_owned()];
    let message = format!("a cell may show at most {most} MiB");
    raise::exception(vm, vm.ctx.exceptions.memory_error.to_owned(), message, &hints)
}

/// `text` without the addresses of default `repr`s (`<A object at 0x7f…>`), which differ from run to
/// run.
pub(super) fn without_addresses(text: &str) -> String {
    const MARK: &str = " at 0x";
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let digits = rest[at + MARK.len()..].bytes().take_while(u8::is_ascii_hexdigit).count();
        let end = at + MARK.len() + digits;
        let is_address = digits >= 6 && rest[end..].starts_with('>');
        kept.push_str(if is_address { &rest[..at] } else { &rest[..end] });
        rest = &rest[end..];
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_are_taken_out() {
        assert_eq!(without_addresses("<A object at 0x7f00aa11>, at 0x12"), "<A object>, at 0x12");
    }
}
