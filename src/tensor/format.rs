//! How a tensor is written: as NumPy does with `precision=4, suppress=True`.
//!
//! Rows and columns are aligned; numbers have at most four digits after the point; from 1e8 on they
//! have an exponent. Above 1000 elements only three at each end of every axis are written.

use std::fmt::Write as _;

use super::{DType, Element, Tensor, each};

const PRECISION: usize = 4;
const LINE: usize = 75;
const SUMMARY_FROM: usize = 1000;
const EDGE: usize = 3;

/// `array([[1., 2.]])`: what `repr` gives.
pub fn repr(x: &Tensor) -> String {
    if x.is_empty() {
        let shape = super::Shape(x.shape());
        return match x.ndim() {
            1 => "array([])".to_owned(),
            _ => format!("array([], shape={shape})"),
        };
    }
    if x.ndim() == 0 {
        return element(x);
    }
    let words = words(x);
    let summary = words.summary;
    let all = Writer { words, shape: x.shape(), comma: true, indent: 7, width: LINE - 1 }.all();
    if !summary {
        return format!("array({all})");
    }
    // A summary does not tell the shape, so it is written out.
    let body = format!("array({all},");
    let shape = format!("shape={})", super::Shape(x.shape()));
    let last = body.len() - body.rfind('\n').map_or(0, |newline| newline + 1);
    let space = if last + shape.len() + 1 > LINE { "\n      " } else { " " };
    format!("{body}{space}{shape}")
}

/// `[[1. 2.]]`: what `str` gives.
pub fn text(x: &Tensor) -> String {
    if x.is_empty() {
        return "[]".to_owned();
    }
    if x.ndim() == 0 {
        return element(x);
    }
    Writer { words: words(x), shape: x.shape(), comma: false, indent: 1, width: LINE }.all()
}

/// The only element as Python writes a number: shortest digits that read back as the same value.
fn element(x: &Tensor) -> String {
    match x {
        Tensor::Float32(a) => a
            .iter()
            .next()
            .map_or_else(String::new, |&v| python_float(v.into(), &format!("{v}"), &format!("{v:e}"))),
        Tensor::Float64(a) => {
            a.iter().next().map_or_else(String::new, |&v| python_float(v, &format!("{v}"), &format!("{v:e}")))
        }
        Tensor::Bool(a) => {
            a.iter().next().map_or_else(String::new, |&v| if v { "True" } else { "False" }.to_owned())
        }
        other => other.to_i64s().first().map_or_else(String::new, i64::to_string),
    }
}

fn python_float(value: f64, plain: &str, exponential: &str) -> String {
    if !value.is_finite() {
        return special(value).to_owned();
    }
    if value != 0.0 && !(1e-4..1e16).contains(&value.abs()) {
        let (digits, exponent) = exponential.split_once('e').unwrap_or((exponential, "0"));
        return format!("{digits}e{}", padded_exponent(exponent));
    }
    if plain.contains('.') { plain.to_owned() } else { format!("{plain}.0") }
}

fn special(value: f64) -> &'static str {
    if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

/// `-7` as `-07`, `12` as `+12`.
fn padded_exponent(exponent: &str) -> String {
    match exponent.strip_prefix('-') {
        Some(digits) => format!("-{digits:0>2}"),
        None => format!("+{exponent:0>2}"),
    }
}

/// The positions that are written along an axis; `None` where the dots stand.
fn written(length: usize, summary: bool) -> Vec<Option<usize>> {
    if summary && length > 2 * EDGE {
        return (0..EDGE).map(Some).chain([None]).chain((length - EDGE..length).map(Some)).collect();
    }
    (0..length).map(Some).collect()
}

/// The elements that are written, formatted to one width, by their place in the flattened tensor.
struct Words {
    text: std::collections::BTreeMap<usize, String>,
    summary: bool,
}

fn words(x: &Tensor) -> Words {
    let summary = x.len() > SUMMARY_FROM;
    let mut places = vec![0];
    for &length in x.shape() {
        let along = written(length, summary);
        places = places
            .iter()
            .flat_map(|&place: &usize| along.iter().flatten().map(move |&i| place * length + i))
            .collect();
    }
    let text = match x.dtype() {
        DType::Float32 | DType::Float64 => floats(x, &places),
        DType::Bool => {
            let values = x.to_i64s();
            right(places.iter().map(|&p| if values[p] != 0 { "True" } else { "False" }.to_owned()).collect())
        }
        DType::Int64 | DType::Int32 | DType::Uint8 => {
            let values = x.to_i64s();
            right(places.iter().map(|&p| values[p].to_string()).collect())
        }
    };
    Words { text: places.into_iter().zip(text).collect(), summary }
}

fn right(words: Vec<String>) -> Vec<String> {
    let width = words.iter().map(String::len).max().unwrap_or(0);
    words.into_iter().map(|word| format!("{word:>width$}")).collect()
}

fn floats(x: &Tensor, places: &[usize]) -> Vec<String> {
    let all = x.to_f64s();
    let values: Vec<f64> = places.iter().map(|&place| all[place]).collect();
    // The shortest digits that read back as the value in its own type.
    let shortest: Vec<String> = each!(x, a => {
        let single = a.iter().copied().collect::<Vec<_>>();
        places.iter().map(|&place| shortest_of(single[place])).collect()
    });
    let largest = values.iter().filter(|v| v.is_finite()).fold(0.0_f64, |top, v| top.max(v.abs()));
    if largest >= 1e8 {
        return exponentials(&values);
    }
    let parts: Vec<(String, String)> = values
        .iter()
        .zip(&shortest)
        .map(|(&value, shortest)| {
            if !value.is_finite() {
                return (special(value).to_owned(), String::new());
            }
            let text = match shortest.split_once('.') {
                Some((_, digits)) if digits.len() > PRECISION => format!("{value:.PRECISION$}"),
                _ => shortest.clone(),
            };
            let (whole, digits) = text.split_once('.').unwrap_or((&text, ""));
            (whole.to_owned(), digits.trim_end_matches('0').to_owned())
        })
        .collect();
    let finite = || parts.iter().zip(&values).filter(|(_, v)| v.is_finite());
    let whole = finite().map(|((whole, _), _)| whole.len()).max().unwrap_or(0);
    let digits = finite().map(|((_, digits), _)| digits.len()).max().unwrap_or(0);
    let special =
        parts.iter().zip(&values).filter(|(_, v)| !v.is_finite()).map(|((text, _), _)| text.len()).max();
    let width = match special {
        Some(special) if finite().next().is_none() => special,
        Some(special) => (whole + 1 + digits).max(special),
        None => whole + 1 + digits,
    };
    let words = parts.iter().zip(&values).map(|((whole, fraction), value)| {
        let word = if value.is_finite() { format!("{whole}.{fraction:<digits$}") } else { whole.clone() };
        format!("{word:>width$}")
    });
    words.collect()
}

fn shortest_of<T: Element>(value: T) -> String {
    match T::DTYPE {
        DType::Float32 => format!("{}", value.to_f64() as f32),
        _ => format!("{}", value.to_f64()),
    }
}

fn exponentials(values: &[f64]) -> Vec<String> {
    let parts: Vec<Option<(String, String)>> = values
        .iter()
        .map(|&value| {
            value.is_finite().then(|| {
                let text = format!("{value:.PRECISION$e}");
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let digits = if digits.contains('.') { digits.trim_end_matches('0') } else { digits };
                (digits.to_owned(), padded_exponent(exponent))
            })
        })
        .collect();
    let fraction = |digits: &str| digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let most = parts.iter().flatten().map(|(digits, _)| fraction(digits)).max().unwrap_or(0);
    let words = parts.iter().zip(values).map(|(part, &value)| match part {
        None => special(value).to_owned(),
        Some((digits, exponent)) => {
            let point = if digits.contains('.') { "" } else { "." };
            let zeros = "0".repeat(most - fraction(digits));
            format!("{digits}{point}{zeros}e{exponent}")
        }
    });
    right(words.collect())
}

struct Writer<'a> {
    words: Words,
    shape: &'a [usize],
    comma: bool,
    indent: usize,
    width: usize,
}

impl Writer<'_> {
    fn all(&self) -> String {
        self.nest(0, 0, self.indent, self.width)
    }

    /// The part below `place` (the flattened index so far), `indent` characters from the left.
    fn nest(&self, axis: usize, place: usize, indent: usize, width: usize) -> String {
        let length = self.shape[axis];
        let along = written(length, self.words.summary);
        let last = along.len().saturating_sub(1);
        let mut text = String::new();
        if axis + 1 == self.shape.len() {
            // A closing bracket or a comma follows each word.
            let room = width - 1;
            let mut line = indent;
            for (at, position) in along.iter().enumerate() {
                let word = match position {
                    Some(i) => self.words.text.get(&(place * length + i)).map_or("", String::as_str),
                    None => "...",
                };
                if line + word.len() > room && line > indent {
                    while text.ends_with(' ') {
                        text.pop();
                    }
                    let _ = write!(text, "\n{:indent$}", "");
                    line = indent;
                }
                text.push_str(word);
                line += word.len();
                if at < last {
                    text.push_str(if self.comma { ", " } else { " " });
                    line += if self.comma { 2 } else { 1 };
                }
            }
        } else {
            let below = self.shape.len() - axis - 1;
            for (at, position) in along.iter().enumerate() {
                if at > 0 {
                    let _ = write!(
                        text,
                        "{}{}{:indent$}",
                        if self.comma { "," } else { "" },
                        "\n".repeat(below),
                        ""
                    );
                }
                match position {
                    Some(i) => text.push_str(&self.nest(axis + 1, place * length + i, indent + 1, width - 1)),
                    None => text.push_str("..."),
                }
            }
        }
        format!("[{text}]")
    }
}
