//! What a fact can be: a number, a date, names, a text.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use toml::value::Datetime;

use super::super::page::Lang;

/// What is the case.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(Number),
    /// A day, a month or a year.
    Date(Date),
    /// People or organisations, in each language.
    Names(BTreeMap<Lang, Vec<String>>),
    /// Words, in each language.
    Text(BTreeMap<Lang, String>),
}

/// A number as its author wrote it.
#[derive(Clone, Copy, Debug, PartialEq, serde::Deserialize)]
#[serde(untagged)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// Any other number.
    Decimal(f64),
}

/// A day, a month or a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// The year.
    pub year: u16,
    /// The month, from 1 to 12.
    pub month: Option<u8>,
    /// The day of the month.
    pub day: Option<u8>,
}

/// One text for all languages, or one for each.
#[derive(serde::Deserialize)]
#[serde(untagged)]
pub(super) enum RawTexts {
    All(String),
    Each(BTreeMap<Lang, String>),
}

/// The same names in all languages, or their own in each.
#[derive(serde::Deserialize)]
#[serde(untagged)]
pub(super) enum RawNames {
    All(Vec<String>),
    Each(BTreeMap<Lang, Vec<String>>),
}

/// A value as the file gives it.
pub(super) enum RawValue {
    Number(Number),
    Date(Date),
    Names(RawNames),
    Text(RawTexts),
}

impl RawTexts {
    pub(super) fn in_each(self, langs: &[Lang]) -> BTreeMap<Lang, String> {
        match self {
            Self::All(text) => langs.iter().map(|lang| (lang.clone(), text.clone())).collect(),
            Self::Each(texts) => texts,
        }
    }
}

impl RawValue {
    /// The value in each of `langs`.
    ///
    /// # Errors
    /// The language that has none.
    pub(super) fn in_each(self, langs: &[Lang]) -> Result<Value, Lang> {
        let value = match self {
            Self::Number(number) => Value::Number(number),
            Self::Date(date) => Value::Date(date),
            Self::Names(RawNames::All(names)) => {
                Value::Names(langs.iter().map(|lang| (lang.clone(), names.clone())).collect())
            }
            Self::Names(RawNames::Each(names)) => Value::Names(names),
            Self::Text(text) => Value::Text(text.in_each(langs)),
        };
        let lacks = |lang: &&Lang| match &value {
            Value::Number(_) | Value::Date(_) => false,
            Value::Names(names) => names.get(*lang).is_none_or(Vec::is_empty),
            Value::Text(texts) => texts.get(*lang).is_none_or(String::is_empty),
        };
        match langs.iter().find(lacks) {
            Some(lang) => Err(lang.clone()),
            None => Ok(value),
        }
    }
}

/// A date of TOML (`1955-08-31`), a month as a text (`"2022-09"`), a year as a number (`1997`).
impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Raw {
            Day(Datetime),
            Year(u16),
            Month(String),
        }
        let date = match Raw::deserialize(from) {
            Ok(Raw::Day(Datetime { date: Some(date), time: None, .. })) => {
                Some(Self { year: date.year, month: Some(date.month), day: Some(date.day) })
            }
            Ok(Raw::Year(year)) => Some(Self { year, month: None, day: None }),
            Ok(Raw::Month(text)) => month(&text),
            _ => None,
        };
        date.ok_or_else(|| {
            D::Error::custom("a date is a day (1955-08-31), a month (\"2022-09\") or a year (1997)")
        })
    }
}

fn month(text: &str) -> Option<Date> {
    let (year, month) = text.split_once('-')?;
    let (year, month) = (year.parse().ok()?, month.parse().ok()?);
    (1..=12).contains(&month).then_some(Date { year, month: Some(month), day: None })
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        self.month.map_or(Ok(()), |month| write!(f, "-{month:02}"))?;
        self.day.map_or(Ok(()), |day| write!(f, "-{day:02}"))
    }
}
