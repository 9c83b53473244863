//! Builds the interpreter: RustPython without its `host_env`, and without the native modules that
//! would still read a clock, the collector or the operating system's randomness.

use rustpython_vm::common::rc::PyRc;
use rustpython_vm::{Interpreter, Settings};

/// The stack that a thread needs which runs a session, in bytes: deep recursion of a cell has to
/// meet the interpreter's limit before the end of the stack.
pub const STACK_BYTES: usize = 256 << 20;

/// Native modules that cells and the frozen library do without.
const REMOVED: [&str; 12] = [
    "_asyncio",
    "_random",
    "_remote_debugging",
    "_symtable",
    "_sysconfig",
    "_sysconfigdata",
    "atexit",
    "faulthandler",
    "gc",
    "marshal",
    "posixshmem",
    "time",
];

/// Hashes are the same in every run, so sets iterate in the same order.
const HASH_SEED: u32 = 0x6b69_6c6e;

/// How deep calls of a cell may nest, as in CPython.
pub(super) const RECURSION_LIMIT: usize = 1000;

/// An interpreter in which no cell has run.
pub(super) fn build() -> Interpreter {
    let mut settings = Settings::default();
    settings.hash_seed = Some(HASH_SEED);
    settings.install_signal_handlers = false;
    settings.import_site = false;
    settings.user_site_directory = false;
    settings.ignore_environment = true;
    settings.isolated = true;
    settings.safe_path = true;
    settings.write_bytecode = false;
    let builder = Interpreter::builder(settings);
    let stdlib = rustpython_stdlib::stdlib_module_defs(&builder.ctx);
    builder
        .add_native_modules(&stdlib)
        .add_frozen_modules(rustpython_pylib::FROZEN_STDLIB)
        .init_hook(|vm| {
            // Before initialisation the VM alone holds its state; were that to change, the modules
            // would stay, and still be out of reach behind the allow list.
            if let Some(state) = PyRc::get_mut(&mut vm.state) {
                for name in REMOVED {
                    state.module_defs.remove(name);
                }
            }
            vm.recursion_limit.set(RECURSION_LIMIT);
        })
        .build()
}
