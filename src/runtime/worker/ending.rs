//! Why a worker ended before its cell did, in words for the author of the cell.

use std::process::ExitStatus;

use crate::snippet::program::{Fault, Limits};

/// What a signal means to whoever wrote the cell.
const SIGNALS: [(i32, &str); 5] = [
    (4, "it met an instruction that this processor does not have"),
    (6, "it gave up"),
    (7, "it read memory that is not there"),
    (8, "it divided by zero"),
    (11, "it read memory that is not there"),
];

/// The fault of a cell whose worker ended with `status`; `words` are the last it wrote.
pub(super) fn fault(status: Option<ExitStatus>, words: &str, limits: &Limits) -> Fault {
    if ["memory allocation of", "bad_alloc", "out of memory"].iter().any(|sign| words.contains(sign)) {
        return of(
            format!("this cell wanted more than {} MiB of memory", limits.memory),
            "make it hold less, or give it more with `#| memory: MIB`",
        );
    }
    if words.contains("overflowed its stack") {
        return of(
            "this cell nests deeper than the interpreter's stack".to_owned(),
            "write the recursion as a loop",
        );
    }
    let signal = status.and_then(signal);
    if signal == Some(9) {
        return of(
            "the worker of this cell was killed from outside".to_owned(),
            "the machine may have run out of memory: run fewer at once with `--jobs`, or lower `#| memory`",
        );
    }
    let how = match (signal, status) {
        (Some(signal), _) => SIGNALS
            .iter()
            .find(|(known, _)| *known == signal)
            .map_or(format!("signal {signal}"), |(_, what)| (*what).to_owned()),
        (None, Some(status)) => status.to_string(),
        (None, None) => "nobody knows how".to_owned(),
    };
    let last = words.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let last = last.map(|line| format!(": {line}")).unwrap_or_default();
    of(
        format!("the worker of this cell crashed ({how}){last}"),
        "a cell cannot crash by itself: please report it with the models that it runs",
    )
}

/// A fault that has no place in the code: it is told at the cell.
pub(super) fn of(message: String, hint: &str) -> Fault {
    Fault { message, hints: vec![hint.to_owned()], ..Fault::default() }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt;

    #[test]
    fn each_end_has_its_words() {
        for (raw, words, expect) in [
            (6, "memory allocation of 100 bytes failed\n", "this cell wanted more than 4096 MiB of memory"),
            (6, "thread 'x' (7) has overflowed its stack\n", "nests deeper"),
            (9, "", "killed from outside"),
            (11, "noise\n\n", "crashed (it read memory that is not there): noise"),
            (31, "", "crashed (signal 31)"),
            (256, "", "crashed (exit status: 1)"),
        ] {
            let fault = fault(Some(ExitStatus::from_raw(raw)), words, &Limits::default());
            assert!(fault.message.contains(expect), "{} is not {expect}", fault.message);
            assert_eq!(fault.hints.len(), 1);
        }
    }
}
