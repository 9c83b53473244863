//! Where the output of the running cell collects, and who answers for models meanwhile.
//!
//! Native functions get nothing but the VM, so the stage of the session that runs is held by the
//! thread: [`enter`] puts it there, and takes it away again when it is dropped.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::host::{Host, HostModel, HostResult, HostScheduler, Setting};
use crate::snippet::figure::Figure;
use crate::snippet::output::{Bytes, Check, Frames, Output};
use crate::snippet::program::{Limits, ProgramCell};
use crate::snippet::raw::Raw;

/// More warnings of one cell say nothing new.
const MAX_WARNINGS: usize = 20;

/// What a session shares with the functions that its cells call.
pub(super) struct Stage {
    /// What the running cell has shown.
    pub(super) outputs: Vec<Output>,
    /// The numbers behind what it has shown.
    pub(super) raws: Vec<Raw>,
    /// How close the closest choice was that it has made.
    pub(super) margin: Option<f64>,
    /// What the running cell has claimed.
    pub(super) checks: Vec<Check>,
    /// The models that the running cell has used, in order of first use.
    pub(super) models: Vec<String>,
    /// Whether ONNX Runtime computed anything for it.
    pub(super) runtime: bool,
    /// The labels of the cells so far; the last one is running.
    pub(super) labels: Vec<String>,
    /// What the running cell has warned of.
    pub(super) warnings: Vec<String>,
    /// The seed of the running cell.
    pub(super) seed: u64,
    /// The files that the running cell may read.
    pub(super) inputs: BTreeMap<String, Bytes>,
    /// Bytes that a cell may show.
    pub(super) most: u64,
    host: Box<dyn Host>,
    written: u64,
}

impl Stage {
    pub(super) fn new(host: Box<dyn Host>) -> Self {
        Self {
            outputs: Vec::new(),
            raws: Vec::new(),
            margin: None,
            checks: Vec::new(),
            models: Vec::new(),
            runtime: false,
            labels: Vec::new(),
            warnings: Vec::new(),
            seed: 0,
            inputs: BTreeMap::new(),
            most: Limits::default().output,
            host,
            written: 0,
        }
    }

    /// Forgets the last cell's output and makes `cell` the running one.
    pub(super) fn begin(&mut self, cell: &ProgramCell) {
        self.again();
        self.labels.push(cell.label.clone());
        self.seed = cell.seed;
        self.inputs.clone_from(&cell.inputs);
    }

    /// Notes that the running cell warns of `message`, once; `false` when the cell has shown too much.
    pub(super) fn warn(&mut self, message: String) -> bool {
        let is_new = !self.warnings.contains(&message) && self.warnings.len() < MAX_WARNINGS;
        if is_new && self.has_room(message.len()) {
            self.warnings.push(message);
            return true;
        }
        !is_new
    }

    /// Notes what the running cell claims; `false` when the cell has shown too much.
    pub(super) fn claim(&mut self, check: Check) -> bool {
        let text = |value: &serde_json::Value| value.as_str().map_or(0, str::len);
        let room = self.has_room(check.name.len() + text(&check.measured) + text(&check.bound));
        if room {
            self.checks.push(check);
        }
        room
    }

    /// Whether the running cell may show `bytes` more; they count from now on.
    fn has_room(&mut self, bytes: usize) -> bool {
        self.written += bytes as u64;
        self.written <= self.most
    }

    /// Forgets the running cell's output: what follows is asked for after it.
    pub(super) fn again(&mut self) {
        self.outputs.clear();
        self.raws.clear();
        self.margin = None;
        self.checks.clear();
        self.warnings.clear();
        self.models.clear();
        self.runtime = false;
        self.written = 0;
    }

    /// The number of the running cell, from 0.
    pub(super) fn cell(&self) -> usize {
        self.labels.len().saturating_sub(1)
    }

    /// Adds an output with the numbers behind it; `false` when the cell has shown too much.
    pub(super) fn show(&mut self, output: Output, raws: Vec<Raw>) -> bool {
        if !self.has_room(weight(&output)) {
            return false;
        }
        let number = self.outputs.len();
        self.raws.extend(raws.into_iter().map(|raw| Raw { output: number, ..raw }));
        self.outputs.push(output);
        true
    }

    /// Adds text to the text that was written last, or starts a new one. The numbers behind it stand at
    /// places of `text`.
    pub(super) fn write(&mut self, text: &str, raws: Vec<Raw>) -> bool {
        if !self.has_room(text.len()) {
            return false;
        }
        if !matches!(self.outputs.last(), Some(Output::Text { .. })) {
            self.outputs.push(Output::Text { text: String::new() });
        }
        let number = self.outputs.len() - 1;
        if let Some(Output::Text { text: last }) = self.outputs.last_mut() {
            let from = last.len();
            let moved =
                |raw: Raw| Raw { output: number, at: raw.at.map(|at| at.map(|byte| byte + from)), ..raw };
            self.raws.extend(raws.into_iter().map(moved));
            last.push_str(text);
        }
        true
    }

    /// Notes a choice that the running cell has made, by how far the chosen one was ahead.
    pub(super) fn chose(&mut self, ahead: f64) {
        if ahead.is_finite() {
            self.margin = Some(self.margin.map_or(ahead, |margin| margin.min(ahead)));
        }
    }

    /// The model called `id`.
    pub(super) fn model(&mut self, id: &str) -> HostResult<Rc<dyn HostModel>> {
        self.host.model(id)
    }

    /// The model that `bytes` hold.
    pub(super) fn graph(&mut self, id: &str, bytes: &[u8]) -> HostResult<Rc<dyn HostModel>> {
        self.host.graph(id, bytes)
    }

    /// A scheduler of the class `class`.
    pub(super) fn scheduler(
        &mut self,
        class: &str,
        settings: &[(String, Setting)],
    ) -> HostResult<Box<dyn HostScheduler>> {
        self.host.scheduler(class, settings)
    }

    /// Notes that the running cell ran the model called `id`.
    pub(super) fn used(&mut self, id: &str) {
        self.runtime = true;
        if !self.models.iter().any(|used| used == id) {
            self.models.push(id.to_owned());
        }
    }
}

/// About how many bytes an output adds to the page.
fn weight(output: &Output) -> usize {
    match output {
        Output::Text { text } => text.len(),
        Output::Table(table) => table.rows.iter().map(|row| 16 * row.len()).sum(),
        Output::Image(image) => image.png.0.len(),
        Output::ImageGrid(grid) => grid.images.iter().map(|image| image.png.0.len()).sum(),
        Output::Figure(figure) => figure.weight(),
        Output::Overlay(over) => {
            let runs: usize = over.masks.iter().map(|mask| 8 * mask.runs.len()).sum();
            over.image.png.0.len() + runs + 256 * over.boxes.len()
        }
        Output::Animation(animation) => match &animation.frames {
            Frames::Images(images) => images.iter().map(|image| image.png.0.len()).sum(),
            Frames::Figures(figures) => figures.iter().map(Figure::weight).sum(),
        },
        Output::Download(download) => download.file.0.len(),
        Output::Tokens(tokens) => 48 * tokens.tokens.len(),
    }
}

/// A stage that a session owns.
pub(super) type Shared = Rc<RefCell<Stage>>;

thread_local! {
    static CURRENT: RefCell<Vec<Shared>> = const { RefCell::new(Vec::new()) };
}

/// Takes the stage off again when it is dropped.
pub(super) struct Entered(());

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.with_borrow_mut(|stages| stages.pop());
    }
}

/// Makes `stage` the one that [`with`] finds.
pub(super) fn enter(stage: &Shared) -> Entered {
    CURRENT.with_borrow_mut(|stages| stages.push(Rc::clone(stage)));
    Entered(())
}

/// Calls `act` with the stage of the session that runs; `None` when none runs. `act` must not call
/// back into the VM.
pub(super) fn with<T>(act: impl FnOnce(&mut Stage) -> T) -> Option<T> {
    let stage = CURRENT.with_borrow(|stages| stages.last().map(Rc::clone))?;
    let mut stage = stage.try_borrow_mut().ok()?;
    Some(act(&mut stage))
}
