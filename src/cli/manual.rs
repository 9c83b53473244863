//! `kiln completions` and `kiln man`: what shells and `man` want to know of the command line.

#![expect(clippy::disallowed_methods, reason = "the command makes the folder of the pages")]

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::{Error, Result};

use super::Kiln;

/// Arguments of `kiln completions`.
#[derive(Args, Clone, Debug)]
pub(super) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// Arguments of `kiln man`.
#[derive(Args, Clone, Debug)]
pub(super) struct ManArgs {
    /// Write a page for each command into this folder instead of printing the one of `kiln`.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Prints the script that completes Kiln's arguments in a shell.
///
/// # Errors
/// It cannot be printed.
pub(super) fn completions(args: &CompletionsArgs, out: &mut dyn Write) -> Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Kiln::command(), "kiln", &mut script);
    out.write_all(&script).map_err(Error::because("cannot print"))?;
    Ok(0)
}

/// Prints the manual page, or writes all of them.
///
/// # Errors
/// They cannot be printed or written.
pub(super) fn man(args: &ManArgs, out: &mut dyn Write) -> Result<u8> {
    let command = Kiln::command();
    match &args.out {
        Some(folder) => std::fs::create_dir_all(folder)
            .and_then(|()| clap_mangen::generate_to(command, folder))
            .map_err(Error::because(format!("cannot write to {}", folder.display())))?,
        None => clap_mangen::Man::new(command).render(out).map_err(Error::because("cannot print"))?,
    }
    Ok(0)
}
