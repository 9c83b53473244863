//! The data of a figure, offered below it: as a table where it is short, and as a file.

pub(super) mod npy;
mod sheet;

use std::fmt::Write;

use serde_json::Value;

use crate::content::html::escape;
use crate::snippet::output::{Animation, Bytes, Download, Field, Frames, Output, Table};

use super::cell::{self, Surroundings};
use super::theme::Words;
use super::{figure, raster};

/// A longer table is offered as a file only: pages stay light.
const MOST_ROWS: usize = 200;
/// And so is one with more fields.
const MOST_FIELDS: usize = 1000;

/// Adds the data of `output`, where it has any. `name` is what a reader's copy of the file is called.
pub(super) fn offer(output: &Output, name: &str, around: &mut Surroundings<'_>, html: &mut String) {
    if let Some(pixels) = pixels(output) {
        html.push_str("<div class=\"data\">");
        links(&[("npy", pixels)], name, around, html);
        return html.push_str("</div>");
    }
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
    html.push_str("<div class=\"data\">");
    if let Some(shown) = shown {
        let _ = write!(html, "<details><summary>{}</summary>", escape(around.words.get("data")));
        cell::table(&shown, None, html);
        html.push_str("</details>");
    }
    links(&files(&exact), name, around, html);
    html.push_str("</div>");
}

/// The pixels of what is a raster and nothing else.
fn pixels(output: &Output) -> Option<Vec<u8>> {
    match output {
        Output::Image(image) => raster::pixels_file(std::slice::from_ref(image)),
        Output::ImageGrid(grid) => raster::pixels_file(&grid.images),
        Output::Animation(Animation { frames: Frames::Images(images), .. }) => raster::pixels_file(images),
        Output::Animation(Animation { frames: Frames::Figures(_), .. }) => None,
        Output::Text { .. } | Output::Table(_) | Output::Figure(_) => None,
        Output::Tokens(_) | Output::Overlay(_) | Output::Download(_) => None,
    }
}

/// Links to `files`, each an extension and its bytes.
fn links(files: &[(&'static str, Vec<u8>)], name: &str, around: &mut Surroundings<'_>, html: &mut String) {
    let title = around.words.get("data_download").to_owned();
    for (extension, bytes) in files {
        let path = format!("assets/cells/{}.{extension}", &blake3::hash(bytes).to_hex()[..32]);
        let title = title.replace("{format}", &extension.to_uppercase());
        let _ = write!(
            html,
            "<a href=\"{}{path}\" download=\"{}.{extension}\" title=\"{}\">{}</a>",
            around.root,
            escape(name),
            escape(&title),
            extension.to_uppercase(),
        );
        (around.files)(path, bytes);
    }
}

/// A file that a cell offers.
pub(super) fn download(shown: &Download, around: &mut Surroundings<'_>, html: &mut String) {
    let Bytes(file) = &shown.file;
    let extension = shown.name.rsplit_once('.').map_or("bin", |(_, extension)| extension);
    let path = format!("assets/cells/{}.{extension}", &blake3::hash(file).to_hex()[..32]);
    let size = file.len().div_ceil(1024);
    let _ = write!(
        html,
        "<p class=\"data\"><a href=\"{}{path}\" download=\"{name}\">{name}</a> ({size} KiB)</p>",
        around.root,
        name = escape(&shown.name),
    );
    (around.files)(path, file);
}

/// The files that hold `table`: for spreadsheets, for programs, and its numbers for NumPy.
fn files(table: &Table) -> Vec<(&'static str, Vec<u8>)> {
    let mut files = vec![("csv", csv(table).into_bytes()), ("json", json(table))];
    files.extend(npy(table).map(|file| ("npy", file)));
    files
}

/// `table` as a JSON list of rows, each an object.
fn json(table: &Table) -> Vec<u8> {
    let value = |field: &Field| match field {
        Field::Number { number } => {
            number.parse().ok().and_then(serde_json::Number::from_f64).map_or(Value::Null, Value::Number)
        }
        Field::Text(text) => Value::from(text.as_str()),
    };
    let row = |row: &Vec<Field>| -> Value {
        table.columns.iter().cloned().zip(row.iter().map(value)).collect::<serde_json::Map<_, _>>().into()
    };
    // Plain data can always be written.
    let mut file = serde_json::to_vec(&table.rows.iter().map(row).collect::<Vec<_>>()).unwrap_or_default();
    file.push(b'\n');
    file
}

/// The columns of numbers in `table` as a `.npy` file of float64, `[rows, columns]`: names are left out,
/// what is missing is NaN. `None` where there are no numbers.
fn npy(table: &Table) -> Option<Vec<u8>> {
    let number = |field: &Field| match field {
        Field::Number { number } if number.is_empty() => Some(f64::NAN),
        Field::Number { number } => number.parse::<f64>().ok(),
        Field::Text(_) => None,
    };
    let numeric = |column: &usize| {
        table.rows.iter().all(|row| row.get(*column).is_some_and(|field| number(field).is_some()))
    };
    let columns: Vec<usize> = (0..table.columns.len()).filter(numeric).collect();
    let values = table.rows.iter().flat_map(|row| columns.iter().filter_map(|column| number(&row[*column])));
    let bytes: Vec<u8> = values.flat_map(f64::to_le_bytes).collect();
    let shape = [table.rows.len(), columns.len()];
    (!columns.is_empty()).then(|| npy::file("<f8", &shape, &bytes)).flatten()
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
    fn numbers_are_files_for_programs_too() {
        let number = |number: &str| Field::Number { number: number.into() };
        let mut table =
            Table { columns: vec!["x".into(), "y".into()], rows: vec![vec![number("1"), number("2.5")]] };
        assert_eq!(json(&table), b"[{\"x\":1.0,\"y\":2.5}]\n");
        let file = npy(&table).expect("all are numbers");
        assert_eq!((file.len(), file.len() % 64), (128 + 16, 16));
        assert!(file[10..].starts_with(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }"));
        assert_eq!(file[128 + 8..], 2.5_f64.to_le_bytes());
        table.rows[0][0] = Field::Text("a".into());
        let file = npy(&table).expect("one column is numbers");
        assert!(file[10..].starts_with(b"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }"));
        table.rows[0][1] = number("");
        assert!(npy(&table).expect("a file")[128..] == f64::NAN.to_le_bytes());
        table.rows[0][1] = Field::Text("b".into());
        assert!(npy(&table).is_none());
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
