//! Heatmaps, lines, bars, points, histograms.

use rustpython_vm::builtins::PyDict;
use rustpython_vm::{AsObject, PyObjectRef, PyResult};

use super::super::call::{Call, Function};
use super::super::convert;
use super::{MAX_POINTS, bounds, caption, figure, finite};
use crate::snippet::figure::{Chart, Figure, Heatmap, Mark, Series};
use crate::tensor::{Shape, Tensor, sort};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "heatmap",
        params: &[
            "values",
            "x_labels=None",
            "y_labels=None",
            "title=''",
            "x_label=''",
            "y_label=''",
            "vmin=None",
            "vmax=None",
            "diverging=False",
            "annotate=None",
        ],
        run: heatmap,
    },
    Function {
        name: "line",
        params: &[
            "x",
            "y=None",
            "title=''",
            "x_label=''",
            "y_label=''",
            "log_x=False",
            "log_y=False",
            "labels=None",
        ],
        run: |c| points(c, Mark::Line),
    },
    Function {
        name: "scatter",
        params: &[
            "x",
            "y=None",
            "title=''",
            "x_label=''",
            "y_label=''",
            "log_x=False",
            "log_y=False",
            "labels=None",
            "groups=None",
        ],
        run: |c| points(c, Mark::Point),
    },
    Function {
        name: "bar",
        params: &[
            "labels",
            "values=None",
            "title=''",
            "x_label=''",
            "y_label=''",
            "log_y=False",
            "horizontal=False",
        ],
        run: bar,
    },
    Function {
        name: "hist",
        params: &["x", "bins=20", "range=None", "title=''", "x_label=''", "y_label='count'", "log_y=False"],
        run: histogram,
    },
];

/// A chart without series.
fn frame(c: &Call<'_>) -> PyResult<Chart> {
    Ok(Chart {
        title: caption(c, "title")?,
        x_label: caption(c, "x_label")?,
        y_label: caption(c, "y_label")?,
        log_x: c.flag("log_x", false)?,
        log_y: c.flag("log_y", false)?,
        ..Chart::default()
    })
}

fn labels(c: &Call<'_>, name: &str, count: usize) -> PyResult<Vec<String>> {
    let labels = c.texts(name)?.unwrap_or_default();
    if !labels.is_empty() && labels.len() != count {
        return Err(c.value_error(format!("'{name}' has {} labels for {count} values", labels.len())));
    }
    Ok(labels)
}

fn heatmap(c: &Call<'_>) -> PyResult {
    let values = c.tensor("values")?;
    let [rows, columns] = *values.shape() else {
        return Err(c.value_error(format!(
            "heatmap(): a matrix is wanted, not a tensor of shape {}",
            Shape(values.shape())
        )));
    };
    if rows * columns == 0 || rows * columns > MAX_POINTS {
        return Err(c.value_error(format!(
            "heatmap(): {rows}x{columns} squares; from 1 to {MAX_POINTS} can be drawn"
        )));
    }
    let flat = values.to_f64s();
    let (low, high) = bounds(flat.iter().copied());
    let diverging = c.flag("diverging", false)?;
    // A diverging scale has its neutral colour at 0 unless bounds are given.
    let reach = low.abs().max(high.abs());
    let (low, high) = if diverging { (-reach, reach) } else { (low, high) };
    let (vmin, vmax) = (c.float("vmin", low)?, c.float("vmax", high)?);
    if vmin >= vmax {
        return Err(c.value_error(format!("heatmap(): vmin is {vmin} and vmax {vmax}")));
    }
    let annotate = match c.given("annotate") {
        None => None,
        Some(value) if value.is(&c.vm.ctx.false_value) => None,
        Some(value) if value.is(&c.vm.ctx.true_value) => Some(2),
        Some(_) => u8::try_from(c.count("annotate", 2)?.min(9)).ok(),
    };
    figure(
        Figure::Heatmap(Heatmap {
            title: caption(c, "title")?,
            x_label: caption(c, "x_label")?,
            y_label: caption(c, "y_label")?,
            columns: labels(c, "x_labels", columns)?,
            rows: labels(c, "y_labels", rows)?,
            values: flat.chunks(columns).map(|row| row.iter().map(|&v| finite(v)).collect()).collect(),
            vmin,
            vmax,
            diverging,
            annotate,
        }),
        c,
    )
}

/// Numbers of one axis.
fn numbers(object: &PyObjectRef, what: &str, c: &Call<'_>) -> PyResult<Vec<f64>> {
    let tensor = convert::operand(object.as_object(), c.vm)?.into_tensor();
    if tensor.ndim() != 1 {
        return Err(
            c.value_error(format!("{what} has the shape {}: one axis is wanted", Shape(tensor.shape())))
        );
    }
    if tensor.len() > MAX_POINTS {
        return Err(
            c.value_error(format!("{what} has {} points: at most {MAX_POINTS} can be drawn", tensor.len()))
        );
    }
    Ok(tensor.to_f64s())
}

fn series(name: String, mark: Mark, x: Vec<f64>, y: Vec<f64>, c: &Call<'_>) -> PyResult<Series> {
    if x.len() != y.len() {
        return Err(c.value_error(format!("x has {} values and y has {}", x.len(), y.len())));
    }
    if x.iter().any(|x| !x.is_finite()) {
        return Err(c.value_error("x has values that are not finite".to_owned()));
    }
    Ok(Series { name, mark, x, y: y.into_iter().map(finite).collect(), labels: Vec::new() })
}

fn steps(count: usize) -> Vec<f64> {
    (0..count).map(|i| i as f64).collect()
}

/// `f(y)`, `f(x, y)`, `f({name: y})`, `f({name: (x, y)})`, `f(x, {name: y})`; a `y` of two axes has a
/// series a column.
fn points(c: &Call<'_>, mark: Mark) -> PyResult {
    let mut chart = frame(c)?;
    let first = c.object("x")?;
    let (x, y) = match c.given("y") {
        Some(y) => (Some(numbers(&first, "x", c)?), y.clone()),
        None => (None, first),
    };
    if let Some(named) = y.downcast_ref::<PyDict>() {
        for (name, values) in named.items_vec() {
            let name = name.str(c.vm)?.to_string_lossy().into_owned();
            let pair =
                values.downcast_ref::<rustpython_vm::builtins::PyTuple>().filter(|pair| pair.len() == 2);
            let (own, values) = match (pair, &x) {
                (Some(pair), None) => {
                    (Some(numbers(&pair.as_slice()[0], "x", c)?), pair.as_slice()[1].clone())
                }
                _ => (None, values),
            };
            let y = numbers(&values, "y", c)?;
            let x = own.or_else(|| x.clone()).unwrap_or_else(|| steps(y.len()));
            chart.series.push(series(name, mark, x, y, c)?);
        }
    } else {
        let y = convert::operand(y.as_object(), c.vm)?.into_tensor();
        chart.series = match y.ndim() {
            2 => columns(&y, x, mark, c)?,
            _ => {
                let y = numbers(&super::super::tensor::PyTensor::object(y, c.vm), "y", c)?;
                let x = x.unwrap_or_else(|| steps(y.len()));
                let mut all = series(String::new(), mark, x, y, c)?;
                if mark == Mark::Point {
                    all.labels = labels(c, "labels", all.x.len())?;
                }
                grouped(all, c)?
            }
        };
    }
    figure(Figure::Chart(chart), c)
}

fn columns(y: &Tensor, x: Option<Vec<f64>>, mark: Mark, c: &Call<'_>) -> PyResult<Vec<Series>> {
    let [rows, count] = *y.shape() else { return Ok(Vec::new()) };
    if y.len() > MAX_POINTS {
        return Err(c.value_error(format!("y has {} points: at most {MAX_POINTS} can be drawn", y.len())));
    }
    let names = labels(c, "labels", count)?;
    let flat = y.to_f64s();
    (0..count)
        .map(|column| {
            let y = (0..rows).map(|row| flat[row * count + column]).collect();
            let name = names.get(column).cloned().unwrap_or_else(|| column.to_string());
            series(name, mark, x.clone().unwrap_or_else(|| steps(rows)), y, c)
        })
        .collect()
}

/// One series a group, in order of first appearance, where `groups` names one for each point.
fn grouped(all: Series, c: &Call<'_>) -> PyResult<Vec<Series>> {
    let groups = labels(c, "groups", all.x.len())?;
    if groups.is_empty() {
        return Ok(vec![all]);
    }
    let mut split: Vec<Series> = Vec::new();
    let mut labels = all.labels.into_iter();
    for ((group, x), y) in groups.into_iter().zip(all.x).zip(all.y) {
        let at = split.iter().position(|series| series.name == group).unwrap_or_else(|| {
            let (x, y) = (Vec::new(), Vec::new());
            split.push(Series { name: group, mark: all.mark, x, y, labels: Vec::new() });
            split.len() - 1
        });
        split[at].x.push(x);
        split[at].y.push(y);
        split[at].labels.extend(labels.next());
    }
    Ok(split)
}

/// `bar(labels, values)`, `bar({label: value})`, or `bar(labels, {series: values})`.
fn bar(c: &Call<'_>) -> PyResult {
    let mut chart = Chart { horizontal: c.flag("horizontal", false)?, ..frame(c)? };
    let first = c.object("labels")?;
    let (names, values) = match (first.downcast_ref::<PyDict>(), c.given("values")) {
        (Some(pairs), None) => {
            let (mut names, mut values) = (Vec::new(), Vec::new());
            for (name, value) in pairs.items_vec() {
                names.push(name.str(c.vm)?.to_string_lossy().into_owned());
                values.push(value);
            }
            (names, c.vm.ctx.new_list(values).into())
        }
        (_, Some(values)) => (convert::labels(&first, c.vm)?, values.clone()),
        (None, None) => {
            let count = c.tensor("labels")?.len();
            ((0..count).map(|i| i.to_string()).collect(), first)
        }
    };
    let make = |name: String, values: &PyObjectRef| {
        let y = numbers(values, "values", c)?;
        if y.len() != names.len() {
            return Err(c.value_error(format!("bar(): {} labels for {} values", names.len(), y.len())));
        }
        series(name, Mark::Bar, steps(y.len()), y, c)
    };
    chart.series = match values.downcast_ref::<PyDict>() {
        None => vec![make(String::new(), &values)?],
        Some(named) => named
            .items_vec()
            .into_iter()
            .map(|(name, values)| make(name.str(c.vm)?.to_string_lossy().into_owned(), &values))
            .collect::<PyResult<_>>()?,
    };
    chart.categories = names;
    figure(Figure::Chart(chart), c)
}

/// Bars at the middle of each bin.
fn histogram(c: &Call<'_>) -> PyResult {
    use super::super::raise::OrRaise;
    let mut chart = frame(c)?;
    if c.given("y_label").is_none() {
        chart.y_label = "count".to_owned();
    }
    let range = match c.given("range") {
        None => None,
        Some(range) => match convert::array(range, None, c.vm)?.to_f64s().as_slice() {
            [low, high] => Some((*low, *high)),
            _ => return Err(c.expected("range", "two numbers", range)),
        },
    };
    let bins = c.count("bins", 20)?.min(MAX_POINTS);
    let (counts, edges) = sort::histogram(&c.tensor("x")?, bins, range).or_raise(c.vm)?;
    let middles = edges.to_f64s().windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
    chart.series.push(series(String::new(), Mark::Bar, middles, counts.to_f64s(), c)?);
    figure(Figure::Chart(chart), c)
}
