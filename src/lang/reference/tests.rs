//! The reference against the functions, and its examples in a session.

#![expect(clippy::disallowed_methods, reason = "the pages of the repository are read")]

use std::collections::BTreeSet;

use super::super::session_tests::{cell, with_session};
use super::*;
use crate::snippet::program::Outcome;

/// Names of `kiln` that are no functions: classes for `isinstance`, dtypes, numbers, parts.
const OTHER: [&str; 25] = [
    "Display",
    "Generator",
    "Model",
    "Pipeline",
    "Record",
    "Scheduler",
    "Tensor",
    "Tokenizer",
    "Traced",
    "bool",
    "e",
    "float32",
    "float64",
    "inf",
    "int32",
    "int64",
    "linalg",
    "nan",
    "newaxis",
    "ops",
    "pi",
    "plot",
    "schedulers",
    "uint8",
    "display",
];

fn documented() -> BTreeSet<String> {
    families().into_iter().flat_map(|family| family.entries).map(|entry| entry.name).collect()
}

#[test]
fn every_function_has_an_entry_and_every_entry_a_function() {
    let documented = documented();
    let missing: Vec<String> =
        named().into_iter().map(|(name, _)| name).filter(|name| !documented.contains(name)).collect();
    assert!(missing.is_empty(), "without an entry: {missing:?}");
    for family in families() {
        assert!(!family.title[1].is_empty() && !family.intro[1].is_empty(), "{}", family.folder);
        for entry in family.entries {
            assert!(entry.text.iter().all(|text| !text.is_empty()), "{} lacks a language", entry.name);
            let bare = ["Tensor.", "Model.", "Tokenizer.", "Scheduler.", "schedulers.", "ops."];
            let known =
                signature(&entry.name).is_some() || bare.iter().any(|owner| entry.name.starts_with(owner));
            assert!(known || entry.name == "display", "there is no {}", entry.name);
        }
    }
}

#[test]
fn what_a_cell_sees_is_documented() {
    with_session(|session| {
        let code = "import kiln as k\nprint(*[n for n in dir(k) if not n.startswith('_')])";
        let Outcome::Done(ran) = session.run_cell(&cell("names", code)) else { panic!("it runs") };
        let text = serde_json::to_value(&ran.outputs).unwrap_or_default().to_string();
        let documented = documented();
        let aliases: BTreeSet<&str> = documented.iter().flat_map(|name| functions::aliases(name)).collect();
        let names = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|n| !n.is_empty());
        for name in names.filter(|name| !["kind", "text", "n"].contains(name)) {
            let known = documented.contains(name) || aliases.contains(name) || OTHER.contains(&name);
            assert!(known, "k.{name} is not documented");
        }
    });
}

#[test]
fn examples_that_need_no_model_run_and_show_something() {
    let with_models = ["models", "pipelines", "schedulers", "operators"];
    with_session(move |session| {
        for family in families().into_iter().filter(|family| !with_models.contains(&family.folder)) {
            session.run_cell(&cell("import", "import kiln as k"));
            for entry in family.entries.iter().filter(|entry| entry.name != "graph") {
                let outcome = session.run_cell(&cell(&format!("ex-{}", entry.name), &entry.example));
                let Outcome::Done(ran) = outcome else { panic!("{}: {outcome:?}", entry.name) };
                assert!(!ran.outputs.is_empty() || !ran.checks.is_empty(), "{} shows nothing", entry.name);
            }
        }
    });
}

#[test]
fn the_pages_of_the_repository_are_these() {
    let content = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    for (path, text) in pages() {
        let found = std::fs::read_to_string(content.join(&path)).unwrap_or_default();
        assert!(found == text, "content/{path} is not what `kiln reference` writes");
    }
}
