//! Ctrl-C and SIGTERM: noted when they come, obeyed where something waits or is about to be written.
//!
//! Whoever finds the note returns an error, so that every owner on the way out ends its workers and
//! removes its temporary files. A second signal ends the process at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::{Error, Result};

/// Whether a signal has come.
static COME: AtomicBool = AtomicBool::new(false);

/// Its number.
static NUMBER: AtomicUsize = AtomicUsize::new(0);

/// From now on signals are noted.
///
/// # Errors
/// The system refuses to tell of signals.
pub fn listen() -> Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::flag;

    for signal in [SIGINT, SIGTERM] {
        // In this order: the first signal finds nothing noted yet, the second one does.
        flag::register_conditional_default(signal, &COME)
            .and_then(|_| flag::register_usize(signal, &NUMBER, signal as usize))
            .and_then(|_| flag::register(signal, &COME))
            .map_err(Error::because("cannot listen for signals"))?;
    }
    Ok(())
}

/// Whether the person at the terminal, or the system, wants an end.
pub fn asked() -> bool {
    COME.load(Ordering::SeqCst)
}

/// To be called where something waits, and before something is written.
///
/// # Errors
/// An end is wanted.
pub fn check() -> Result<()> {
    if asked() { Err(Error::new("interrupted")) } else { Ok(()) }
}

/// A part of the work that may be called off while the rest goes on: its copies hear of it too.
#[derive(Clone, Debug, Default)]
pub struct Recall(Arc<AtomicBool>);

impl Recall {
    /// What is under way is wanted no longer.
    pub fn call_off(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// To be called where that work waits.
    ///
    /// # Errors
    /// It was called off, or an end of everything is wanted.
    pub fn check(&self) -> Result<()> {
        check()?;
        if self.0.load(Ordering::Relaxed) { Err(Error::new("called off")) } else { Ok(()) }
    }
}

/// Ends the process as the signal would have, once everything is put away: whoever started Kiln sees
/// that it was interrupted, not that it failed.
///
/// # Errors
/// The system does not let it.
pub fn obey() -> Result<()> {
    signal_hook::low_level::emulate_default_handler(NUMBER.load(Ordering::SeqCst) as i32)
        .map_err(Error::because("cannot end as the signal asks"))
}
