//! A model's tokenizer.

use std::fmt;
use std::rc::Rc;

use rustpython_vm::builtins::{PyDict, PyList, PyStr, PyTuple};
use rustpython_vm::function::FuncArgs;
use rustpython_vm::types::{Callable, Representable};
use rustpython_vm::{AsObject, Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine, pyclass};

use super::call::{Call, Function};
use super::convert;
use super::host::{HostModel, HostTokenizer};
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
        params: &["self", "text", "add_special_tokens=True"],
        run: |c| {
            let encoding = encoded(c)?;
            let ids = encoding.ids.into_iter().map(|id| c.vm.ctx.new_int(id).into());
            Ok(c.vm.ctx.new_list(ids.collect()).into())
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
    Ok(c.vm.ctx.new_list(ids.into_iter().map(|id| c.vm.ctx.new_int(id).into()).collect()).into())
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

#[pyclass(with(Callable, Representable))]
impl PyTokenizer {
    #[pygetset]
    fn vocab_size(&self) -> usize {
        self.tokenizer.vocab_size()
    }
}

impl Callable for PyTokenizer {
    type Args = FuncArgs;

    /// `tok(text)` or `tok([text, …])`: tensors of one length for a model.
    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let [given] = args.args.as_slice() else {
            return Err(vm.new_type_error("a tokenizer takes one text or one list of texts"));
        };
        if let Some(name) = args.kwargs.keys().next() {
            return Err(vm.new_type_error(format!("a tokenizer got an unexpected keyword argument '{name}'")));
        }
        let dict = vm.ctx.new_dict();
        for (name, tensor) in zelf.tokenizer.batch(&texts(given, vm)?).or_raise(vm)? {
            dict.set_item(name.as_str(), PyTensor::object(tensor, vm), vm)?;
        }
        Ok(dict.into())
    }
}

impl Representable for PyTokenizer {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("Tokenizer(vocab_size={})", zelf.tokenizer.vocab_size()))
    }
}
