//! Data files that templates read: `load_data(path="data/timeline.toml")`.
//!
//! They are read before any template is: a template reaches nothing else, whatever path it names.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use tera::{Kwargs, State, TeraResult};

use crate::diag::{Diagnostic, FileId, Parsed, Sources, Span, closest, toml_fault};

/// What the files hold, by path in the project.
pub(super) fn read(files: &[(String, FileId)], sources: &Sources) -> Parsed<BTreeMap<String, Value>> {
    let mut diagnostics = Vec::new();
    let mut data = BTreeMap::new();
    for (path, file) in files {
        let text = sources.text(*file);
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        let value = match extension {
            "toml" => toml::from_str(text).map_err(|error| toml_fault(&error, *file)),
            "json" => serde_json::from_str(text).map_err(|error| {
                let at = sources.text(*file).split_inclusive('\n').take(error.line().saturating_sub(1));
                let start = at.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
                Diagnostic::error(Span::new(*file, start..start), format!("this is not JSON: {error}"))
            }),
            "csv" => {
                table(text).map_err(|(at, message)| Diagnostic::error(Span::new(*file, at..at), message))
            }
            // Other files are for other tools.
            _ => continue,
        };
        match value {
            Ok(value) => drop(data.insert(path.clone(), value)),
            Err(fault) => diagnostics.push(fault),
        }
    }
    Parsed { value: data, diagnostics }
}

/// The function `load_data` of templates.
pub(super) fn loader(
    data: BTreeMap<String, Value>,
) -> impl Fn(Kwargs, &State<'_>) -> TeraResult<tera::Value> + Send + Sync + 'static {
    move |arguments, _| {
        let path = arguments.must_get::<&str>("path")?;
        let path = path.trim_start_matches("./");
        match data.get(path) {
            Some(value) => Ok(tera::Value::from_serializable(value)),
            None => {
                let near = closest(path, data.keys().map(String::as_str));
                let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                Err(tera::Error::message(format!("there is no data file `{path}`{hint}")))
            }
        }
    }
}

/// The rows of a CSV file as tables by the names in its first line.
///
/// # Errors
/// At which byte it is not CSV, and why.
fn table(text: &str) -> Result<Value, (usize, String)> {
    let mut rows = records(text)?.into_iter();
    let names = rows.next().map(|(_, fields)| fields).unwrap_or_default();
    let mut table = Vec::new();
    for (at, fields) in rows {
        if fields.len() != names.len() {
            return Err((
                at,
                format!("this line has {} fields, the first one {}", fields.len(), names.len()),
            ));
        }
        let row: Map<String, Value> =
            names.iter().cloned().zip(fields.into_iter().map(Value::String)).collect();
        table.push(Value::Object(row));
    }
    Ok(Value::Array(table))
}

/// A record: its first byte, and its fields.
type Record = (usize, Vec<String>);

/// The records of RFC 4180, each with its first byte; blank lines are none.
fn records(text: &str) -> Result<Vec<Record>, (usize, String)> {
    let mut records: Vec<Record> = Vec::new();
    let (mut fields, mut field, mut start) = (Vec::new(), String::new(), 0);
    let mut quoted: Option<usize> = None;
    let mut letters = text.char_indices().peekable();
    while let Some((at, c)) = letters.next() {
        match (c, quoted) {
            ('"', Some(_)) if letters.peek().is_some_and(|(_, next)| *next == '"') => {
                letters.next();
                field.push('"');
            }
            ('"', Some(_)) => quoted = None,
            (_, Some(_)) => field.push(c),
            ('"', None) if field.is_empty() => quoted = Some(at),
            (',', None) => fields.push(std::mem::take(&mut field)),
            ('\r', None) => {}
            ('\n', None) => {
                if !(fields.is_empty() && field.is_empty()) {
                    fields.push(std::mem::take(&mut field));
                    records.push((start, std::mem::take(&mut fields)));
                }
                start = at + 1;
            }
            (_, None) => field.push(c),
        }
    }
    if let Some(at) = quoted {
        return Err((at, "this field is never closed".to_owned()));
    }
    if !(fields.is_empty() && field.is_empty()) {
        fields.push(field);
        records.push((start, fields));
    }
    Ok(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_read_by_its_kind() {
        let mut sources = Sources::default();
        let files = [
            ("data/a.toml", "x = 1\n"),
            ("data/b.json", "[1, 2]"),
            ("data/c.csv", "name,note\n\"a, b\",\"say \"\"x\"\"\"\n\nc,d"),
            ("data/d.json", "[1,\n2"),
            ("data/e.csv", "a,b\n1\n"),
            ("data/f.txt", ""),
        ];
        let files: Vec<(String, FileId)> =
            files.iter().map(|(path, text)| ((*path).to_owned(), sources.add(*path, *text))).collect();
        let read = read(&files, &sources);
        assert_eq!(read.value["data/a.toml"]["x"], 1);
        assert_eq!(read.value["data/b.json"][1], 2);
        assert_eq!(read.value["data/c.csv"][0]["name"], "a, b");
        assert_eq!(read.value["data/c.csv"][0]["note"], "say \"x\"");
        assert_eq!(read.value["data/c.csv"][1]["note"], "d");
        let faults: Vec<(usize, usize)> = read
            .diagnostics
            .iter()
            .map(|fault| {
                let span = fault.span.expect("a place");
                sources.line_column(span.file, span.start as usize)
            })
            .collect();
        assert_eq!(faults, [(2, 1), (2, 1)]);
    }
}
