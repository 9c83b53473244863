//! `kiln run`: one cell, shown in the terminal.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::Result;
use crate::build::{self, Shown};
use crate::diag::has_errors;
use crate::snippet::bake::Bake;
use crate::snippet::output::{Field, Frames, Image, Output, Table, Tokens};
use crate::snippet::shelf::Reuse;

use super::terminal::Images;
use super::{AUTHOR, Common, Format, exit_code, named, report};

/// Flags of `kiln run`.
#[derive(Args, Clone, Debug)]
pub(super) struct RunArgs {
    /// The cell, by the folder of its chapter below content/ and its label.
    #[arg(value_name = "CHAPTER#LABEL")]
    cell: String,
    /// Run it again, and what it needs, whatever the caches hold.
    #[arg(long)]
    rerun: bool,
    /// How pictures are shown.
    #[arg(long, value_enum, default_value_t = Images::Auto)]
    images: Images,
}

/// Runs a cell and prints what it shows.
///
/// # Errors
/// Faults of the machine.
pub(super) fn run(common: &Common, args: &RunArgs) -> Result<ExitCode> {
    let reuse = if args.rerun { Reuse::Nothing } else { Reuse::Bakes };
    let Shown { baked, known, mut diagnostics, sources } =
        build::show(&common.request(None, reuse, None), &args.cell)?;
    if !known.contains(&args.cell) && !has_errors(&diagnostics) {
        diagnostics.push(named::unknown(&args.cell, &known));
    }
    match (common.format, &baked) {
        (Format::Json, baked) => {
            let bake = baked.as_ref().map(|baked| &baked.bake);
            let all = json!({
                "cell": args.cell,
                "key": baked.as_ref().map(|baked| baked.key.cell.to_string()),
                "status": baked.as_ref().map(|baked| baked.status),
                "outputs": bake.map(|bake| &bake.outputs),
                "checks": bake.map(|bake| &bake.checks),
                "diagnostics": report::json(&diagnostics, &sources),
            });
            report::line(&all.to_string());
        }
        (Format::Text | Format::Github | Format::Sarif, baked) => {
            if let Some(baked) = baked {
                print(&baked.bake, args.images);
            }
            report::diagnostics(&diagnostics, &sources, common.style(), None);
        }
    }
    Ok(if baked.is_none() && !has_errors(&diagnostics) {
        ExitCode::from(AUTHOR)
    } else {
        exit_code(&diagnostics)
    })
}

fn print(bake: &Bake, images: Images) {
    for output in &bake.outputs {
        match output {
            Output::Text { text } => report::line(text.trim_end_matches('\n')),
            Output::Table(table) => table_lines(table).iter().for_each(|line| report::line(line)),
            Output::Image(image) => picture(image, images),
            Output::ImageGrid(grid) => {
                for (index, image) in grid.images.iter().enumerate() {
                    picture(image, images);
                    grid.labels.get(index).iter().for_each(|label| report::line(label));
                }
            }
            Output::Overlay(overlay) => picture(&overlay.image, images),
            Output::Figure(figure) => report::line(&format!("[{}]", figure.describe())),
            Output::Tokens(tokens) => report::line(&token_line(tokens)),
            Output::Download(download) => {
                report::line(&format!("[{}, {} bytes]", download.name, download.file.0.len()));
            }
            Output::Animation(animation) => match &animation.frames {
                Frames::Images(frames) => frames.iter().for_each(|frame| picture(frame, images)),
                Frames::Figures(frames) => {
                    let what = frames.first().map(|figure| figure.describe()).unwrap_or_default();
                    report::line(&format!("[{} frames, each a {what}]", frames.len()));
                }
            },
        }
    }
    for check in &bake.checks {
        let word = if check.passes() { "holds" } else { "does not hold" };
        let kind = if check.control { "control" } else { "check" };
        report::line(&format!(
            "{kind} {word}: {} ({} {} {})",
            check.name, check.measured, check.op, check.bound
        ));
    }
}

fn picture(image: &Image, images: Images) {
    match images.sequence(image) {
        Some(sequence) => report::line(&sequence),
        None => report::line(&format!("[image of {} x {} pixels]", image.width, image.height)),
    }
}

fn token_line(tokens: &Tokens) -> String {
    tokens.tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join("|")
}

/// The lines of a table, its columns aligned.
fn table_lines(table: &Table) -> Vec<String> {
    let text = |field: &Field| match field {
        Field::Number { number } => number.clone(),
        Field::Text(text) => text.clone(),
    };
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(text).collect()).collect();
    let numeric = |column: usize| {
        !table.rows.is_empty()
            && table.rows.iter().all(|row| matches!(row.get(column), Some(Field::Number { .. })))
    };
    let width = |column: usize, name: &str| {
        let fields = rows.iter().filter_map(|row| row.get(column)).map(|field| field.chars().count());
        fields.chain([name.chars().count()]).max().unwrap_or(0)
    };
    let columns: Vec<(usize, bool)> =
        table.columns.iter().enumerate().map(|(at, name)| (width(at, name), numeric(at))).collect();
    let line = |fields: &[String]| {
        let fields = fields.iter().zip(&columns).map(|(field, &(width, numeric))| match numeric {
            true => format!("{field:>width$}"),
            false => format!("{field:width$}"),
        });
        fields.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    std::iter::once(line(&table.columns)).chain(rows.iter().map(|row| line(row))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_table_are_aligned() {
        let number = |text: &str| Field::Number { number: text.into() };
        let table = Table {
            columns: vec!["name".into(), "n".into()],
            rows: vec![
                vec![Field::Text("a".into()), number("10")],
                vec![Field::Text("longer".into()), number("5")],
            ],
        };
        assert_eq!(table_lines(&table), ["name     n", "a       10", "longer   5"]);
    }
}
