//! Input at random: pages with their fences and options, the tensor API, ONNX files.
//!
//! Each target replays what is kept in `fuzz/corpus/TARGET`, then makes new input for
//! `KILN_FUZZ_SECONDS`, none where that is not set. See `fuzz/README.md`.

#![expect(clippy::print_stdout, reason = "how far it came is wanted")]

mod models;
mod pages;
mod tensors;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use kiln::tensor::rng::Rng;

use crate::project::repository;

/// Where choices come from.
pub(super) struct Dice(Rng);

impl Dice {
    /// A number below `n`.
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0.below(n.max(1) as u64) as usize
    }

    /// One of `items`.
    pub(super) fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }

    /// Whether one of `n` times it is.
    pub(super) fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// `bytes` with a few places changed, cut, doubled or taken from `other`.
    pub(super) fn mutate(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let most = 1 << self.below(10);
            let end = (at + self.below(most)).min(bytes.len());
            match self.below(6) {
                0 => drop(bytes.drain(at..end)),
                1 => {
                    let piece = bytes[at..end].to_vec();
                    drop(bytes.splice(at..at, piece));
                }
                2 if !other.is_empty() => {
                    let from = self.below(other.len());
                    let to = (from + self.below(64)).min(other.len());
                    drop(bytes.splice(at..end, other[from..to].iter().copied()));
                }
                3 => bytes.truncate(at),
                4 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.below(5)],
                _ if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                _ => bytes.push(self.below(256) as u8),
            }
        }
    }
}

/// Gives `check` the corpus of `target` and then what `make` makes of the dice and the corpus. `check`
/// panics where something is wrong; what made it panic is kept in the corpus.
pub(super) fn fuzz(
    target: &str,
    mut make: impl FnMut(&mut Dice, &[Vec<u8>]) -> Vec<u8>,
    mut check: impl FnMut(&[u8]),
) {
    let folder = repository().join("fuzz/corpus").join(target);
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(&folder).expect("a corpus").flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let corpus: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).expect("an input")).collect();
    assert!(!corpus.is_empty(), "the corpus {} is empty", folder.display());
    for (path, input) in paths.iter().zip(&corpus) {
        assert!(survives(&mut check, input), "{} fails", path.display());
    }
    let (seconds, seed) = (setting("KILN_FUZZ_SECONDS"), setting("KILN_FUZZ_SEED"));
    let (patience, start) = (Duration::from_secs(seconds.unwrap_or(0)), Instant::now());
    let mut dice = Dice(Rng::new(seed.unwrap_or(1)));
    let mut count = 0_u64;
    // Some faults end the process: the input is on disk before it is tried.
    let current = current(target, std::process::id());
    while start.elapsed() < patience {
        let input = make(&mut dice, &corpus);
        if seconds.is_some() {
            std::fs::write(&current, &input).expect("written");
        }
        if !survives(&mut check, &input) {
            let name = format!("found-{}", &blake3::hash(&input).to_hex()[..16]);
            std::fs::write(folder.join(&name), &input).expect("kept");
            panic!("{target}: fuzz/corpus/{target}/{name} fails, after {count} inputs");
        }
        count += 1;
    }
    let _ = std::fs::remove_file(&current);
    println!("{target}: {count} inputs in {:.0} s", start.elapsed().as_secs_f64());
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Where the process `id` keeps the input that it is at.
fn current(target: &str, id: u32) -> PathBuf {
    std::env::temp_dir().join(format!("kiln-fuzz-{target}-{id}"))
}

/// What tells a process that it is one of those that [`in_processes`] has started.
const CHILD: &str = "KILN_FUZZ_CHILD";

/// What a process of its own may hold, in bytes: what is made there runs out of it soon.
#[cfg(target_os = "linux")]
const MOST: u64 = 4 << 30;

/// Runs `target` where new input is wanted in processes of its own, of which `test` is the name: as in a
/// worker, input that asks for more memory than there is ends one of them, and the next goes on. Anything
/// else that ends one is a fault.
pub(super) fn in_processes(target: &str, test: &str, run: impl FnOnce()) {
    let child = setting(CHILD).is_some();
    #[cfg(target_os = "linux")]
    if child {
        use rustix::process::{Resource, Rlimit, setrlimit};
        setrlimit(Resource::Data, Rlimit { current: Some(MOST), maximum: Some(MOST) }).expect("a limit");
    }
    let Some(seconds) = setting("KILN_FUZZ_SECONDS").filter(|_| !child) else { return run() };
    let (end, mut seed) =
        (Instant::now() + Duration::from_secs(seconds), setting("KILN_FUZZ_SEED").unwrap_or(1));
    let mut ended = 0;
    while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| left.as_secs() > 0) {
        let child = std::process::Command::new(std::env::current_exe().expect("this test"))
            .args([test, "--exact", "--nocapture"])
            .env(CHILD, "1")
            .env("KILN_FUZZ_SECONDS", left.as_secs().to_string())
            .env("KILN_FUZZ_SEED", seed.to_string())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("this test starts");
        let current = current(target, child.id());
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            print!("{}", String::from_utf8_lossy(&output.stdout));
            break;
        }
        let kept = current.display();
        assert!(said.contains("memory allocation of"), "{target}: {}, see {kept}\n{said}", output.status);
        std::fs::remove_file(&current).expect("an input");
        (ended, seed) = (ended + 1, seed.wrapping_add(1));
    }
    println!("{target}: {ended} processes ran out of memory");
}

fn survives(check: &mut impl FnMut(&[u8]), input: &[u8]) -> bool {
    catch_unwind(AssertUnwindSafe(|| check(input))).is_ok()
}
