//! One way through a chapter: what every name holds by now, and a worker that has run as much of the
//! chapter as its next step needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;
use crate::runtime::Running;

use super::super::key::{Key, short};
use super::super::plan::Plan;
use super::super::program::{Fault, Kind, Order, Outcome, Value};
use super::super::python::Set;
use super::super::state::{Reading, State, Step};
use super::Start;

type Values = BTreeMap<String, Option<Value>>;

/// What is known of a step that was gone through.
#[derive(Debug, Default)]
struct Past {
    /// The steps whose values it reads.
    makers: BTreeSet<Step>,
    /// The names it reads.
    reads: Set,
    /// Those of them that nobody can look into.
    opaque: Vec<String>,
    /// What it has left in its names.
    values: Values,
    /// The processor that made these.
    cpu: String,
}

/// One way through a chapter.
pub(super) struct Walk<'a, 's> {
    plan: &'a Plan,
    state: State<'a>,
    past: BTreeMap<Step, Past>,
    start: &'s mut Start<'s>,
    worker: Option<Box<dyn Running>>,
    /// What the worker has run.
    ran: BTreeSet<Step>,
    rerun: Rerun,
}

/// What a step must leave behind that is run again because another one needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rerun {
    /// What its bake says, if that was made on this processor: another one rounds in other places.
    AsBefore(String),
    /// Whatever it does: that is the question.
    AsItIs,
}

impl<'a, 's> Walk<'a, 's> {
    /// Before the first cell of `plan`; `start` is called when something has to run.
    pub(super) fn new(plan: &'a Plan, start: &'s mut Start<'s>, rerun: Rerun) -> Self {
        Self {
            plan,
            state: State::new(plan),
            past: BTreeMap::new(),
            start,
            worker: None,
            ran: BTreeSet::new(),
            rerun,
        }
    }

    /// What a step that names `reads` finds; `None` where something of it has failed.
    pub(super) fn reading(&self, reads: &Set) -> Option<Reading<'_>> {
        self.state.reading(reads)
    }

    /// Notes that `step` names `reads`, before it is run or found.
    pub(super) fn read(&mut self, step: Step, reads: &Set) {
        let Some(reading) = self.state.reading(reads) else { return };
        let past = Past {
            makers: reading.makers(),
            reads: reading.values().map(|(name, _)| name.to_owned()).collect(),
            opaque: reading.opaque().map(str::to_owned).collect(),
            values: Values::new(),
            cpu: String::new(),
        };
        self.past.insert(step, past);
    }

    /// Takes over what `step` has left in its names, which `values` has as the cell knows them, on the
    /// processor `cpu`.
    pub(super) fn advance(&mut self, step: Step, values: &Values, cpu: &str) {
        let cell = &self.plan.cells[step.cell];
        let values = values.iter().map(|(name, value)| (cell.global(name), value.clone())).collect();
        self.state.advance(step, &values);
        if let Some(past) = self.past.get_mut(&step) {
            past.values = values;
            past.cpu = cpu.to_owned();
        }
    }

    /// Notes that the cell `step` has no values.
    pub(super) fn spoil(&mut self, step: Step) {
        self.state.spoil(&self.plan.cells[step.cell].names.binds);
    }

    /// Gives a digest to values that nobody can look into: they are what the step with this `key`
    /// makes of them, and a step that reads one may have changed it.
    pub(super) fn name_opaque(&self, step: Step, key: &Key, values: &mut Values) {
        let touched = self.past.get(&step).map(|past| past.opaque.as_slice()).unwrap_or_default();
        let cell = &self.plan.cells[step.cell];
        for name in touched {
            let value = Value { kind: Kind::Opaque, ..Value::default() };
            values.entry(cell.local(name).to_owned()).or_insert(Some(value));
        }
        for (name, value) in values {
            if let Some(value) = value.as_mut().filter(|value| value.kind == Kind::Opaque) {
                value.digest = short(format!("{} {name}", key.cell.hex()).as_bytes());
            }
        }
    }

    /// Runs `step`, and before it the steps that it needs and the worker has not run.
    ///
    /// # Errors
    /// Faults of the machine.
    pub(super) fn execute(&mut self, step: Step) -> Result<Outcome> {
        let mut needed = self.needed(step);
        if needed.iter().any(|earlier| self.too_late(*earlier)) {
            self.end();
            needed = self.needed(step);
        }
        for earlier in needed {
            let outcome = self.order(earlier)?;
            if let Some(fault) = self.differs(earlier, &outcome) {
                self.end();
                return Ok(Outcome::Failed(fault));
            }
        }
        let outcome = self.order(step)?;
        if matches!(outcome, Outcome::Failed(_)) {
            // It may have left anything behind.
            self.end();
        }
        Ok(outcome)
    }

    /// Every step that `step` rests on and the worker has not run, in order.
    fn needed(&self, step: Step) -> BTreeSet<Step> {
        let mut needed = BTreeSet::new();
        let mut open = vec![step];
        while let Some(step) = open.pop() {
            let makers = self.past.get(&step).into_iter().flat_map(|past| &past.makers);
            open.extend(makers.filter(|maker| !self.ran.contains(maker) && needed.insert(**maker)));
        }
        needed
    }

    /// Whether a later step that the worker has run got in the way of `earlier`.
    fn too_late(&self, earlier: Step) -> bool {
        let Some(past) = self.past.get(&earlier) else { return false };
        self.ran.range(earlier..).filter_map(|later| self.past.get(later)).any(|later| {
            later.values.keys().any(|name| past.reads.contains(name) || past.values.contains_key(name))
        })
    }

    fn order(&mut self, step: Step) -> Result<Outcome> {
        let worker = match &mut self.worker {
            Some(worker) => worker,
            none => none.insert((self.start)()?),
        };
        self.ran.insert(step);
        let cell = &self.plan.cells[step.cell];
        let order = match step.inline {
            None => Order::Cell(step.cell),
            Some(at) => Order::Inline { code: cell.inlines[at].code.clone(), space: cell.space.clone() },
        };
        worker.step(&order, cell.timeout)
    }

    /// Why `outcome` is not what the kept bake of `step` says: its key would be worth nothing.
    fn differs(&self, step: Step, outcome: &Outcome) -> Option<Fault> {
        let cell = &self.plan.cells[step.cell];
        let label = &cell.label;
        let ran = match outcome {
            Outcome::Failed(fault) => return Some(fault.clone()),
            Outcome::Done(ran) => ran,
        };
        let past = self.past.get(&step)?;
        match &self.rerun {
            Rerun::AsBefore(cpu) if *cpu == past.cpu => {}
            Rerun::AsBefore(_) | Rerun::AsItIs => return None,
        }
        let kept = &past.values;
        let same = |name: &String, now: &Option<Value>| match (kept.get(&cell.global(name)), now) {
            (Some(Some(kept)), Some(now)) => now.kind == Kind::Opaque || kept.digest == now.digest,
            (Some(None), None) => true,
            _ => false,
        };
        let name = ran.values.iter().find(|(name, now)| !same(name, now)).map(|(name, _)| name)?;
        Some(Fault {
            message: format!("`{name}` of the cell `{label}` is not what it was in an earlier run"),
            hints: vec!["run everything again with `kiln build --rerun`".to_owned()],
            ..Fault::default()
        })
    }

    /// Ends the worker: the next step starts a new one.
    fn end(&mut self) {
        self.worker = None;
        self.ran.clear();
    }
}
