//! The reference of the module `kiln`: every public name with what it does and an example, in English
//! and Chinese, as the pages of a section.
//!
//! The texts stand in `reference/*.md`, a file a family; signatures come from the tables that the
//! functions themselves are made of. An example is a cell of its page, so every build runs it; a test
//! holds that no public name is without an entry, and no entry without its name.

use std::fmt::Write;

use super::call::Function;
use super::{functions, load, model, pipeline, plot, proofs, random, schedulers, tokenizer, trace};

/// The families in reading order, each with its folder.
const FAMILIES: [(&str, &str); 13] = [
    ("create", include_str!("reference/create.md")),
    ("tensor", include_str!("reference/tensor.md")),
    ("elementwise", include_str!("reference/elementwise.md")),
    ("reduce", include_str!("reference/reduce.md")),
    ("shape", include_str!("reference/shape.md")),
    ("linalg", include_str!("reference/linalg.md")),
    ("random", include_str!("reference/random.md")),
    ("figures", include_str!("reference/figures.md")),
    ("proofs", include_str!("reference/proofs.md")),
    ("models", include_str!("reference/models.md")),
    ("pipelines", include_str!("reference/pipelines.md")),
    ("schedulers", include_str!("reference/schedulers.md")),
    ("operators", include_str!("reference/operators.md")),
];

/// The most characters of a line of code that a page shows without scrolling.
const ROOM: usize = 64;

/// The section's own texts: title and description.
const SECTION: [[&str; 2]; 2] = [
    [
        "Reference",
        "Every function of the module kiln: what it does, how it is called, and an example that ran.",
    ],
    ["参考", "模块 kiln 的每一个函数：作用、调用方式，以及真实运行过的示例。"],
];

/// A text in English and in Chinese.
type Both = [String; 2];

/// One file of texts.
struct Family {
    folder: &'static str,
    title: Both,
    intro: Both,
    entries: Vec<Entry>,
}

/// One public name.
struct Entry {
    name: String,
    text: Both,
    /// The alternative text of its example's figure, where it draws one.
    alt: Option<Both>,
    /// Python; empty where no model of the manifest does it.
    example: String,
}

/// The pages of the section, by path below `content/`: Markdown that any site can take in.
pub fn pages() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for (at, lang) in ["en", "zh"].into_iter().enumerate() {
        let [title, description] = SECTION[at];
        let section =
            format!("+++\ntitle = \"{title}\"\ndescription = \"{description}\"\nweight = 95\n+++\n");
        pages.push((format!("reference/_index.{lang}.md"), section));
        for (weight, family) in families().iter().enumerate() {
            let folder = family.folder;
            pages.push((format!("reference/{folder}/{folder}.{lang}.md"), page(family, at, weight + 1)));
        }
    }
    pages
}

fn families() -> Vec<Family> {
    FAMILIES.iter().map(|(folder, text)| read(folder, text)).collect()
}

/// Reads a file: `# English | Chinese`, two lines on the whole, then for each name `## name`, a line in
/// each language, two lines `[alt] …` where a figure is drawn, and an indented example.
fn read(folder: &'static str, text: &str) -> Family {
    let mut family = Family { folder, title: Both::default(), intro: Both::default(), entries: Vec::new() };
    let mut spoken = 0;
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("# ") {
            let (en, zh) = title.split_once(" | ").unwrap_or((title, title));
            family.title = [en.to_owned(), zh.to_owned()];
        } else if let Some(name) = line.strip_prefix("## ") {
            let name = name.split(" | ").next().unwrap_or(name).to_owned();
            family.entries.push(Entry { name, text: Both::default(), alt: None, example: String::new() });
            spoken = 0;
        } else if let (Some(code), Some(entry)) = (line.strip_prefix("    "), family.entries.last_mut()) {
            let _ = writeln!(entry.example, "{code}");
        } else if let (Some(alt), Some(entry)) = (line.strip_prefix("[alt] "), family.entries.last_mut()) {
            let place = usize::from(entry.alt.is_some());
            entry.alt.get_or_insert_default()[place] = alt.to_owned();
        } else if !line.is_empty() {
            let text = family.entries.last_mut().map_or(&mut family.intro, |entry| &mut entry.text);
            text[spoken.min(1)] = line.to_owned();
            spoken += 1;
        } else {
            // A blank line within an example is part of it.
            let open = family.entries.last_mut().filter(|entry| !entry.example.is_empty());
            open.into_iter().for_each(|entry| entry.example.push('\n'));
        }
    }
    for entry in &mut family.entries {
        entry.example.truncate(entry.example.trim_end().len());
    }
    family
}

/// The page of `family` in the language of number `lang`. Code stands in the first one.
fn page(family: &Family, lang: usize, weight: usize) -> String {
    let quoted = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut page = format!(
        "+++\ntitle = \"{}\"\ndescription = \"{}\"\nweight = {weight}\n+++\n\n",
        quoted(&family.title[lang]),
        quoted(&family.intro[lang].replace('`', ""))
    );
    let cell = |page: &mut String, options: &str, code: &str| {
        let code = if lang == 0 { format!("{code}\n") } else { String::new() };
        let _ = write!(page, "```python run\n{options}{code}```\n\n");
    };
    cell(&mut page, "#| label: import\n", "import kiln as k");
    for entry in &family.entries {
        let Entry { name, text, alt, example } = entry;
        let anchor = name.replace('.', "-");
        let _ = write!(
            page,
            "## `{name}` {{#{anchor}}}\n\n```python\n{}\n```\n\n{}\n\n",
            folded(&usage(name)),
            text[lang]
        );
        let also: Vec<String> = functions::aliases(name).map(|alias| format!("`k.{alias}`")).collect();
        if !also.is_empty() {
            let says = ["Also called", "又名"][lang];
            let _ = write!(page, "{says} {}{}\n\n", also.join(", "), [".", "。"][lang]);
        }
        if !example.is_empty() {
            let alt = alt.as_ref().map(|alt| format!("#| fig-alt: \"{}\"\n", quoted(&alt[lang])));
            cell(&mut page, &format!("#| label: ex-{anchor}\n{}", alt.unwrap_or_default()), example);
        }
    }
    page.truncate(page.trim_end().len());
    page + "\n"
}

/// A call in as many lines as a page has room for.
fn folded(call: &str) -> String {
    let inner = call.strip_suffix(')').and_then(|open| open.rsplit_once('('));
    let Some((head, params)) = inner.filter(|_| call.chars().count() > ROOM) else { return call.to_owned() };
    let mut lines = vec![String::from("   ")];
    for param in params.split(", ") {
        let full = lines.last().is_some_and(|line| line.len() + param.len() + 2 > ROOM);
        if full {
            lines.push(String::from("   "));
        }
        let _ = lines.last_mut().map(|line| write!(line, " {param},"));
    }
    let last = lines.join("\n");
    format!("{head}(\n{}\n)", last.trim_end_matches(','))
}

/// How `name` is called, as a line of Python.
fn usage(name: &str) -> String {
    let (owner, own) = name.split_once('.').unwrap_or(("", name));
    let params = |function: &Function| {
        let params = function.params.iter().filter(|param| **param != "self");
        params.copied().collect::<Vec<_>>().join(", ")
    };
    match (owner, signature(name)) {
        ("pipeline", Some(task)) => format!("k.pipeline(\"{own}\", model)({})", params(task)),
        ("Generator" | "Model" | "Tokenizer" | "Scheduler" | "Tensor", Some(method)) => {
            format!("{}.{own}({})", owner.to_lowercase(), params(method))
        }
        ("Generator" | "Model" | "Tokenizer" | "Scheduler" | "Tensor", None) => {
            format!("{}.{own}", owner.to_lowercase())
        }
        ("ops", _) => format!("k.ops.{own}(*inputs, **attributes)"),
        ("schedulers", None) => format!("k.schedulers.{own}(**settings)"),
        ("", None) => format!("{name}(*objects)"),
        ("", Some(function)) if ["check", "control"].contains(&name) => {
            format!("{name}({})", params(function))
        }
        (_, Some(function)) => format!("k.{name}({})", params(function)),
        (_, None) => format!("k.{name}"),
    }
}

/// The function that `name` stands for; `None` for attributes and classes.
fn signature(name: &str) -> Option<&'static Function> {
    named().into_iter().find(|(known, _)| known == name).map(|(_, function)| function)
}

/// Every function that cells can call, by the name that the reference has it under.
fn named() -> Vec<(String, &'static Function)> {
    let single: [&'static Function; 5] =
        [&random::RNG, &model::MODEL, &trace::GRAPH, &pipeline::PIPELINE, &load::LOAD];
    let top = functions::tables().chain(single).chain(proofs::FUNCTIONS);
    let below = |owner: &'static str, table: &'static [Function]| {
        table.iter().map(move |function| (format!("{owner}.{}", function.name), function))
    };
    top.map(|function| (function.name.to_owned(), function))
        .chain(below("Generator", random::METHODS))
        .chain(below("Model", model::METHODS))
        .chain(below("Tokenizer", tokenizer::METHODS))
        .chain(below("Scheduler", schedulers::METHODS))
        .chain(below("schedulers", std::slice::from_ref(&schedulers::GUIDANCE)))
        .chain(plot::all().map(|function| (format!("plot.{}", function.name), function)))
        .chain(pipeline::all().iter().map(|task| (format!("pipeline.{}", task.name), &task.call)))
        .collect()
}

#[cfg(test)]
mod tests;
