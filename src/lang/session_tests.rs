//! Cells run end to end, with a host that has no models.

use std::rc::Rc;

use super::Session;
use crate::lang::host::{Host, HostError, HostErrorKind, HostModel, HostResult, HostScheduler, Setting};
use crate::snippet::output::Output;
use crate::snippet::program::{Fault, Outcome, ProgramCell, Ran};

struct NoModels;

impl Host for NoModels {
    fn model(&mut self, id: &str) -> HostResult<Rc<dyn HostModel>> {
        Err(HostError::new(HostErrorKind::Lookup, format!("no model is called `{id}`")))
    }

    fn graph(&mut self, id: &str, _: &[u8]) -> HostResult<Rc<dyn HostModel>> {
        self.model(id)
    }

    fn scheduler(&mut self, class: &str, _: &[(String, Setting)]) -> HostResult<Box<dyn HostScheduler>> {
        Err(HostError::new(HostErrorKind::Lookup, format!("no scheduler is called `{class}`")))
    }
}

pub(super) fn cell(label: &str, code: &str) -> ProgramCell {
    ProgramCell { label: label.to_owned(), code: code.to_owned(), ..ProgramCell::default() }
}

/// Runs `test` on a thread with the stack that sessions need.
pub(super) fn in_thread(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(super::STACK_BYTES).spawn(test);
    if let Err(panic) = thread.unwrap().join() {
        std::panic::resume_unwind(panic);
    }
}

pub(super) fn with_session(test: impl FnOnce(&mut Session) + Send + 'static) {
    in_thread(move || test(&mut Session::new(Box::new(NoModels)).unwrap()));
}

fn text(ran: &Ran) -> String {
    let texts = ran.outputs.iter().map(|output| match output {
        Output::Text { text } => text.as_str(),
        other => panic!("not a text: {other:?}"),
    });
    texts.collect::<Vec<_>>().join("|")
}

#[track_caller]
fn shows(session: &mut Session, code: &str, expect: &str) {
    match session.run_cell(&cell("a", code)) {
        Outcome::Done(ran) => assert_eq!(text(&ran), expect, "{code}"),
        Outcome::Failed(fault) => panic!("{code}: {fault:?}"),
    }
}

#[track_caller]
fn fails(session: &mut Session, code: &str) -> Fault {
    match session.run_cell(&cell("a", code)) {
        Outcome::Done(ran) => panic!("{code} ran: {ran:?}"),
        Outcome::Failed(fault) => fault,
    }
}

#[test]
fn output_is_captured_and_the_last_value_shown() {
    with_session(|session| {
        shows(session, "print('a', 1, sep='-')\nprint('b')\nx = 3\nx * 2", "a-1\nb\n|6\n");
        shows(session, "x; ", "");
        shows(session, "x;  # quiet", "");
        shows(session, "None", "");
        shows(session, "display('q'); f'{x:>4}'", "'q'\n|'   3'\n");
        shows(session, "class A: pass\nA()", "<__main__.A object>\n");
    });
}

#[test]
fn inlines_see_the_namespace() {
    with_session(|session| {
        session.run_cell(&cell("a", "x = 1 / 3\nn = 7"));
        let texts = ["x", "n", "'t'", "1e-7 / 3", "1e20"].map(|code| match session.run_inline(code, "") {
            Outcome::Done(ran) => ran.text,
            Outcome::Failed(fault) => panic!("{code}: {fault:?}"),
        });
        assert_eq!(texts, ["0.333333", "7", "t", "3.33333e-08", "1e+20"]);
        let Outcome::Failed(fault) = session.run_inline("nope", "") else { panic!() };
        assert_eq!(fault.kind, "NameError");
    });
}

#[test]
fn a_fault_names_cell_line_columns_and_calls() {
    with_session(|session| {
        session.run_cell(&cell("def", "def f(n):\n    é = 'é'; return é + 1 / n"));
        let fault = fails(session, "y = 1\nf(0)");
        assert_eq!(fault.kind, "ZeroDivisionError");
        let place = |at: usize| {
            let frame = &fault.frames[at];
            (frame.cell.as_str(), frame.line, frame.column, frame.end_column, frame.function.as_str())
        };
        assert_eq!(place(0), ("def", 2, 25, 30, "f"));
        assert_eq!(place(1), ("a", 2, 1, 5, "<module>"));
    });
}

#[test]
fn a_lacking_attribute_is_pointed_at() {
    with_session(|session| {
        let place = |session: &mut Session, code: &str| {
            let fault = fails(session, code);
            (fault.frames[0].line, fault.frames[0].column, fault.frames[0].end_column)
        };
        assert_eq!(place(session, "import kiln as k\nx = k.ops.Cov(1)"), (2, 11, 14));
        assert_eq!(place(session, "é = 'é'; é.uper_case; é.uper()"), (1, 12, 21));
        assert_eq!(place(session, "(1).real.imag.\\\n    nothing"), (1, 2, 3));
    });
}

#[test]
fn syntax_errors_have_a_place() {
    with_session(|session| {
        let fault = fails(session, "x = 1\ny = (1,\n");
        assert_eq!((fault.kind.as_str(), fault.frames[0].line), ("SyntaxError", 2));
        let fault = fails(session, "if True:\nx = 1");
        assert_eq!((fault.kind.as_str(), fault.frames[0].line), ("IndentationError", 2));
    });
}

#[test]
fn faults_hint() {
    with_session(|session| {
        let hints = |session: &mut Session, code: &str| fails(session, code).hints.join("; ");
        assert_eq!(hints(session, "temperature = 1\ntemprature"), "did you mean `temperature`?");
        assert_eq!(hints(session, "'a'.uper()"), "did you mean `upper`?");
        assert!(hints(session, "import maths").starts_with("did you mean `math`?"));
        assert!(hints(session, "import numpy as np").contains("kiln"));
        assert_eq!(hints(session, "def g(size): pass\ng(sise=1)"), "did you mean `size`?");
        assert!(hints(session, "open('x')").contains("a cell has no files"));
        assert_eq!(hints(session, "e = ValueError('x'); e.add_note('look here'); raise e"), "look here");
    });
}

#[test]
fn allowed_modules_import() {
    with_session(|session| {
        for module in super::imports::ALLOWED.iter().filter(|name| !name.starts_with("kiln")) {
            shows(session, &format!("import {module}"), "");
        }
        shows(session, "from collections import Counter\nCounter('aab').most_common(1)", "[('a', 2)]\n");
        shows(session, "from collections.abc import Mapping\nisinstance({}, Mapping)", "True\n");
        shows(session, "import collections.abc\ncollections.abc.Sized.__name__", "'Sized'\n");
        shows(session, "import json\njson.dumps({'a': [1, 2.5, None]})", "'{\"a\": [1, 2.5, null]}'\n");
        shows(session, "import re\nre.sub('a+', 'b', 'caat')", "'cbt'\n");
        shows(session, "from decimal import Decimal\nDecimal('0.1') * 3", "Decimal('0.3')\n");
        shows(
            session,
            "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int = 2\nP(1)",
            "P(x=1, y=2)\n",
        );
        shows(session, "from functools import lru_cache, wraps\n@lru_cache\ndef f(n): return n\nf(3)", "3\n");
        shows(session, "from typing import NamedTuple\nclass N(NamedTuple):\n    a: int\nN(1)", "N(a=1)\n");
        shows(session, "try:\n    import numpy\nexcept ImportError:\n    print('no')", "no\n");
    });
}

#[test]
fn the_sandbox_has_no_way_out() {
    with_session(|session| {
        for code in [
            "import sys",
            "import os",
            "import time",
            "import gc",
            "import marshal",
            "import _thread",
            "import _imp",
            "import builtins",
            "import importlib",
            "import socket",
            "from math import __loader__",
            "import math; math.__loader__",
            "import collections; collections._sys",
            "import json; json.codecs",
            "import enum; enum.sys",
            "__import__('sys')",
            "__builtins__",
            "globals()['__builtins__']['__import__']('sys')",
            "open('/etc/passwd')",
            "input()",
            "eval('1')",
            "exec('1')",
            "compile('1', '', 'eval')",
            "exit()",
            "id(1)",
            "(lambda: 0).__globals__",
            "getattr(lambda: 0, '__glo' + 'bals__')",
            "().__class__.__base__.__subclasses__()",
            "import operator; operator.attrgetter('__globals__')",
            "import functools; functools.update_wrapper",
            "import functools; functools.wraps(print, assigned=['__globals__'])",
            "match (lambda: 0):\n    case object(__globals__=g): g",
            "import string; string.Formatter()",
            "print(1, file=3)",
            "import frozen",
            "import _frozen_importlib",
            "from kiln import _sys",
            "import kiln; kiln.__loader__",
            "print.__self__",
            "[].append.__self__.__class__.__mro__",
            "try:\n    1 / 0\nexcept Exception as e:\n    e.__traceback__.tb_frame.f_back",
            "def g(): yield\ng().gi_frame.f_builtins",
            "async def c(): pass\nc().cr_frame",
            "type('X', (), {}).__subclasses__()",
            "int.mro()",
            "class A:\n    def f(self): pass\nA().f.__func__",
            "(lambda: 0).__code__.co_consts",
            "globals()['__builtins__']['open']",
            "globals()['__builtins__']['eval']('1')",
            "list(map(getattr, [lambda: 0], ['__globals__']))",
            "import functools; functools.reduce(getattr, ['__globals__'], lambda: 0)",
            "import json; json.JSONDecoder.__init__.__globals__",
            "import typing; typing.get_type_hints(int)",
            "import typing; typing.ForwardRef('1')",
            "import dataclasses; dataclasses.make_dataclass('A', ['x'])",
            "import copy; copy._reconstruct",
            "import abc; abc._abc",
            "import re; re._compiler",
            "import sys as json",
            "__loader__",
            "__spec__",
        ] {
            fails(session, code);
        }
    });
}

#[test]
fn a_name_that_comes_another_way_leads_nowhere() {
    // Each is followed by what shows that the way itself is there, where there is one.
    with_session(|session| {
        for code in [
            // Formats look attributes up.
            "import json\n'{0.__globals__}'.format(json.loads)",
            "import json\n'{a.__globals__}'.format_map({'a': json.loads})",
            "def gen(): yield\n'{0.gi_frame}'.format(gen())",
            "import json\n'{0.__self__}'.format(len)",
            // Descriptors, out of the dictionaries of classes.
            "vars(object)['__getattribute__']",
            "type.__dict__['__subclasses__']",
            "print({**vars(type(lambda: 0))})",
            "'{0.__dict__}'.format(object)",
            "import json\nsuper(type, json.JSONDecoder).__getattribute__('__globals__')",
            // Patterns whose class says which attributes to take.
            "import json\nclass M(type):\n    def __instancecheck__(self, x): return True\n\
             A = M('A', (), {'__match_' + 'args__': ('__glo' + 'bals__',)})\n\
             match json.loads:\n    case A(got): pass\ngot",
            "import json\nclass M(type):\n    def __instancecheck__(self, x): return True\n\
             A = M('A', (), {'__match_' + 'args__': ('__getattr' + 'ibute__',)})\n\
             match json.loads:\n    case A(get): pass\nget('__glo' + 'bals__')",
            // The same through the library's own frames.
            "import json, functools\nclass M(type):\n    def __instancecheck__(self, x): return True\n\
             A = M('A', (), {'__match_' + 'args__': ('__getattr' + 'ibute__',)})\n\
             match json.loads:\n    case A(get): pass\n\
             functools.singledispatch(get)('__glo' + 'bals__')",
            "import json, functools\nclass M(type):\n    def __instancecheck__(self, x): return True\n\
             A = M('A', (), {'__match_' + 'args__': ('__getattr' + 'ibute__',)})\n\
             match json.loads:\n    case A(get): pass\n\
             class B: pass\nb = B()\nB.x = functools.cached_property(functools.partial(get, '__glo' + 'bals__'))\nb.x",
            // Modules by their names.
            "import typing\nr = typing.List['sys'].__args__[0]\nclass O: __module__ = 'typing'\n\
             r.evaluate(owner=O)",
            "import enum\nclass E(enum.IntEnum): pass\nE._convert_('X', 'enum', lambda n: n == 'sys')",
            "import enum\nclass E(enum.IntEnum): pass\n\
             class M(type):\n    def __instancecheck__(self, x): return True\n\
             A = M('A', (), {'__match_' + 'args__': ('_conv' + 'ert_',)})\n\
             match E:\n    case A(made): pass\nmade('X', 'enum', lambda n: n == 'sys')",
            "import enum\nenum.global_enum",
            // Text that the library makes into code.
            "import dataclasses\nA = type('A', (), {'__annot' + 'ations__': {'x=sys.modules': int}, '__module__': 'dataclasses'})\n\
             dataclasses.dataclass(A)",
            "import dataclasses\nA = type('A', (), {'__annot' + 'ations__': {'x=open': int}})\n\
             dataclasses.dataclass(A)",
            "import collections\nclass S(str):\n    def isidentifier(self): return True\n    def __str__(self): return self\n\
             class T:\n    def __str__(self): return S('x, y=eval')\ncollections.namedtuple('A', [T()])",
            // Frames that an exception brings.
            "class P:\n    def __enter__(self): pass\n    def __exit__(self, a, b, c):\n        self.c = c\n        return True\n\
             p = P()\nwith p: 1 / 0\n'{0.tb_frame}'.format(p.c)",
            "object.__reduce_ex__(1)",
        ] {
            fails(session, code);
        }
        // What is a cell's own is still there.
        shows(session, "class A: pass\na = A()\na.x = 1\nvars(a), a.__dict__", "({'x': 1}, {'x': 1})\n");
        shows(session, "'{0.real:>4}'.format(7)", "'   7'\n");
        shows(session, "type.__name__, (1).__class__", "('type', <class 'int'>)\n");
    });
}

#[test]
fn builtins_that_a_cell_takes_away_come_back_as_a_cells() {
    with_session(|session| {
        session.run_cell(&cell("a", "del globals()['__built' + 'ins__']"));
        fails(session, "open");
        fails(session, "eval('1')");
        shows(session, "len('abc')", "3\n");
    });
}

#[test]
fn the_library_works_behind_the_walls() {
    // Twice: the walls of a thread stay for its next session.
    in_thread(|| {
        for _ in 0..2 {
            let session = &mut Session::new(Box::new(NoModels)).unwrap();
            shows(
                session,
                "from dataclasses import dataclass, field, asdict, replace, FrozenInstanceError\n\
                 @dataclass(slots=True, order=True)\nclass A:\n    x: int = 1\n    y: list = field(default_factory=list)\n\
                 \n    def f(self): return super().__repr__()\n\
                 a = A(2)\nasdict(a), a < A(3), replace(a, x=5), a.f()",
                "({'x': 2, 'y': []}, True, A(x=5, y=[]), '<__main__.A object>')\n",
            );
            shows(
                session,
                "@dataclass(frozen=True)\nclass B:\n    x: int\ntry:\n    B(1).x = 2\n\
                 except FrozenInstanceError as e:\n    print(e)\nhash(B(1)) == hash(B(1))",
                "cannot assign to field 'x'\n|True\n",
            );
            shows(
                session,
                "from functools import singledispatch, cached_property, total_ordering\n\
                 from collections.abc import Sequence\n@singledispatch\ndef f(x): return 'o'\n\
                 @f.register(Sequence)\ndef _(x): return 's'\nf([1]), f(1), isinstance([], Sequence)",
                "('s', 'o', True)\n",
            );
            shows(
                session,
                "import enum\nclass C(enum.Enum):\n    A = 1\nclass F(enum.Flag):\n    X = enum.auto()\n    Y = enum.auto()\n\
                 C.A, F.X | F.Y, C('A' and 1)",
                "(<C.A: 1>, <F.X|Y: 3>, <C.A: 1>)\n",
            );
            shows(
                session,
                "import typing\nclass N(typing.NamedTuple):\n    a: int = 1\nclass D(typing.TypedDict):\n    x: int\n\
                 @typing.runtime_checkable\nclass P(typing.Protocol):\n    def f(self): ...\n\
                 @typing.overload\ndef g(x: int) -> int: ...\n@typing.overload\ndef g(x: str) -> str: ...\ndef g(x): return x\n\
                 N(), D(x=1), g(2)",
                "(N(a=1), {'x': 1}, 2)\n",
            );
            shows(
                session,
                "from collections import namedtuple\nP = namedtuple('P', 'x y', defaults=[0])\nP(1)",
                "P(x=1, y=0)\n",
            );
            shows(session, "def d(): return (i for i in [1])\nlist(d()), len([print, len])", "([1], 2)\n");
        }
    });
}

#[test]
fn runaway_recursion_is_an_exception() {
    with_session(|session| {
        let fault = fails(session, "def f(n): return f(n + 1)\nf(0)");
        assert_eq!(fault.kind, "RecursionError");
        assert!(fault.frames.len() <= 24);
        fails(session, "x = []\nfor i in range(200000): x = [x]\nprint(x)");
        shows(session, "1 + 1", "2\n");
    });
}

#[test]
fn the_sum_of_nothing_has_no_sign() {
    with_session(|session| {
        shows(session, "import kiln as k\nprint(k.zeros((0, 3)).sum(), k.sum([]))", "0.0 0.0\n")
    });
}

#[test]
fn sequences_beyond_memory_are_exceptions() {
    with_session(|session| {
        for sequence in ["[0]", "(0,)", "'a'", "b'a'", "bytearray(b'a')"] {
            for n in ["2**46", "2**61"] {
                let fault = fails(session, &format!("x = {sequence}\nx * {n}"));
                assert!(matches!(fault.kind.as_str(), "MemoryError" | "OverflowError"), "{fault:?}");
                fails(session, &format!("x = {sequence}\nx *= {n}"));
            }
            shows(
                session,
                &format!("len({sequence} * 3), len({sequence} * -1), len(2 * {sequence})"),
                "(3, 0, 2)\n",
            );
        }
        shows(session, "try:\n    [0] * 2**46\nexcept MemoryError:\n    print('no')", "no\n");
    });
}

#[test]
fn a_cell_that_must_raise() {
    with_session(|session| {
        let mut raising = cell("a", "1 / 0");
        raising.must_raise = true;
        let Outcome::Done(ran) = session.run_cell(&raising) else { panic!() };
        assert_eq!(text(&ran), "ZeroDivisionError: division by zero\n");
        raising.code = "1".to_owned();
        assert!(matches!(session.run_cell(&raising), Outcome::Failed(_)));
    });
}

#[test]
fn runs_are_the_same_every_time() {
    let code = "s = {'b', 'a', 'zz', 'q'}\nprint(list(s), hash('a'))";
    let (send, receive) = std::sync::mpsc::channel();
    for _ in 0..2 {
        let send = send.clone();
        with_session(move |session| {
            let Outcome::Done(ran) = session.run_cell(&cell("a", code)) else { panic!() };
            send.send(text(&ran)).unwrap();
        });
    }
    assert_eq!(receive.recv().unwrap(), receive.recv().unwrap());
}
