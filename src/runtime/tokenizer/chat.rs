//! A conversation as the text that a model was trained on, by the Jinja template of its tokenizer.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};
use serde_json::json;

use super::super::onnx::RunError;

/// Writes `messages` (objects with `role` and `content`) by `template`, as transformers does: its
/// settings for white space, Python's methods of texts, `raise_exception`.
///
/// # Errors
/// The template is no Jinja, or refuses the messages.
pub(super) fn render(
    template: &str,
    messages: &serde_json::Value,
    add_generation_prompt: bool,
    special: &serde_json::Map<String, serde_json::Value>,
) -> Result<String, RunError> {
    let mut environment = Environment::new();
    environment.set_trim_blocks(true);
    environment.set_lstrip_blocks(true);
    environment.set_unknown_method_callback(|_, value, method, args| text_method(value, method, args));
    environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    environment.add_filter("tojson", |value: Value, _: Kwargs| -> Result<String, Error> {
        serde_json::to_string(&value)
            .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
    });
    let mut context = special.clone();
    context.insert("messages".to_owned(), messages.clone());
    context.insert("add_generation_prompt".to_owned(), json!(add_generation_prompt));
    let written = environment.render_str(template, Value::from_serialize(&context));
    written.map_err(|error| RunError::Setting {
        message: format!(
            "the chat template of this tokenizer fails: {}",
            error.detail().unwrap_or("it is no Jinja")
        ),
        hint: Some("messages are a list of {\"role\": \"user\", \"content\": \"…\"}".to_owned()),
    })
}

/// What templates call on texts, as in Python.
fn text_method(value: &Value, method: &str, args: &[Value]) -> Result<Value, Error> {
    let unknown = || Error::new(ErrorKind::UnknownMethod, format!("there is no method {method}"));
    let Some(text) = value.as_str().filter(|_| value.kind() == ValueKind::String) else {
        return Err(unknown());
    };
    let argument = |at: usize| args.get(at).and_then(Value::as_str);
    let any = |set: Option<&str>| -> Vec<char> { set.unwrap_or(" \t\n\r").chars().collect() };
    Ok(match (method, argument(0)) {
        ("startswith", Some(start)) => Value::from(text.starts_with(start)),
        ("endswith", Some(end)) => Value::from(text.ends_with(end)),
        ("strip", set) => Value::from(text.trim_matches(any(set).as_slice())),
        ("lstrip", set) => Value::from(text.trim_start_matches(any(set).as_slice())),
        ("rstrip", set) => Value::from(text.trim_end_matches(any(set).as_slice())),
        ("upper", None) => Value::from(text.to_uppercase()),
        ("lower", None) => Value::from(text.to_lowercase()),
        ("split", Some(by)) => Value::from(text.split(by).map(str::to_owned).collect::<Vec<_>>()),
        ("replace", Some(from)) => Value::from(text.replace(from, argument(1).unwrap_or(""))),
        _ => return Err(unknown()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHATML: &str = "{% for message in messages %}\n{{'<|im_start|>' + message['role'] + '\\n' + message.content.strip() + eos_token }}\n{% endfor %}\n{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    #[test]
    fn a_conversation_is_written() {
        let special = json!({ "eos_token": "<|im_end|>" });
        let messages = json!([{ "role": "user", "content": " hello " }]);
        let special = special.as_object().expect("an object");
        let text = render(CHATML, &messages, true, special).expect("a text");
        assert_eq!(text, "<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n");
        let refused = render("{{ raise_exception('roles must alternate') }}", &messages, true, special);
        assert!(refused.expect_err("it refuses").to_string().contains("roles must alternate"));
        assert!(render("{% for %}", &messages, true, special).is_err());
    }
}
