//! The version of what cells compute with is in every key. People raise it, as no machine knows whether a
//! change of code is one of values; but no such change goes by without the question.

use std::collections::BTreeMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::project::repository;

/// What a cell's values come from, and what it shows is made of.
const CODE: [&str; 9] = [
    "src/lang",
    "src/onnx",
    "src/runtime",
    "src/snippet/diagram.rs",
    "src/snippet/figure.rs",
    "src/snippet/output.rs",
    "src/snippet/overlay.rs",
    "src/snippet/raw.rs",
    "src/tensor",
];
/// The parts of them that no value goes through.
const APART: [&str; 4] =
    ["src/lang/reference", "src/runtime/library", "src/runtime/processor", "src/runtime/worker"];
/// The packages that values come from, too.
const PACKAGES: [&str; 7] = ["half", "minijinja", "ndarray", "ort", "png", "rustpython-", "tokenizers"];

/// What the code was when somebody last said which version it is.
const RECORD: &str = "tests/it/library.txt";

/// The version, then a digest of each file and the version of each package.
fn record() -> String {
    let mut lines = BTreeMap::new();
    for code in CODE {
        for entry in walkdir::WalkDir::new(repository().join(code)) {
            let entry = entry.expect("the sources can be walked");
            let path = entry.path().strip_prefix(repository()).expect("below");
            let is_test = path.components().any(|part| {
                let name = part.as_os_str().to_string_lossy();
                name == "tests"
                    || name == "tests.rs"
                    || name.ends_with("_tests")
                    || name.ends_with("_tests.rs")
            });
            let is_apart = APART.iter().any(|apart| path.with_extension("").starts_with(apart));
            if path.extension().is_none_or(|extension| extension != "rs") || is_test || is_apart {
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).expect("a source file");
            lines.insert(path.to_string_lossy().replace('\\', "/"), digest(&text));
        }
    }
    let packages: toml::Table =
        toml::from_str(&std::fs::read_to_string(repository().join("Cargo.lock")).expect("a lock"))
            .expect("TOML");
    for package in packages["package"].as_array().expect("packages") {
        let (name, version) =
            (package["name"].as_str().expect("a name"), package["version"].as_str().expect("a version"));
        if PACKAGES
            .iter()
            .any(|wanted| name == *wanted || (wanted.ends_with('-') && name.starts_with(wanted)))
        {
            lines.insert(format!("{name} {version}"), "package".to_owned());
        }
    }
    let lines: String = lines.iter().map(|(name, digest)| format!("{digest} {name}\n")).collect();
    format!("version {}\n{lines}", kiln::runtime::LIBRARY)
}

/// A digest of the tokens of `text`, without comments, layout and tests.
fn digest(text: &str) -> String {
    let tokens: TokenStream = text.parse().expect("Rust");
    let mut hasher = blake3::Hasher::new();
    take(tokens, &mut hasher);
    hasher.finalize().to_hex()[..16].to_owned()
}

fn take(tokens: TokenStream, hasher: &mut blake3::Hasher) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        if matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '#') {
            // `#[…]` or `#![…]`.
            let inner =
                tokens.next_if(|next| matches!(next, TokenTree::Punct(mark) if mark.as_char() == '!'));
            let Some(TokenTree::Group(attribute)) = tokens.next() else { continue };
            let attribute = attribute.stream().to_string();
            if attribute.starts_with("doc ") {
                continue;
            }
            if inner.is_none() && attribute.replace(' ', "") == "cfg(test)" {
                // The item that follows: up to its braces or its semicolon.
                let ends = |token: &TokenTree| match token {
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    TokenTree::Punct(mark) => mark.as_char() == ';',
                    _ => false,
                };
                while tokens.next().is_some_and(|token| !ends(&token)) {}
                continue;
            }
            hasher.update(attribute.as_bytes());
            continue;
        }
        match token {
            TokenTree::Group(group) => {
                hasher.update(format!("{:?}", group.delimiter()).as_bytes());
                take(group.stream(), hasher);
                hasher.update(b"end");
            }
            other => {
                hasher.update(other.to_string().as_bytes());
                hasher.update(b" ");
            }
        }
    }
}

#[test]
fn a_change_of_what_cells_compute_with_is_judged() {
    let (now, path) = (record(), repository().join(RECORD));
    if std::env::var_os("KILN_UPDATE").is_some() {
        std::fs::write(&path, &now).expect("written");
    }
    let was = std::fs::read_to_string(&path).unwrap_or_default();
    let changed: Vec<&str> = now.lines().filter(|line| was.lines().all(|old| old != *line)).collect();
    assert!(
        was == now,
        "what cells compute with has changed:\n{}\n\
         If any cell may come to another value or show something else for it, raise `LIBRARY` in src/runtime/mod.rs.\n\
         Either way run `KILN_UPDATE=1 cargo test --release --test it library` and commit {RECORD}.",
        changed.join("\n")
    );
}

#[test]
fn comments_layout_and_tests_are_no_change() {
    let code = "//! A room.\n\n/// Adds.\npub fn add(a: u8) -> u8 {\n    a + 1 // one\n}\n";
    let same =
        "pub fn add(a: u8) -> u8 { a + 1 }\n#[cfg(test)]\nmod tests;\n#[cfg(test)] mod more { fn f() {} }";
    assert_eq!(digest(code), digest(same));
    assert_ne!(digest(code), digest("pub fn add(a: u8) -> u8 { a + 2 }"));
    assert_ne!(digest(code), digest("#[inline] pub fn add(a: u8) -> u8 { a + 1 }"));
}
