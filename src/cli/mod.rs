//! The command line: one file a command; flags become option structs here, and results become
//! exit codes.
//!
//! 0 all is well, 1 a fault of the author, 2 wrong usage, 3 drift, 4 a frozen build that misses a
//! bake, 5 a fault of the machine.

#![expect(clippy::print_stderr, reason = "this room talks to the terminal")]

mod bake;
mod browser;
mod build;
mod cache;
mod check;
mod deploy;
mod doctor;
mod explain;
mod export;
mod finding;
mod fmt;
mod graph;
mod init;
mod manual;
mod models;
mod named;
mod new;
mod reference;
mod report;
mod run;
mod schema;
mod serve;
mod terminal;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::build::{Naming, Request, Sharing};
use crate::content::{Drafts, Spelling};
use crate::diag::{Cause, Diagnostic, Severity, Style};
use crate::interrupt::Recall;
use crate::models::Progress;
use crate::snippet::shelf::Reuse;
use crate::{Error, Result, interrupt, runtime};

/// Exit code where the author has something to mend.
pub const AUTHOR: u8 = 1;
/// Exit code where the command was used wrongly.
pub const USAGE: u8 = 2;
/// Exit code where a cell no longer shows what was locked.
pub const DRIFT: u8 = 3;
/// Exit code where a frozen build has no bake of a cell.
pub const MISSING_BAKE: u8 = 4;
/// Exit code where the machine lacks something.
pub const MACHINE: u8 = 5;

/// What `kiln --help` says of exit codes.
const EXIT_CODES: &str = "Exit codes: 0 all is well, 1 a fault of the author, 2 wrong usage, 3 drift, \
    4 a frozen build that misses a bake, 5 a fault of the machine.";

/// A static documentation-site generator whose snippets run on ONNX models at build time.
#[derive(Parser)]
#[command(name = "kiln", version, arg_required_else_help = true, after_help = EXIT_CODES)]
struct Kiln {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Flags that every command has.
#[derive(Args, Clone, Debug)]
pub struct Common {
    /// The project's folder: the one with kiln.toml.
    #[arg(long, global = true, default_value = ".", value_name = "DIR")]
    pub root: PathBuf,
    /// Print nothing but faults.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Say more: how long each step took, and what became of every cell.
    #[arg(long, short, global = true, conflicts_with = "quiet")]
    pub verbose: bool,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// The shared library of ONNX Runtime to use, of any version.
    #[arg(long, global = true, env = "ORT_DYLIB_PATH", value_name = "FILE")]
    pub ort_lib: Option<PathBuf>,
}

/// How results are printed.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs: one JSON object on standard output.
    Json,
    /// For GitHub Actions: what is wrong, as annotations of the lines that it concerns.
    Github,
    /// For code scanning: what is wrong, as one SARIF file on standard output.
    Sarif,
}

impl Format {
    /// Whether a command without findings in the author's files can print this.
    fn is_plain(self) -> bool {
        matches!(self, Self::Text | Self::Json)
    }
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set or TERM is dumb.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Flags of commands that look bakes up.
#[derive(Args, Clone, Debug)]
pub struct StoreArgs {
    /// The shared store: s3://BUCKET/PREFIX, gs://…, az://…, a folder, or https://… (read only).
    #[arg(long, env = "KILN_STORE", value_name = "URL")]
    store: Option<String>,
    /// Put nothing into the shared store: for builds of changes that nobody has reviewed yet.
    #[arg(long, env = "KILN_STORE_READONLY", value_parser = clap::builder::FalseyValueParser::new())]
    store_readonly: bool,
}

impl StoreArgs {
    /// What they say.
    fn sharing(&self) -> Sharing {
        let url = self.store.clone().filter(|url| !url.is_empty());
        Sharing { url, readonly: self.store_readonly }
    }
}

impl Common {
    /// The style for what goes to the error stream.
    pub fn style(&self) -> Style {
        let coloured = match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => std::io::stderr().is_terminal() && !report::no_color(),
        };
        if coloured { Style::Coloured } else { Style::Plain }
    }

    /// A build of the project that writes to `out`, or to its folder `site`.
    fn request(&self, out: Option<PathBuf>, reuse: Reuse, jobs: Option<u16>) -> Request {
        Request {
            root: self.root.clone(),
            out: out.unwrap_or_else(|| self.root.join("site")),
            reuse,
            sharing: Sharing::default(),
            shard: None,
            ort_library: self.ort_lib.clone(),
            jobs: jobs.map(usize::from),
            progress: self.progress(),
            drafts: Drafts::Hide,
            naming: Naming::Fingerprint,
            spelling: Spelling::Leave,
            recall: Recall::default(),
        }
    }

    /// How downloads and runs are shown.
    pub fn progress(&self) -> Progress {
        if self.quiet { Progress::quiet() } else { Progress::stderr() }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Start a project: settings, a home page, a chapter with cells that run.
    Init(init::InitArgs),
    /// Write the files of another chapter.
    New(new::NewArgs),
    /// Build the site.
    Build(build::BuildArgs),
    /// Build into memory, serve, and build again whenever a file changes.
    Serve(serve::ServeArgs),
    /// Run what has no bake, and write the locks that a frozen build needs.
    Bake(bake::BakeArgs),
    /// Run cells again and compare them with the locks; check links and the spelling of terms.
    Check(check::CheckArgs),
    /// Run one cell and show in the terminal what it shows.
    Run(run::RunArgs),
    /// Write chapters as notebooks or scripts, with what their cells show.
    Export(export::ExportArgs),
    /// Show which cell reads what from which.
    Graph(graph::GraphArgs),
    /// Put front matter and the options of cells in their usual form.
    Fmt(fmt::FmtArgs),
    /// Show what the key of a cell is made of, and what has changed since it was locked.
    Explain(explain::ExplainArgs),
    /// Look after the local store of bakes.
    Cache(cache::CacheArgs),
    /// List, fetch and verify the models of models.toml.
    Models(models::ModelsArgs),
    /// Write the reference of the module `kiln` as pages of the project.
    Reference,
    /// Show what Kiln has found on this machine.
    Doctor(doctor::DoctorArgs),
    /// Print the JSON schema of a file that authors write, for editors.
    Schema(schema::SchemaArgs),
    /// Print the script that completes arguments in a shell.
    Completions(manual::CompletionsArgs),
    /// Print the manual page, or write one for each command.
    Man(manual::ManArgs),
}

impl Command {
    /// Whether what the command finds has a place in a file.
    fn has_findings(&self) -> bool {
        match self {
            Self::Build(_) | Self::Bake(_) | Self::Check(_) => true,
            Self::Serve(_)
            | Self::Explain(_)
            | Self::Cache(_)
            | Self::Models(_)
            | Self::Doctor(_)
            | Self::Reference
            | Self::Init(_)
            | Self::New(_)
            | Self::Run(_)
            | Self::Graph(_)
            | Self::Export(_)
            | Self::Fmt(_)
            | Self::Schema(_)
            | Self::Completions(_)
            | Self::Man(_) => false,
        }
    }
}

/// Parses the arguments of this process and runs the command they name.
pub fn main() -> ExitCode {
    // What a build starts for itself is no command of Kiln: neither help nor shells know of it.
    if std::env::args_os().skip(1).eq([runtime::worker::COMMAND]) {
        return worker();
    }
    let kiln = Kiln::parse();
    let common = &kiln.common;
    if !common.format.is_plain() && !kiln.command.has_findings() {
        let why = "this command finds nothing in files: use --format text or json";
        Kiln::command().error(clap::error::ErrorKind::InvalidValue, why).exit();
    }
    let result = run(kiln.command, common);
    let result = result.and_then(|code| report::lost().map_or(Ok(code), Err));
    let code = result.unwrap_or_else(|error| {
        report::error(&error, common.style());
        if common.format == Format::Json {
            report::line(&report::error_json(&error).to_string());
        }
        ExitCode::from(if error.is_usage() { USAGE } else { MACHINE })
    });
    // By now all that was under way has put away its temporary files and ended its workers.
    if interrupt::asked()
        && let Err(error) = interrupt::obey()
    {
        report::error(&error, common.style());
    }
    code
}

/// Runs the cells of chapters for the build that has started this process.
fn worker() -> ExitCode {
    match runtime::worker::serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report::error(&error, Style::Plain);
            ExitCode::from(MACHINE)
        }
    }
}

fn run(command: Command, common: &Common) -> Result<ExitCode> {
    interrupt::listen()?;
    if common.root.is_file() {
        let message = format!("{} is a file: `--root` takes the project's folder", common.root.display());
        return Err(Error::usage(message));
    }
    match command {
        Command::Init(args) => init::run(common, &args),
        Command::New(args) => new::run(common, &args),
        Command::Run(args) => run::run(common, &args),
        Command::Graph(args) => graph::run(common, &args),
        Command::Export(args) => export::run(common, &args),
        Command::Fmt(args) => fmt::run(common, &args),
        Command::Build(args) => build::run(common, &args),
        Command::Serve(args) => serve::run(common, &args),
        Command::Bake(args) => bake::run(common, &args),
        Command::Check(args) => check::run(common, &args),
        Command::Explain(args) => explain::run(common, &args),
        Command::Cache(args) => cache::run(common, &args),
        Command::Models(args) => models::run(common, &args, &mut report::Output).map(ExitCode::from),
        Command::Reference => reference::run(common),
        Command::Doctor(args) => doctor::run(common, &args, &mut report::Output).map(ExitCode::from),
        Command::Schema(args) => schema::run(&args, &mut report::Output).map(ExitCode::from),
        Command::Completions(args) => manual::completions(&args, &mut report::Output).map(ExitCode::from),
        Command::Man(args) => manual::man(&args, &mut report::Output).map(ExitCode::from),
    }
}

/// The exit code that `diagnostics` ask for.
fn exit_code(diagnostics: &[Diagnostic]) -> ExitCode {
    let errors = || diagnostics.iter().filter(|fault| fault.severity == Severity::Error);
    if errors().any(|fault| fault.cause != Cause::MissingBake) {
        ExitCode::from(AUTHOR)
    } else if errors().next().is_some() {
        ExitCode::from(MISSING_BAKE)
    } else {
        ExitCode::SUCCESS
    }
}
