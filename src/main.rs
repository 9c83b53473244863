//! The `kiln` command: parse the arguments, run the command, print what the author has to know.

use std::process::ExitCode;

fn main() -> ExitCode {
    kiln::cli::main()
}
