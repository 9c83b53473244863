//! The build's end of the line: starts workers, hands them programs, watches the clock.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{COMMAND, Confinement, Reply, Request, ending};
use crate::interrupt::{self, Recall};
use crate::runtime::Running;
use crate::snippet::program::{Limits, LocalModel, Order, Outcome, Program, mebibytes};
use crate::{Error, Result};

/// How much of what a worker wrote to its error stream is kept, in bytes.
const LAST_WORDS: usize = 4096;

/// Bytes of a reply beside what a cell shows: names, digests, the numbers behind its outputs.
const ROOM: u64 = 64 << 20;

/// How many bytes of a reply a byte of output may become: control characters are escaped in JSON.
const ESCAPED: u64 = 6;

/// Seconds that a worker has to come up in, on however slow a disk.
const START: f64 = 120.0;

/// How often a wait looks up to see whether the build has been interrupted, or this work called off.
const GLANCE: Duration = Duration::from_millis(50);

/// How workers are started.
#[derive(Clone, Debug)]
pub struct Workers {
    /// The binary to start.
    pub binary: PathBuf,
    /// Calls off what they do.
    pub recall: Recall,
}

impl Workers {
    /// Starts a worker with `program` to work on.
    ///
    /// # Errors
    /// The process cannot be started, or the runtime cannot be opened in it.
    pub fn start(&self, program: &Program) -> Result<Worker> {
        let mut worker = Worker::start(self, program)?;
        worker.begin(program)?;
        Ok(worker)
    }

    /// What the kernel of this machine keeps from workers, as one of them finds it.
    ///
    /// # Errors
    /// As for [`Workers::start`].
    pub fn probe(&self) -> Result<Confinement> {
        Ok(self.start(&Program::default())?.confinement)
    }
}

/// All that stands in a worker's environment. A language model reads all its weights for every token, and in pages
/// of 4 KiB the processor looks up addresses for a sixth of that time: so glibc asks the kernel for large pages.
/// Elsewhere nobody reads this.
pub const ENVIRONMENT: [(&str, &str); 1] = [("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")];

/// A running worker. Dropping it ends the process.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
    events: Receiver<Event>,
    stderr: Option<JoinHandle<String>>,
    /// Bytes that a reply may have.
    most: Arc<AtomicU64>,
    /// The library and the models that it has access to.
    library: PathBuf,
    models: BTreeSet<String>,
    confinement: Confinement,
    answers: bool,
    recall: Recall,
}

/// What a worker did.
#[derive(Debug)]
enum Event {
    /// It replied.
    Line(Vec<u8>),
    /// It replied with more than it may.
    TooMuch,
    /// It did not reply in time.
    TooLong,
    /// It ended.
    Ended,
}

impl Worker {
    fn start(how: &Workers, program: &Program) -> Result<Self> {
        let binary = &how.binary;
        let mut command = Command::new(binary);
        command
            .arg(COMMAND)
            .env_clear()
            .envs(ENVIRONMENT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // Ctrl-C is for the build: it ends its workers itself.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .spawn()
            .map_err(Error::because(format!("cannot start a worker ({})", binary.display())))?;
        let (send, events) = channel();
        let most = Arc::new(AtomicU64::new(ROOM));
        if let Some(stdout) = child.stdout.take() {
            let most = Arc::clone(&most);
            std::thread::spawn(move || listen(stdout, &most, &send));
        }
        let stderr = child.stderr.take().map(|stderr| std::thread::spawn(move || tail(stderr)));
        Ok(Self {
            stdin: child.stdin.take(),
            child,
            events,
            stderr,
            most,
            library: program.ort_library.clone(),
            models: program.models.iter().map(key).collect(),
            confinement: Confinement::default(),
            answers: true,
            recall: how.recall.clone(),
        })
    }

    /// Whether it has replied to everything so far, and can go on.
    pub fn answers(&self) -> bool {
        self.answers
    }

    /// Whether it has access to all that `program` needs.
    pub fn suits(&self, program: &Program) -> bool {
        (program.ort_library.as_os_str().is_empty() || program.ort_library == self.library)
            && program.models.iter().all(|model| self.models.contains(&key(model)))
    }

    /// Takes up `program`, which it [suits](Self::suits), and forgets the one before.
    ///
    /// # Errors
    /// It cannot, for a fault of the machine.
    pub fn begin(&mut self, program: &Program) -> Result<()> {
        self.most.store(ROOM, Ordering::Relaxed);
        self.send(&Request::Begin(Box::new(program.clone())))?;
        let unable = |why: &str| Error::new(format!("a worker does not start: {why}"));
        match self.wait(START)? {
            Event::Line(line) => match serde_json::from_slice(&line) {
                Ok(Reply::Ready(confinement)) => {
                    self.confinement = confinement;
                    Ok(())
                }
                Ok(Reply::Unable(why, hints)) => Err(hints.into_iter().fold(Error::new(why), Error::hint)),
                _ => Err(unable("it says what cannot be understood")),
            },
            Event::TooMuch => Err(unable("it says too much")),
            Event::TooLong => Err(unable("it says nothing")),
            Event::Ended => {
                let (status, words) = self.end();
                let status = status.map(|status| status.to_string()).unwrap_or_default();
                let last = words.lines().last().unwrap_or_default();
                Err(unable(&format!("it ended ({status}) {last}")).hint("run `kiln doctor`"))
            }
        }
    }

    /// Sends a request. A worker that died already is noticed when its reply does not come.
    fn send(&mut self, request: &Request) -> Result<()> {
        let mut text = serde_json::to_vec(request).map_err(Error::because("a request cannot be written"))?;
        text.push(b'\n');
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(&text).and_then(|()| stdin.flush());
        }
        Ok(())
    }

    fn wait(&self, seconds: f64) -> Result<Event> {
        let patience = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        let start = Instant::now();
        loop {
            self.recall.check()?;
            let left = patience.saturating_sub(start.elapsed());
            return Ok(match self.events.recv_timeout(left.min(GLANCE)) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) if left > GLANCE => continue,
                Err(RecvTimeoutError::Timeout) => Event::TooLong,
                Err(RecvTimeoutError::Disconnected) => Event::Ended,
            });
        }
    }

    /// How it ended and the last it wrote.
    fn end(&mut self) -> (Option<ExitStatus>, String) {
        let status = self.child.wait().ok();
        let stderr = self.stderr.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        (status, stderr)
    }
}

impl Running for Worker {
    fn step(&mut self, order: &Order, limits: &Limits) -> Result<Outcome> {
        self.most.store(limits.output.saturating_mul(ESCAPED).saturating_add(ROOM), Ordering::Relaxed);
        self.send(&Request::Step(order.clone(), *limits))?;
        self.answers = false;
        let fault = match self.wait(limits.timeout)? {
            Event::Line(line) => match serde_json::from_slice(&line) {
                Ok(Reply::Outcome(outcome)) => {
                    self.answers = true;
                    return Ok(*outcome);
                }
                _ => ending::of(
                    "the worker of this cell answered what cannot be read".to_owned(),
                    "this is a fault of Kiln: please report the cell",
                ),
            },
            Event::TooMuch => ending::of(
                format!(
                    "what this cell shows and leaves behind takes more than {} MiB",
                    mebibytes(limits.output)
                ),
                "show less, or allow more with `#| max-output: MIB`",
            ),
            Event::TooLong => ending::of(
                format!("this cell ran for more than {} s and was stopped", limits.timeout),
                "make it do less, or give it more time with `#| timeout: SECONDS`",
            ),
            Event::Ended => {
                let (status, words) = self.end();
                // A worker that was ended from outside may have been ended with the build.
                interrupt::check()?;
                ending::fault(status, &words, limits)
            }
        };
        Ok(Outcome::Failed(fault))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It may have ended by itself; either way nothing is left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What tells one model from another.
fn key(model: &LocalModel) -> String {
    format!("{} {}", model.id, model.sha256)
}

/// Passes on the lines of `stdout`, until one is longer than `most`.
fn listen(stdout: ChildStdout, most: &AtomicU64, send: &Sender<Event>) {
    let mut stdout = BufReader::new(stdout);
    // The first byte of a reply comes after the request that says how long it may be.
    while stdout.fill_buf().is_ok_and(|bytes| !bytes.is_empty()) {
        let mut line = Vec::new();
        let most = most.load(Ordering::Relaxed);
        let read = stdout.by_ref().take(most).read_until(b'\n', &mut line);
        let event = match read {
            Ok(_) if line.pop() == Some(b'\n') => Event::Line(line),
            Ok(length) if length as u64 == most => Event::TooMuch,
            _ => return,
        };
        let more = matches!(event, Event::Line(_));
        if send.send(event).is_err() || !more {
            return;
        }
    }
}

/// The end of what `stream` has to say.
fn tail(mut stream: impl Read) -> String {
    let mut kept = Vec::new();
    let mut buffer = [0; LAST_WORDS];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        kept.extend_from_slice(&buffer[..read]);
        let surplus = kept.len().saturating_sub(LAST_WORDS);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).into_owned()
}
