//! The data of a figure, offered below it: as a table where it is short, and as a file.

mod sheet;

use std::fmt::Write;

use crate::content::html::escape;
use crate::snippet::output::{Field, Output, Table};

use super::cell::{self, Surroundings};
use super::figure;
use super::theme::Words;

/// A longer table is offered as a file only: pages stay light.
const MOST_ROWS: usize = 200;
/// And so is one with more fields.
const MOST_FIELDS: usize = 1000;

/// Adds the data of `output`, where it has any. `name` is what a reader's copy of the file is called.
pub(super) fn offer(output: &Output, name: &str, around: &mut Surroundings<'_>, html: &mut String) {
    let (shown, exact) = match output {
        Output::Table(table) => (None, table.clone()),
        other => {
            let Some(exact) = sheet::sheet(other, around.words, exact) else { return };
            let light =
                exact.rows.len() <= MOST_ROWS && exact.rows.len() * exact.columns.len() <= MOST_FIELDS;
            (light.then(|| sheet::sheet(other, around.words, figure::short)).flatten(), exact)
        }
    };
    if exact.rows.is_empty() {
        return;
    }
    let file = csv(&exact);
    let path = format!("assets/cells/{}.csv", &blake3::hash(file.as_bytes()).to_hex()[..32]);
    html.push_str("<div class=\"data\">");
    if let Some(shown) = shown {
        let _ = write!(html, "<details><summary>{}</summary>", escape(around.words.get("data")));
        cell::table(&shown, None, html);
        html.push_str("</details>");
    }
    let _ = write!(
        html,
        "<a href=\"{}{path}\" download=\"{}.csv\" title=\"{}\">CSV</a></div>",
        around.root,
        escape(name),
        escape(around.words.get("data_download")),
    );
    (around.files)(path, file.as_bytes());
}

/// The data of `output` as the page shows it; `None` for what has none.
pub(super) fn shown(output: &Output, words: &Words) -> Option<Table> {
    match output {
        Output::Table(table) => Some(table.clone()),
        other => sheet::sheet(other, words, figure::short),
    }
}

/// `table` as a file of comma-separated values (RFC 4180, but for the line ends).
fn csv(table: &Table) -> String {
    let mut file = String::new();
    let mut line = |fields: &mut dyn Iterator<Item = &str>| {
        for (at, field) in fields.enumerate() {
            if at > 0 {
                file.push(',');
            }
            if field.contains(['"', ',', '\n', '\r']) {
                let _ = write!(file, "\"{}\"", field.replace('"', "\"\""));
            } else {
                file.push_str(field);
            }
        }
        file.push('\n');
    };
    line(&mut table.columns.iter().map(String::as_str));
    for row in &table.rows {
        line(&mut row.iter().map(|field| match field {
            Field::Number { number } => number.as_str(),
            Field::Text(text) => text.as_str(),
        }));
    }
    file
}

/// All digits of a number: those of its float32 where it is one.
fn exact(number: f64) -> String {
    let single = number as f32;
    let whole = (1e-5..1e16).contains(&number.abs()) || number == 0.0;
    match (f64::from(single) == number, whole) {
        (true, true) => format!("{single}"),
        (true, false) => format!("{single:e}"),
        (false, true) => format!("{number}"),
        (false, false) => format!("{number:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        for (number, text) in [
            (f64::from(0.1_f32), "0.1"),
            (0.1, "0.1"),
            (1.0 / 3.0, "0.3333333333333333"),
            (f64::from(1.0_f32 / 3.0), "0.33333334"),
            (-2.0, "-2"),
            (1e300, "1e300"),
            (0.0, "0"),
        ] {
            assert_eq!(exact(number), text);
        }
    }

    #[test]
    fn fields_are_quoted_where_they_must_be() {
        let table = Table {
            columns: vec!["a, b".into(), "c".into()],
            rows: vec![vec![Field::Text("say \"x\"\nor y".into()), Field::Number { number: "1.5".into() }]],
        };
        assert_eq!(csv(&table), "\"a, b\",c\n\"say \"\"x\"\"\nor y\",1.5\n");
    }
}
