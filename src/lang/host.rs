//! The boundary between cells and models: what the VM asks for, and who answers.
//!
//! `lang` knows nothing of ONNX Runtime, files or tokenizer formats. Whoever runs a session hands it
//! one [`Host`]; a fake of a few lines serves the tests.

use std::rc::Rc;

use crate::tensor::{DType, Tensor};

/// What a host answers.
pub type HostResult<T> = Result<T, HostError>;

/// Why a host could not do what a cell asked for: shown to the author as the Python exception `kind`.
#[derive(Clone, Debug, PartialEq)]
pub struct HostError {
    /// Which exception the cell sees.
    pub kind: HostErrorKind,
    /// One sentence without a full stop; names the model, the tensor, shapes and dtypes at fault.
    pub message: String,
    /// What to do, one sentence each (`did you mean …?` included).
    pub hints: Vec<String>,
}

/// The exception that a host's error becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostErrorKind {
    /// Something was named that does not exist: `KeyError`-like, shown as `LookupError`.
    Lookup,
    /// A value of the wrong shape or size: `ValueError`.
    Value,
    /// A value of the wrong type or dtype: `TypeError`.
    Type,
    /// The runtime failed: `RuntimeError`.
    Runtime,
}

impl HostError {
    /// An error of the given kind.
    pub fn new(kind: HostErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new() }
    }

    /// Adds a sentence on what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds the hint `did you mean …?` when one of `known` is close to `word`.
    #[must_use]
    pub fn did_you_mean<'a>(self, word: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        match crate::diag::closest(word, known) {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

impl From<crate::tensor::TensorError> for HostError {
    fn from(error: crate::tensor::TensorError) -> Self {
        use crate::tensor::ErrorKind;
        let kind = match error.kind {
            ErrorKind::Type => HostErrorKind::Type,
            ErrorKind::Index => HostErrorKind::Lookup,
            ErrorKind::Value | ErrorKind::Memory => HostErrorKind::Value,
        };
        Self { kind, message: error.message, hints: error.hints }
    }
}

/// Gives cells their models.
pub trait Host {
    /// The model called `id`; the same one whenever it is asked for again.
    ///
    /// # Errors
    /// An unknown id (with did-you-mean), a graph that cannot be opened.
    fn model(&mut self, id: &str) -> HostResult<Rc<dyn HostModel>>;

    /// The model that the bytes of an ONNX file hold, called `id`. The same bytes may be asked for
    /// again and again: what was made for small graphs is kept.
    ///
    /// # Errors
    /// They are no ONNX model.
    fn graph(&mut self, id: &str, bytes: &[u8]) -> HostResult<Rc<dyn HostModel>>;

    /// A diffusion scheduler of diffusers' class `class`, with the settings that the cell wrote.
    ///
    /// # Errors
    /// An unknown class or setting (with did-you-mean), a setting that makes no sense.
    fn scheduler(
        &mut self,
        class: &str,
        settings: &[(String, Setting)],
    ) -> HostResult<Box<dyn HostScheduler>>;
}

/// The value of a scheduler's setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// `True` or `False`.
    Flag(bool),
    /// A number.
    Number(f64),
    /// A text, such as `"linear"`.
    Text(String),
}

/// What a scheduler's step is given. Tensors are float32 and of one shape.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    /// What the model made of the sample.
    pub model_output: &'a Tensor,
    /// Where in the schedule.
    pub timestep: f64,
    /// The sample before the step.
    pub sample: &'a Tensor,
    /// Standard normal; schedulers that are not stochastic leave it unused.
    pub noise: &'a Tensor,
    /// How much of the noise DDIM uses, from 0 to 1.
    pub eta: f64,
    /// Whether DDIM works the noise out again from the estimate that was cut.
    pub use_clipped_model_output: bool,
}

/// A diffusion scheduler as a cell sees it. Tensors are float32.
pub trait HostScheduler {
    /// Chooses the steps to go through.
    ///
    /// # Errors
    /// More steps than the schedule has.
    fn set_timesteps(&mut self, count: usize) -> HostResult<()>;

    /// What the model is told at each step.
    fn timesteps(&self) -> Vec<f64>;

    /// The numbers called `name`: `sigmas`, `betas`, `alphas_cumprod`; `None` where this scheduler
    /// has none of that name.
    fn series(&self, name: &str) -> Option<Vec<f64>>;

    /// The standard deviation of the noise to begin with.
    fn init_noise_sigma(&self) -> f64;

    /// The sample as the model wants it.
    ///
    /// # Errors
    /// A timestep outside the schedule.
    fn scale_model_input(&self, sample: &Tensor, timestep: f64) -> HostResult<Tensor>;

    /// The sample one step on. Schedulers of higher order remember what they were given.
    ///
    /// # Errors
    /// A timestep outside the schedule, shapes that differ.
    fn step(&mut self, given: &Step<'_>) -> HostResult<Tensor>;

    /// `original` with `noise` of the strength at `timestep`.
    ///
    /// # Errors
    /// A timestep outside the schedule, shapes that differ.
    fn add_noise(&self, original: &Tensor, noise: &Tensor, timestep: f64) -> HostResult<Tensor>;
}

/// A model as a cell sees it. Methods take `&self`: a model that needs more keeps a cell of its own.
pub trait HostModel {
    /// Facts that need no run.
    fn card(&self) -> &ModelCard;

    /// The nodes of the graph in topological order.
    ///
    /// # Errors
    /// A graph that cannot be read.
    fn nodes(&self) -> HostResult<Vec<NodeCard>>;

    /// The weight (initializer) called `name`.
    ///
    /// # Errors
    /// No such weight (with did-you-mean), an element type that tensors do not have.
    fn weight(&self, name: &str) -> HostResult<Tensor>;

    /// Runs the graph. `outputs` may name any internal tensor; `None` asks for the graph's own
    /// outputs. Missing `past_key_values.*` feeds are filled with empty tensors.
    ///
    /// # Errors
    /// A feed that is missing, unknown or of a wrong shape or dtype; an unknown output.
    fn run(
        &self,
        feeds: Vec<(String, Tensor)>,
        outputs: Option<&[String]>,
    ) -> HostResult<Vec<(String, Tensor)>>;

    /// A model that differs from this one in the weights given.
    ///
    /// # Errors
    /// A name that is no weight, a tensor of another shape or dtype.
    fn patched(&self, weights: &[(String, Tensor)]) -> HostResult<Rc<dyn HostModel>>;

    /// A model that differs from this one in `nodes`: each makes its first output of an input, the
    /// first one that is no constant, or the one of number `input`.
    ///
    /// # Errors
    /// A name that is no node, a node without such an input or with several outputs in use.
    fn bypassed(&self, nodes: &[String], input: Option<usize>) -> HostResult<Rc<dyn HostModel>>;

    /// The model's tokenizer.
    ///
    /// # Errors
    /// A model without one, a file that cannot be read.
    fn tokenizer(&self) -> HostResult<Rc<dyn HostTokenizer>>;

    /// Continues `prompt`, `how.sequences` times.
    ///
    /// # Errors
    /// A model that does not generate text.
    fn generate(&self, prompt: &str, how: &Sampling) -> HostResult<Vec<Generation>>;

    /// One vector a text (`[n, d]`), or one a token (`[n, tokens, d]`) with [`Pooling::None`].
    ///
    /// # Errors
    /// A model that gives no features.
    fn features(&self, texts: &[String], pooling: Pooling, normalize: bool) -> HostResult<Tensor>;

    /// Does what a pipeline is asked.
    ///
    /// # Errors
    /// A model that does not do it, a text, picture or sound that it does not take.
    fn pipe(&self, ask: &Ask) -> HostResult<Item> {
        let _ = ask;
        Err(HostError::new(HostErrorKind::Value, format!("the model `{}` has no pipelines", self.card().id)))
    }

    /// The `top_k` likeliest classes of an image (uint8, `[height, width, 3]`), best first, with
    /// probabilities.
    ///
    /// # Errors
    /// A model that does not classify images, a tensor of another shape or dtype.
    fn classify(&self, image: &Tensor, top_k: usize) -> HostResult<Vec<(String, f64)>>;
}

/// What a pipeline is asked, with transformers' settings.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// `fill-mask`.
    FillMask {
        /// A text with gaps.
        text: String,
        /// How many tokens a gap.
        top_k: usize,
        /// The only words to choose among.
        targets: Option<Vec<String>>,
    },
    /// `text-classification`.
    ClassifyText {
        /// The text.
        text: String,
        /// The second text of a pair.
        pair: Option<String>,
        /// What makes scores of the logits; `None` for what fits the number of classes.
        apply: Option<Apply>,
        /// How many classes; `None` for all.
        top_k: Option<usize>,
    },
    /// `token-classification`.
    ClassifyTokens {
        /// The text.
        text: String,
        /// How tokens are put together.
        aggregation: Aggregation,
    },
    /// `question-answering`.
    Answer {
        /// The question.
        question: String,
        /// The text that answers it.
        context: String,
        /// How many answers.
        top_k: usize,
        /// The most tokens of an answer.
        max_answer_len: usize,
    },
    /// `zero-shot-classification`.
    ZeroShot {
        /// The text.
        text: String,
        /// The labels it may have.
        labels: Vec<String>,
        /// The hypothesis, with `{}` for the label.
        template: String,
        /// Whether several labels may hold.
        multi_label: bool,
    },
    /// `text2text-generation` and what is made of it.
    Rewrite {
        /// The text.
        text: String,
        /// How tokens are chosen.
        how: Sampling,
        /// What the answer is called: `generated_text`.
        key: &'static str,
    },
    /// `object-detection`.
    Detect {
        /// uint8, `[height, width, 3]`.
        image: Tensor,
        /// The least score.
        threshold: f64,
    },
    /// `image-segmentation`.
    Segment {
        /// uint8, `[height, width, 3]`.
        image: Tensor,
    },
    /// `voice-activity-detection`.
    Hear {
        /// Samples at 16 kHz, from -1 to 1.
        audio: Tensor,
        /// The least probability of speech.
        threshold: f64,
    },
}

/// What makes scores of logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apply {
    /// They sum to 1.
    Softmax,
    /// Each lies between 0 and 1.
    Sigmoid,
    /// They stay as they are.
    None,
}

/// How the classes of tokens become those of words and names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// Not at all.
    None,
    /// Neighbours of one class are joined.
    Simple,
    /// A word has the class of its first token; then as `Simple`.
    First,
    /// A word has the class of the mean of its tokens.
    Average,
    /// A word has the class of its surest token.
    Max,
}

/// A value that a pipeline answers with.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// `None`.
    None,
    /// An `int`.
    Int(i64),
    /// A `float`.
    Number(f64),
    /// A `str`.
    Text(String),
    /// A tensor.
    Tensor(Tensor),
    /// A `list`.
    List(Vec<Item>),
    /// A `dict`, in order.
    Dict(Vec<(&'static str, Item)>),
}

impl Item {
    /// A dict of these entries.
    pub fn dict<const N: usize>(entries: [(&'static str, Self); N]) -> Self {
        Self::Dict(entries.into())
    }
}

/// Facts of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelCard {
    /// Its id in `models.toml`.
    pub id: String,
    /// Its task, as in transformers.
    pub task: String,
    /// Number of parameters.
    pub num_params: u64,
    /// The graph's inputs, in order.
    pub inputs: Vec<Port>,
    /// The graph's outputs, in order.
    pub outputs: Vec<Port>,
}

/// An input or output of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub dtype: DType,
    /// The length of each axis; `None` where it may be any length.
    pub shape: Vec<Option<usize>>,
}

/// A node of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeCard {
    /// Its name; may be empty.
    pub name: String,
    /// The operator: `MatMul`.
    pub op_type: String,
    /// The names of the tensors it reads; empty for an optional one left out.
    pub inputs: Vec<String>,
    /// The names of the tensors it writes.
    pub outputs: Vec<String>,
}

/// How texts become one vector each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over a text's tokens, padding left out.
    Mean,
    /// The first token's vector.
    Cls,
    /// No pooling: one vector a token.
    None,
}

/// How the next token is chosen. Names and meanings as in transformers.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampling {
    /// Tokens to add at most.
    pub max_new_tokens: usize,
    /// Whether to draw from the distribution instead of taking its maximum.
    pub do_sample: bool,
    /// Divides the logits; greater than 0.
    pub temperature: f64,
    /// Keeps this many of the likeliest tokens; 0 keeps all.
    pub top_k: usize,
    /// Keeps the likeliest tokens up to this probability; 1 keeps all.
    pub top_p: f64,
    /// Divides (positive) or multiplies (negative) the logits of tokens already seen.
    pub repetition_penalty: f64,
    /// Seed of the draws.
    pub seed: u64,
    /// Texts that end a sequence where they first appear.
    pub stop: Vec<String>,
    /// How many sequences to return.
    pub sequences: usize,
    /// Whether the returned text begins with the prompt.
    pub full_text: bool,
    /// How many beginnings are followed side by side; 1 takes or draws token by token.
    pub beams: usize,
    /// The power of its length by which a text's score is divided, with several beams.
    pub length_penalty: f64,
    /// Whether beams end once there are as many texts as beams.
    pub early_stopping: bool,
}

impl Default for Sampling {
    /// Greedy decoding of 32 tokens: transformers' defaults but for the length.
    fn default() -> Self {
        Self {
            max_new_tokens: 32,
            do_sample: false,
            temperature: 1.0,
            top_k: 0,
            top_p: 1.0,
            repetition_penalty: 1.0,
            seed: 0,
            stop: Vec::new(),
            sequences: 1,
            full_text: true,
            beams: 1,
            length_penalty: 1.0,
            early_stopping: false,
        }
    }
}

/// A text that a model wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Generation {
    /// The text.
    pub text: String,
    /// The ids of the new tokens.
    pub token_ids: Vec<i64>,
    /// How far the token that was the closest choice of all was ahead.
    pub margin: f64,
}

/// A tokenizer as a cell sees it.
pub trait HostTokenizer {
    /// The ids, offsets and readable pieces of `text`.
    ///
    /// # Errors
    /// A text that the tokenizer refuses.
    fn encode(&self, text: &str, add_special_tokens: bool) -> HostResult<Encoding>;

    /// Texts, or pairs of them, padded to one length: `input_ids`, `attention_mask` and, where the model
    /// takes them, `token_type_ids`, each int64 `[n, length]`, in this order.
    ///
    /// # Errors
    /// A text that the tokenizer refuses.
    fn batch(&self, texts: &[Pair], how: Batching) -> HostResult<Vec<(String, Tensor)>>;

    /// The special token that transformers calls `name`: `eos_token`, `mask_token`.
    fn special(&self, name: &str) -> Option<String> {
        let _ = name;
        None
    }

    /// The text of `ids`.
    ///
    /// # Errors
    /// An id outside the vocabulary.
    fn decode(&self, ids: &[i64], skip_special_tokens: bool) -> HostResult<String>;

    /// A conversation (a list of objects with `role` and `content`) as the text that the model knows.
    ///
    /// # Errors
    /// A model without a chat template, messages that it refuses.
    fn chat(&self, messages: &serde_json::Value, add_generation_prompt: bool) -> HostResult<String> {
        let _ = (messages, add_generation_prompt);
        Err(HostError::new(HostErrorKind::Value, "this tokenizer has no chat template"))
    }

    /// The id of a token of the vocabulary.
    fn token_to_id(&self, token: &str) -> Option<i64>;

    /// The token of an id, as the vocabulary spells it.
    fn id_to_token(&self, id: i64) -> Option<String>;

    /// How many tokens the vocabulary has.
    fn vocab_size(&self) -> usize;
}

/// A text, and the second one of a pair.
pub type Pair = (String, Option<String>);

/// How texts become tensors.
#[derive(Clone, Copy, Debug)]
pub struct Batching {
    /// Whether to add what the model expects around a text.
    pub add_special_tokens: bool,
    /// Whether to cut off what is longer than `max_length`, or than the model can take.
    pub truncation: bool,
    /// A length in tokens, the special ones included.
    pub max_length: Option<usize>,
    /// Whether to fill every row up to `max_length`, and not just to the longest.
    pub to_max: bool,
}

/// A text cut into tokens; all three lists have one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoding {
    /// The number of each token in the vocabulary.
    pub ids: Vec<i64>,
    /// Each token as a reader should see it.
    pub tokens: Vec<String>,
    /// First and one past the last character of each token in the text.
    pub offsets: Vec<(usize, usize)>,
}
