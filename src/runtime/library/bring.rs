//! Bringing the library: out of the wheel, verified, into the cache in one step.

use super::by_hand;
use super::platform::{LICENCES, Platform, VERSION, member};
use crate::models::fetch::{Fetcher, Pin, within};
use crate::models::store::{create_dir, failed};
use crate::models::{Cache, Progress};
use crate::{Error, Result};

/// Fetches the library for `platform` with its licences. Its folder appears complete or not at all.
pub(super) fn bring(platform: &Platform, cache: &Cache, progress: &Progress) -> Result<()> {
    let _held = cache.lock(&format!("onnxruntime-{VERSION}"), progress)?;
    let folder = platform.folder(cache);
    if cache.sha256(&folder.join(platform.library()))? == Some(platform.sha256()) {
        return Ok(());
    }
    let explain = |error: Error| by_hand(within(&format!("cannot bring ONNX Runtime {VERSION}"), &error));
    let fetcher = Fetcher::new(cache, progress);
    let scratch = cache.scratch()?;
    let fresh = scratch.folder("runtime-")?;
    let pin = Pin { sha256: Some(platform.sha256()), size: Some(platform.size()) };
    let target = Some(platform.target());
    let brought = fetcher.bring(&platform.source(), pin, target).map_err(explain)?;
    cache.put(brought.file, brought.sha256, &fresh.join(platform.library()))?;
    for licence in LICENCES {
        let source = member(&format!("onnxruntime/{licence}"));
        let brought = fetcher.bring(&source, Pin::default(), target).map_err(explain)?;
        cache.put(brought.file, brought.sha256, &fresh.join(licence))?;
    }
    create_dir(&cache.runtime())?;
    if folder.exists() {
        // A damaged one: out of the way first, since a rename replaces no full folder.
        let old = scratch.path().join("old");
        std::fs::rename(&folder, old).map_err(failed("cannot replace", &folder))?;
    }
    std::fs::rename(&fresh, &folder).map_err(failed("cannot write", &folder))
}
