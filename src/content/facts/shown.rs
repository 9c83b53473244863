//! Values as a language writes them: `314 billion` and `3140 亿`, `31 August 1955` and `1955 年 8 月 31 日`.

use super::super::page::Lang;
use super::value::{Date, Number};
use super::{Fact, Form, Value};

/// Large numbers have names; each language has its own.
const ENGLISH: [(i64, &str); 3] =
    [(1_000_000_000_000, "trillion"), (1_000_000_000, "billion"), (1_000_000, "million")];
const CHINESE: [(i64, &str); 3] = [(1_000_000_000_000, "万亿"), (100_000_000, "亿"), (10_000, "万")];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What stands between a number and its unit: it does not break.
const SPACE: char = '\u{a0}';

impl Fact {
    /// The value in `form`, as readers of `lang` write it.
    pub fn shown(&self, form: Form, lang: &Lang) -> String {
        let zh = lang.0.starts_with("zh");
        match &self.value {
            Value::Number(number) => {
                let text = number_in(*number, form, zh);
                match self.unit.get(lang).filter(|unit| form != Form::Bare && !unit.is_empty()) {
                    Some(unit) if text.ends_with(is_han) && unit.starts_with(is_han) => text + unit,
                    Some(unit) => format!("{text}{SPACE}{unit}"),
                    None => text,
                }
            }
            Value::Date(date) => date_in(*date, form, zh),
            Value::Names(names) => {
                let names = names.get(lang).map(Vec::as_slice).unwrap_or_default();
                let shown: Vec<&str> = names.iter().map(|name| name_in(name, form)).collect();
                joined(&shown, zh)
            }
            Value::Text(texts) => texts.get(lang).cloned().unwrap_or_default(),
        }
    }
}

/// The whole number `whole` in `form`, as readers of `lang` write it.
pub fn quantity(whole: i64, form: Form, lang: &Lang) -> String {
    number_in(Number::Whole(whole), form, lang.0.starts_with("zh"))
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

fn number_in(number: Number, form: Form, zh: bool) -> String {
    let whole = match number {
        Number::Whole(whole) => whole,
        Number::Decimal(decimal) => return decimal.to_string(),
    };
    let whole = if form == Form::Rounded { rounded(whole) } else { whole };
    let scales = if zh { CHINESE } else { ENGLISH };
    let scale = scales.into_iter().find(|(unit, _)| whole.abs() >= *unit);
    // A name is for numbers that it makes shorter: up to four digits that count.
    let short = form != Form::Digits && whole % power_of_ten(whole, 4) == 0;
    match scale.filter(|_| short) {
        Some((unit, name)) => format!("{}{SPACE}{name}", in_units(whole, unit)),
        None => grouped(whole),
    }
}

/// The weight of the last of the first `digits` digits of `whole`.
fn power_of_ten(whole: i64, digits: u32) -> i64 {
    let count = whole.unsigned_abs().checked_ilog10().map_or(1, |log| log + 1);
    10_i64.pow(count.saturating_sub(digits))
}

/// `whole` with three digits that count; halves go up.
fn rounded(whole: i64) -> i64 {
    let step = power_of_ten(whole, 3);
    (whole + whole.signum() * step / 2) / step * step
}

/// `whole` in units of `unit`: 1750 millions are 1.75 billions.
fn in_units(whole: i64, unit: i64) -> String {
    let (sign, whole) = (if whole < 0 { "−" } else { "" }, whole.abs());
    let width = unit.ilog10() as usize;
    let decimals = format!("{:0width$}", whole % unit);
    let decimals = decimals.trim_end_matches('0');
    let point = if decimals.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{decimals}", whole / unit)
}

/// Digits in groups of three from 10,000 on; the gap is one that both languages read.
fn grouped(whole: i64) -> String {
    let digits = whole.unsigned_abs().to_string();
    let sign = if whole < 0 { "−" } else { "" };
    if digits.len() < 5 {
        return format!("{sign}{digits}");
    }
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    format!("{sign}{text}")
}

fn date_in(date: Date, form: Form, zh: bool) -> String {
    let Date { year, month, day } = date;
    let day = day.filter(|_| form != Form::Month);
    if form == Form::Year {
        return year.to_string();
    }
    let month_name = |month: u8| MONTHS.get(usize::from(month).wrapping_sub(1)).copied().unwrap_or_default();
    match (month, day, zh) {
        (None, _, false) => year.to_string(),
        (None, _, true) => format!("{year} 年"),
        (Some(month), None, false) => format!("{} {year}", month_name(month)),
        (Some(month), None, true) => format!("{year} 年 {month} 月"),
        (Some(month), Some(day), false) => format!("{day}{SPACE}{} {year}", month_name(month)),
        (Some(month), Some(day), true) => format!("{year} 年 {month} 月 {day} 日"),
    }
}

/// The last word of a Western name, the whole of any other.
fn name_in(name: &str, form: Form) -> &str {
    let end = |sign: char| name.rsplit(sign).next().unwrap_or(name);
    match form {
        Form::Family if name.contains('·') => end('·'),
        Form::Family => end(' '),
        Form::Plain | Form::Digits | Form::Rounded | Form::Bare | Form::Year | Form::Month => name,
    }
}

fn joined(names: &[&str], zh: bool) -> String {
    let (comma, and) = if zh { ("、", "和") } else { (", ", " and ") };
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, more)) if zh && (last.starts_with(is_han) || more.concat().ends_with(is_han)) => {
            format!("{}{and}{last}", more.join(comma))
        }
        Some((last, more)) if zh => format!("{} {and} {last}", more.join(comma)),
        Some((last, more)) => format!("{}{and}{last}", more.join(comma)),
    }
}
