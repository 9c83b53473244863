//! The stores that a build looks bakes up in.

use crate::Result;
use crate::cache::{Access, Local, Remote, Store};
use crate::config::StoreConfig;
use crate::diag::Diagnostic;
use crate::models::Cache;

use super::Request;

/// What the caller says of the shared store, over what `kiln.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sharing {
    /// Its address.
    pub url: Option<String>,
    /// Whether nothing may be put there, whatever `kiln.toml` says.
    pub readonly: bool,
}

/// The local store of bakes in the user's `cache`.
pub fn local(cache: &Cache) -> Local {
    Local::new(cache.root().join("bakes"))
}

/// The local store, and behind it the shared one that the request or else `config` names.
///
/// # Errors
/// The address of the shared store makes no sense.
pub(super) fn open(request: &Request, config: &StoreConfig, cache: &Cache) -> Result<Store> {
    let access = match config.readonly || request.sharing.readonly {
        true => Access::Read,
        false => Access::Write,
    };
    let url = request.sharing.url.as_ref().or(config.url.as_ref());
    // A folder is named as seen from the project's.
    let address = |url: &String| match url.contains("://") {
        true => url.clone(),
        false => request.root.join(url).to_string_lossy().into_owned(),
    };
    let remote = url.map(|url| Remote::new(&address(url), access)).transpose()?;
    Ok(Store::new(local(cache), remote))
}

/// What is to be said of the shared store after a build.
pub(super) fn complaint(store: &Store) -> Option<Diagnostic> {
    let fault = store.fault()?;
    let warning = Diagnostic::warning(None, fault);
    Some(match store.unsent() {
        0 => warning.hint("this build went on with what is on this machine"),
        1 => warning.hint("1 bake is on this machine only; the next build with this store sends it"),
        n => warning
            .hint(format!("{n} bakes are on this machine only; the next build with this store sends them")),
    })
}
