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

#[cfg(test)]
mod tests {
    use rustpython_vm::AsObject;
    use rustpython_vm::compiler::Mode;

    /// Runs `code` with everything that the interpreter has: no facade, no guard, as a cell that had
    /// found a way around all of them.
    fn unguarded(code: &str) -> Result<(), String> {
        super::build().enter(|vm| {
            let scope = vm.new_scope_with_builtins();
            vm.compile(code, Mode::Exec, "<escaped>".to_owned()).map_err(|error| error.to_string()).and_then(
                |code| {
                    vm.run_code_obj(code, scope).map(drop).map_err(|raised| {
                        let text = raised.as_object().str(vm).map(|text| text.to_string_lossy().into_owned());
                        format!("{}: {}", raised.class().name(), text.unwrap_or_default())
                    })
                },
            )
        })
    }

    #[test]
    fn the_interpreter_holds_nothing_that_reaches_the_machine() {
        // The first shows that the others fail for what they ask, not for how.
        assert_eq!(unguarded("import sys, json, re, functools\nassert sys.modules['json'] is json"), Ok(()));
        for code in [
            // Files.
            "open('/etc/hostname')",
            "import io; io.open('/etc/hostname')",
            "import io; io.FileIO('/etc/hostname')",
            "import _io; _io.open_code('/etc/hostname')",
            "import os; os.listdir('/')",
            "import posix",
            "import pathlib; pathlib.Path('/etc/hostname').read_text()",
            "import tempfile; tempfile.mkdtemp()",
            "import mmap",
            "import fcntl",
            // Code from files.
            "import _imp; _imp.create_dynamic(None)",
            "import importlib.machinery as m; m.SourceFileLoader('x', '/etc/hostname').load_module()",
            "import ctypes",
            "import _ctypes",
            // The network.
            "import socket",
            "import _socket",
            "import ssl",
            "import urllib.request; urllib.request.urlopen('http://127.0.0.1/')",
            // Clocks and chance.
            "import time; time.time()",
            "import datetime; datetime.datetime.now()",
            "import random; random.random()",
            "import secrets; secrets.token_bytes(1)",
            "import uuid; uuid.uuid4()",
            // The environment.
            "import os; os.environ",
            "import os; os.getcwd()",
            "import platform; platform.node()",
            "import getpass; getpass.getuser()",
            "import sys; assert not sys.argv and not sys.path, (sys.argv, sys.path); raise SystemExit",
            "import sys; sys.stdin.read()",
            "input()",
            // Processes.
            "import os; os.fork()",
            "import subprocess; subprocess.run(['true'])",
            "import multiprocessing.process; import _multiprocessing",
            "import signal",
            "import resource",
            "import faulthandler; faulthandler._sigsegv()",
            "import gc; gc.get_objects()",
            "import marshal",
        ] {
            let ran = unguarded(code);
            assert!(ran.is_err(), "an escaped cell could do this: {code}");
        }
    }
}
