//! The worker's end of the line.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};

use super::confine::{Confinement, confine};
use super::memory::Memory;
use super::{Reply, Request};
use crate::lang::{STACK_BYTES, Session};
use crate::runtime::host::{Opened, ProgramHost};
use crate::runtime::onnx::Library;
use crate::snippet::program::{Order, Program};
use crate::{Error, Result};

/// Reads requests from standard input, writes replies to standard output.
///
/// # Errors
/// A request that cannot be read, or no way to answer.
pub fn serve() -> Result<()> {
    let mut first = String::new();
    std::io::stdin().lock().read_line(&mut first).map_err(Error::because("cannot read what to run"))?;
    if first.is_empty() {
        return Ok(());
    }
    let program = match read(&first)? {
        Request::Begin(program) => *program,
        Request::Step(..) => return Err(Error::new("a worker begins with a program")),
    };
    let memory = Memory::new();
    // What is opened at run time is opened now: afterwards there are no more files.
    if let Err(error) = open(&program) {
        return answer(&Reply::Unable(error.to_string(), error.hints().to_vec()));
    }
    let files = program.models.iter().flat_map(|model| &model.files);
    let files: Vec<&Path> = files.map(|file| file.path.as_path()).collect();
    let confinement = Confinement { memory: memory.bounds(), ..confine(&files) };

    let (send, requests) = channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(|line| line.ok()) {
            if send.send(line).is_err() {
                return;
            }
        }
        end();
    });
    // Python recurses on the native stack: a thread of its own gives it as much as it may need.
    std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(move || Desk { confinement, memory, opened: Rc::default() }.work(program, &requests))
        .map_err(Error::because("cannot start the interpreter's thread"))?
        .join()
        .unwrap_or_else(|_| Err(Error::new("the worker panicked")))
}

/// Opens the runtime, which reads files of its own, where the program may need it.
fn open(program: &Program) -> Result<()> {
    if program.ort_library.as_os_str().is_empty() {
        return Ok(());
    }
    Library::at(PathBuf::from(&program.ort_library)).build_info().map(drop)
}

/// The build is gone, and nobody waits for what this process is in the middle of.
fn end() {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort();
}

/// Where programs are worked on, one after the other.
struct Desk {
    confinement: Confinement,
    memory: Memory,
    /// The models that earlier programs have opened.
    opened: Rc<Opened>,
}

impl Desk {
    fn work(mut self, mut program: Program, requests: &Receiver<String>) -> Result<()> {
        loop {
            match self.run(&program, requests)? {
                Some(next) => program = next,
                None => return Ok(()),
            }
        }
    }

    /// Steps through `program`; returns the next one, if there is one.
    fn run(&mut self, program: &Program, requests: &Receiver<String>) -> Result<Option<Program>> {
        // The one before has gone, with all that its cells held.
        self.memory.rebase();
        let host = ProgramHost::new(program, Rc::clone(&self.opened));
        let mut session = Session::new(Box::new(host))?.with_pages(&program.modules);
        self.memory.rebase();
        answer(&Reply::Ready(self.confinement))?;
        while let Ok(line) = requests.recv() {
            let (order, limits) = match read(&line)? {
                Request::Begin(next) => return Ok(Some(*next)),
                Request::Step(order, limits) => (order, limits),
            };
            session.bound_output(limits.output);
            self.memory.bound(limits.memory);
            let cell =
                |index: usize| program.cells.get(index).ok_or_else(|| Error::new("there is no such cell"));
            let outcome = match &order {
                Order::Cell(index) => session.run_cell(cell(*index)?),
                Order::Inline { code, space } => session.run_inline(code, space),
                Order::Write { cell: index, most } => session.write(cell(*index)?, *most),
                Order::Restore { cell: index, values, definitions } => {
                    session.restore(cell(*index)?, values, definitions)
                }
            };
            answer(&Reply::Outcome(Box::new(outcome)))?;
        }
        Ok(None)
    }
}

fn read(line: &str) -> Result<Request> {
    serde_json::from_str(line).map_err(Error::because("a worker cannot read a request"))
}

fn answer(reply: &Reply) -> Result<()> {
    let mut text = serde_json::to_vec(reply).map_err(Error::because("a reply cannot be written"))?;
    text.push(b'\n');
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(&text)
        .and_then(|()| stdout.flush())
        .map_err(Error::because("the build that started this worker is gone"))
}
