//! `kiln export`: chapters as notebooks or scripts.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::build::{self, Request};
use crate::diag::has_errors;
use crate::snippet::shelf::Reuse;
use crate::{Result, write};

use super::{Common, Format, StoreArgs, exit_code, named, report};

/// Flags of `kiln export`.
#[derive(Args, Clone, Debug)]
pub(super) struct ExportArgs {
    /// What to write.
    #[arg(value_enum)]
    form: Form,
    /// Only this chapter: its folder below content/.
    chapter: Option<String>,
    /// Where the files go, below folders as in the site; `export` in the project's folder by default.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Run nothing: use the locks and the local store, and end with exit code 4 where they lack a cell.
    #[arg(long)]
    frozen: bool,
    #[command(flatten)]
    store: StoreArgs,
}

/// What a chapter becomes.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A Jupyter notebook, with what the cells show.
    Ipynb,
    /// A Python script, its cells marked as editors know them.
    Script,
}

/// Writes the files.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &ExportArgs) -> Result<ExitCode> {
    let reuse = if args.frozen { Reuse::Frozen } else { Reuse::Bakes };
    let request = Request { sharing: args.store.sharing(), ..common.request(None, reuse, None) };
    let form = match args.form {
        Form::Ipynb => build::Form::Notebook,
        Form::Script => build::Form::Script,
    };
    let mut exported = build::export(&request, form, args.chapter.as_deref())?;
    let unknown = args.chapter.as_ref().filter(|chapter| !exported.known.contains(chapter));
    if let Some(chapter) = unknown.filter(|_| !has_errors(&exported.diagnostics)) {
        exported.diagnostics.push(named::no_chapter(chapter, &exported.known));
    }
    let out = args.out.clone().unwrap_or_else(|| common.root.join("export"));
    for file in &exported.files {
        write::file(&out.join(&file.path), &file.bytes)?;
    }
    if common.format == Format::Json {
        let files: Vec<_> = exported.files.iter().map(|file| out.join(&file.path)).collect();
        let faults = report::json(&exported.diagnostics, &exported.sources);
        report::line(&json!({ "files": files, "diagnostics": faults }).to_string());
    } else {
        report::diagnostics(
            &exported.diagnostics,
            &exported.sources,
            common.style(),
            Some("nothing was written"),
        );
        if !common.quiet && !has_errors(&exported.diagnostics) {
            let files = report::plural(exported.files.len(), "file");
            report::line(&format!(
                "{files}; {} run -> {}",
                report::plural(exported.cells.run, "cell"),
                out.display()
            ));
        }
    }
    Ok(exit_code(&exported.diagnostics))
}
