//! From the arguments of a call to an application of an operator.

use rustpython_vm::builtins::PyBaseExceptionRef;
use rustpython_vm::function::FuncArgs;
use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine};

use super::attribute;
use crate::lang::trace::Input;
use crate::lang::{convert, raise, stage};
use crate::onnx::schema::{Count, Setting, SettingKind};
use crate::onnx::{Attribute, Operator};
use crate::tensor::DType;

/// An operator with all that it is applied to.
pub(in crate::lang) struct Application {
    /// The operator.
    pub(in crate::lang) operator: &'static Operator,
    /// Its inputs; `None` where an optional one is left out.
    pub(in crate::lang) inputs: Vec<Option<Input>>,
    /// The attributes that were given.
    pub(in crate::lang) attributes: Vec<(&'static str, Attribute)>,
    /// How many outputs are asked for.
    pub(in crate::lang) outputs: usize,
}

impl Application {
    /// Whether the operator makes any number of outputs.
    pub(super) fn is_open(&self) -> bool {
        self.operator.results().1 == usize::MAX
    }
}

/// Reads a call `ops.Name(*inputs, **attributes)`; optional inputs go by name, too.
pub(super) fn bind(
    operator: &'static Operator,
    args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult<Application> {
    let binder = Binder { operator, vm };
    let mut objects: Vec<Option<PyObjectRef>> = args.args.into_iter().map(Some).collect();
    let mut attributes = Vec::new();
    let mut wanted = None;
    for (name, value) in args.kwargs {
        if let Some(setting) = operator.setting(&name) {
            if !vm.is_none(&value) {
                attributes.push((setting.name, attribute::read(operator.name, setting, &value, vm)?));
            }
        } else if name == "outputs" {
            wanted = Some(convert::integer(&value, vm)?);
        } else {
            binder.place(&mut objects, &name, value)?;
        }
    }
    let inputs = binder.inputs(objects)?;
    if let Some(missing) = operator
        .attributes
        .iter()
        .find(|setting| setting.required && attributes.iter().all(|(name, _)| *name != setting.name))
    {
        return Err(binder.mistake(format!("needs the attribute '{}'", missing.name), Vec::new()));
    }
    let outputs = binder.outputs(wanted, &inputs, &mut attributes)?;
    binder.sow(&mut attributes);
    Ok(Application { operator, inputs, attributes, outputs })
}

struct Binder<'a> {
    operator: &'static Operator,
    vm: &'a VirtualMachine,
}

impl Binder<'_> {
    /// Puts an input that was given by its name where it belongs.
    fn place(&self, objects: &mut Vec<Option<PyObjectRef>>, name: &str, value: PyObjectRef) -> PyResult<()> {
        let named = self.operator.inputs.iter().position(|p| p.name == name && p.count != Count::Many);
        let Some(at) = named else {
            let settings = self.operator.attributes.iter().map(|setting| setting.name);
            let known = settings.chain(self.operator.inputs.iter().map(|p| p.name)).chain(["outputs"]);
            let hints = raise::did_you_mean(name, known);
            return Err(self.mistake(format!("has no attribute '{name}'"), hints));
        };
        if objects.len() <= at {
            objects.resize(at + 1, None);
        }
        match objects[at].replace(value) {
            None => Ok(()),
            Some(_) => Err(self.mistake(format!("got '{name}' twice"), Vec::new())),
        }
    }

    /// The inputs as tensors. A Python number or list takes the type of a tensor beside it, where the
    /// operator wants both to be of one type.
    fn inputs(&self, mut objects: Vec<Option<PyObjectRef>>) -> PyResult<Vec<Option<Input>>> {
        let (least, most) = self.operator.arity();
        if objects.len() > most {
            return Err(
                self.mistake(format!("takes at most {most} inputs, got {}", objects.len()), Vec::new())
            );
        }
        for object in &mut objects {
            *object = object.take().filter(|object| !self.vm.is_none(object));
        }
        let mandatory = |at: usize| self.operator.input(at).is_some_and(|p| p.count != Count::Optional);
        let given = |at: usize| objects.get(at).is_some_and(Option::is_some);
        if let Some(at) = (0..least.max(objects.len())).find(|&at| mandatory(at) && !given(at)) {
            let name = self.operator.input(at).map_or("", |p| p.name);
            return Err(self.mistake(format!("needs the input '{name}'"), Vec::new()));
        }
        while objects.pop_if(|last| last.is_none()).is_some() {}

        let kind = |at: usize| self.operator.input(at).map_or("", |p| p.kind);
        let mut types: Vec<(&str, DType)> = Vec::new();
        for (at, object) in objects.iter().enumerate() {
            if let Some(input) = object.as_ref().and_then(|object| Input::exactly(object)) {
                types.push((kind(at), input.tensor().dtype()));
            }
        }
        let tensor = |(at, object): (usize, Option<PyObjectRef>)| {
            let Some(object) = object else { return Ok(None) };
            if let Some(input) = Input::exactly(&object) {
                return Ok(Some(input));
            }
            let tensor = convert::operand(object.as_object(), self.vm)
                .map_err(|raised| self.about(at, &raised))?
                .into_tensor();
            let beside = types.iter().find(|(shared, _)| *shared == kind(at)).map(|(_, dtype)| *dtype);
            let wanted = beside.or_else(|| DType::ALL.into_iter().find(|dtype| dtype.name() == kind(at)));
            // A fraction never becomes an integer by itself.
            Ok(Some(Input::Constant(match wanted {
                Some(dtype) if dtype.is_float() || !tensor.dtype().is_float() => tensor.astype(dtype),
                _ => tensor,
            })))
        };
        objects.into_iter().enumerate().map(tensor).collect()
    }

    /// How many outputs are asked for: those that the operator always makes, where a call does not say.
    fn outputs(
        &self,
        wanted: Option<i64>,
        inputs: &[Option<Input>],
        attributes: &mut Vec<(&'static str, Attribute)>,
    ) -> PyResult<usize> {
        let (least, most) = self.operator.results();
        let counted = attributes.iter().find(|(name, _)| *name == "num_outputs");
        let counted = match counted {
            Some((_, Attribute::Int(count))) => Some(*count),
            _ => inputs.get(1).and_then(Option::as_ref).map(|sizes| sizes.tensor().len() as i64),
        };
        let wanted = match wanted {
            Some(wanted) => wanted,
            None if most < usize::MAX => return Ok(least),
            None => counted.ok_or_else(|| {
                self.mistake(
                    "makes any number of outputs".to_owned(),
                    vec!["say how many: `outputs=2`".into()],
                )
            })?,
        };
        match usize::try_from(wanted).ok().filter(|count| (1..=most.min(1024)).contains(count)) {
            Some(count) => {
                if counted.is_none() && self.operator.setting("num_outputs").is_some() {
                    attributes.push(("num_outputs", Attribute::Int(wanted)));
                }
                Ok(count)
            }
            None => Err(self.mistake(format!("does not make {wanted} outputs"), Vec::new())),
        }
    }

    /// Gives an operator that draws numbers the cell's seed, where a call names none: without one,
    /// ONNX Runtime takes the time of day.
    fn sow(&self, attributes: &mut Vec<(&'static str, Attribute)>) {
        let Some(Setting { name, kind, .. }) = self.operator.setting("seed") else { return };
        if attributes.iter().any(|(given, _)| *given == name) {
            return;
        }
        let seed = stage::with(|stage| stage.seed).unwrap_or_default();
        let seed = match kind {
            // What a float32 holds exactly.
            SettingKind::Float => Attribute::Float((seed % (1 << 24)) as f32),
            _ => Attribute::Int((seed % (1 << 31)) as i64),
        };
        attributes.push((name, seed));
    }

    /// A `TypeError` that ends in how the operator is called.
    fn mistake(&self, what: String, mut hints: Vec<String>) -> PyBaseExceptionRef {
        hints.push(format!("the call is `{}`", self.signature()));
        let class = self.vm.ctx.exceptions.type_error.to_owned();
        raise::exception(self.vm, class, format!("ops.{}() {what}", self.operator.name), &hints)
    }

    /// Says which input could not be made a tensor.
    fn about(&self, at: usize, raised: &PyBaseExceptionRef) -> PyBaseExceptionRef {
        let why = raised.as_object().str(self.vm).map(|text| text.to_string_lossy().into_owned());
        let name = self.operator.input(at).map_or("", |p| p.name);
        let message =
            format!("ops.{}(): the input '{name}': {}", self.operator.name, why.unwrap_or_default());
        raise::exception(self.vm, raised.class().to_owned(), message, &[])
    }

    fn signature(&self) -> String {
        let input = |p: &crate::onnx::schema::Parameter| match p.count {
            Count::One => p.name.to_owned(),
            Count::Optional => format!("{}=None", p.name),
            Count::Many => format!("*{}", p.name),
        };
        let setting = |setting: &Setting| match (setting.required, setting.default, setting.kind) {
            (true, ..) => setting.name.to_owned(),
            (false, Some(text), SettingKind::Text) => format!("{}='{text}'", setting.name),
            (false, Some(number), _) => format!("{}={number}", setting.name),
            (false, None, _) => format!("{}=…", setting.name),
        };
        let inputs = self.operator.inputs.iter().map(input);
        let parts: Vec<String> = inputs.chain(self.operator.attributes.iter().map(setting)).collect();
        format!("ops.{}({})", self.operator.name, parts.join(", "))
    }
}
