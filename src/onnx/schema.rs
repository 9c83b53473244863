//! What ONNX's own operators are called and what they take: the table `ops.tsv`, read once.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The version of ONNX's operators that graphs of cells are written in.
pub const OPSET: i64 = 26;

/// The table, made by `tests/gen/onnx_ops.py`, which says how its lines are written.
const TABLE: &str = include_str!("ops.tsv");

/// An operator.
#[derive(Clone, Debug, PartialEq)]
pub struct Operator {
    /// Its name: `MatMul`.
    pub name: &'static str,
    /// The version of the operator set that it is called in.
    pub opset: i64,
    /// What it reads, in order.
    pub inputs: Vec<Parameter>,
    /// What it makes, in order.
    pub outputs: Vec<Parameter>,
    /// Its settings, sorted by name.
    pub attributes: Vec<Setting>,
}

/// An input or output of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// How often it stands in a call.
    pub count: Count,
    /// The element type, or a name that types share which have to agree.
    pub kind: &'static str,
}

/// How often a parameter stands in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Once.
    One,
    /// Once or not at all.
    Optional,
    /// Once or more often; always the last parameter.
    Many,
}

/// An attribute of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: SettingKind,
    /// What it is where a call does not say, as text; `None` too where the rule is longer than that.
    pub default: Option<&'static str>,
    /// Whether a call has to say.
    pub required: bool,
}

/// What an attribute holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// An integer.
    Int,
    /// Integers.
    Ints,
    /// A number.
    Float,
    /// Numbers.
    Floats,
    /// A text.
    Text,
    /// Texts.
    Texts,
    /// A tensor.
    Tensor,
}

impl Operator {
    /// The operator called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        table().get(name)
    }

    /// All operators, by name.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        table().values()
    }

    /// The attribute called `name`.
    pub fn setting(&self, name: &str) -> Option<Setting> {
        self.attributes.iter().find(|setting| setting.name == name).copied()
    }

    /// The input that stands at `at`.
    pub fn input(&self, at: usize) -> Option<Parameter> {
        at_place(&self.inputs, at)
    }

    /// The least and the greatest number of inputs.
    pub fn arity(&self) -> (usize, usize) {
        bounds(&self.inputs)
    }

    /// The least and the greatest number of outputs.
    pub fn results(&self) -> (usize, usize) {
        let (least, most) = bounds(&self.outputs);
        (least.max(1), most)
    }
}

fn at_place(parameters: &[Parameter], at: usize) -> Option<Parameter> {
    parameters.get(at).or_else(|| parameters.last().filter(|last| last.count == Count::Many)).copied()
}

fn bounds(parameters: &[Parameter]) -> (usize, usize) {
    let least = parameters.iter().rposition(|p| p.count != Count::Optional).map_or(0, |last| last + 1);
    match parameters.last() {
        Some(Parameter { count: Count::Many, .. }) => (least, usize::MAX),
        _ => (least, parameters.len()),
    }
}

fn table() -> &'static BTreeMap<&'static str, Operator> {
    static READ: OnceLock<BTreeMap<&'static str, Operator>> = OnceLock::new();
    READ.get_or_init(|| {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        lines.filter_map(operator).map(|operator| (operator.name, operator)).collect()
    })
}

/// The operator of a line; the tests see to it that every line is one.
fn operator(line: &'static str) -> Option<Operator> {
    let mut fields = line.split('\t');
    let name = fields.next()?;
    let opset = fields.next().and_then(|text| text.parse().ok()).unwrap_or(OPSET);
    let mut list = || fields.next().unwrap_or_default().split_ascii_whitespace();
    let inputs = list().map(parameter).collect::<Option<_>>()?;
    let outputs = list().map(parameter).collect::<Option<_>>()?;
    let attributes = list().map(setting).collect::<Option<_>>()?;
    Some(Operator { name, opset, inputs, outputs, attributes })
}

fn parameter(text: &'static str) -> Option<Parameter> {
    let (name, kind) = text.split_once(':')?;
    let (name, count) = match (name.strip_prefix('*'), name.strip_suffix('?')) {
        (Some(name), _) => (name, Count::Many),
        (None, Some(name)) => (name, Count::Optional),
        (None, None) => (name, Count::One),
    };
    Some(Parameter { name, count, kind })
}

fn setting(text: &'static str) -> Option<Setting> {
    let (name, rest) = text.split_once(':')?;
    let (rest, default) = rest.split_once('=').map_or((rest, None), |(kind, value)| (kind, Some(value)));
    let kind = match rest.trim_end_matches('!') {
        "int" => SettingKind::Int,
        "ints" => SettingKind::Ints,
        "float" => SettingKind::Float,
        "floats" => SettingKind::Floats,
        "string" => SettingKind::Text,
        "strings" => SettingKind::Texts,
        "tensor" => SettingKind::Tensor,
        _ => return None,
    };
    Some(Setting { name, kind, default, required: rest.ends_with('!') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_an_operator() {
        assert_eq!(Operator::all().count(), TABLE.lines().count() - 1);
        for operator in Operator::all() {
            let many = |p: &Parameter| p.count == Count::Many;
            let early = |side: &[Parameter]| side.iter().rev().skip(1).any(many);
            assert!(!early(&operator.inputs) && !early(&operator.outputs), "{}", operator.name);
            assert!(!operator.outputs.is_empty(), "{}", operator.name);
        }
    }

    #[test]
    fn a_line_says_what_a_call_takes() {
        let conv = Operator::named("Conv").unwrap();
        assert_eq!((conv.opset, conv.arity(), conv.results()), (OPSET, (2, 3), (1, 1)));
        assert_eq!(conv.input(2).map(|p| (p.name, p.count)), Some(("B", Count::Optional)));
        let group = conv.setting("group").unwrap();
        assert_eq!((group.kind, group.default, group.required), (SettingKind::Int, Some("1"), false));
        let concat = Operator::named("Concat").unwrap();
        assert_eq!((concat.arity(), concat.input(7).map(|p| p.name)), ((1, usize::MAX), Some("inputs")));
        assert!(concat.setting("axis").unwrap().required);
        assert_eq!(Operator::named("LSTM").unwrap().results(), (1, 3));
        assert_eq!(Operator::named("RoiAlign").unwrap().opset, 21);
        assert_eq!(Operator::named("Cnov"), None);
    }
}
