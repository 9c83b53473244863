//! Functions that are one operator each.

use crate::tensor::elementwise::{Binary, Comparison};

/// Functions of every element, and the operator that is the same.
pub(super) const EACH: [(&str, &str); 15] = [
    ("abs", "Abs"),
    ("ceil", "Ceil"),
    ("cos", "Cos"),
    ("erf", "Erf"),
    ("exp", "Exp"),
    ("floor", "Floor"),
    ("log", "Log"),
    ("negative", "Neg"),
    ("relu", "Relu"),
    ("sigmoid", "Sigmoid"),
    ("sign", "Sign"),
    ("sin", "Sin"),
    ("sqrt", "Sqrt"),
    ("tan", "Tan"),
    ("tanh", "Tanh"),
];

/// Functions of two tensors that Python has a sign for.
pub(super) const OF_TWO: [(&str, Binary); 10] = [
    ("add", Binary::Add),
    ("bitwise_and", Binary::And),
    ("bitwise_or", Binary::Or),
    ("bitwise_xor", Binary::Xor),
    ("divide", Binary::Divide),
    ("maximum", Binary::Maximum),
    ("minimum", Binary::Minimum),
    ("multiply", Binary::Multiply),
    ("power", Binary::Power),
    ("subtract", Binary::Subtract),
];

/// Comparisons.
pub(super) const ORDERS: [(&str, Comparison); 6] = [
    ("equal", Comparison::Equal),
    ("greater", Comparison::Greater),
    ("greater_equal", Comparison::GreaterEqual),
    ("less", Comparison::Less),
    ("less_equal", Comparison::LessEqual),
    ("not_equal", Comparison::NotEqual),
];

/// What a table has for `name`.
pub(super) fn found<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(known, _)| *known == name).map(|(_, what)| *what)
}
