//! The two ends of a worker process: the parent that starts it, feeds it a program and watches the
//! clock, and the child that runs the cells.
//!
//! The child is this same binary. The program goes in as one line of JSON, the outcome of each cell
//! comes out as one line. A crash, a hang or too much memory ends the child, never the build.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::snippet::program::{Fault, Outcome, Program};
use crate::{Error, Result};

use super::Runtime;

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

impl Runtime for Workers {
    fn run(&mut self, program: &Program, each: &mut dyn FnMut(usize, Outcome)) -> Result<()> {
        let mut worker = Worker::start(self, program)?;
        for (index, cell) in program.cells.iter().enumerate() {
            let outcome = match worker.next(cell.timeout) {
                Event::Outcome(line) if line.len() as u64 > self.output => {
                    let message = format!(
                        "the outputs of this cell take {} bytes, more than {}",
                        line.len(),
                        self.output
                    );
                    fault(message, "show less, or raise `cells.output` in kiln.toml")
                }
                Event::Outcome(line) => serde_json::from_str(&line)
                    .map_err(Error::because("a worker answered what cannot be read"))?,
                Event::TooLong => fault(
                    format!("this cell ran for more than {} s and was stopped", cell.timeout),
                    "make it do less, or give it more time with `#| timeout: SECONDS`",
                ),
                Event::Ended => self.last_words(worker.end()),
            };
            let failed = matches!(outcome, Outcome::Failed(_));
            each(index, outcome);
            if failed {
                break;
            }
        }
        Ok(())
    }
}

impl Workers {
    /// Why a worker ended before its cell did.
    fn last_words(&self, (status, stderr): (Option<ExitStatus>, String)) -> Outcome {
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
struct Worker {
    child: Child,
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
        if let Some(mut stdin) = child.stdin.take() {
            let text = serde_json::to_string(program)
                .map_err(Error::because("a program cannot be written as JSON"))?;
            // A child that died already is noticed when its answer does not come.
            let _ = stdin.write_all(text.as_bytes()).and_then(|()| stdin.write_all(b"\n"));
        }
        Ok(Self { child, lines, stderr })
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

/// The child's end: reads a program from standard input, runs it, writes outcomes to standard output.
///
/// # Errors
/// The program cannot be read, or the parent is gone.
pub fn serve(memory: u64) -> Result<()> {
    confine(memory);
    // Python recurses on the native stack: a thread of its own gives it as much as it may need.
    std::thread::Builder::new()
        .stack_size(crate::lang::STACK_BYTES)
        .spawn(run_program)
        .map_err(Error::because("cannot start the interpreter's thread"))?
        .join()
        .unwrap_or_else(|_| Err(Error::new("the worker panicked")))
}

fn run_program() -> Result<()> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(Error::because("cannot read the program"))?;
    let program: Program = serde_json::from_str(&line).map_err(Error::because("cannot read the program"))?;
    let mut session = super::session(&program)?;
    let mut stdout = std::io::stdout().lock();
    for cell in &program.cells {
        let outcome = session.run_cell(cell);
        let text = serde_json::to_string(&outcome).map_err(Error::because("an outcome cannot be written"))?;
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.write_all(b"\n"))
            .and_then(|()| stdout.flush())
            .map_err(Error::because("the build that started this worker is gone"))?;
        if matches!(outcome, Outcome::Failed(_)) {
            break;
        }
    }
    Ok(())
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
