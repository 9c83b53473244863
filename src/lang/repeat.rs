//! `[0] * 2**40` is a `MemoryError`, as in CPython: the VM would end the process.
//!
//! Before a sequence is repeated, the memory for it is asked for and given back. Small ones are not worth
//! the question.

use std::sync::OnceLock;

use rustpython_vm::builtins::PyType;
use rustpython_vm::protocol::PySequence;
use rustpython_vm::{Context, Py, PyResult, VirtualMachine};

use super::raise;

/// From so many bytes on.
const ASKED: usize = 64 << 20;

type Repeat = fn(PySequence<'_>, isize, &VirtualMachine) -> PyResult;

/// A sequence, the bytes that one of its elements takes, and what repeats it in place of the VM's own.
type Sequence = (fn(&Context) -> &'static Py<PyType>, usize, Repeat, Repeat);

const SEQUENCES: [Sequence; 5] = [
    (|c| c.types.list_type, size_of::<usize>(), anew::<0>, in_place::<0>),
    (|c| c.types.tuple_type, size_of::<usize>(), anew::<1>, in_place::<1>),
    // A character may take more, and none takes less.
    (|c| c.types.str_type, 1, anew::<2>, in_place::<2>),
    (|c| c.types.bytes_type, 1, anew::<3>, in_place::<3>),
    (|c| c.types.bytearray_type, 1, anew::<4>, in_place::<4>),
];

/// The VM's own ways, in the order of [`SEQUENCES`]: functions, and so the same in all threads.
static ANEW: [OnceLock<Repeat>; 5] = [const { OnceLock::new() }; 5];
static IN_PLACE: [OnceLock<Repeat>; 5] = [const { OnceLock::new() }; 5];

/// Puts the question before every repetition.
pub(super) fn bound(vm: &VirtualMachine) {
    for (at, (class, _, anew, in_place)) in SEQUENCES.iter().enumerate() {
        let slots = &class(&vm.ctx).slots.as_sequence;
        for (slot, own, ours) in
            [(&slots.repeat, &ANEW[at], *anew), (&slots.inplace_repeat, &IN_PLACE[at], *in_place)]
        {
            if let Some(real) = slot.load()
                && *own.get_or_init(|| real) as usize == real as usize
            {
                slot.store(Some(ours));
            }
        }
    }
}

fn anew<const AT: usize>(sequence: PySequence<'_>, n: isize, vm: &VirtualMachine) -> PyResult {
    asked(&ANEW[AT], SEQUENCES[AT].1, sequence, n, vm)
}

fn in_place<const AT: usize>(sequence: PySequence<'_>, n: isize, vm: &VirtualMachine) -> PyResult {
    asked(&IN_PLACE[AT], SEQUENCES[AT].1, sequence, n, vm)
}

fn asked(
    real: &OnceLock<Repeat>,
    bytes: usize,
    sequence: PySequence<'_>,
    n: isize,
    vm: &VirtualMachine,
) -> PyResult {
    let times = usize::try_from(n).unwrap_or(0);
    let wanted = sequence.length(vm)?.saturating_mul(bytes).saturating_mul(times);
    if wanted > ASKED && Vec::<u8>::new().try_reserve_exact(wanted).is_err() {
        let hint = ["give the cell more with `#| memory: MIB`, if there is so much".to_owned()];
        let message = format!("no memory for a sequence of {wanted} bytes");
        return Err(raise::exception(vm, vm.ctx.exceptions.memory_error.to_owned(), message, &hint));
    }
    match real.get() {
        Some(real) => real(sequence, n, vm),
        None => Err(vm.new_system_error("a sequence that repeats in no way")),
    }
}
