//! One way through a chapter: what every name holds by now, and a worker that has run as much of the
//! chapter as its next step needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;
use crate::cache::{CellKey, Making};
use crate::runtime::Running;

use super::super::key::{Key, short};
use super::super::plain::Plain;
use super::super::plan::Plan;
use super::super::program::{Fault, Kind, Limits, Order, Outcome, Value};
use super::super::python::{Set, definitions};
use super::super::state::{Reading, State, Step};
use super::Start;

type Values = BTreeMap<String, Option<Value>>;

/// What is known of a step that was gone through.
#[derive(Debug, Default)]
struct Past {
    /// The steps whose values it reads, and which values.
    makers: BTreeMap<Step, Set>,
    /// The names it reads.
    reads: Set,
    /// Those of them that nobody can look into.
    opaque: Vec<String>,
    /// What it has left in its names.
    values: Values,
    /// How long that took, and on which processor.
    making: Making,
    /// The key of a cell; `None` for an inline value.
    key: Option<CellKey>,
}

/// The values of a cell as an earlier run wrote them down.
type Written = BTreeMap<String, Plain>;

/// What stands in for a run of a cell.
struct Spare {
    /// The values that were written down.
    values: Written,
    /// The code that makes imports, functions and classes.
    definitions: String,
    /// The names that these two give.
    names: Set,
}

/// Where these are looked for.
pub(super) type WrittenBy<'a> = dyn Fn(CellKey) -> Option<Written> + 'a;

/// One way through a chapter.
pub(super) struct Walk<'a, 's> {
    plan: &'a Plan,
    state: State<'a>,
    past: BTreeMap<Step, Past>,
    start: &'s mut Start<'s>,
    worker: Option<Box<dyn Running>>,
    /// What the worker has run; of a cell that something stood in for, the names that it was given.
    ran: BTreeMap<Step, Option<Set>>,
    rerun: Rerun,
    written: &'a WrittenBy<'a>,
    /// Cells that nothing can stand in for.
    lost: BTreeSet<Step>,
}

/// Milliseconds from which on it is cheaper to read a cell's values back than to run it again.
const DEAR: f64 = 100.0;
/// How many bytes of values can be read back in a millisecond, all in all.
const BYTES_A_MS: f64 = 40_000.0;
/// More bytes than this are not written down, however long they took.
const MOST: usize = 16 << 20;

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
    pub(super) fn new(
        plan: &'a Plan,
        start: &'s mut Start<'s>,
        rerun: Rerun,
        written: &'a WrittenBy<'a>,
    ) -> Self {
        Self {
            plan,
            state: State::new(plan),
            past: BTreeMap::new(),
            start,
            worker: None,
            ran: BTreeMap::new(),
            rerun,
            written,
            lost: BTreeSet::new(),
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
            making: Making::default(),
            key: None,
        };
        self.past.insert(step, past);
    }

    /// Takes over what `step` has left in its names, which `values` has as the cell knows them and which
    /// came about by `making`.
    pub(super) fn advance(&mut self, step: Step, values: &Values, making: &Making) {
        let cell = &self.plan.cells[step.cell];
        let values = values.iter().map(|(name, value)| (cell.global(name), value.clone())).collect();
        self.state.advance(step, &values);
        if let Some(past) = self.past.get_mut(&step) {
            past.values = values;
            past.making = making.clone();
        }
    }

    /// Notes the key of the cell `step`.
    pub(super) fn keyed(&mut self, step: Step, key: CellKey) {
        if let Some(past) = self.past.get_mut(&step) {
            past.key = Some(key);
        }
    }

    /// What the cell `step`, which the worker has just run, holds in its names, written down as far as it is
    /// data; `None` where it is not worth keeping.
    ///
    /// # Errors
    /// Faults of the machine.
    pub(super) fn write(&mut self, step: Step) -> Result<Option<Written>> {
        let (Some(worker), Some(past)) = (&mut self.worker, self.past.get(&step)) else { return Ok(None) };
        // What a cell takes away cannot be taken away again.
        if past.making.ms < DEAR || past.values.values().any(Option::is_none) {
            return Ok(None);
        }
        let most = MOST.min((past.making.ms * BYTES_A_MS) as usize);
        // As text it takes more.
        let limits = Limits { output: 4 * most as u64, ..self.plan.cells[step.cell].limits };
        match worker.step(&Order::Write { cell: step.cell, most }, &limits)? {
            Outcome::Done(ran) => Ok(Some(ran.written).filter(|written| !written.is_empty())),
            Outcome::Failed(_) => {
                self.end();
                Ok(None)
            }
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
        if needed.keys().any(|earlier| self.too_late(*earlier)) {
            self.end();
            needed = self.needed(step);
        }
        for (earlier, spare) in needed {
            if let Some(spare) = spare {
                if self.restore(earlier, spare)? {
                    continue;
                }
                self.end();
                self.lost.insert(earlier);
                return self.execute(step);
            }
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

    /// Every step that `step` rests on and the worker has not run, in order, with what can stand in for it:
    /// then what it rests on itself is not needed.
    fn needed(&self, step: Step) -> BTreeMap<Step, Option<Spare>> {
        let makers = |step: &Step| self.past.get(step).map(|past| past.makers.clone()).unwrap_or_default();
        let mut needed = BTreeMap::new();
        let mut open = makers(&step);
        // The last one first: by then all that read it have said what.
        while let Some((maker, names)) = open.pop_last() {
            match self.ran.get(&maker) {
                Some(None) => continue,
                Some(Some(given)) if names.is_subset(given) => continue,
                _ => {}
            }
            let spare = self.spare(maker, &names);
            if spare.is_none() {
                makers(&maker)
                    .into_iter()
                    .for_each(|(step, names)| open.entry(step).or_default().extend(names));
            }
            needed.insert(maker, spare);
        }
        needed
    }

    /// What can give `names` in the place of a run of `step`.
    fn spare(&self, step: Step, names: &Set) -> Option<Spare> {
        let past = self.past.get(&step).filter(|_| !self.lost.contains(&step))?;
        let key = past.key.filter(|_| past.making.ms >= DEAR)?;
        let values = (self.written)(key)?;
        let cell = &self.plan.cells[step.cell];
        let defined = definitions(&cell.code.text);
        let known = |name: &String| {
            let value = past.values.get(&cell.global(name)).and_then(Option::as_ref);
            value.is_some_and(|value| value.kind != Kind::Opaque)
        };
        let given = values.keys().chain(&defined.names).filter(|name| known(name));
        let given: Set = given.map(|name| cell.global(name)).collect();
        names.is_subset(&given).then_some(Spare { values, definitions: defined.code, names: given })
    }

    /// Lets `spare` stand in for a run of the cell `step`; whether it gave what it should.
    fn restore(&mut self, step: Step, spare: Spare) -> Result<bool> {
        let Spare { values, definitions, names } = spare;
        let worker = match &mut self.worker {
            Some(worker) => worker,
            none => none.insert((self.start)()?),
        };
        let cell = &self.plan.cells[step.cell];
        let order = Order::Restore { cell: step.cell, values, definitions };
        let Outcome::Done(ran) = worker.step(&order, &cell.limits)? else { return Ok(false) };
        let Some(past) = self.past.get(&step) else { return Ok(false) };
        let given = ran.values.iter().all(|(name, now)| {
            let kept = past.values.get(&cell.global(name)).and_then(Option::as_ref);
            kept.zip(now.as_ref()).is_some_and(|(kept, now)| kept.digest == now.digest)
        });
        let all = names.iter().all(|name| ran.values.contains_key(cell.local(name)));
        self.ran.insert(step, Some(names));
        Ok(given && all)
    }

    /// Whether a later step that the worker has run got in the way of `earlier`.
    fn too_late(&self, earlier: Step) -> bool {
        let Some(past) = self.past.get(&earlier) else { return false };
        self.ran.range(earlier..).filter_map(|(later, _)| self.past.get(later)).any(|later| {
            later.values.keys().any(|name| past.reads.contains(name) || past.values.contains_key(name))
        })
    }

    fn order(&mut self, step: Step) -> Result<Outcome> {
        let worker = match &mut self.worker {
            Some(worker) => worker,
            none => none.insert((self.start)()?),
        };
        self.ran.insert(step, None);
        let cell = &self.plan.cells[step.cell];
        let order = match step.inline {
            None => Order::Cell(step.cell),
            Some(at) => Order::Inline { code: cell.inlines[at].code.clone(), space: cell.space.clone() },
        };
        worker.step(&order, &cell.limits)
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
            Rerun::AsBefore(cpu) if *cpu == past.making.cpu => {}
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
