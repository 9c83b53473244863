//! Which chapters name which models.

use std::collections::BTreeMap;

use crate::Result;

use super::{Request, cells, load};

/// The chapters whose cells name a model, by its id. Nothing is run, and a chapter at fault counts
/// for nothing.
///
/// # Errors
/// Faults of the machine.
pub fn uses(request: &Request) -> Result<BTreeMap<String, Vec<String>>> {
    let mut faults = Vec::new();
    let project = load::load(request)?.take(&mut faults);
    let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for plan in cells::plan(request, &project, &mut faults)?.chapters {
        for id in plan.models() {
            uses.entry(id).or_default().push(plan.chapter.clone());
        }
    }
    Ok(uses)
}
