//! `k.load(name)`: a file that the cell declares with `#| inputs`, as a value.
//!
//! A cell has no files of its own: the bytes came with its program, and their digest is in its key.

use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};
use serde_json::Value;

use super::call::{Call, Function};
use super::raise::{self, OrRaise};
use super::stage;
use super::tensor::PyTensor;
use crate::tensor::{Tensor, npy};

/// `k.load`.
pub(super) const LOAD: Function = Function { name: "load", params: &["name"], run: load };

fn load(c: &Call<'_>) -> PyResult {
    let Some(name) = c.text("name")? else { return c.object("name") };
    let found = stage::with(|stage| stage.inputs.get(&name).cloned()).flatten();
    let Some(bytes) = found else {
        let known = stage::with(|stage| stage.inputs.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let mut hints = raise::did_you_mean(&name, known.iter().map(String::as_str));
        hints.push(format!("declare it at the top of the cell: `#| inputs: {name}`"));
        let class = c.vm.ctx.exceptions.lookup_error.to_owned();
        return Err(raise::exception(c.vm, class, format!("this cell has no input '{name}'"), &hints));
    };
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    let broken = |why: String| c.value_error(format!("load(): '{name}': {why}"));
    match extension.as_str() {
        "npy" => c.give(npy::read(&bytes.0)),
        "png" => c.give(Ok(picture(&bytes.0).map_err(broken)?)),
        _ => {
            let text = String::from_utf8(bytes.0).map_err(|_| broken("it is no text in UTF-8".to_owned()))?;
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            match extension.as_str() {
                "json" => {
                    let value: Value =
                        serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
                    object(&value, c.vm)
                }
                "csv" => columns(&rows(text).map_err(broken)?, c.vm),
                _ => Ok(c.vm.ctx.new_str(text).into()),
            }
        }
    }
}

/// A JSON value as Python's `json` gives it.
fn object(value: &Value, vm: &VirtualMachine) -> PyResult {
    Ok(match value {
        Value::Null => vm.ctx.none(),
        Value::Bool(flag) => vm.ctx.new_bool(*flag).into(),
        Value::Number(number) => match number.as_i64() {
            Some(int) => vm.ctx.new_int(int).into(),
            None => vm.ctx.new_float(number.as_f64().unwrap_or(f64::NAN)).into(),
        },
        Value::String(text) => vm.ctx.new_str(text.as_str()).into(),
        Value::Array(items) => {
            let items = items.iter().map(|item| object(item, vm)).collect::<PyResult<Vec<_>>>()?;
            vm.ctx.new_list(items).into()
        }
        Value::Object(entries) => {
            let dict = vm.ctx.new_dict();
            for (key, value) in entries {
                dict.set_item(key.as_str(), object(value, vm)?, vm)?;
            }
            dict.into()
        }
    })
}

/// The fields of each row (RFC 4180); empty lines are left out.
fn rows(text: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut line) = (false, 1_usize);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                line += 1;
                row.push(std::mem::take(&mut field));
                let done = std::mem::take(&mut row);
                rows.extend((done.len() > 1 || !done[0].is_empty()).then_some(done));
            }
            c => field.push(c),
        }
    }
    if quoted {
        return Err(format!("a quotation mark of line {line} or before is never closed"));
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    let width = rows.first().map_or(0, Vec::len);
    match rows.iter().position(|row| row.len() != width) {
        Some(at) => Err(format!("row {} has {} fields, the first one {width}", at + 1, rows[at].len())),
        None => Ok(rows),
    }
}

/// A dict from the headings of the first row to columns: tensors where all fields are numbers, else
/// lists of texts.
fn columns(rows: &[Vec<String>], vm: &VirtualMachine) -> PyResult {
    let dict = vm.ctx.new_dict();
    let Some((head, body)) = rows.split_first() else { return Ok(dict.into()) };
    for (at, name) in head.iter().enumerate() {
        let fields = || body.iter().map(move |row| row[at].trim());
        let whole: Option<Vec<i64>> = fields().map(|field| field.parse().ok()).collect();
        let real: Option<Vec<f32>> = fields().map(|field| field.parse().ok()).collect();
        let column: PyObjectRef = match (whole, real) {
            (Some(whole), _) => PyTensor::object(Tensor::from_vec(&[whole.len()], whole).or_raise(vm)?, vm),
            (_, Some(real)) => PyTensor::object(Tensor::from_vec(&[real.len()], real).or_raise(vm)?, vm),
            _ => vm.ctx.new_list(fields().map(|field| vm.ctx.new_str(field).into()).collect()).into(),
        };
        dict.set_item(name.trim(), column, vm)?;
    }
    Ok(dict.into())
}

/// A picture: uint8, `[height, width]` where it is grey, else `[height, width, channels]`.
fn picture(bytes: &[u8]) -> Result<Tensor, String> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let size = reader.output_buffer_size().ok_or("it is too large")?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels).map_err(|error| error.to_string())?;
    pixels.truncate(info.buffer_size());
    let (height, width, channels) = (info.height as usize, info.width as usize, info.color_type.samples());
    let shape = if channels == 1 { vec![height, width] } else { vec![height, width, channels] };
    Tensor::from_vec(&shape, pixels).map_err(|error| error.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_csv() {
        let check =
            |text: &str, expect: &[&[&str]]| assert_eq!(rows(text).expect("rows"), expect, "{text:?}");
        check("a,b\n1,2\n", &[&["a", "b"], &["1", "2"]]);
        check("a,b\r\n\"1,\n\"\"x\"\"\",2", &[&["a", "b"], &["1,\n\"x\"", "2"]]);
        check("a\n\n1\n", &[&["a"], &["1"]]);
        assert!(rows("a,b\n1\n").expect_err("too few").contains("row 2 has 1 fields"));
        assert!(rows("\"a").expect_err("open").contains("never closed"));
    }
}
