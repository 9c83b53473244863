//! Whether a cell that ran again still shows what was locked.
//!
//! Texts, tokens and whole numbers have to be equal. Other numbers may differ by the cell's tolerance,
//! absolute and relative, and are compared in full: a tensor, not the four digits that a page shows of
//! it; the numbers behind a picture, not its levels. A choice that came out otherwise, a token or the
//! greatest of several numbers, is a drift however little was between them.

mod numbers;
mod pictures;
mod texts;

use serde_json::Value;

use super::bake::Bake;
use super::output::{Field, Output, Table};
use super::raw::Raw;

pub use texts::count_fractions;

/// How much a number may differ where its cell does not say, absolute and relative.
pub const TOLERANCE: f64 = 1e-4;

/// More differences than this in one cell are not told.
const MOST: usize = 10;

/// One difference between what was locked and what a cell shows now.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Drift {
    /// What differs: `outputs[0].series[1].y[3]`, or a check by its name.
    pub place: String,
    /// What was locked.
    pub was: String,
    /// What there is now.
    pub now: String,
    /// Where a choice came out otherwise: how far the locked one was ahead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<f64>,
}

impl Drift {
    /// A difference that is no choice.
    pub fn new(place: impl Into<String>, was: impl Into<String>, now: impl Into<String>) -> Self {
        Self { place: place.into(), was: was.into(), now: now.into(), margin: None }
    }
}

/// The differences between `was` and `now`, at most ten.
pub fn drift(was: &Bake, now: &Bake, tolerance: f64) -> Vec<Drift> {
    let mut comparison = Comparison { tolerance, margin: was.margin, found: Vec::new() };
    comparison.outputs(was, now);
    if was.warnings != now.warnings {
        comparison.exact("warnings", was.warnings.join("; "), now.warnings.join("; "));
    }
    for check in &now.checks {
        let place = format!("check \"{}\"", check.name);
        let Some(earlier) = was.checks.iter().find(|earlier| earlier.name == check.name) else {
            comparison.exact(place, "none", "made");
            continue;
        };
        if earlier.ok != check.ok {
            let told = |c: &super::output::Check| format!("{} {} {}", c.measured, c.op, c.bound);
            comparison.exact(place, told(earlier), told(check));
        } else {
            comparison.json(&place, &earlier.measured, &check.measured);
        }
    }
    for gone in was.checks.iter().filter(|was| now.checks.iter().all(|check| check.name != was.name)) {
        comparison.exact(format!("check \"{}\"", gone.name), "made", "none");
    }
    comparison.found.truncate(MOST);
    comparison.found
}

/// The difference between two texts that are shown, such as inline values: the numbers in them may differ.
pub fn drift_of_text(place: &str, was: &str, now: &str, tolerance: f64) -> Vec<Drift> {
    let mut comparison = Comparison { tolerance, margin: None, found: Vec::new() };
    match (was.parse::<f64>(), now.parse::<f64>()) {
        (Ok(a), Ok(b)) if was != now && was.contains(['.', 'e']) => comparison.number(place, a, b, 0.0),
        _ if was == now => {}
        _ => comparison.exact(place, was, now),
    }
    comparison.found
}

struct Comparison {
    tolerance: f64,
    /// How close the closest choice of the locked run was.
    margin: Option<f64>,
    found: Vec<Drift>,
}

impl Comparison {
    /// Notes a difference in something that has to be equal.
    fn exact(&mut self, place: impl Into<String>, was: impl Into<String>, now: impl Into<String>) {
        self.found.push(Drift { margin: self.margin, ..Drift::new(place, was, now) });
    }

    fn outputs(&mut self, was: &Bake, now: &Bake) {
        if was.outputs.len() != now.outputs.len() {
            let count = |bake: &Bake| format!("{} outputs", bake.outputs.len());
            self.exact("outputs", count(was), count(now));
            return;
        }
        for (index, (a, b)) in was.outputs.iter().zip(&now.outputs).enumerate() {
            let place = format!("outputs[{index}]");
            let of = |bake: &Bake| bake.raws.iter().filter(|raw| raw.output == index).cloned().collect();
            let (raw_a, raw_b): (Vec<Raw>, Vec<Raw>) = (of(was), of(now));
            let paired = raw_a.len() == raw_b.len() && raw_a.iter().zip(&raw_b).all(|(a, b)| a.matches(b));
            let pairs: Vec<(&Raw, &Raw)> =
                if paired { raw_a.iter().zip(&raw_b).collect() } else { Vec::new() };
            match (a, b) {
                (Output::Text { text: a }, Output::Text { text: b }) => self.text(&place, a, b, &pairs),
                (Output::Table(a), Output::Table(b)) => self.table(&place, a, b, pairs.first()),
                // Outputs are plain data: they can always be written.
                (a, b) => {
                    let json = |output: &Output| serde_json::to_value(output).unwrap_or_default();
                    let (a, b) = (json(a), json(b));
                    let pictures = pairs.len() == count_pictures(&a);
                    if pictures {
                        for (at, (a, b)) in pairs.iter().enumerate() {
                            self.tensor(&format!("{place}, picture {at}"), a, b, Choices::Ignored);
                        }
                    }
                    self.plain(&place, &a, &b, pictures);
                }
            }
        }
    }

    fn table(&mut self, place: &str, was: &Table, now: &Table, raw: Option<&(&Raw, &Raw)>) {
        let shape = |table: &Table| (table.columns.clone(), table.rows.len());
        if shape(was) != shape(now) {
            let told = |table: &Table| format!("{} rows of {}", table.rows.len(), table.columns.join(", "));
            self.exact(place, told(was), told(now));
            return;
        }
        let (a, b) = raw.map(|(a, b)| (a.numbers(), b.numbers())).unwrap_or_default();
        let mut index = 0;
        for (row, (was, now)) in was.rows.iter().zip(&now.rows).enumerate() {
            for (column, (was, now)) in was.iter().zip(now).enumerate() {
                let place = format!("{place}, row {row}, column {column}");
                let full = a.get(index).copied().zip(b.get(index).copied());
                index += 1;
                match full.filter(|(a, b)| a.is_finite() && b.is_finite()) {
                    Some((a, b)) => {
                        self.number(&place, a, b, 0.0);
                        self.printed(&place, &shown_field(was), &shown_field(now));
                    }
                    None if was == now => {}
                    // A fraction that the cell wrote as text: its digits are all that is known of it.
                    None => match (fraction(was), fraction(now)) {
                        (Some(was), Some(now)) => self.printed(&place, was, now),
                        _ => self.exact(place, shown_field(was), shown_field(now)),
                    },
                }
            }
        }
    }

    /// Compares plain data; `pictures` where the pictures in it have been compared by their numbers.
    fn plain(&mut self, place: &str, was: &Value, now: &Value, pictures: bool) {
        if self.found.len() > MOST {
            return;
        }
        match (was, now) {
            (Value::Array(was), Value::Array(now)) if was.len() == now.len() => {
                for (index, (was, now)) in was.iter().zip(now).enumerate() {
                    self.plain(&format!("{place}[{index}]"), was, now, pictures);
                }
            }
            (Value::Object(was), Value::Object(now)) if was.keys().eq(now.keys()) => {
                for (key, was) in was {
                    if key == "png" {
                        if !pictures && let Some(apart) = pictures::apart(was, &now[key]) {
                            self.exact(format!("{place}.png"), "a picture", format!("another one: {apart}"));
                        }
                        continue;
                    }
                    self.plain(&format!("{place}.{key}"), was, &now[key], pictures);
                }
            }
            _ => self.json(place, was, now),
        }
    }

    /// Compares two leaves.
    fn json(&mut self, place: &str, was: &Value, now: &Value) {
        match (was, now) {
            (Value::Number(a), Value::Number(b)) if !(a.is_i64() && b.is_i64()) => {
                let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
                self.number(place, a, b, 0.0);
            }
            (was, now) if was == now => {}
            (was, now) => self.exact(place, shown(was), shown(now)),
        }
    }
}

/// Whether the greatest of several numbers has to be the same one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choices {
    /// It has to be.
    Kept,
    /// Nobody chooses by these.
    Ignored,
}

fn count_pictures(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count_pictures).sum(),
        Value::Object(fields) => {
            let below: usize = fields.values().map(count_pictures).sum();
            below + usize::from(fields.contains_key("png"))
        }
        _ => 0,
    }
}

/// The text of `field` where it is one number with a fraction or an exponent, and nothing else.
fn fraction(field: &Field) -> Option<&str> {
    match field {
        Field::Text(text) => {
            Some(text.as_str()).filter(|text| count_fractions(text) == 1 && text.parse::<f64>().is_ok())
        }
        Field::Number { .. } => None,
    }
}

fn shown_field(field: &Field) -> String {
    match field {
        Field::Number { number } => number.clone(),
        Field::Text(text) => format!("{text:?}"),
    }
}

/// A value in at most 80 characters.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests;
