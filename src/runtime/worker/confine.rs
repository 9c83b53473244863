//! What a worker gives up before it runs anything: files, the network, other processes.
//!
//! Cells cannot ask for any of it, because their Python has no such functions. This is the second
//! wall: it holds when native code below them (a tokenizer, ONNX Runtime) has a fault that a hostile
//! model file makes use of. Everything is best effort; `kiln doctor` tells what this kernel enforces.

use std::path::Path;

use serde::{Deserialize, Serialize};

/// What the kernel keeps from a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// Every file but those of its models, and the network (Landlock).
    pub files: bool,
    /// Every system call that it has no use for (seccomp).
    pub calls: bool,
    /// More memory than its limit.
    pub memory: bool,
}

/// Gives up everything but reading `readable`, for this thread and those that it starts.
#[cfg(target_os = "linux")]
pub(super) fn confine(readable: &[&Path]) -> Confinement {
    Confinement {
        files: close_files(readable).unwrap_or(false),
        calls: close_calls().is_some(),
        memory: false,
    }
}

/// Other systems have nothing that a process without privileges can ask for.
#[cfg(not(target_os = "linux"))]
pub(super) fn confine(_readable: &[&Path]) -> Confinement {
    Confinement::default()
}

/// Whether the kernel has closed the file system (but for reading `readable`) and the network.
#[cfg(target_os = "linux")]
fn close_files(readable: &[&Path]) -> Result<bool, landlock::RulesetError> {
    use landlock::{
        ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
        path_beneath_rules,
    };
    // Older kernels enforce what they know of it.
    let abi = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .scope(Scope::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(readable, AccessFs::ReadFile))?
        .restrict_self()?;
    Ok(status.ruleset != RulesetStatus::NotEnforced)
}

/// Leaves the system calls that computing needs; all others fail as if the kernel did not have them.
#[cfg(target_os = "linux")]
fn close_calls() -> Option<()> {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, apply_filter};

    let architecture = std::env::consts::ARCH.try_into().ok()?;
    let missing = SeccompAction::Errno(libc::ENOSYS as u32);
    let filter = SeccompFilter::new(calls()?, missing, SeccompAction::Allow, architecture).ok()?;
    let program: BpfProgram = filter.try_into().ok()?;
    apply_filter(&program).ok()
}

/// The system calls that stay, some of them only for certain arguments.
#[cfg(target_os = "linux")]
fn calls() -> Option<std::collections::BTreeMap<i64, Vec<seccompiler::SeccompRule>>> {
    use libc::*;
    use seccompiler::SeccompCmpOp::{Eq, MaskedEq};
    use seccompiler::{SeccompCmpArgLen, SeccompCondition, SeccompRule};

    let free = [
        // Memory.
        SYS_brk,
        SYS_madvise,
        SYS_mremap,
        SYS_munmap,
        // Pipes to the build, and files of models.
        SYS_close,
        SYS_fcntl,
        SYS_fstat,
        SYS_getcwd,
        SYS_lseek,
        SYS_newfstatat,
        SYS_pread64,
        SYS_read,
        SYS_readv,
        SYS_readlinkat,
        SYS_statx,
        SYS_write,
        SYS_writev,
        // Threads and their locks.
        SYS_futex,
        SYS_get_robust_list,
        SYS_getcpu,
        SYS_getpid,
        SYS_gettid,
        SYS_membarrier,
        SYS_rseq,
        SYS_sched_getaffinity,
        SYS_sched_yield,
        SYS_set_robust_list,
        // Signals to itself: how a fault ends it.
        SYS_restart_syscall,
        SYS_rt_sigaction,
        SYS_rt_sigprocmask,
        SYS_rt_sigreturn,
        SYS_sigaltstack,
        // The rest of a quiet life. A clock is read without a call anyway.
        SYS_clock_getres,
        SYS_clock_gettime,
        SYS_clock_nanosleep,
        SYS_exit,
        SYS_exit_group,
        SYS_getrandom,
        SYS_getrusage,
        SYS_nanosleep,
        SYS_sysinfo,
        SYS_uname,
    ];
    // Calls that newer architectures have under other names only.
    #[cfg(target_arch = "x86_64")]
    let older = [SYS_access, SYS_lstat, SYS_readlink, SYS_stat];
    #[cfg(not(target_arch = "x86_64"))]
    let older = [];
    let own = u64::from(std::process::id());
    let writing = (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC) as u64;
    let (thread, code) = (CLONE_THREAD as u64, PROT_EXEC as u64);
    let bound = [
        // New threads, no new processes.
        (SYS_clone, 0, MaskedEq(thread), thread),
        (SYS_kill, 0, Eq, own),
        // No new machine code.
        (SYS_mmap, 2, MaskedEq(code), 0),
        (SYS_mprotect, 2, MaskedEq(code), 0),
        (SYS_openat, 2, MaskedEq(writing), 0),
        // A thread's name.
        (SYS_prctl, 0, Eq, PR_SET_NAME as u64),
        // Its own limits.
        (SYS_prlimit64, 0, Eq, 0),
        (SYS_tgkill, 0, Eq, own),
    ];
    let mut calls: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
        free.into_iter().chain(older).map(|call| (call, Vec::new())).collect();
    for (call, argument, compare, value) in bound {
        let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value).ok()?;
        calls.insert(call, vec![SeccompRule::new(vec![condition]).ok()?]);
    }
    Some(calls)
}

#[cfg(all(test, target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "the test tries what is closed")]
mod tests {
    use super::*;

    /// Each attempt that a confined thread makes, and whether it succeeded.
    fn attempts(kept: &Path, folder: &Path) -> (Confinement, Vec<(&'static str, bool)>) {
        let own = confine(&[kept]);
        let other = folder.join("other");
        let tried = vec![
            ("read the file that is kept", std::fs::read(kept).is_ok()),
            ("start a thread", std::thread::Builder::new().spawn(|| ()).is_ok_and(|t| t.join().is_ok())),
            ("read another file", std::fs::read(&other).is_ok()),
            ("read a folder", std::fs::read_dir(folder).is_ok()),
            ("write the file that is kept", std::fs::write(kept, "x").is_ok()),
            ("make a file", std::fs::write(folder.join("new"), "x").is_ok()),
            ("remove a file", std::fs::remove_file(&other).is_ok()),
            ("rename a file", std::fs::rename(&other, folder.join("new")).is_ok()),
            ("link a file", std::fs::hard_link(kept, folder.join("new")).is_ok()),
            ("make a folder", std::fs::create_dir(folder.join("new")).is_ok()),
            ("read the environment", std::fs::read("/proc/self/environ").is_ok()),
            ("listen", std::net::TcpListener::bind("127.0.0.1:0").is_ok()),
            ("send", std::net::UdpSocket::bind("127.0.0.1:0").is_ok()),
            ("start a process", std::process::Command::new("/bin/true").status().is_ok()),
            (
                "end another process",
                rustix::process::getppid()
                    .is_some_and(|parent| rustix::process::test_kill_process(parent).is_ok()),
            ),
        ];
        (own, tried)
    }

    #[test]
    fn a_confined_thread_can_compute_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept");
        std::fs::write(&kept, "model").unwrap();
        std::fs::write(folder.path().join("other"), "secret").unwrap();
        let (own, tried) = std::thread::scope(|scope| {
            scope.spawn(|| attempts(&kept, folder.path())).join().expect("it does not panic")
        });
        // System calls are filtered wherever Linux runs; old kernels and some containers lack Landlock.
        assert!(own.calls, "{own:?}");
        let (may, may_not) = tried.split_at(2);
        assert!(may.iter().all(|(_, done)| *done), "{may:?}");
        let files = ["read another file", "read the environment"];
        for (what, done) in may_not.iter().filter(|(what, _)| own.files || !files.contains(what)) {
            assert!(!done, "a confined thread could {what}");
        }
        assert_eq!(std::fs::read(&kept).unwrap(), b"model");
    }
}
