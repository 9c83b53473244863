//! One model: what it is made of, and how it is run.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ort::session::{OutputSelector, RunOptions, Session, SessionInputValue};
use prost::bytes::Bytes;

use super::super::files;
use super::error::RunError;
use super::library::Library;
use super::{convert, feeds};
use crate::diag::closest;
use crate::onnx::graph::more_outputs;
use crate::onnx::{Graph, Node, Slot, Storage};
use crate::snippet::program::{LocalFile, LocalModel};
use crate::tensor::Tensor;
use crate::{Error, Result};

/// How many sessions of one model are kept: the model itself and those with other values exposed.
const MAX_SESSIONS: usize = 4;

/// A model whose file has been read. Its sessions are made when they are first needed.
#[derive(Debug)]
pub struct Model {
    pub(super) library: Library,
    pub(super) local: LocalModel,
    /// The file; its folder holds what lies outside of `bytes`.
    pub(super) path: PathBuf,
    /// What the file holds, mapped; empty for a model that has none.
    pub(super) file: Bytes,
    source: Source,
    pub(super) graph: Graph,
    inputs: Vec<Slot>,
    outputs: Vec<Slot>,
    /// The sessions, least recently used first, each with the values it exposes beyond the outputs.
    /// One for each set, because exposing a value keeps ONNX Runtime from fusing its node away,
    /// which may change the last bits of others: what a call gives must not depend on calls before.
    sessions: Vec<(Vec<String>, Session)>,
}

/// What ONNX Runtime makes sessions of.
#[derive(Clone, Debug)]
enum Source {
    /// The file as it is.
    File,
    /// A model that no file holds as a whole; its large weights may lie in one, where all processes and
    /// sessions share them.
    Bytes(Bytes),
}

impl Model {
    /// Reads the model's `graph` file. ONNX Runtime is not loaded yet.
    ///
    /// # Errors
    /// There is no such file, or it is no ONNX model.
    pub fn open(library: &Library, local: &LocalModel) -> Result<Self> {
        let path = local.file("graph").ok_or_else(|| {
            Error::new(format!("the model `{}` has no file with the role `graph`", local.id))
                .hint("give one of its files `role = \"graph\"` in models.toml")
        })?;
        let bytes = files::map(path)?;
        let graph = Graph::read(bytes.clone()).map_err(|error| {
            let located = Error::new(format!("{}: {error}", path.display()));
            error.hints().iter().fold(located, |e, hint| e.hint(hint.clone()))
        })?;
        let source = shared(&graph, &bytes, path).map_or(Source::File, Source::Bytes);
        Ok(Self::over(library, local, (path.to_owned(), bytes), graph, source))
    }

    /// The decoder of an encoder-decoder pair, a model of its own.
    ///
    /// # Errors
    /// The model has no file with the role `decoder`, or that is no ONNX model.
    pub fn decoder(&self) -> Result<Self> {
        let path = self.local.file("decoder").ok_or_else(|| {
            Error::new(format!("the model `{}` has no decoder", self.local.id))
                .hint("give the decoder's graph the role `decoder` in models.toml")
        })?;
        let graph = LocalFile { role: "graph".to_owned(), path: path.to_owned() };
        let local = LocalModel { parameters: 0, files: vec![graph], ..self.local.clone() };
        Self::open(&self.library, &local)
    }

    /// The model that `bytes` hold, called `id`; it has no other files.
    ///
    /// # Errors
    /// They are no ONNX model.
    pub fn of_bytes(library: &Library, id: &str, bytes: Bytes) -> Result<Self> {
        let graph = Graph::read(bytes.clone())?;
        let local = LocalModel {
            id: id.to_owned(),
            task: String::new(),
            parameters: graph.parameters(),
            sha256: String::new(),
            files: Vec::new(),
        };
        let none = (PathBuf::new(), Bytes::new());
        Ok(Self::over(library, &local, none, graph, Source::Bytes(bytes)))
    }

    /// This model with another graph, whose weights may still lie in its file.
    pub(super) fn with_graph(&self, graph: Graph) -> Self {
        let bytes = shared(&graph, &self.file, &self.path).unwrap_or_else(|| graph.encoded());
        let file = (self.path.clone(), self.file.clone());
        Self::over(&self.library, &self.local, file, graph, Source::Bytes(bytes))
    }

    fn over(
        library: &Library,
        local: &LocalModel,
        (path, file): (PathBuf, Bytes),
        graph: Graph,
        source: Source,
    ) -> Self {
        Self {
            library: library.clone(),
            local: local.clone(),
            path,
            file,
            source,
            inputs: graph.inputs(),
            outputs: graph.outputs(),
            graph,
            sessions: Vec::new(),
        }
    }

    /// Its id in the manifest.
    pub fn id(&self) -> &str {
        &self.local.id
    }

    /// What the manifest says of it, its files among that.
    pub fn local(&self) -> &LocalModel {
        &self.local
    }

    /// The values that it takes.
    pub fn inputs(&self) -> &[Slot] {
        &self.inputs
    }

    /// The values that it gives.
    pub fn outputs(&self) -> &[Slot] {
        &self.outputs
    }

    /// Its nodes, in an order in which they can run.
    pub fn nodes(&self) -> Vec<Node> {
        self.graph.nodes()
    }

    /// Number of parameters: what the manifest says, or else the elements of its weights.
    pub fn parameters(&self) -> u64 {
        if self.local.parameters > 0 { self.local.parameters } else { self.graph.parameters() }
    }

    /// The names of its weights, in the order of the file.
    pub fn weight_names(&self) -> Vec<&str> {
        self.graph.weights().map(|w| w.name()).collect()
    }

    /// The model's own notes: `eos_token_id`, `max_position_embeddings`, ….
    pub fn notes(&self) -> BTreeMap<String, String> {
        self.graph.notes()
    }

    /// The weight called `name`.
    ///
    /// # Errors
    /// There is none, its type has no counterpart, or the file that holds it is broken.
    pub fn weight(&self, name: &str) -> Result<Tensor, RunError> {
        let Some(weight) = self.graph.weight(name) else {
            let near = closest(name, self.graph.weights().map(|w| w.name())).map(str::to_owned);
            return Err(RunError::UnknownOutput { name: name.to_owned(), near });
        };
        let value = match weight.storage()? {
            Storage::Inside => weight.value(None)?,
            Storage::Outside { location, offset, length } => {
                let path = self.path.with_file_name(&location);
                let bytes = files::map(&path)?;
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let end = match length {
                    None => Some(bytes.len()),
                    Some(length) => usize::try_from(length).ok().and_then(|length| start.checked_add(length)),
                };
                let part = end.and_then(|end| bytes.get(start..end)).ok_or_else(|| {
                    Error::new(format!("{} ends before the weight `{name}`", path.display()))
                })?;
                weight.value(Some(part))?
            }
        };
        Ok(value)
    }

    /// Runs the model.
    ///
    /// `wanted` are names of outputs or of any values inside, weights and inputs among them; empty
    /// for all outputs. The answers come in that order, each name once. See the table in `feeds.rs`
    /// for inputs that may be left out.
    ///
    /// # Errors
    /// What is fed or asked for does not fit the model, or ONNX Runtime fails.
    pub fn run(
        &mut self,
        given: &BTreeMap<String, Tensor>,
        wanted: &[String],
    ) -> Result<Vec<(String, Tensor)>, RunError> {
        let tensors = feeds::prepare(&self.inputs, given)?;
        let wanted = self.wanted(wanted);
        let (mut computed, mut hidden) = (Vec::new(), BTreeSet::new());
        for name in &wanted {
            if self.outputs.iter().any(|slot| slot.name == *name) {
                computed.push(name.clone());
            } else if self.graph.makes(name) {
                computed.push(name.clone());
                hidden.insert(name.clone());
            }
        }
        let mut values = BTreeMap::new();
        if !computed.is_empty() {
            values = self.compute(&tensors, &computed, hidden.into_iter().collect())?;
        }
        let answer = |name: String| {
            let tensor = match values.remove(&name) {
                Some(tensor) => tensor,
                None => match self.inputs.iter().position(|slot| slot.name == name) {
                    Some(at) => tensors[at].clone(),
                    None if self.graph.weight(&name).is_some() => self.weight(&name)?,
                    None => {
                        let near = closest(&name, self.graph.values()).map(str::to_owned);
                        return Err(RunError::UnknownOutput { name, near });
                    }
                },
            };
            Ok((name, tensor))
        };
        wanted.into_iter().map(answer).collect()
    }

    /// The session over the model as it is.
    pub(super) fn session(&mut self) -> Result<&mut Session> {
        self.session_exposing(Vec::new())
    }

    /// The names to answer with: each once; all outputs where none is given.
    fn wanted(&self, names: &[String]) -> Vec<String> {
        if names.is_empty() {
            return self.outputs.iter().map(|slot| slot.name.clone()).collect();
        }
        let mut seen = BTreeSet::new();
        names.iter().filter(|name| seen.insert(name.as_str())).cloned().collect()
    }

    /// Runs the session that exposes `hidden` for the values `computed`.
    fn compute(
        &mut self,
        tensors: &[Tensor],
        computed: &[String],
        hidden: Vec<String>,
    ) -> Result<BTreeMap<String, Tensor>, RunError> {
        // Values belong to the library: it has to be open before the first one is made.
        self.library.open()?;
        let values = self
            .inputs
            .iter()
            .zip(tensors)
            .map(|(slot, tensor)| Ok((slot.name.clone(), convert::feed(tensor, slot.element)?)))
            .collect::<Result<Vec<(String, SessionInputValue<'static>)>, RunError>>()?;
        let selector = computed.iter().fold(OutputSelector::no_default(), OutputSelector::with);
        let options = RunOptions::new().map_err(|e| convert::runtime(e.message()))?.with_outputs(selector);
        let hint = feeds::disagreement(&self.inputs, tensors);
        let session = self.session_exposing(hidden)?;
        let found = session.run_with_options(values, &options).map_err(|e| failed(e.message(), hint))?;
        computed
            .iter()
            .filter_map(|name| found.get(name).map(|value| (name, value)))
            .map(|(name, value)| Ok((name.clone(), convert::output(name, value)?)))
            .collect()
    }

    fn session_exposing(&mut self, hidden: Vec<String>) -> Result<&mut Session> {
        let found = match self.sessions.iter().position(|(key, _)| *key == hidden) {
            Some(at) => self.sessions.remove(at),
            None => {
                let more = more_outputs(hidden.iter().map(String::as_str));
                let session = match (&self.source, hidden.is_empty()) {
                    (Source::File, true) => self.library.session_from_file(&self.path)?,
                    (Source::Bytes(bytes), true) => self.library.session_from_bytes(bytes, &self.path)?,
                    (Source::File, false) => self
                        .library
                        .session_from_bytes(&[&self.file, more.as_slice()].concat(), &self.path)?,
                    (Source::Bytes(bytes), false) => {
                        self.library.session_from_bytes(&[bytes, more.as_slice()].concat(), &self.path)?
                    }
                };
                (hidden, session)
            }
        };
        if self.sessions.len() == MAX_SESSIONS {
            self.sessions.remove(0);
        }
        let at = self.sessions.len();
        self.sessions.push(found);
        Ok(&mut self.sessions[at].1)
    }
}

/// `graph` with the weights that lie in the `file` at `path` left there.
fn shared(graph: &Graph, file: &Bytes, path: &Path) -> Option<Bytes> {
    graph.sharing(file, path.file_name()?.to_str()?)
}

/// How ONNX Runtime, and the C++ library below it, say that there is no more memory.
const OUT_OF_MEMORY: [&str; 3] = ["bad_alloc", "bad allocation", "Failed to allocate memory"];

/// An error of a run: which node failed, and why.
pub(super) fn failed(message: &str, hint: Option<String>) -> RunError {
    if OUT_OF_MEMORY.iter().any(|sign| message.contains(sign)) {
        let message = "the model wants more memory than this cell may take".to_owned();
        let more = "feed it less at once, or give the cell more with `#| memory: MIB`".to_owned();
        return RunError::Runtime { message, hints: vec![more] };
    }
    // "Non-zero status code returned while running Gather node. Name:'x' Status Message: why"
    let between = |start: &str, end: &str| {
        let (_, rest) = message.split_once(start)?;
        Some(rest.split_once(end)?.0)
    };
    let why = message.split_once("Status Message: ").map_or(message, |(_, why)| why).trim();
    // Messages begin with the place in ONNX Runtime's own code, which says nothing to an author.
    let why = why.rsplit_once(" was false. ").map_or(why, |(_, rest)| rest);
    let message = match (between("while running ", " node"), between("Name:'", "'")) {
        (Some(op), Some(name)) => format!("the node `{name}` ({op}) failed: {why}"),
        _ => format!("the model failed: {why}"),
    };
    RunError::Runtime { message, hints: hint.into_iter().collect() }
}
