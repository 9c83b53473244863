//! How much memory a worker may take: what it holds when a program begins, and the cell's limit on
//! top of that.

#![cfg_attr(
    target_os = "linux",
    expect(clippy::disallowed_methods, reason = "the kernel tells in a file how much a process holds")
)]

/// The bound on the memory of this process.
pub(super) struct Memory {
    /// Where the kernel tells how much it holds: opened before files are closed.
    #[cfg(target_os = "linux")]
    status: Option<std::fs::File>,
    /// Bytes held when the program began: interpreter, runtime, the stack that is set aside.
    #[cfg(target_os = "linux")]
    base: Option<u64>,
}

#[cfg(target_os = "linux")]
impl Memory {
    /// Nothing is bounded yet.
    pub(super) fn new() -> Self {
        Self { status: std::fs::File::open("/proc/self/status").ok(), base: None }
    }

    /// Whether memory can be bounded here.
    pub(super) fn bounds(&self) -> bool {
        self.held().is_some()
    }

    /// Takes what is held now as the base of later limits, and lifts the bound.
    pub(super) fn rebase(&mut self) {
        self.base = self.held();
        set(None);
    }

    /// Bounds what is held beyond the base to `mebibytes`.
    pub(super) fn bound(&self, mebibytes: u64) {
        if let Some(base) = self.base {
            set(Some(base.saturating_add(mebibytes.saturating_mul(1 << 20))));
        }
    }

    /// Bytes of private memory that the process has asked for.
    fn held(&self) -> Option<u64> {
        use std::os::unix::fs::FileExt;
        let mut text = [0; 4096];
        let read = self.status.as_ref()?.read_at(&mut text, 0).ok()?;
        let text = String::from_utf8_lossy(&text[..read]);
        let line = text.lines().find_map(|line| line.strip_prefix("VmData:"))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes << 10)
    }
}

/// Sets the soft limit alone: it can be lifted again. Where the kernel refuses, the parent's clock
/// still bounds the cell.
#[cfg(target_os = "linux")]
fn set(bytes: Option<u64>) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Data).maximum;
    let current = bytes.map_or(maximum, |bytes| Some(maximum.map_or(bytes, |most| bytes.min(most))));
    let _ = setrlimit(Resource::Data, Rlimit { current, maximum });
}

/// Bytes that new processes can take without pushing others out, in the machine and in the container
/// that this process runs in; `None` where the system does not tell.
#[cfg(target_os = "linux")]
pub fn available() -> Option<u64> {
    let number = |text: &str| text.trim().trim_end_matches("kB").trim().parse::<u64>().ok();
    let machine = std::fs::read_to_string("/proc/meminfo").ok()?;
    let machine = machine.lines().find_map(|line| line.strip_prefix("MemAvailable:")).and_then(number)? << 10;
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let group = groups.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or("/");
    let file = |name: &str| {
        let path = format!("/sys/fs/cgroup{}/{name}", group.trim_end_matches('/'));
        number(&std::fs::read_to_string(path).ok()?)
    };
    let container = file("memory.max").zip(file("memory.current"));
    Some(container.map_or(machine, |(most, now)| machine.min(most.saturating_sub(now))))
}

/// Other systems are not asked.
#[cfg(not(target_os = "linux"))]
pub fn available() -> Option<u64> {
    None
}

#[cfg(not(target_os = "linux"))]
impl Memory {
    /// Other systems do not bound what a process may hold.
    pub(super) fn new() -> Self {
        Self {}
    }

    pub(super) fn bounds(&self) -> bool {
        false
    }

    pub(super) fn rebase(&mut self) {}

    pub(super) fn bound(&self, _mebibytes: u64) {}
}
