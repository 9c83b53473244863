//! A model's tokenizer.

use std::fmt;
use std::rc::Rc;

use rustpython_vm::builtins::{PyDict, PyList, PyStr, PyTuple};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::types::{Callable, GetAttr, Representable};
use rustpython_vm::{AsObject, Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, pyclass};

use super::call::{Call, Function};
use super::convert;
use super::host::{Batching, HostModel, HostTokenizer, Pair};
use super::raise::OrRaise;
use super::tensor::PyTensor;

/// A tokenizer.
#[pyclass(module = "kiln", name = "Tokenizer")]
#[derive(PyPayload)]
pub(super) struct PyTokenizer {
    tokenizer: Rc<dyn HostTokenizer>,
    model: String,
}

impl fmt::Debug for PyTokenizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokenizer({})", self.tokenizer.vocab_size())
    }
}

impl PyTokenizer {
    /// The tokenizer of `model` as a value.
    pub(super) fn object(model: &dyn HostModel, vm: &VirtualMachine) -> PyResult {
        let tokenizer = model.tokenizer().or_raise(vm)?;
        Ok(Self { tokenizer, model: model.card().id.clone() }.into_ref(&vm.ctx).into())
    }

    /// The id of the model whose tokenizer it is.
    pub(super) fn model_id(&self) -> &str {
        &self.model
    }
}

/// The methods of tokenizers.
pub(super) const METHODS: &[Function] = &[
    Function {
        name: "encode",
        params: &[
            "self",
            "text",
            "text_pair=None",
            "add_special_tokens=True",
            "truncation=False",
            "max_length=None",
        ],
        run: |c| {
            let plain = ["text_pair", "truncation", "max_length"].iter().all(|name| c.given(name).is_none());
            if plain {
                return Ok(numbers(encoded(c)?.ids, c.vm));
            }
            let Some(text) = c.text("text")? else { return c.object("text") };
            let batch = this(c)?.tokenizer.batch(&[(text, c.text("text_pair")?)], batching(c)?);
            let ids = batch.or_raise(c.vm)?.into_iter().find(|(name, _)| name == "input_ids");
            Ok(numbers(ids.map_or_else(Vec::new, |(_, ids)| ids.to_i64s()), c.vm))
        },
    },
    Function {
        name: "tokenize",
        params: &["self", "text"],
        run: |c| {
            let Some(text) = c.text("text")? else { return c.object("text") };
            let this = this(c)?;
            let ids = this.tokenizer.encode(&text, false).or_raise(c.vm)?.ids;
            let tokens = ids.into_iter().filter_map(|id| this.tokenizer.id_to_token(id));
            Ok(c.vm.ctx.new_list(tokens.map(|token| c.vm.ctx.new_str(token).into()).collect()).into())
        },
    },
    Function {
        name: "convert_ids_to_tokens",
        params: &["self", "ids"],
        run: |c| {
            let (this, ids) = (this(c)?, c.object("ids")?);
            let token = |id: i64| -> PyObjectRef {
                let token = this.tokenizer.id_to_token(id);
                token.map_or_else(|| c.vm.ctx.none(), |token| c.vm.ctx.new_str(token).into())
            };
            match convert::integer(&ids, c.vm) {
                Ok(id) => Ok(token(id)),
                Err(_) => {
                    let ids = convert::integers(&ids, c.vm)?;
                    Ok(c.vm.ctx.new_list(ids.into_iter().map(token).collect()).into())
                }
            }
        },
    },
    Function {
        name: "convert_tokens_to_ids",
        params: &["self", "tokens"],
        run: |c| {
            let (this, tokens) = (this(c)?, c.object("tokens")?);
            let id = |token: &String| -> PyObjectRef {
                let id = this.tokenizer.token_to_id(token);
                id.map_or_else(|| c.vm.ctx.none(), |id| c.vm.ctx.new_int(id).into())
            };
            let ids: Vec<PyObjectRef> = texts(&tokens, c.vm)?.iter().map(id).collect();
            match (tokens.downcast_ref::<PyStr>(), ids.as_slice()) {
                (Some(_), [id]) => Ok(id.clone()),
                _ => Ok(c.vm.ctx.new_list(ids).into()),
            }
        },
    },
    Function {
        name: "tokens",
        params: &["self", "text", "add_special_tokens=True"],
        run: |c| {
            let encoding = encoded(c)?;
            let tokens = encoding.tokens.into_iter().map(|token| c.vm.ctx.new_str(token).into());
            Ok(c.vm.ctx.new_list(tokens.collect()).into())
        },
    },
    Function {
        name: "offsets",
        params: &["self", "text", "add_special_tokens=True"],
        run: |c| {
            let encoding = encoded(c)?;
            let pairs = encoding.offsets.into_iter().map(|(start, end)| {
                c.vm.ctx.new_tuple(vec![c.vm.ctx.new_int(start).into(), c.vm.ctx.new_int(end).into()]).into()
            });
            Ok(c.vm.ctx.new_list(pairs.collect()).into())
        },
    },
    Function {
        name: "decode",
        params: &["self", "ids", "skip_special_tokens=True"],
        run: |c| {
            let ids = convert::integers(c.object("ids")?.as_object(), c.vm)?;
            let text =
                this(c)?.tokenizer.decode(&ids, c.flag("skip_special_tokens", true)?).or_raise(c.vm)?;
            Ok(c.vm.ctx.new_str(text).into())
        },
    },
    Function {
        name: "batch_decode",
        params: &["self", "sequences", "skip_special_tokens=True"],
        run: |c| {
            let (this, skip) = (this(c)?, c.flag("skip_special_tokens", true)?);
            let rows: Vec<PyObjectRef> = c.object("sequences")?.try_to_value(c.vm)?;
            let text = |row: &PyObjectRef| -> PyResult {
                let ids = convert::integers(row, c.vm)?;
                Ok(c.vm.ctx.new_str(this.tokenizer.decode(&ids, skip).or_raise(c.vm)?).into())
            };
            Ok(c.vm.ctx.new_list(rows.iter().map(text).collect::<PyResult<_>>()?).into())
        },
    },
    Function {
        name: "apply_chat_template",
        params: &["self", "conversation", "add_generation_prompt=False", "tokenize=True"],
        run: chat,
    },
    Function {
        name: "token_to_id",
        params: &["self", "token"],
        run: |c| {
            let token = c.text("token")?.unwrap_or_default();
            let id = this(c)?.tokenizer.token_to_id(&token);
            Ok(id.map_or_else(|| c.vm.ctx.none(), |id| c.vm.ctx.new_int(id).into()))
        },
    },
    Function {
        name: "id_to_token",
        params: &["self", "id"],
        run: |c| {
            let token = this(c)?.tokenizer.id_to_token(c.integer("id", 0)?);
            Ok(token.map_or_else(|| c.vm.ctx.none(), |token| c.vm.ctx.new_str(token).into()))
        },
    },
];

/// What a call of the tokenizer itself takes.
const CALL: Function = Function {
    name: "tokenizer",
    params: &[
        "self",
        "text",
        "text_pair=None",
        "padding=True",
        "truncation=False",
        "max_length=None",
        "add_special_tokens=True",
        "return_tensors='np'",
    ],
    run: |c| {
        let first = texts(&c.object("text")?, c.vm)?;
        let second = c.given("text_pair").map(|pair| texts(pair, c.vm)).transpose()?;
        if let Some(second) = second.as_ref().filter(|second| second.len() != first.len()) {
            let message = format!("tokenizer(): {} texts do not pair up with {}", first.len(), second.len());
            return Err(c.value_error(message));
        }
        let mut second = second.map(Vec::into_iter);
        let pair = |text: String| (text, second.as_mut().and_then(Iterator::next));
        let pairs: Vec<Pair> = first.into_iter().map(pair).collect();
        let dict = c.vm.ctx.new_dict();
        for (name, tensor) in this(c)?.tokenizer.batch(&pairs, batching(c)?).or_raise(c.vm)? {
            dict.set_item(name.as_str(), PyTensor::object(tensor, c.vm), c.vm)?;
        }
        Ok(dict.into())
    },
};

/// The names of special tokens in transformers, each with `_id` for its number.
const SPECIAL: [&str; 7] =
    ["bos_token", "cls_token", "eos_token", "mask_token", "pad_token", "sep_token", "unk_token"];

fn batching(c: &Call<'_>) -> PyResult<Batching> {
    let max_length = c.given("max_length").map(|_| c.count("max_length", 0)).transpose()?;
    let to_max = match c.given("padding").filter(|padding| padding.downcast_ref::<PyStr>().is_some()) {
        Some(_) => c.one_of("padding", &[("longest", false), ("max_length", true)], false)?,
        None => false,
    };
    Ok(Batching {
        add_special_tokens: c.flag("add_special_tokens", true)?,
        truncation: c.flag("truncation", false)?,
        max_length,
        to_max,
    })
}

fn numbers(ids: Vec<i64>, vm: &VirtualMachine) -> PyObjectRef {
    vm.ctx.new_list(ids.into_iter().map(|id| vm.ctx.new_int(id).into()).collect()).into()
}

fn this(c: &Call<'_>) -> PyResult<PyRef<PyTokenizer>> {
    c.object("self")?.downcast().map_err(|other| c.expected("self", "a tokenizer", &other))
}

/// A conversation by the model's template: token numbers, or with `tokenize=False` the text.
fn chat(c: &Call<'_>) -> PyResult {
    let messages = messages(&c.object("conversation")?, c.vm)?;
    let text = this(c)?.tokenizer.chat(&messages, c.flag("add_generation_prompt", false)?).or_raise(c.vm)?;
    if !c.flag("tokenize", true)? {
        return Ok(c.vm.ctx.new_str(text).into());
    }
    let ids = this(c)?.tokenizer.encode(&text, false).or_raise(c.vm)?.ids;
    Ok(numbers(ids, c.vm))
}

/// A list of dicts of texts, as JSON.
pub(super) fn messages(object: &PyObjectRef, vm: &VirtualMachine) -> PyResult<serde_json::Value> {
    let wrong = |object: &PyObjectRef| {
        let got = convert::described(object);
        vm.new_type_error(format!("a conversation is a list of dicts with 'role' and 'content', got {got}"))
    };
    let text = |object: &PyObjectRef| match object.downcast_ref::<PyStr>() {
        Some(text) => Ok(text.to_string_lossy().into_owned()),
        None => Err(wrong(object)),
    };
    let items = convert::items(object, vm)?.ok_or_else(|| wrong(object))?;
    let message = |item: &PyObjectRef| -> PyResult<serde_json::Value> {
        let dict = item.downcast_ref::<PyDict>().ok_or_else(|| wrong(item))?;
        let entries = dict.items_vec();
        let entries = entries.iter().map(|(key, value)| Ok((text(key)?, text(value)?.into())));
        Ok(serde_json::Value::Object(entries.collect::<PyResult<_>>()?))
    };
    items.iter().map(message).collect::<PyResult<Vec<_>>>().map(Into::into)
}

fn encoded(c: &Call<'_>) -> PyResult<super::host::Encoding> {
    let Some(text) = c.text("text")? else { return Err(c.expected("text", "a string", &c.vm.ctx.none())) };
    this(c)?.tokenizer.encode(&text, c.flag("add_special_tokens", true)?).or_raise(c.vm)
}

/// One text or a list of texts.
pub(super) fn texts(object: &PyObjectRef, vm: &VirtualMachine) -> PyResult<Vec<String>> {
    let items = match (object.downcast_ref::<PyList>(), object.downcast_ref::<PyTuple>()) {
        (Some(list), _) => list.borrow_vec().to_vec(),
        (_, Some(tuple)) => tuple.as_slice().to_vec(),
        _ => vec![object.clone()],
    };
    items
        .iter()
        .map(|item| match item.downcast_ref::<PyStr>() {
            Some(text) => Ok(text.to_string_lossy().into_owned()),
            None => Err(vm.new_type_error(format!(
                "expected a text or a list of texts, got {}",
                convert::described(item)
            ))),
        })
        .collect()
}

#[pyclass(with(Callable, GetAttr, Representable))]
impl PyTokenizer {
    #[pygetset]
    fn vocab_size(&self) -> usize {
        self.tokenizer.vocab_size()
    }
}

impl Callable for PyTokenizer {
    type Args = FuncArgs;

    /// `tok(text)` or `tok([text, …])`: tensors of one length for a model.
    fn call(zelf: &Py<Self>, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        args.prepend_arg(zelf.to_owned().into());
        CALL.native()(args, vm)
    }
}

impl GetAttr for PyTokenizer {
    fn getattro(zelf: &Py<Self>, name: &Py<PyStr>, vm: &VirtualMachine) -> PyResult {
        let wanted = name.to_string_lossy();
        let (token, numbered) = match wanted.strip_suffix("_id") {
            Some(token) => (token, true),
            None => (&*wanted, false),
        };
        if !SPECIAL.contains(&token) {
            return zelf.as_object().generic_getattr(name, vm);
        }
        let token = zelf.tokenizer.special(token);
        let id = |token: String| Some(vm.ctx.new_int(zelf.tokenizer.token_to_id(&token)?).into());
        let value = match numbered {
            true => token.and_then(id),
            false => token.map(|token| vm.ctx.new_str(token).into()),
        };
        Ok(value.unwrap_or_else(|| vm.ctx.none()))
    }
}

impl Representable for PyTokenizer {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("Tokenizer(vocab_size={})", zelf.tokenizer.vocab_size()))
    }
}
