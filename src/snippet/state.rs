//! The names of a chapter while its cells are gone through: which cell each one belongs to, what it
//! holds, and what a cell therefore reads.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::Plan;
use super::program::{Kind, Value};
use super::python::Set;

/// A step of a chapter: a cell by its index, or the n-th inline value after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The index of the cell.
    pub cell: usize,
    /// The index among the cell's inline values; `None` for the cell itself.
    pub inline: Option<usize>,
}

/// A name that something holds.
#[derive(Clone, Debug)]
struct Held {
    value: Value,
    maker: Step,
}

/// What every name of a chapter holds after the steps so far.
#[derive(Debug)]
pub struct State<'a> {
    plan: &'a Plan,
    names: BTreeMap<String, Held>,
    /// Names whose cell has failed: nothing that reads them can run.
    spoilt: Set,
}

impl<'a> State<'a> {
    /// Before the first cell.
    pub fn new(plan: &'a Plan) -> Self {
        Self { plan, names: BTreeMap::new(), spoilt: Set::new() }
    }

    /// What a step that names `reads` finds: the values of these names, and of those that the code
    /// among them may read when it is called. `None` where one of them is spoilt.
    pub fn reading(&self, reads: &Set) -> Option<Reading<'_>> {
        let mut found: BTreeMap<&str, &Held> = BTreeMap::new();
        let mut open: Vec<&str> = reads.iter().map(String::as_str).collect();
        while let Some(name) = open.pop() {
            if self.spoilt.contains(name) {
                return None;
            }
            let Some((name, held)) = self.names.get_key_value(name) else { continue };
            if found.insert(name, held).is_none() && held.value.kind == Kind::Code {
                open.extend(self.late(name, held.maker));
            }
        }
        Some(Reading { plan: self.plan, found })
    }

    /// What code that `maker` bound to `name` may read when it is called.
    fn late(&self, name: &str, maker: Step) -> Vec<&str> {
        let late = &self.plan.cells[maker.cell].names.late;
        match late.get(name) {
            Some(names) => names.iter().map(String::as_str).collect(),
            // Bound inside a function: it may be any of the cell's code.
            None => late.values().flatten().map(String::as_str).collect(),
        }
    }

    /// Takes over what a step has left in its names.
    pub fn advance(&mut self, step: Step, values: &BTreeMap<String, Option<Value>>) {
        for (name, value) in values {
            self.spoilt.remove(name);
            match value {
                Some(value) => {
                    self.names.insert(name.clone(), Held { value: value.clone(), maker: step });
                }
                None => drop(self.names.remove(name)),
            }
        }
    }

    /// Notes that a step has failed which would have bound `names`.
    pub fn spoil(&mut self, names: &Set) {
        self.spoilt.extend(names.iter().cloned());
    }
}

/// What one step reads.
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    plan: &'a Plan,
    found: BTreeMap<&'a str, &'a Held>,
}

impl Reading<'_> {
    /// Name and value of everything read, by name.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.found.iter().map(|(name, held)| (*name, &held.value))
    }

    /// The steps that made what is read, and the names that each of them has made.
    pub fn makers(&self) -> BTreeMap<Step, Set> {
        self.found.iter().fold(BTreeMap::new(), |mut makers: BTreeMap<Step, Set>, (name, held)| {
            makers.entry(held.maker).or_default().insert((*name).to_owned());
            makers
        })
    }

    /// The names read that only their own step can look into.
    pub fn opaque(&self) -> impl Iterator<Item = &str> {
        self.values().filter(|(_, value)| value.kind == Kind::Opaque).map(|(name, _)| name)
    }

    /// The ids of all models that `own` code, or code or values that it reads, may run on, sorted.
    pub fn models(&self, own: &[String]) -> Vec<String> {
        let mut ids: BTreeSet<&String> = own.iter().collect();
        for held in self.found.values() {
            ids.extend(&held.value.models);
            if held.value.kind != Kind::Data {
                ids.extend(&self.plan.cells[held.maker.cell].models);
            }
        }
        ids.into_iter().cloned().collect()
    }

    /// Whether code that is read may ask ONNX Runtime for something.
    pub fn runtime(&self) -> bool {
        self.found
            .values()
            .any(|held| held.value.kind != Kind::Data && self.plan.cells[held.maker.cell].runtime)
    }
}
