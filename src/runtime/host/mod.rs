//! What cells ask for, answered by ONNX Runtime: the worker's side of the boundary in `lang::host`.

mod graphs;
mod pipes;
mod schedulers;

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

use prost::bytes::Bytes;

use crate::lang::host::{
    Ask, Batching, Encoding, Generation, Host, HostError, HostErrorKind, HostModel, HostResult,
    HostScheduler, HostTokenizer, Item, ModelCard, NodeCard, Pair, Pooling, Port, Sampling, Setting,
};
use crate::onnx::{Dim, Slot};
use crate::snippet::program::{LocalModel, Program};
use crate::tensor::rng::Rng;
use crate::tensor::{DType, Tensor};

use super::onnx::{Library, Model, RunError};
use super::pipelines;
use super::tokenizer::{Encode, Tokenizer};
use graphs::Graphs;

/// What programs have opened, and leave to those after them.
#[derive(Default)]
pub(super) struct Opened {
    models: RefCell<BTreeMap<String, Rc<dyn HostModel>>>,
    graphs: RefCell<Graphs>,
}

/// The models of one program, opened when a cell first asks for them.
pub(super) struct ProgramHost {
    library: Library,
    models: Vec<LocalModel>,
    known: Vec<String>,
    opened: Rc<Opened>,
}

impl ProgramHost {
    /// The host of `program`, to which `opened` is open already.
    pub(super) fn new(program: &Program, opened: Rc<Opened>) -> Self {
        Self {
            library: Library::at(PathBuf::from(&program.ort_library)),
            models: program.models.clone(),
            known: program.known_models.clone(),
            opened,
        }
    }
}

impl Host for ProgramHost {
    fn model(&mut self, id: &str) -> HostResult<Rc<dyn HostModel>> {
        let Some(local) = self.models.iter().find(|model| model.id == id) else {
            let unknown =
                HostError::new(HostErrorKind::Lookup, format!("there is no model `{id}` for this chapter"));
            return Err(if self.known.iter().any(|known| known == id) {
                // Keys know models by the names that stand in the code.
                unknown.hint(format!("write the id out where it is used: `k.model(\"{id}\")`"))
            } else {
                unknown.did_you_mean(id, self.known.iter().map(String::as_str))
            });
        };
        if let Some(model) = self.opened.models.borrow().get(id) {
            return Ok(Rc::clone(model));
        }
        let model = Model::open(&self.library, local).map_err(|error| machine(&error))?;
        let opened = OpenModel::over(model);
        self.opened.models.borrow_mut().insert(id.to_owned(), Rc::clone(&opened));
        Ok(opened)
    }

    fn graph(&mut self, id: &str, bytes: &[u8]) -> HostResult<Rc<dyn HostModel>> {
        self.opened.graphs.borrow_mut().get(bytes, || {
            let bytes = Bytes::copy_from_slice(bytes);
            let model = Model::of_bytes(&self.library, id, bytes).map_err(|error| machine(&error))?;
            Ok(OpenModel::over(model))
        })
    }

    fn scheduler(
        &mut self,
        class: &str,
        settings: &[(String, Setting)],
    ) -> HostResult<Box<dyn HostScheduler>> {
        schedulers::make(class, settings)
    }
}

struct OpenModel {
    card: ModelCard,
    model: RefCell<Model>,
    local: LocalModel,
    tokenizer: OnceCell<Rc<OpenTokenizer>>,
    decoder: OnceCell<RefCell<Model>>,
}

impl OpenModel {
    fn over(model: Model) -> Rc<dyn HostModel> {
        let local = model.local().clone();
        let card = card(&local, &model);
        Rc::new(Self {
            card,
            model: RefCell::new(model),
            local,
            tokenizer: OnceCell::new(),
            decoder: OnceCell::new(),
        })
    }

    fn open_tokenizer(&self) -> HostResult<Rc<OpenTokenizer>> {
        if let Some(tokenizer) = self.tokenizer.get() {
            return Ok(Rc::clone(tokenizer));
        }
        let tokenizer = Tokenizer::open(&self.local).map_err(|error| machine(&error))?;
        let type_ids = self.card.inputs.iter().any(|input| input.name == "token_type_ids");
        Ok(Rc::clone(self.tokenizer.get_or_init(|| Rc::new(OpenTokenizer { tokenizer, type_ids }))))
    }
}

impl HostModel for OpenModel {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn nodes(&self) -> HostResult<Vec<NodeCard>> {
        let nodes = self.model.borrow().nodes().into_iter();
        let card = |node: crate::onnx::Node| NodeCard {
            name: node.name,
            op_type: node.op_type,
            inputs: node.inputs,
            outputs: node.outputs,
        };
        Ok(nodes.map(card).collect())
    }

    fn weight(&self, name: &str) -> HostResult<Tensor> {
        self.model.borrow().weight(name).map_err(|error| refused(&error))
    }

    fn run(
        &self,
        feeds: Vec<(String, Tensor)>,
        outputs: Option<&[String]>,
    ) -> HostResult<Vec<(String, Tensor)>> {
        let feeds: BTreeMap<String, Tensor> = feeds.into_iter().collect();
        self.model.borrow_mut().run(&feeds, outputs.unwrap_or(&[])).map_err(|error| refused(&error))
    }

    fn patched(&self, weights: &[(String, Tensor)]) -> HostResult<Rc<dyn HostModel>> {
        self.model.borrow().patched(weights).map(Self::over).map_err(|error| refused(&error))
    }

    fn bypassed(&self, nodes: &[String], input: Option<usize>) -> HostResult<Rc<dyn HostModel>> {
        self.model.borrow().bypassed(nodes, input).map(Self::over).map_err(|error| refused(&error))
    }

    fn tokenizer(&self) -> HostResult<Rc<dyn HostTokenizer>> {
        Ok(self.open_tokenizer()?)
    }

    fn generate(&self, prompt: &str, how: &Sampling) -> HostResult<Vec<Generation>> {
        let tokenizer = self.open_tokenizer()?;
        let sampling = pipes::sampling(how);
        let mut draws = Rng::new(how.seed);
        let mut uniform = || draws.unit();
        let model = &mut *self.model.borrow_mut();
        let made =
            pipelines::generate(model, &tokenizer.tokenizer, prompt, &sampling, &mut uniform, &mut |_, _| {})
                .map_err(|error| refused(&error))?;
        let text = |added: String| if how.full_text { format!("{prompt}{added}") } else { added };
        Ok(made
            .into_iter()
            .map(|one| Generation { text: text(one.text), token_ids: one.token_ids, margin: one.margin })
            .collect())
    }

    fn features(&self, texts: &[String], pooling: Pooling, normalize: bool) -> HostResult<Tensor> {
        let tokenizer = self.open_tokenizer()?;
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let pooling = match pooling {
            Pooling::Mean => pipelines::Pooling::Mean,
            Pooling::Cls => pipelines::Pooling::Cls,
            Pooling::None => pipelines::Pooling::None,
        };
        let model = &mut *self.model.borrow_mut();
        pipelines::feature_extraction(model, &tokenizer.tokenizer, &texts, pooling, normalize)
            .map_err(|error| refused(&error))
    }

    fn pipe(&self, ask: &Ask) -> HostResult<Item> {
        pipes::pipe(self, ask)
    }

    fn classify(&self, image: &Tensor, top_k: usize) -> HostResult<Vec<(String, f64)>> {
        let labels = pipelines::labels(&self.local).map_err(|error| machine(&error))?;
        let classes = pipelines::image_classification(&mut self.model.borrow_mut(), image, &labels, top_k)
            .map_err(|error| refused(&error))?;
        Ok(classes.into_iter().map(|class| (class.label, class.score)).collect())
    }
}

struct OpenTokenizer {
    tokenizer: Tokenizer,
    /// Whether the model takes `token_type_ids`.
    type_ids: bool,
}

impl HostTokenizer for OpenTokenizer {
    fn encode(&self, text: &str, add_special_tokens: bool) -> HostResult<Encoding> {
        let how = Encode { add_special_tokens, ..Encode::default() };
        let tokens = self.tokenizer.encode(text, None, how).map_err(|error| refused(&error))?;
        Ok(Encoding { ids: tokens.ids, tokens: tokens.pieces, offsets: tokens.offsets })
    }

    fn batch(&self, texts: &[Pair], how: Batching) -> HostResult<Vec<(String, Tensor)>> {
        let texts: Vec<(&str, Option<&str>)> =
            texts.iter().map(|(text, second)| (text.as_str(), second.as_deref())).collect();
        let longest = how.max_length.or(self.tokenizer.max_length());
        let encode = Encode {
            add_special_tokens: how.add_special_tokens,
            max_length: longest.filter(|_| how.truncation),
        };
        let at_least = longest.filter(|_| how.to_max).unwrap_or(0);
        let batch = self.tokenizer.batch(&texts, encode, at_least).map_err(|error| refused(&error))?;
        let mut tensors = vec![
            ("input_ids".to_owned(), batch.input_ids),
            ("attention_mask".to_owned(), batch.attention_mask),
        ];
        if self.type_ids {
            tensors.push(("token_type_ids".to_owned(), batch.token_type_ids));
        }
        Ok(tensors)
    }

    fn chat(&self, messages: &serde_json::Value, add_generation_prompt: bool) -> HostResult<String> {
        self.tokenizer.chat(messages, add_generation_prompt).map_err(|error| refused(&error))
    }

    fn decode(&self, ids: &[i64], skip_special_tokens: bool) -> HostResult<String> {
        self.tokenizer.decode(ids, skip_special_tokens).map_err(|error| refused(&error))
    }

    fn special(&self, name: &str) -> Option<String> {
        self.tokenizer.special(name)
    }

    fn token_to_id(&self, token: &str) -> Option<i64> {
        self.tokenizer.token_to_id(token)
    }

    fn id_to_token(&self, id: i64) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }

    fn vocab_size(&self) -> usize {
        self.tokenizer.vocab_size()
    }
}

fn card(local: &LocalModel, model: &Model) -> ModelCard {
    let port = |slot: &Slot| Port {
        name: slot.name.clone(),
        // Tensors of types that cells do not have cannot be fed or shown anyway.
        dtype: slot.element.dtype().unwrap_or(DType::Float32),
        shape: slot.dims.as_deref().unwrap_or_default().iter().map(Dim::fixed).collect(),
    };
    ModelCard {
        id: local.id.clone(),
        task: local.task.clone(),
        num_params: local.parameters,
        inputs: model.inputs().iter().map(port).collect(),
        outputs: model.outputs().iter().map(port).collect(),
    }
}

fn refused(error: &RunError) -> HostError {
    let kind = match error.kind() {
        "KeyError" => HostErrorKind::Lookup,
        "TypeError" => HostErrorKind::Type,
        "ValueError" => HostErrorKind::Value,
        _ => HostErrorKind::Runtime,
    };
    error.hints().into_iter().fold(HostError::new(kind, error.to_string()), HostError::hint)
}

fn machine(error: &crate::Error) -> HostError {
    let host = HostError::new(HostErrorKind::Runtime, error.to_string());
    error.hints().iter().fold(host, |host, hint| host.hint(hint.clone()))
}
