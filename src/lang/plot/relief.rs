//! Heights over a plane: surfaces and lines of one height.

use rustpython_vm::PyResult;

use super::super::call::{Call, Function};
use super::{MAX_POINTS, bounds, caption, figure, finite};
use crate::snippet::figure::{Figure, Relief, View};
use crate::tensor::{Shape, Tensor};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "surface",
        params: &["x", "y=None", "z=None", "title=''", "x_label=''", "y_label=''", "z_label=''"],
        run: |c| {
            let relief = relief(c)?;
            figure(Figure::Relief(relief), c)
        },
    },
    Function {
        name: "contour",
        params: &["x", "y=None", "z=None", "levels=8", "title=''", "x_label=''", "y_label=''", "z_label=''"],
        run: |c| {
            let mut relief = relief(c)?;
            relief.view = View::Contour(levels(&relief, c)?);
            figure(Figure::Relief(relief), c)
        },
    },
];

/// As in matplotlib: `f(z)` or `f(x, y, z)`, where `x` and `y` have one axis or are a mesh.
fn relief(c: &Call<'_>) -> PyResult<Relief> {
    let (x, y, z) = match (c.given("y"), c.given("z")) {
        (None, None) => (None, None, c.tensor("x")?),
        (Some(_), Some(_)) => (Some(c.tensor("x")?), Some(c.tensor("y")?), c.tensor("z")?),
        _ => return Err(c.type_error("heights alone, or x, y and z are wanted".to_owned(), &[])),
    };
    let [rows, columns] = *z.shape() else {
        let shape = Shape(z.shape());
        return Err(c.value_error(format!("heights are a matrix, not a tensor of shape {shape}")));
    };
    if rows < 2 || columns < 2 || rows * columns > MAX_POINTS {
        return Err(
            c.value_error(format!("{rows}x{columns} heights; from 2x2 to {MAX_POINTS} in all can be drawn"))
        );
    }
    let flat = z.to_f64s();
    Ok(Relief {
        title: caption(c, "title")?,
        x_label: caption(c, "x_label")?,
        y_label: caption(c, "y_label")?,
        z_label: caption(c, "z_label")?,
        x: places("x", x, 1, (rows, columns), c)?,
        y: places("y", y, 0, (rows, columns), c)?,
        z: flat.chunks(columns).map(|row| row.iter().map(|&v| finite(v)).collect()).collect(),
        view: View::Surface,
    })
}

/// The places along one axis of the heights; 0, 1, 2, … where none are given.
fn places(
    name: &str,
    given: Option<Tensor>,
    axis: usize,
    (rows, columns): (usize, usize),
    c: &Call<'_>,
) -> PyResult<Vec<f64>> {
    let count = if axis == 1 { columns } else { rows };
    let Some(given) = given else { return Ok((0..count).map(|at| at as f64).collect()) };
    let flat = given.to_f64s();
    let places: Vec<f64> = match *given.shape() {
        [length] if length == count => flat,
        // A mesh repeats the places along the other axis.
        [r, k] if (r, k) == (rows, columns) => {
            flat.into_iter().step_by(if axis == 1 { 1 } else { columns }).take(count).collect()
        }
        _ => {
            let shape = Shape(given.shape());
            return Err(c.value_error(format!(
                "{name} has the shape {shape} for {rows}x{columns} heights: ({count},) is wanted"
            )));
        }
    };
    if !places.iter().all(|place| place.is_finite()) || !places.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(c.value_error(format!("{name} must ascend, without a number that is not finite")));
    }
    Ok(places)
}

/// The heights of the lines: as given, or about as many round ones as asked for.
fn levels(relief: &Relief, c: &Call<'_>) -> PyResult<Vec<f64>> {
    let listed = c.given("levels").is_some() && c.tensor("levels")?.ndim() > 0;
    if !listed {
        let wanted = c.count("levels", 8)?.clamp(1, 20);
        let (low, high) = bounds(relief.z.iter().flatten().flatten().copied());
        return Ok(round(low, high, wanted));
    }
    let mut levels = c.tensor("levels")?.to_f64s();
    if levels.is_empty() || levels.len() > 20 || levels.iter().any(|level| !level.is_finite()) {
        return Err(c.value_error("contour(): from 1 to 20 finite levels can be drawn".to_owned()));
    }
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    Ok(levels)
}

/// About `wanted` multiples of 1, 2 or 5 times a power of ten, strictly between `low` and `high`.
fn round(low: f64, high: f64, wanted: usize) -> Vec<f64> {
    let raw = (high - low) / (wanted + 1) as f64;
    // Read from its digits, a power of ten is the same on every machine.
    let power: f64 = format!("{raw:e}")
        .split_once('e')
        .and_then(|(_, exponent)| format!("1e{exponent}").parse().ok())
        .unwrap_or(1.0);
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|f| f * power).find(|step| *step >= raw).unwrap_or(raw);
    if !step.is_normal() || !(low / step).is_finite() {
        return vec![f64::midpoint(low, high)];
    }
    let first = (low / step).floor() + 1.0;
    let levels: Vec<f64> =
        (0..=wanted + 1).map(|at| (first + at as f64) * step).filter(|v| *v > low && *v < high).collect();
    if levels.is_empty() { vec![f64::midpoint(low, high)] } else { levels }
}

#[cfg(test)]
mod tests {
    use super::round;

    #[test]
    fn levels_are_round() {
        assert_eq!(round(0.0, 10.0, 4), [2.0, 4.0, 6.0, 8.0]);
        assert_eq!(round(-1.0, 1.0, 3), [-0.5, 0.0, 0.5]);
        assert_eq!(round(0.0, 1e-3, 1).len(), 1);
        for (low, high) in [(-1e308, 1e308), (0.0, 5e-324), (1.0, 1.0 + f64::EPSILON)] {
            let levels = round(low, high, 8);
            assert!(!levels.is_empty() && levels.len() <= 10, "{levels:?}");
        }
    }
}
