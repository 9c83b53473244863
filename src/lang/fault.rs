//! From a Python exception to a [`Fault`]: message, call stack in cells, hints.

use std::collections::BTreeMap;

use rustpython_vm::builtins::{PyBaseExceptionRef, PyDict, PyDictRef, PyModule, PyStr};
use rustpython_vm::compiler::CompileError;
use rustpython_vm::{AsObject, PyObject, PyObjectRef, VirtualMachine};

use super::{builtins, habits, raise};
use crate::snippet::program::{Fault, Frame};

/// The code of each cell by the name it was compiled under, to turn bytes into characters.
pub(super) type Texts = BTreeMap<String, (String, String)>;

/// The name under which the code of cell `label` is compiled.
pub(super) fn file_name(label: &str) -> String {
    format!("<cell:{label}>")
}

/// The name under which inline expressions are compiled.
pub(super) const INLINE: &str = "<inline>";

/// The fault that `raised` is to the author.
pub(super) fn of_exception(
    raised: &PyBaseExceptionRef,
    texts: &Texts,
    namespace: &PyDictRef,
    vm: &VirtualMachine,
) -> Fault {
    let kind = raised.class().name().to_string();
    let message = message(raised, vm);
    let mut hints = raise::notes(raised, vm);
    hints.extend(guesses(raised, &message, namespace, vm));
    let message = match raised.__cause__() {
        Some(cause) => format!("{message} (from {}: {})", cause.class().name(), self::message(&cause, vm)),
        None => message,
    };
    let mut frames = frames(raised, texts);
    if message.ends_with("object is not callable")
        && let Some(frame) = frames.first()
    {
        hints.extend(spelled(frame, texts).and_then(habits::called));
    }
    if raised.fast_isinstance(vm.ctx.exceptions.attribute_error)
        && let Some(name) = text(raised.as_object(), "name", vm)
        && let Some(frame) = frames.first_mut()
    {
        point_at_attribute(frame, &name, texts);
    }
    Fault { kind, message: builtins::without_addresses(&message), frames, hints }
}

/// The fault of code that does not compile.
pub(super) fn of_syntax(error: &CompileError, file: &str, texts: &Texts, vm: &VirtualMachine) -> Fault {
    let (cell, text) = texts.get(file).map_or(("", ""), |(cell, text)| (cell.as_str(), text.as_str()));
    let raised = vm.new_syntax_error(error, Some(text));
    let kind = raised.class().name().to_string();
    let message = match raised.args().first().and_then(|message| message.downcast_ref::<PyStr>()) {
        Some(message) => message.to_string_lossy().into_owned(),
        None => error.to_string(),
    };
    let (line, column) = error.python_location();
    let (end_line, end_column) = error.python_end_location().unwrap_or((line, column));
    let frame = place(cell, text, (line, column), (end_line, end_column), "<module>");
    Fault { kind, message, frames: vec![frame], hints: Vec::new() }
}

/// The fault of a name that may not be uttered, at the bytes `range` of `text`.
pub(super) fn of_closed(name: &str, range: std::ops::Range<usize>, cell: &str, text: &str) -> Fault {
    let before = text.get(..range.start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = range.start - before.rfind('\n').map_or(0, |newline| newline + 1) + 1;
    let end = (line, column + range.len());
    Fault {
        kind: "AttributeError".to_owned(),
        message: format!("'{name}' leads into the interpreter and is closed to cells"),
        frames: vec![place(cell, text, (line, column), end, "<module>")],
        hints: Vec::new(),
    }
}

/// A message of more characters is cut: it is read on a terminal.
const LONGEST: usize = 2000;

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} bytes in all)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// What `str(exception)` says, or its `repr` where that raises in turn.
fn message(raised: &PyBaseExceptionRef, vm: &VirtualMachine) -> String {
    // KeyError's text is the key's repr, which says too little by itself.
    if raised.class().is(vm.ctx.exceptions.key_error)
        && let Some(key) = raised.args().first()
        && let Ok(key) = key.repr(vm)
    {
        return format!("there is no key {key}");
    }
    match raised.as_object().str(vm) {
        Ok(text) => shortened(&text.to_string_lossy()),
        Err(_) => "(the exception has no text)".to_owned(),
    }
}

/// The cells' own frames, innermost first; the library's are left out.
fn frames(raised: &PyBaseExceptionRef, texts: &Texts) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut next = raised.__traceback__();
    while let Some(trace) = next {
        let code = &trace.frame.code;
        if let Some((cell, text)) = texts.get(code.source_path().as_str()) {
            let function = code.obj_name.as_str();
            // A traceback counts in bytes of code, two an instruction.
            let frame = match code.locations.get(trace.lasti as usize / 2) {
                Some((from, to)) if from.line == trace.lineno => place(
                    cell,
                    text,
                    (from.line.get(), from.character_offset.get()),
                    (to.line.get(), to.character_offset.get()),
                    function,
                ),
                _ => place(cell, text, (trace.lineno.get(), 0), (trace.lineno.get(), 0), function),
            };
            frames.push(frame);
        }
        next = trace.next.lock().clone();
    }
    frames.reverse();
    // What calls itself at one place is shown there once.
    frames.dedup();
    // A recursion too deep has a thousand frames of which a few tell all.
    if frames.len() > 24 {
        frames.drain(12..frames.len() - 12);
    }
    frames
}

/// A frame at byte columns `from` to `to` (from 1; 0 for unknown) of `text`. A range of several
/// lines is cut at the end of its first.
fn place(cell: &str, text: &str, from: (usize, usize), to: (usize, usize), function: &str) -> Frame {
    let line = text.lines().nth(from.0.saturating_sub(1)).unwrap_or("");
    let characters = |column: usize| match column {
        0 => 0,
        _ => line.char_indices().take_while(|(at, _)| *at < column - 1).count() + 1,
    };
    let column = characters(from.1);
    let end_column = match to {
        _ if from.1 == 0 => 0,
        (end_line, end) if end_line == from.0 && end > from.1 => characters(end),
        (end_line, _) if end_line > from.0 => line.trim_end().chars().count() + 1,
        _ => column + 1,
    };
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Frame {
        cell: cell.to_owned(),
        line: count(from.0.max(1)),
        column: count(column),
        end_column: count(end_column),
        function: function.to_owned(),
    }
}

/// The text that `frame` points at.
fn spelled<'a>(frame: &Frame, texts: &'a Texts) -> Option<&'a str> {
    let (_, text) = texts.values().find(|(cell, _)| *cell == frame.cell)?;
    let line = text.lines().nth(frame.line.saturating_sub(1) as usize)?;
    let byte = |column: u32| {
        let at = line.char_indices().nth(column.saturating_sub(1) as usize);
        at.map_or(line.len(), |(at, _)| at)
    };
    line.get(byte(frame.column)..byte(frame.end_column))
}

/// Moves `frame` from the object to the attribute `name` that it lacks: the compiler places both at the object.
fn point_at_attribute(frame: &mut Frame, name: &str, texts: &Texts) {
    let Some((_, text)) = texts.values().find(|(cell, _)| *cell == frame.cell) else { return };
    let line = text.lines().nth(frame.line.saturating_sub(1) as usize).unwrap_or("");
    let from = frame.column.saturating_sub(1) as usize;
    let Some((start, _)) = line.char_indices().nth(from) else { return };
    let ends = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
    let dotted = format!(".{name}");
    let mut found = line[start..].match_indices(&dotted).map(|(at, _)| start + at);
    let Some(at) = found.find(|at| ends(&line[at + dotted.len()..])) else { return };
    let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    frame.column = count(&line[..at]) + 2;
    frame.end_column = frame.column + count(name);
}

/// The text that an object keeps under `name`.
fn text(raised: &PyObject, name: &'static str, vm: &VirtualMachine) -> Option<String> {
    as_text(&raised.get_attr(name, vm).ok()?)
}

/// What the author may have meant.
fn guesses(
    raised: &PyBaseExceptionRef,
    message: &str,
    namespace: &PyDictRef,
    vm: &VirtualMachine,
) -> Vec<String> {
    let kinds = &vm.ctx.exceptions;
    if raised.fast_isinstance(kinds.name_error) {
        let Some(name) = text(raised.as_object(), "name", vm).or_else(|| quoted(message)) else {
            return Vec::new();
        };
        if let Some(why) = builtins::why_removed(&name) {
            return vec![format!("`{name}` is closed to cells: {why}")];
        }
        let mut known = keys(namespace);
        if let Ok(builtins) = namespace.get_item("__builtins__", vm).map(|found| found.downcast()) {
            known.extend(builtins.iter().flat_map(keys));
        }
        known.extend(locals(raised, vm));
        return raise::did_you_mean(&name, known.iter().map(String::as_str));
    }
    if raised.fast_isinstance(kinds.attribute_error) {
        let Some(name) = text(raised.as_object(), "name", vm) else { return Vec::new() };
        let Ok(owner) = raised.as_object().get_attr("obj", vm) else { return Vec::new() };
        // A module is known by its own name, anything else by its class's.
        let own = owner.downcast_ref::<PyModule>().and_then(|_| self::text(&owner, "__name__", vm));
        let class = own.unwrap_or_else(|| owner.class().name().to_string());
        if let Some(hint) = habits::attribute(&class, &name) {
            return vec![hint.to_owned()];
        }
        if owner.downcast_ref::<PyDict>().is_some_and(|dict| dict.get_item(&*name, vm).is_ok()) {
            return vec![format!("it is a dict: `[\"{name}\"]` is the item of this name")];
        }
        let Ok(known) = vm.dir(Some(owner)) else { return Vec::new() };
        let known: Vec<String> = known.borrow_vec().iter().filter_map(as_text).collect();
        return raise::did_you_mean(&name, known.iter().map(String::as_str));
    }
    if raised.fast_isinstance(kinds.type_error) && message.contains("unexpected keyword argument") {
        return keyword_guess(message, namespace, vm);
    }
    if raised.fast_isinstance(kinds.recursion_error) {
        return vec![format!("calls may nest {} deep", super::interpreter::RECURSION_LIMIT)];
    }
    Vec::new()
}

/// The parameter that an unknown keyword argument of a cell's own function is close to.
fn keyword_guess(message: &str, namespace: &PyDictRef, vm: &VirtualMachine) -> Vec<String> {
    let Some(wrong) = quoted(message) else { return Vec::new() };
    let Some((function, _)) = message.split_once('(') else { return Vec::new() };
    let Some(last) = function.rsplit('.').next() else { return Vec::new() };
    let parameters = namespace
        .get_item(last, vm)
        .and_then(|function| function.get_attr("__code__", vm))
        .and_then(|code| code.get_attr("co_varnames", vm))
        .and_then(|names| names.try_to_value::<Vec<PyObjectRef>>(vm));
    let Ok(parameters) = parameters else { return Vec::new() };
    let parameters: Vec<String> = parameters.iter().filter_map(as_text).collect();
    raise::did_you_mean(&wrong, parameters.iter().map(String::as_str))
}

/// The names of the innermost frame's local variables.
fn locals(raised: &PyBaseExceptionRef, vm: &VirtualMachine) -> Vec<String> {
    let mut innermost = raised.__traceback__();
    while let Some(trace) = &innermost {
        let Some(next) = trace.next.lock().clone() else { break };
        innermost = Some(next);
    }
    let Some(trace) = innermost else { return Vec::new() };
    let names = trace.frame.code.varnames.iter();
    let _ = vm;
    names.map(|name| name.as_str().to_owned()).collect()
}

fn keys(dict: &PyDictRef) -> Vec<String> {
    dict.keys_vec().iter().filter_map(as_text).filter(|name| !name.starts_with("__")).collect()
}

fn as_text(object: &PyObjectRef) -> Option<String> {
    Some(object.downcast_ref::<PyStr>()?.to_string_lossy().into_owned())
}

/// The last text between single quotes in `message`.
fn quoted(message: &str) -> Option<String> {
    let (before, _) = message.rsplit_once('\'')?;
    Some(before.rsplit_once('\'')?.1.to_owned())
}
