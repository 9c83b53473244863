//! The `kiln` command: parse the arguments, run the command, print what the author has to know.

use std::process::ExitCode;

/// The stack for parsers, which go deeper with every bracket; the main thread's own is smaller on
/// some systems.
const STACK_BYTES: usize = 16 << 20;

fn main() -> ExitCode {
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(kiln::cli::main);
    match thread.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        // It has told of its panic.
        Ok(Err(_)) => ExitCode::from(101),
        Err(_) => kiln::cli::main(),
    }
}
