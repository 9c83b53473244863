//! Which room of the house may use which: the arrows of ARCHITECTURE.md, checked.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Each room and the rooms it may use. A room may always use itself, `crate::Error` and `crate::Result`.
const ARROWS: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("tensor", &["diag"]),
    ("interrupt", &[]),
    ("config", &["content", "diag", "snippet"]),
    ("content", &["diag", "snippet"]),
    ("snippet", &["cache", "content", "diag", "runtime"]),
    ("cache", &[]),
    ("onnx", &["tensor"]),
    ("models", &["diag", "interrupt", "onnx", "snippet", "config"]),
    ("external", &["interrupt", "models"]),
    ("runtime", &["diag", "interrupt", "lang", "models", "onnx", "snippet", "tensor"]),
    ("lang", &["diag", "onnx", "snippet", "tensor"]),
    ("render", &["config", "content", "diag", "search", "snippet", "write"]),
    ("search", &[]),
    ("write", &["interrupt"]),
    ("serve", &["build", "diag", "interrupt", "write"]),
    (
        "build",
        &[
            "cache",
            "config",
            "content",
            "diag",
            "external",
            "interrupt",
            "models",
            "render",
            "runtime",
            "snippet",
            "write",
        ],
    ),
    (
        "cli",
        &[
            "build",
            "cache",
            "config",
            "content",
            "diag",
            "interrupt",
            "lang",
            "models",
            "runtime",
            "serve",
            "snippet",
            "write",
        ],
    ),
    ("error", &[]),
    ("lib", &["build"]),
    ("main", &["cli"]),
];

#[test]
fn rooms_use_only_what_they_may() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = String::new();
    for entry in walkdir::WalkDir::new(&source).sort_by_file_name() {
        let entry = entry.expect("the sources can be walked");
        let path = entry.path().strip_prefix(&source).expect("below src");
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let room = path.iter().next().and_then(|first| first.to_str()).unwrap_or("").trim_end_matches(".rs");
        let Some(allowed) = arrows.get(room) else {
            writeln!(wrong, "src/{}: the room {room} has no arrows", path.display()).expect("a string");
            continue;
        };
        let text = std::fs::read_to_string(entry.path()).expect("a source file");
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            for used in line.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
                if !used.is_empty()
                    && used != room
                    && arrows.contains_key(used.as_str())
                    && !allowed.contains(&used.as_str())
                {
                    writeln!(wrong, "src/{}:{}: {room} may not use {used}", path.display(), number + 1)
                        .expect("a string");
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
