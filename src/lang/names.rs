//! What the names of a session hold, and which of them a cell has changed.
//!
//! A name belongs to the cell that bound it. A later cell may bind the name anew; changing the value in
//! place is refused, because the page would show one value above and mean another. Streams, such as
//! generators of random numbers, are made to change and go on from cell to cell.

use std::collections::BTreeMap;

use rustpython_vm::builtins::{PyDictRef, PyStr};
use rustpython_vm::{AsObject, PyObjectRef, VirtualMachine};

use super::digest::{is_fixed, is_stream, value};
use super::imports::Spaces;
use crate::snippet::program::{Fault, Kind, Value};

/// A name as the last cell left it.
struct Known {
    object: PyObjectRef,
    value: Value,
    /// The cell it belongs to.
    cell: String,
}

/// The names of a session.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, Known>);

impl Names {
    /// The names that the cell `cell` has given another value, `None` for those it has deleted.
    ///
    /// # Errors
    /// It has changed a value of another cell in place.
    pub(super) fn changes(
        &mut self,
        cell: &str,
        spaces: &Spaces,
        space: &str,
        vm: &VirtualMachine,
    ) -> Result<BTreeMap<String, Option<Value>>, Fault> {
        let Some(namespace) = spaces.get(space) else { return Ok(BTreeMap::new()) };
        let now = current(namespace);
        let mut changes: BTreeMap<String, Option<Value>> =
            self.0.keys().filter(|name| !now.contains_key(*name)).map(|name| (name.clone(), None)).collect();
        self.0.retain(|name, _| now.contains_key(name));
        for (name, object) in now {
            let known = self.0.get(&name).filter(|known| known.object.is(&object));
            if known.is_some() && is_fixed(&object, vm) {
                continue;
            }
            let value = value(&object, spaces, vm);
            if let Some(known) = known {
                if known.value == value {
                    continue;
                }
                if known.cell != cell && !is_stream(&object) {
                    return Err(changed_in_place(&name, &known.cell));
                }
            }
            changes.insert(name.clone(), Some(value.clone()));
            self.0.insert(name, Known { object, value, cell: cell.to_owned() });
        }
        Ok(changes)
    }

    /// The names that belong to the cell `cell`, and what they hold.
    pub(super) fn of<'n>(&'n self, cell: &'n str) -> impl Iterator<Item = (&'n String, &'n PyObjectRef)> {
        self.0.iter().filter(move |(_, known)| known.cell == cell).map(|(name, known)| (name, &known.object))
    }

    /// Looks through a namespace in which nothing has run since.
    ///
    /// # Errors
    /// A value of it has been changed in place from elsewhere.
    pub(super) fn unchanged(&self, spaces: &Spaces, vm: &VirtualMachine) -> Result<(), Fault> {
        for (name, known) in self.0.iter().filter(|(_, known)| !is_fixed(&known.object, vm)) {
            if known.value.kind != Kind::Opaque && value(&known.object, spaces, vm) != known.value {
                return Err(changed_in_place(name, &known.cell));
            }
        }
        Ok(())
    }
}

/// The names of the cells, without those that Python itself needs.
fn current(namespace: &PyDictRef) -> BTreeMap<String, PyObjectRef> {
    let items = namespace.items_vec().into_iter();
    let named = items.filter_map(|(name, object)| {
        Some((name.downcast_ref::<PyStr>()?.to_string_lossy().into_owned(), object))
    });
    named.filter(|(name, _)| !(name.starts_with("__") && name.ends_with("__"))).collect()
}

fn changed_in_place(name: &str, owner: &str) -> Fault {
    Fault {
        kind: "ValueError".to_owned(),
        message: format!("`{name}` belongs to the cell `{owner}`, which a later one may not change in place"),
        hints: vec![
            format!("work on a copy: `import copy`, then `{name} = copy.deepcopy({name})` first"),
            "or move the change into the cell that makes it".to_owned(),
        ],
        ..Fault::default()
    }
}
