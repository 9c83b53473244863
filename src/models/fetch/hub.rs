//! The model hub: a file of a repository at one commit.

/// The hub itself; `HF_ENDPOINT` names a mirror, as in the hub's own client.
const HUB: &str = "https://huggingface.co";

/// The address of `file` of `repo` at commit `revision`.
pub(super) fn address(repo: &str, revision: &str, file: &str) -> String {
    let host = std::env::var("HF_ENDPOINT").ok().filter(|host| !host.is_empty());
    let host = host.as_deref().unwrap_or(HUB).trim_end_matches('/');
    format!("{host}/{repo}/resolve/{revision}/{file}")
}
