//! What counts as the same value, and what a cell may do to another cell's.

use std::collections::BTreeMap;

use super::session::Session;
use super::session_tests::{cell, with_session};
use crate::snippet::program::{Kind, Outcome, Value};

#[track_caller]
fn values(session: &mut Session, label: &str, code: &str) -> BTreeMap<String, Option<Value>> {
    match session.run_cell(&cell(label, code)) {
        Outcome::Done(ran) => ran.values,
        Outcome::Failed(fault) => panic!("{code}: {fault:?}"),
    }
}

/// What `code` leaves in `x`, in a session of its own.
fn of(code: &'static str) -> Value {
    let (send, receive) = std::sync::mpsc::channel();
    with_session(move |session| {
        let value = values(session, "a", code).remove("x").flatten();
        send.send(value.unwrap_or_else(|| panic!("{code} binds no x"))).expect("the test waits");
    });
    receive.recv().expect("the session ran")
}

#[track_caller]
fn same(a: &'static str, b: &'static str) {
    assert_eq!(of(a), of(b), "{a:?} against {b:?}");
    assert_ne!(of(a).kind, Kind::Opaque, "{a:?}");
}

#[track_caller]
fn different(a: &'static str, b: &'static str) {
    assert_ne!(of(a).digest, of(b).digest, "{a:?} against {b:?}");
}

#[test]
fn data_is_the_same_however_it_was_made() {
    same("x = 6", "x = 2 * 3");
    same("x = 'ab'", "x = 'a' + 'b'");
    same("x = [1, (2, None)]", "y = 1\nx = [y, (y + 1, None)]");
    same("x = {'a': 1.5}", "x = dict(a=3 / 2)");
    same("import kiln as k\nx = k.arange(3)", "import kiln as k\nx = k.array([0, 1, 2])");
    same("x = {3, 1}", "x = set([3, 1])");
    same("import math as x", "import math as x");
    same("from math import sqrt as x", "from math import sqrt as x");
    same("import kiln as k\nx = k.rng(1)", "import kiln as k\nx = k.rng(1)");
    same("from fractions import Fraction\ny = 1\nx = [y, y]", "y = 1\nx = [y, 1]");
    for (a, b) in [
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = 0.0", "x = -0.0"),
        ("x = [1, 2]", "x = (1, 2)"),
        ("x = [[1], 2]", "x = [1, [2]]"),
        ("x = {'a': 1, 'b': 2}", "x = {'b': 2, 'a': 1}"),
        ("x = 'ab'", "x = b'ab'"),
        ("import kiln as k\nx = k.zeros(2)", "import kiln as k\nx = k.zeros((2, 1))"),
        ("import kiln as k\nx = k.zeros(2)", "import kiln as k\nx = k.zeros(2, dtype='float64')"),
        ("import kiln as k\nx = k.rng(1)", "import kiln as k\nx = k.rng(1)\nx.normal()"),
        ("x = range(3)", "x = range(4)"),
    ] {
        different(a, b);
    }
}

#[test]
fn code_is_the_same_wherever_it_stands() {
    same("def x(a):\n  return a + 1", "\n# a comment\n\ndef x(a):\n    # another\n    return (a + 1)");
    same("x = lambda a: a", "x  =  lambda a :  a");
    same(
        "class x:\n  n = 1\n  def f(self): return self.n",
        "# c\nclass x:\n  n = 1\n\n  def f(self):\n    return self.n",
    );
    assert_eq!(of("def x(): pass").kind, Kind::Code);
    assert_eq!(of("x = [lambda: 1]").kind, Kind::Code);
    assert_eq!(of("from math import sqrt as x").kind, Kind::Data);
    for (a, b) in [
        ("def x(a): return a + 1", "def x(a): return a + 2"),
        ("def x(a=1): return a", "def x(a=2): return a"),
        ("def x(*, a=1): return a", "def x(*, a=2): return a"),
        ("def x(a): return f(a)", "def x(a): return g(a)"),
        ("def x(a): return lambda: a + 1", "def x(a): return lambda: a + 2"),
        ("def m(n): return lambda: n\nx = m(1)", "def m(n): return lambda: n\nx = m(2)"),
        ("class x: n = 1", "class x: n = 2"),
        ("class C: pass\nx = C(); x.a = 1", "class C: pass\nx = C(); x.a = 2"),
        ("class C:\n  def f(self): return 1\nx = C()", "class C:\n  def f(self): return 2\nx = C()"),
        (
            "from functools import partial\nx = partial(max, 1)",
            "from functools import partial\nx = partial(max, 2)",
        ),
    ] {
        different(a, b);
    }
}

#[test]
fn library_classes_can_be_looked_into() {
    let dataclass =
        "from dataclasses import dataclass\n@dataclass\nclass C:\n  a: int\n  b: float = 1.0\nx = C(A)";
    let made: [&'static str; 2] = ["1", "2"].map(|a| &*dataclass.replace('A', a).leak());
    same(made[0], made[0]);
    different(made[0], made[1]);
    same(
        "from enum import Enum\nclass E(Enum):\n  A = 1\nx = E.A",
        "from enum import Enum\nclass E(Enum):\n  A = 1\nx = E(1)",
    );
    same(
        "from collections import Counter\nx = Counter('aab')",
        "from collections import Counter\nx = Counter({'a': 2, 'b': 1})",
    );
    different(
        "from collections import Counter\nx = Counter('aab')",
        "from collections import Counter\nx = Counter('ab')",
    );
    same(
        "from functools import lru_cache\n@lru_cache\ndef x(n): return n",
        "from functools import lru_cache\n@lru_cache\ndef x(n): return n\nx(3)",
    );
}

#[test]
fn what_is_under_way_is_opaque() {
    for code in ["x = iter([1])", "x = (i for i in [1])", "x = [zip('a', 'b')]"] {
        assert_eq!(of(code).kind, Kind::Opaque, "{code}");
    }
}

#[test]
fn values_that_hold_themselves_end() {
    same("x = []\nx.append(x)", "x = []\nx.append(x)");
    assert_eq!(of("x = []\nfor _ in range(5000):\n  x = [x]").kind, Kind::Opaque);
}

#[test]
fn only_changes_are_told() {
    with_session(|session| {
        let told = |values: BTreeMap<String, Option<Value>>| {
            values
                .into_iter()
                .map(|(name, value)| if value.is_some() { name } else { format!("-{name}") })
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(told(values(session, "a", "x = [1]\ny = 2\n_z = 3")), "_z x y");
        assert_eq!(told(values(session, "b", "w = x + [y]")), "w");
        assert_eq!(told(values(session, "c", "x = x + [2]\ndel y")), "x -y");
        assert_eq!(told(values(session, "c", "x.append(3)")), "x", "its own value may be changed");
        assert_eq!(told(values(session, "d", "import kiln as k\nr = k.rng(0)")), "k r");
        assert_eq!(told(values(session, "e", "n = r.normal()")), "n r", "a stream goes on");
        values(session, "f", "def set_w():\n  global w\n  w = 5");
        assert_eq!(told(values(session, "g", "set_w()")), "w");
    });
}

#[test]
fn a_value_of_another_cell_is_not_changed_in_place() {
    for (make, change) in [
        ("x = [1]", "x.append(2)"),
        ("x = {'a': [1]}", "x['a'][0] = 2"),
        ("class C: pass\nx = C()", "x.n = 1"),
        ("class x: n = 1", "x.n = 2"),
        ("x = [1]", "y = x\ny += [2]"),
    ] {
        with_session(move |session| {
            values(session, "maker", make);
            let Outcome::Failed(fault) = session.run_cell(&cell("other", change)) else { panic!("{change}") };
            assert!(fault.message.starts_with("`x` belongs to the cell `maker`"), "{change}: {fault:?}");
            assert!(fault.hints[0].contains("copy"), "{fault:?}");
        });
    }
}
