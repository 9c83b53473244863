//! What Python's library may do on behalf of a cell: less than it would on its own.
//!
//! Some of its modules make text into code (`dataclasses`, `namedtuple`) or look a name up in whatever
//! module an object says it is of. A cell chooses the text and the name, so both get a cell's rights.

use rustpython_vm::builtins::{PyDictRef, PyStr};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine};

use super::{attributes, walls};

/// The functions that run a text, and the module that needs each.
const RUN_TEXT: [(&str, &str); 3] = [("compile", ""), ("eval", "collections"), ("exec", "dataclasses")];

/// Methods that look a name up in a module of their caller's choice.
const LOOK_UP: [(&str, &str, &str); 2] =
    [("enum", "EnumType", "_convert_"), ("typing", "ForwardRef", "evaluate")];

/// Puts guards before the interpreter's own `exec` and its kin; code that the library makes of a text runs
/// with `builtins`, those of cells, and sees nothing of the library's modules.
pub(super) fn hold(builtins: &PyDictRef, vm: &VirtualMachine) -> PyResult<()> {
    for (name, needed_by) in RUN_TEXT {
        let real = vm.builtins.get_attr(name, vm)?;
        let builtins = builtins.clone();
        let guarded = move |mut args: FuncArgs, vm: &VirtualMachine| {
            let text = args.args.first().is_some_and(|code| code.downcast_ref::<PyStr>().is_some());
            if walls::is_cell(vm) || (text && !walls::is_library(needed_by, vm)) {
                return Err(attributes::refusal(name, vm));
            }
            // What `namedtuple` gives to `eval` is all that its text can name; it has no builtins at all.
            if text
                && name == "exec"
                && let Some(globals) = args.args.get_mut(1)
            {
                let own = vm.ctx.new_dict();
                own.set_item("__builtins__", builtins.clone().into(), vm)?;
                own.set_item("__name__", vm.ctx.new_str("__main__").into(), vm)?;
                *globals = own.into();
            }
            real.call(args, vm)
        };
        vm.builtins.set_attr(name, vm.new_function(name, guarded), vm)?;
    }
    Ok(())
}

/// Takes out of `module`, called `name` and just imported, what would serve a cell only to leave.
pub(super) fn tidy(name: &str, module: &PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    for (_, class, method) in LOOK_UP.iter().filter(|(of, _, _)| *of == name) {
        let class = module.get_attr(*class, vm)?;
        let method = vm.ctx.intern_str(*method);
        if vm.get_attribute_opt(class.clone(), method)?.is_some() {
            class.del_attr(method, vm)?;
        }
    }
    if name == "dataclasses" {
        // Taken from an attribute of functions that has become a wall.
        let types = module.get_attr("types", vm)?;
        let member = vm.ctx.types.member_descriptor_type.as_object().to_owned();
        types.set_attr("MemberDescriptorType", member, vm)?;
    }
    Ok(())
}
