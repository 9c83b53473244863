//! Tables and tokens.

use rustpython_vm::builtins::{PyBool, PyDict, PyFloat, PyInt, PyStr};
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine};

use super::super::call::{Call, Function};
use super::super::display::PyDisplay;
use super::super::tensor::PyTensor;
use super::super::{builtins, convert, session};
use crate::snippet::output::{Field, Output, Table, Token, Tokens};
use crate::snippet::raw::Raw;

pub(super) const FUNCTIONS: &[Function] = &[
    Function { name: "table", params: &["rows", "columns=None"], run: table },
    Function { name: "tokens", params: &["tokens", "weights=None", "ids=None"], run: tokens },
];

/// More fields than this make no table that anybody reads.
const MAX_FIELDS: usize = 10_000;

/// Rows as lists, as dicts, or as a tensor; or a dict of columns.
fn table(c: &Call<'_>) -> PyResult {
    let given = c.object("rows")?;
    let mut columns = c.texts("columns")?;
    let text = |object: &PyObjectRef| Ok::<_, _>(object.str(c.vm)?.to_string_lossy().into_owned());
    let mut rows: Vec<Vec<PyObjectRef>> = Vec::new();
    if let Some(dict) = given.downcast_ref::<PyDict>() {
        let mut names = Vec::new();
        for (name, values) in dict.items_vec() {
            names.push(text(&name)?);
            for (at, value) in values.try_to_value::<Vec<PyObjectRef>>(c.vm)?.into_iter().enumerate() {
                if at == rows.len() {
                    rows.push(Vec::new());
                }
                rows[at].push(value);
            }
        }
        columns = columns.or(Some(names));
    } else {
        for row in given.try_to_value::<Vec<PyObjectRef>>(c.vm)? {
            match row.downcast_ref::<PyDict>() {
                None => rows.push(fields_of(&row, c.vm)?),
                Some(dict) => {
                    let names = match &columns {
                        Some(names) => names.clone(),
                        None => dict.keys_vec().iter().map(text).collect::<PyResult<Vec<_>>>()?,
                    };
                    let values = names
                        .iter()
                        .map(|name| {
                            Ok(dict.get_item_opt(name.as_str(), c.vm)?.unwrap_or_else(|| c.vm.ctx.none()))
                        })
                        .collect::<PyResult<Vec<_>>>()?;
                    rows.push(values);
                    columns = Some(names);
                }
            }
        }
    }
    let width = rows.first().map_or(0, Vec::len);
    let columns = columns.unwrap_or_else(|| vec![String::new(); width]);
    if let Some(at) = rows.iter().position(|row| row.len() != columns.len()) {
        return Err(c.value_error(format!(
            "table(): row {at} has {} fields for {} columns",
            rows[at].len(),
            columns.len()
        )));
    }
    if rows.len() * columns.len() > MAX_FIELDS {
        return Err(c.value_error(format!("table(): {} rows are too many: show a part of them", rows.len())));
    }
    let shape = [rows.len(), columns.len()];
    let mut floats = Vec::with_capacity(shape[0] * shape[1]);
    let rows = rows
        .iter()
        .map(|row| row.iter().map(|value| field(value, &mut floats, c.vm)).collect::<PyResult<Vec<_>>>())
        .collect::<PyResult<_>>()?;
    let any = floats.iter().any(|float| !float.is_nan());
    let raws = any.then(|| Raw::exact("float64", &shape, &floats)).into_iter().collect();
    Ok(PyDisplay::of(Output::Table(Table { columns, rows }), raws, c.vm))
}

/// The fields of a row; a single value is a row of one.
fn fields_of(row: &PyObjectRef, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
    let single = row.downcast_ref::<PyStr>().is_some()
        || row.downcast_ref::<PyTensor>().is_some_and(|tensor| tensor.get().ndim() == 0)
        || (row.downcast_ref::<PyTensor>().is_none() && convert::float(row, vm).is_ok());
    if single { Ok(vec![row.clone()]) } else { row.try_to_value(vm) }
}

/// Numbers in at most six significant digits, all else as `str` writes it; nothing for `None`. Adds the
/// number in full to `floats`, NaN for what is no float.
fn field(value: &PyObjectRef, floats: &mut Vec<f64>, vm: &VirtualMachine) -> PyResult<Field> {
    floats.push(f64::NAN);
    if vm.is_none(value) {
        return Ok(Field::Text(String::new()));
    }
    let value = match value.downcast_ref::<PyTensor>().map(|tensor| tensor.get()) {
        Some(tensor) if tensor.ndim() == 0 => convert::scalar(&tensor, vm),
        _ => value.clone(),
    };
    if let Some(float) = value.downcast_ref::<PyFloat>() {
        floats.pop();
        floats.push(float.to_f64());
        return Ok(Field::Number { number: session::shortened(float.to_f64()) });
    }
    let text = builtins::without_addresses(&value.str(vm)?.to_string_lossy());
    if value.downcast_ref::<PyInt>().is_some() && value.downcast_ref::<PyBool>().is_none() {
        return Ok(Field::Number { number: text });
    }
    Ok(Field::Text(text))
}

/// A text cut into tokens; weights above 1 are scaled by the greatest of them.
fn tokens(c: &Call<'_>) -> PyResult {
    let texts = c.texts("tokens")?.unwrap_or_default();
    let count = texts.len();
    let numbers = |name: &str| -> PyResult<Option<Vec<f64>>> {
        let Some(_) = c.given(name) else { return Ok(None) };
        let numbers = c.tensor(name)?.to_f64s();
        if numbers.len() != count {
            return Err(c.value_error(format!("tokens(): {} {name} for {count} tokens", numbers.len())));
        }
        Ok(Some(numbers))
    };
    let (weights, ids) = (numbers("weights")?, numbers("ids")?);
    if let Some(bad) = weights.iter().flatten().find(|weight| !weight.is_finite() || **weight < 0.0) {
        return Err(c.value_error(format!("tokens(): a weight is {bad}; weights are not negative")));
    }
    let top = weights.iter().flatten().fold(1.0_f64, |top, &weight| top.max(weight));
    let token = |(at, text): (usize, String)| Token {
        text,
        id: ids.as_ref().map(|ids| ids[at] as i64),
        weight: weights.as_ref().map(|weights| weights[at] / top),
    };
    let tokens = texts.into_iter().enumerate().map(token).collect();
    Ok(PyDisplay::object(Output::Tokens(Tokens { tokens }), c.vm))
}
