//! The graphs that cells make, each opened once: an operator in a loop is one session.

use std::rc::Rc;

use crate::lang::host::{HostModel, HostResult};

/// How many are kept. A session over one node takes some hundred kilobytes.
const MAX_GRAPHS: usize = 128;

/// A graph of more bytes is opened anew each time: it carries constants, and is no operator in a loop.
const MAX_BYTES: usize = 1 << 20;

/// Graphs by their bytes, least recently used first.
#[derive(Default)]
pub(super) struct Graphs(Vec<Kept>);

struct Kept {
    bytes: Box<[u8]>,
    model: Rc<dyn HostModel>,
}

impl Graphs {
    /// The model over `bytes`; `open` makes it where it is not kept.
    pub(super) fn get(
        &mut self,
        bytes: &[u8],
        open: impl FnOnce() -> HostResult<Rc<dyn HostModel>>,
    ) -> HostResult<Rc<dyn HostModel>> {
        if bytes.len() > MAX_BYTES {
            return open();
        }
        let found = match self.0.iter().rposition(|kept| *kept.bytes == *bytes) {
            Some(at) => self.0.remove(at),
            None => Kept { bytes: bytes.into(), model: open()? },
        };
        if self.0.len() == MAX_GRAPHS {
            self.0.remove(0);
        }
        let model = Rc::clone(&found.model);
        self.0.push(found);
        Ok(model)
    }
}
