//! How a page asks for a fact: `{{< fact gpt-2.parameters rounded >}}`.

use super::Value;

/// How a value is to be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As one reads it best without losing anything.
    #[default]
    Plain,
    /// A number with all its digits.
    Digits,
    /// A number with three digits that count.
    Rounded,
    /// A number without its unit.
    Bare,
    /// The year of a date.
    Year,
    /// The month and the year of a date.
    Month,
    /// The family names.
    Family,
}

/// Every form, and what a page calls it.
const NAMES: [(&str, Form); 6] = [
    ("digits", Form::Digits),
    ("rounded", Form::Rounded),
    ("bare", Form::Bare),
    ("year", Form::Year),
    ("month", Form::Month),
    ("family", Form::Family),
];

impl Form {
    /// The form called `name`.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, form)| *form)
    }

    /// The names of the forms that `value` can have.
    pub fn names_for(value: &Value) -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().filter(|(_, form)| form.fits(value)).map(|(name, _)| name)
    }

    /// Whether `value` can have this form.
    pub fn fits(self, value: &Value) -> bool {
        match self {
            Self::Plain => true,
            Self::Digits | Self::Rounded | Self::Bare => matches!(value, Value::Number(_)),
            Self::Year | Self::Month => matches!(value, Value::Date(_)),
            Self::Family => matches!(value, Value::Names(_)),
        }
    }
}
