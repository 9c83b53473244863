//! The tasks: what each is called with, and what it asks the model.

use rustpython_vm::builtins::{PyDict, PyList, PyStr, PyTuple};
use rustpython_vm::{PyObjectRef, PyRef, PyResult, VirtualMachine};

use super::{PyPipeline, Task};
use crate::lang::call::{Call, Function};
use crate::lang::host::{Aggregation, Apply, Ask, Item, Pooling, Sampling};
use crate::lang::raise::OrRaise;
use crate::lang::stage;
use crate::lang::tensor::PyTensor;
use crate::lang::tokenizer::{messages, texts};

/// What `text-generation` and its kin are called with, after the text.
macro_rules! writing {
    ($text:literal, $most:literal $(, $more:literal)*) => {
        &[
            "self", $text, $most, "do_sample=False", "temperature=1.0", "top_k=0", "top_p=1.0",
            "repetition_penalty=1.0", "seed=0", "stop=None", "num_return_sequences=1", "num_beams=1",
            "length_penalty=1.0", "early_stopping=False" $(, $more)*
        ]
    };
}

/// A row of the table.
const fn task(name: &'static str, params: &'static [&'static str], run: fn(&Call<'_>) -> PyResult) -> Task {
    Task { name, call: Function { name, params, run } }
}

pub(super) static TASKS: [Task; 14] = [
    task("feature-extraction", &["self", "texts", "pooling='mean'", "normalize=True"], features),
    task("fill-mask", &["self", "inputs", "targets=None", "top_k=5"], fill_mask),
    task("image-classification", &["self", "image", "top_k=5"], classify),
    task("image-segmentation", &["self", "image"], |c| ask(c, Ask::Segment { image: picture(c)? })),
    task("object-detection", &["self", "image", "threshold=0.5"], |c| {
        ask(c, Ask::Detect { image: picture(c)?, threshold: c.float("threshold", 0.5)? })
    }),
    task("question-answering", &["self", "question", "context", "top_k=1", "max_answer_len=15"], answer),
    task("summarization", writing!("inputs", "max_new_tokens=64"), |c| rewrite(c, "summary_text")),
    task(
        "text-classification",
        &["self", "inputs", "text_pair=None", "top_k=1", "function_to_apply=None"],
        classify_text,
    ),
    task("text-generation", writing!("prompt", "max_new_tokens=32", "return_full_text=True"), generate),
    task("text2text-generation", writing!("inputs", "max_new_tokens=64"), |c| rewrite(c, "generated_text")),
    task("token-classification", &["self", "inputs", "aggregation_strategy='none'"], classify_tokens),
    task("translation", writing!("inputs", "max_new_tokens=64"), |c| rewrite(c, "translation_text")),
    task("voice-activity-detection", &["self", "audio", "threshold=0.5"], |c| {
        ask(c, Ask::Hear { audio: c.tensor("audio")?, threshold: c.float("threshold", 0.5)? })
    }),
    task(
        "zero-shot-classification",
        &[
            "self",
            "sequences",
            "candidate_labels",
            "hypothesis_template='This example is {}.'",
            "multi_label=False",
        ],
        zero_shot,
    ),
];

/// Languages by the codes of `translation_en_to_de`, as T5 was trained to hear them.
const LANGUAGES: [(&str, &str); 5] =
    [("de", "German"), ("en", "English"), ("fr", "French"), ("ro", "Romanian"), ("zh", "Chinese")];

/// The task that `name` means, and what it puts before a text.
pub(super) fn aliased(name: &str) -> (&str, String) {
    match name {
        "ner" => ("token-classification", String::new()),
        "sentiment-analysis" => ("text-classification", String::new()),
        "summarization" => (name, "summarize: ".to_owned()),
        _ => {
            let pair = name.strip_prefix("translation_").and_then(|pair| pair.split_once("_to_"));
            let language =
                |code: &str| LANGUAGES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name);
            match pair.and_then(|(from, to)| Some((language(from)?, language(to)?))) {
                Some((from, to)) => ("translation", format!("translate {from} to {to}: ")),
                None => (name, String::new()),
            }
        }
    }
}

/// Asks the pipeline's model.
fn ask(c: &Call<'_>, ask: Ask) -> PyResult {
    let answer = this(c)?.model.pipe(&ask).or_raise(c.vm)?;
    object(answer, c.vm)
}

/// An answer as Python has it.
fn object(item: Item, vm: &VirtualMachine) -> PyResult {
    Ok(match item {
        Item::None => vm.ctx.none(),
        Item::Int(value) => vm.ctx.new_int(value).into(),
        Item::Number(value) => vm.ctx.new_float(value).into(),
        Item::Text(text) => vm.ctx.new_str(text).into(),
        Item::Tensor(tensor) => PyTensor::object(tensor, vm),
        Item::List(items) => {
            let items = items.into_iter().map(|item| object(item, vm)).collect::<PyResult<Vec<_>>>()?;
            vm.ctx.new_list(items).into()
        }
        Item::Dict(entries) => {
            let dict = vm.ctx.new_dict();
            for (name, value) in entries {
                dict.set_item(name, object(value, vm)?, vm)?;
            }
            dict.into()
        }
    })
}

/// A call for one text, or for each of a list of them.
fn each(c: &Call<'_>, name: &str, one: impl Fn(String) -> PyResult<Ask>) -> PyResult {
    let given = c.object(name)?;
    let texts = texts(&given, c.vm)?;
    if given.downcast_ref::<PyStr>().is_some() {
        return ask(c, one(texts.into_iter().next().unwrap_or_default())?);
    }
    let answers = texts.into_iter().map(|text| ask(c, one(text)?)).collect::<PyResult<Vec<_>>>()?;
    Ok(c.vm.ctx.new_list(answers).into())
}

/// The argument `image`, which the model checks.
fn picture(c: &Call<'_>) -> PyResult<crate::tensor::Tensor> {
    let image = c.object("image")?;
    if image.downcast_ref::<PyStr>().is_some() {
        let hint =
            ["`k.load(\"cat.png\")` is a picture that lies beside the page: `#| inputs: cat.png`".to_owned()];
        let message = format!("{}(): 'image' must be a uint8 tensor of shape (height, width, 3)", c.name());
        return Err(c.type_error(message, &hint));
    }
    c.tensor("image")
}

/// The argument `name`, a text.
fn text(c: &Call<'_>, name: &str) -> PyResult<String> {
    let object = c.object(name)?;
    c.text(name)?.ok_or_else(|| c.expected(name, "a string", &object))
}

fn fill_mask(c: &Call<'_>) -> PyResult {
    let targets = c.given("targets").map(|targets| texts(targets, c.vm)).transpose()?;
    let top_k = c.count("top_k", 5)?;
    each(c, "inputs", |text| Ok(Ask::FillMask { text, top_k, targets: targets.clone() }))
}

/// One text, a list of them, or a dict of `text` and `text_pair`. As in transformers, a list without
/// `top_k` gives the best class of each, and not a list of one.
fn classify_text(c: &Call<'_>) -> PyResult {
    let known = [("softmax", Apply::Softmax), ("sigmoid", Apply::Sigmoid), ("none", Apply::None)];
    let apply = c
        .given("function_to_apply")
        .map(|_| c.one_of("function_to_apply", &known, Apply::Softmax))
        .transpose()?;
    let top_k = match c.written("top_k") && c.given("top_k").is_none() {
        true => None,
        false => Some(c.count("top_k", 1)?),
    };
    let inputs = c.object("inputs")?;
    let pair = c.text("text_pair")?;
    if let Some(dict) = inputs.downcast_ref::<PyDict>() {
        let part = |name: &str| -> PyResult<Option<String>> {
            let value = dict.get_item_opt(name, c.vm)?;
            Ok(value.and_then(|value| Some(value.downcast_ref::<PyStr>()?.to_string_lossy().into_owned())))
        };
        let Some(text) = part("text")? else {
            return Err(c.expected("inputs", "a dict with 'text' and 'text_pair'", &inputs));
        };
        return ask(c, Ask::ClassifyText { text, pair: part("text_pair")?.or(pair), apply, top_k });
    }
    let many = inputs.downcast_ref::<PyList>().is_some() || inputs.downcast_ref::<PyTuple>().is_some();
    if many && pair.is_some() {
        return Err(c.expected("inputs", "one text where there is a text_pair", &inputs));
    }
    let answers = each(c, "inputs", |text| Ok(Ask::ClassifyText { text, pair: pair.clone(), apply, top_k }))?;
    match answers.downcast_ref::<PyList>() {
        Some(list) if many && !c.written("top_k") => {
            let best = list
                .borrow_vec()
                .iter()
                .map(|one| one.get_item(&0_usize, c.vm))
                .collect::<PyResult<Vec<_>>>()?;
            Ok(c.vm.ctx.new_list(best).into())
        }
        _ => Ok(answers),
    }
}

fn classify_tokens(c: &Call<'_>) -> PyResult {
    let known = [
        ("none", Aggregation::None),
        ("simple", Aggregation::Simple),
        ("first", Aggregation::First),
        ("average", Aggregation::Average),
        ("max", Aggregation::Max),
    ];
    let aggregation = c.one_of("aggregation_strategy", &known, Aggregation::None)?;
    each(c, "inputs", |text| Ok(Ask::ClassifyTokens { text, aggregation }))
}

fn answer(c: &Call<'_>) -> PyResult {
    let (question, context) = (text(c, "question")?, text(c, "context")?);
    let (top_k, max_answer_len) = (c.count("top_k", 1)?, c.count("max_answer_len", 15)?);
    ask(c, Ask::Answer { question, context, top_k, max_answer_len })
}

fn zero_shot(c: &Call<'_>) -> PyResult {
    let given = c.object("candidate_labels")?;
    // transformers takes one text with commas, too.
    let labels: Vec<String> = match given.downcast_ref::<PyStr>() {
        Some(text) => text.to_string_lossy().split(',').map(|label| label.trim().to_owned()).collect(),
        None => texts(&given, c.vm)?,
    };
    let template = c.text("hypothesis_template")?.unwrap_or_else(|| "This example is {}.".to_owned());
    let multi_label = c.flag("multi_label", false)?;
    each(c, "sequences", |text| {
        Ok(Ask::ZeroShot { text, labels: labels.clone(), template: template.clone(), multi_label })
    })
}

fn rewrite(c: &Call<'_>, key: &'static str) -> PyResult {
    let how = sampling(c, 64)?;
    let prefix = this(c)?.prefix().to_owned();
    let given = c.object("inputs")?;
    let one = |text: &String| Ask::Rewrite { text: format!("{prefix}{text}"), how: how.clone(), key };
    // A list of texts gives a list of dicts where each has one answer, as in transformers.
    let mut all = Vec::new();
    for text in texts(&given, c.vm)? {
        let answers = ask(c, one(&text))?;
        all.extend(answers.try_to_value::<Vec<PyObjectRef>>(c.vm)?);
    }
    Ok(c.vm.ctx.new_list(all).into())
}

fn this(c: &Call<'_>) -> PyResult<PyRef<PyPipeline>> {
    c.object("self")?.downcast().map_err(|other| c.expected("self", "a pipeline", &other))
}

fn features(c: &Call<'_>) -> PyResult {
    let poolings = [("mean", Pooling::Mean), ("cls", Pooling::Cls), ("none", Pooling::None)];
    let pooling = match c.written("pooling") && c.given("pooling").is_none() {
        true => Pooling::None,
        false => c.one_of("pooling", &poolings, Pooling::Mean)?,
    };
    let texts = texts(&c.object("texts")?, c.vm)?;
    let normalize = c.flag("normalize", true)?;
    Ok(PyTensor::object(this(c)?.model.features(&texts, pooling, normalize).or_raise(c.vm)?, c.vm))
}

/// How tokens are chosen, `most` of them where the call does not say.
fn sampling(c: &Call<'_>, most: usize) -> PyResult<Sampling> {
    let stop = match c.given("stop") {
        None => Vec::new(),
        Some(stop) => texts(stop, c.vm)?,
    };
    Ok(Sampling {
        max_new_tokens: c.count("max_new_tokens", most)?,
        do_sample: c.flag("do_sample", false)?,
        temperature: c.float("temperature", 1.0)?,
        top_k: c.count("top_k", 0)?,
        top_p: c.float("top_p", 1.0)?,
        repetition_penalty: c.float("repetition_penalty", 1.0)?,
        seed: c.integer("seed", 0)? as u64,
        stop,
        sequences: c.count("num_return_sequences", 1)?,
        full_text: c.flag("return_full_text", true)?,
        beams: c.count("num_beams", 1)?,
        length_penalty: c.float("length_penalty", 1.0)?,
        early_stopping: c.flag("early_stopping", false)?,
    })
}

/// What comes after a text; after each of a list of texts; or, after a list of messages, the
/// assistant's next one.
fn generate(c: &Call<'_>) -> PyResult {
    let given = c.object("prompt")?;
    let several = crate::lang::convert::items(&given, c.vm)?
        .filter(|items| items.first().is_some_and(|first| first.downcast_ref::<PyDict>().is_none()));
    match several {
        None => continued(c, given),
        Some(prompts) => {
            let all = prompts.into_iter().map(|prompt| continued(c, prompt)).collect::<PyResult<Vec<_>>>()?;
            Ok(c.vm.ctx.new_list(all).into())
        }
    }
}

/// What comes after one prompt.
fn continued(c: &Call<'_>, given: PyObjectRef) -> PyResult {
    let vm = c.vm;
    let mut how = sampling(c, 32)?;
    let (prompt, talk) = match given.downcast_ref::<PyStr>() {
        Some(text) => (text.to_string_lossy().into_owned(), None),
        None => {
            let talk = messages(&given, vm)?;
            let tokenizer = this(c)?.model.tokenizer().or_raise(vm)?;
            how.full_text = false;
            (tokenizer.chat(&talk, true).or_raise(vm)?, Some(given))
        }
    };
    let written = this(c)?.model.generate(&prompt, &how).or_raise(vm)?;
    let dicts = written.into_iter().map(|generation| {
        stage::with(|stage| stage.chose(generation.margin));
        let dict = vm.ctx.new_dict();
        let ids = generation.token_ids.into_iter().map(|id| vm.ctx.new_int(id).into()).collect();
        let text: PyObjectRef = vm.ctx.new_str(generation.text).into();
        let text = match &talk {
            None => text,
            Some(talk) => answered(talk, text, vm)?,
        };
        dict.set_item("generated_text", text, vm)?;
        dict.set_item("token_ids", vm.ctx.new_list(ids).into(), vm)?;
        Ok(PyObjectRef::from(dict))
    });
    Ok(vm.ctx.new_list(dicts.collect::<PyResult<_>>()?).into())
}

/// The messages of `talk` and the assistant's after them, as transformers answers.
fn answered(talk: &PyObjectRef, text: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let message = vm.ctx.new_dict();
    message.set_item("role", vm.ctx.new_str("assistant").into(), vm)?;
    message.set_item("content", text, vm)?;
    let mut all: Vec<PyObjectRef> = talk.try_to_value(vm)?;
    all.push(message.into());
    Ok(vm.ctx.new_list(all).into())
}

fn classify(c: &Call<'_>) -> PyResult {
    let vm = c.vm;
    let classes = this(c)?.model.classify(&picture(c)?, c.count("top_k", 5)?).or_raise(vm)?;
    let dicts = classes.into_iter().map(|(label, score)| {
        let dict = vm.ctx.new_dict();
        dict.set_item("label", vm.ctx.new_str(label).into(), vm)?;
        dict.set_item("score", vm.ctx.new_float(score).into(), vm)?;
        Ok(PyObjectRef::from(dict))
    });
    Ok(vm.ctx.new_list(dicts.collect::<PyResult<_>>()?).into())
}
