//! The two ends of a worker process: the parent that starts it, feeds it a program and watches the
//! clock, and the child that runs the cells.
//!
//! The child is this same binary. The program goes in as one line of JSON, the outcome of each cell
//! comes out as one line. A crash, a hang or too much memory ends the child, never the build.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::snippet::program::{Fault, Order, Outcome, Program};
use crate::{Error, Result};

use super::Running;

/// The hidden command of the binary that runs a program.
pub const COMMAND: &str = "worker";

/// How much of what a worker wrote to its error stream is kept, in bytes.
const LAST_WORDS: usize = 4096;

/// Runs programs in child processes.
#[derive(Clone, Debug)]
pub struct Workers {
    /// The binary to start.
    pub binary: PathBuf,
    /// Mebibytes of memory that a worker may hold.
    pub memory: u64,
    /// Bytes of output that a cell may have.
    pub output: u64,
}

impl Running for Worker {
    fn step(&mut self, order: &Order, timeout: f64) -> Result<Outcome> {
        let line = serde_json::to_string(order).map_err(Error::because("an order cannot be written"))?;
        self.send(&line);
        Ok(match self.next(timeout) {
            Event::Outcome(line) if line.len() as u64 > self.output => {
                let message =
                    format!("the outputs of this cell take {} bytes, more than {}", line.len(), self.output);
                fault(message, "show less, or raise `cells.output` in kiln.toml")
            }
            Event::Outcome(line) => serde_json::from_str(&line)
                .map_err(Error::because("a worker answered what cannot be read"))?,
            Event::TooLong => fault(
                format!("this cell ran for more than {timeout} s and was stopped"),
                "make it do less, or give it more time with `#| timeout: SECONDS`",
            ),
            Event::Ended => self.last_words(),
        })
    }
}

impl Workers {
    /// Starts a worker for `program`.
    ///
    /// # Errors
    /// The process cannot be started.
    pub fn start(&self, program: &Program) -> Result<Worker> {
        Worker::start(self, program)
    }
}

impl Worker {
    /// Why the worker ended before its cell did.
    fn last_words(&mut self) -> Outcome {
        let (status, stderr) = self.end();
        let out_of_memory = stderr.contains("memory allocation") || stderr.contains("bad_alloc");
        if out_of_memory {
            return fault(
                format!("this cell wanted more than {} MiB of memory", self.memory),
                "make it hold less, or raise `cells.memory` in kiln.toml",
            );
        }
        let how = status.map_or("in an unknown way".to_owned(), |status| status.to_string());
        let last = stderr.lines().last().unwrap_or("it left no message");
        fault(
            format!("the worker of this cell ended early ({how}): {last}"),
            "run the cell alone to see whether it repeats",
        )
    }
}

fn fault(message: impl Into<String>, hint: &str) -> Outcome {
    Outcome::Failed(Fault { message: message.into(), hints: vec![hint.to_owned()], ..Fault::default() })
}

enum Event {
    Outcome(String),
    TooLong,
    Ended,
}

/// A running child. Dropping it ends the process.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
    memory: u64,
    output: u64,
    lines: Receiver<String>,
    stderr: Option<std::thread::JoinHandle<String>>,
}

impl Worker {
    fn start(workers: &Workers, program: &Program) -> Result<Self> {
        let binary = &workers.binary;
        let mut child = Command::new(binary)
            .arg(COMMAND)
            .arg(workers.memory.to_string())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::because(format!("cannot start a worker ({})", binary.display())))?;
        let (send, lines) = channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(|line| line.ok()) {
                    if send.send(line).is_err() {
                        break;
                    }
                }
            });
        }
        let stderr = child.stderr.take().map(|stderr| std::thread::spawn(move || tail(stderr)));
        let text =
            serde_json::to_string(program).map_err(Error::because("a program cannot be written as JSON"))?;
        let stdin = child.stdin.take();
        let Workers { memory, output, .. } = *workers;
        let mut worker = Self { child, stdin, memory, output, lines, stderr };
        worker.send(&text);
        Ok(worker)
    }

    /// Sends a line. A child that died already is noticed when its answer does not come.
    fn send(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(format!("{line}\n").as_bytes()).and_then(|()| stdin.flush());
        }
    }

    fn next(&mut self, seconds: f64) -> Event {
        match self.lines.recv_timeout(Duration::from_secs_f64(seconds)) {
            Ok(line) => Event::Outcome(line),
            Err(RecvTimeoutError::Timeout) => Event::TooLong,
            Err(RecvTimeoutError::Disconnected) => Event::Ended,
        }
    }

    fn end(&mut self) -> (Option<ExitStatus>, String) {
        let status = self.child.wait().ok();
        let stderr = self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        (status, stderr)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The child may have ended by itself; either way nothing is left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The end of what `stream` has to say.
fn tail(mut stream: impl std::io::Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; LAST_WORDS];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..read]);
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

/// The child's end: reads a program and then orders from standard input, writes outcomes to standard
/// output. It ends when nothing more is asked.
///
/// # Errors
/// The program cannot be read, or the parent is gone.
pub fn serve(memory: u64) -> Result<()> {
    confine(memory);
    // Python recurses on the native stack: a thread of its own gives it as much as it may need.
    std::thread::Builder::new()
        .stack_size(crate::lang::STACK_BYTES)
        .spawn(move || run_program(memory))
        .map_err(Error::because("cannot start the interpreter's thread"))?
        .join()
        .unwrap_or_else(|_| Err(Error::new("the worker panicked")))
}

fn run_program(memory: u64) -> Result<()> {
    let mut lines = std::io::stdin().lock().lines();
    let mut next = || lines.next().transpose().map_err(Error::because("cannot read what to run"));
    let Some(line) = next()? else { return Ok(()) };
    let program: Program = serde_json::from_str(&line).map_err(Error::because("cannot read the program"))?;
    let mut session = super::session(&program)?;
    let mut stdout = std::io::stdout().lock();
    while let Some(line) = next()? {
        let order: Order = serde_json::from_str(&line).map_err(Error::because("cannot read an order"))?;
        let cell = |index: usize| program.cells.get(index).ok_or_else(|| Error::new("there is no such cell"));
        let outcome = match &order {
            Order::Cell(index) => {
                let cell = cell(*index)?;
                bound(cell.memory.unwrap_or(memory));
                session.run_cell(cell)
            }
            Order::Inline { code, space } => session.run_inline(code, space),
            Order::Write(index) => session.write(cell(*index)?),
            Order::Restore(index, values) => session.restore(cell(*index)?, values),
        };
        let text = serde_json::to_string(&outcome).map_err(Error::because("an outcome cannot be written"))?;
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.write_all(b"\n"))
            .and_then(|()| stdout.flush())
            .map_err(Error::because("the build that started this worker is gone"))?;
    }
    Ok(())
}

/// Bounds what the cell that runs next may hold, up to what the worker may.
fn bound(memory: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Data).maximum;
        let current = memory.saturating_mul(1 << 20).min(maximum.unwrap_or(u64::MAX));
        let _ = setrlimit(Resource::Data, Rlimit { current: Some(current), maximum });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}

/// Bounds the worker's memory, and ends it when the build that started it ends.
fn confine(memory: u64) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
        let bytes = Some(memory.saturating_mul(1 << 20));
        // Where the kernel refuses, the parent's clock still bounds the cell.
        let _ = setrlimit(Resource::Data, Rlimit { current: bytes, maximum: bytes });
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = memory;
}
