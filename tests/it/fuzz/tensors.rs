//! The tensor API: calls of every function of the module with arguments that fit and that do not.

use std::rc::Rc;

use kiln::lang::host::{Host, HostError, HostErrorKind, HostModel, HostResult, HostScheduler, Setting};
use kiln::lang::{STACK_BYTES, Session};
use kiln::snippet::output::Output;
use kiln::snippet::program::{Outcome, ProgramCell};

use super::{Dice, fuzz, in_processes};

/// How many cells one session runs before a new one takes over.
const CELLS: usize = 2000;

struct NoModels;

impl Host for NoModels {
    fn model(&mut self, id: &str) -> HostResult<Rc<dyn HostModel>> {
        Err(HostError::new(HostErrorKind::Lookup, format!("there is no model `{id}`")))
    }

    fn graph(&mut self, id: &str, _: &[u8]) -> HostResult<Rc<dyn HostModel>> {
        self.model(id)
    }

    fn scheduler(&mut self, class: &str, _: &[(String, Setting)]) -> HostResult<Box<dyn HostScheduler>> {
        Err(HostError::new(HostErrorKind::Lookup, format!("there is no scheduler `{class}`")))
    }
}

const VALUES: [&str; 52] = [
    "0",
    "1",
    "-1",
    "2",
    "3",
    "-7",
    "64",
    "2**40",
    "2**62",
    "2**63 - 1",
    "-2**63",
    "2**70",
    "0.0",
    "-0.0",
    "0.5",
    "1e300",
    "-1e-300",
    "k.nan",
    "k.inf",
    "-k.inf",
    "True",
    "False",
    "None",
    "''",
    "'a'",
    "'float32'",
    "'int64'",
    "'bool'",
    "'ij,jk->ik'",
    "'...i,...i'",
    "'mean'",
    "[]",
    "()",
    "[0]",
    "[1, 2, 3]",
    "(2, 3)",
    "(-1,)",
    "(0, -1)",
    "[[1.5, 2], [3, 4]]",
    "[[1], [2, 3]]",
    "[[], []]",
    "[True, False]",
    "slice(None, None, -1)",
    "...",
    "{}",
    "{'a': 1}",
    "range(5)",
    "print",
    "k",
    "object()",
    "'\\ud800'",
    "b'a'",
];

const TENSORS: [&str; 24] = [
    "k.array(2.5)",
    "k.array(3)",
    "k.array(True)",
    "k.array([])",
    "k.zeros((0, 3))",
    "k.zeros((2, 0, 4))",
    "k.arange(5)",
    "k.arange(6.0).reshape(2, 3)",
    "k.arange(24).reshape(2, 3, 4)",
    "k.ones((3, 3))",
    "k.eye(4)",
    "k.array([k.nan, k.inf, -k.inf, 0.0])",
    "k.array([[True, False], [False, True]])",
    "k.array([0, 255, 7], dtype='uint8')",
    "k.array([2**63 - 1, -2**63])",
    "k.array([2**31 - 1, -2**31], dtype='int32')",
    "k.arange(6.0, dtype='float64').reshape(3, 2)",
    "k.arange(6.0).reshape(2, 3).T",
    "k.arange(12.0)[::-2]",
    "k.zeros((1, 1, 1, 1, 1))",
    "k.full((2, 3), -0.0)",
    "k.rng(3).normal(size=(4, 4))",
    "k.ones((16, 16, 3), dtype='uint8')",
    "k.zeros((8, 8, 3))",
];

const OPERATORS: [&str; 20] = [
    "+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=", "and", "in",
    "is",
];

fn value(dice: &mut Dice, names: &[String], depth: usize) -> String {
    match dice.below(if depth > 2 { 4 } else { 9 }) {
        0 | 1 => dice.pick(&VALUES).to_owned(),
        2 | 3 => dice.pick(&TENSORS).to_owned(),
        4 => {
            let (a, b) = (value(dice, names, depth + 1), value(dice, names, depth + 1));
            format!("({a} {} {b})", dice.pick(&OPERATORS))
        }
        5 => {
            let (x, at) = (value(dice, names, depth + 1), value(dice, names, depth + 1));
            match dice.below(4) {
                0 => format!("{x}[{at}]"),
                1 => format!("{x}[..., {at}, None]"),
                2 => format!("{x}[{at}:{}:{}]", dice.pick(&VALUES), dice.pick(&VALUES)),
                _ => format!("{x}.{}()", names[dice.below(names.len())].rsplit('.').next().unwrap_or("T")),
            }
        }
        6 => format!("[{}, {}]", value(dice, names, depth + 1), value(dice, names, depth + 1)),
        _ => call(dice, names, depth),
    }
}

fn call(dice: &mut Dice, names: &[String], depth: usize) -> String {
    const KEYWORDS: [&str; 14] = [
        "axis", "keepdims", "dtype", "shape", "size", "k", "n", "bins", "x", "y", "weight", "labels", "mode",
        "seed",
    ];
    let name = names[dice.below(names.len())].clone();
    let mut arguments: Vec<String> = (0..dice.below(4)).map(|_| value(dice, names, depth + 1)).collect();
    if dice.once_in(3) {
        arguments.push(format!("{}={}", dice.pick(&KEYWORDS), value(dice, names, depth + 1)));
    }
    format!("k.{name}({})", arguments.join(", "))
}

/// A line of a cell: a call, or a tensor that is changed where it stands.
fn line(dice: &mut Dice, names: &[String]) -> String {
    if !dice.once_in(6) {
        return call(dice, names, 0) + "\n";
    }
    let (x, change) = (dice.pick(&TENSORS).to_owned(), value(dice, names, 1));
    match dice.below(3) {
        0 => format!("x = {x}\nx[{}] {}= {change}\nx\n", value(dice, names, 2), dice.pick(&OPERATORS[..11])),
        1 => format!("x = {x}\nx[{}] = {change}\nx\n", value(dice, names, 2)),
        _ => format!("x = {x}\ny = x\nx {}= {change}\ny\n", dice.pick(&OPERATORS[..11])),
    }
}

fn cell(code: &str) -> ProgramCell {
    ProgramCell { label: "a".to_owned(), code: code.to_owned(), ..ProgramCell::default() }
}

fn session() -> Session {
    let mut session = Session::new(Box::new(NoModels)).expect("the interpreter starts");
    session.run_cell(&cell("import kiln as k"));
    session
}

/// The functions of the module, those of `plot` and `rng` among them.
fn names() -> Vec<String> {
    let code = "r = k.rng(1)\nprint(*[n for n in dir(k) if n[0] != '_' and n not in ('model', 'pipeline', 'graph', 'ops', 'schedulers')],\
                *['plot.' + n for n in dir(k.plot) if n[0] != '_'], *['rng(7).' + n for n in dir(r) if n[0] != '_'])";
    match session().run_cell(&cell(code)) {
        Outcome::Done(ran) => match &ran.outputs[0] {
            Output::Text { text } => text.split_whitespace().map(str::to_owned).collect(),
            other => panic!("{other:?}"),
        },
        Outcome::Failed(fault) => panic!("{fault:?}"),
    }
}

fn target() {
    let names = names();
    assert!(names.len() > 100, "{names:?}");
    let (mut runs, mut open) = (0, session());
    let make = |dice: &mut Dice, corpus: &[Vec<u8>]| match dice.once_in(10) {
        true => corpus[dice.below(corpus.len())].clone(),
        false => (0..=dice.below(3)).map(|_| line(dice, &names)).collect::<String>().into_bytes(),
    };
    fuzz("tensors", make, move |input| {
        runs += 1;
        if runs % CELLS == 0 {
            open = session();
        }
        let code = String::from_utf8_lossy(input);
        match open.run_cell(&cell(&code)) {
            Outcome::Done(_) => {}
            Outcome::Failed(fault) => assert!(fault.kind != "InternalError", "{code}: {fault:?}"),
        }
    });
}

#[test]
fn tensors() {
    in_processes("tensors", "fuzz::tensors::tensors", || {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(target).expect("a thread");
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    });
}
