//! `kiln schema`: what editors want to know of the files that authors write.

use std::io::Write;

use clap::{Args, ValueEnum};

use crate::config::Config;
use crate::content::page::FrontMatter;
use crate::models::Manifest;
use crate::{Error, Result};

use super::models::say;

/// Arguments of `kiln schema`.
#[derive(Args, Clone, Debug)]
pub(super) struct SchemaArgs {
    /// The kind of file.
    #[arg(value_enum)]
    file: File,
}

/// A kind of file that authors write.
#[derive(ValueEnum, Clone, Copy, Debug)]
enum File {
    /// The settings of a site.
    #[value(name = "kiln.toml")]
    Config,
    /// The models of a project.
    #[value(name = "models.toml")]
    Models,
    /// The front matter of a page.
    FrontMatter,
}

/// Prints a JSON schema, made from the types that read the file.
///
/// # Errors
/// It cannot be printed.
pub(super) fn run(args: &SchemaArgs, out: &mut dyn Write) -> Result<u8> {
    let schema = match args.file {
        File::Config => Config::schema(),
        File::Models => Manifest::schema(),
        File::FrontMatter => FrontMatter::schema(),
    };
    let text =
        serde_json::to_string_pretty(&schema).map_err(Error::because("the schema cannot be written"))?;
    say(out, &text).map(|()| 0)
}
