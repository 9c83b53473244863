//! Manifests, good and bad.

use super::*;
use crate::diag::{Diagnostic, Sources};

const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

fn parse(text: &str) -> (Manifest, Vec<Diagnostic>, Sources, FileId) {
    let mut sources = Sources::default();
    let file = sources.add("models.toml", text);
    let parsed = Manifest::parse(text, file);
    (parsed.value, parsed.diagnostics, sources, file)
}

/// A good model, with `edit` applied to its text.
fn model(edit: impl Fn(&str) -> String) -> String {
    edit(&format!(
        "[[model]]\n\
         id = \"a\"\n\
         task = \"other\"\n\
         family = \"cnn\"\n\
         parameters = 1\n\
         license = \"MIT\"\n\
         provenance = \"us\"\n\
         card = \"A model.\"\n\
         \n\
         [[model.file]]\n\
         role = \"graph\"\n\
         name = \"g.onnx\"\n\
         sha256 = \"{ZERO}\"\n\
         size = 5\n\
         sources = [{{ path = \"models/g.onnx\" }}]\n"
    ))
}

/// `from` replaced by `to` in a good model gives one diagnostic at `line:column` with `message`.
#[track_caller]
fn check(from: &str, to: &str, place: &str, message: &str) {
    let text = model(|text| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let (manifest, diagnostics, sources, file) = parse(&text);
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|d| {
            let (line, column) = sources.line_column(file, d.span.unwrap().range().start);
            format!("{line}:{column} {}", d.message)
        })
        .collect();
    assert_eq!(shown, [format!("{place} {message}")], "{text}");
    assert_eq!(manifest.entries().len(), 0, "an entry at fault is left out");
}

#[test]
fn a_good_model_is_read_as_written() {
    let (manifest, diagnostics, ..) = parse(&model(str::to_owned));
    assert_eq!(diagnostics, []);
    let entry = manifest.get("a").unwrap();
    assert_eq!(entry.profile, Profile::Default);
    assert_eq!(entry.size(), 5);
    let file = entry.file(Role::Graph).unwrap();
    assert_eq!(file.origin, FileOrigin::Sources(vec![Source::Path("models/g.onnx".into())]));
}

#[test]
fn shape() {
    check("task = \"other\"\n", "", "1:1", "missing field `task`");
    check("family = \"cnn\"", "familly = \"cnn\"", "4:1", "unknown field `familly`");
    check("parameters = 1", "parameters = \"1\"", "5:14", "invalid type: string \"1\", expected u64");
    check("parameters = 1", "parameters = -1", "5:14", "invalid value: integer `-1`, expected u64");
    check("card = ", "card ", "8:6", "key with no value, expected `=`");
}

#[test]
fn other_tables_are_named() {
    let (_, diagnostics, sources, file) = parse(&model(|text| text.replace("[[model.", "[[models.")));
    let first_two: Vec<&str> = diagnostics.iter().map(|d| d.message.as_str()).collect();
    assert_eq!(first_two, ["the model has no graph", "unknown key `models`"]);
    assert_eq!(sources.line_column(file, diagnostics[1].span.unwrap().range().start), (10, 3));
    assert_eq!(diagnostics[1].hints[0], "did you mean `model`?");
    let (_, diagnostics, ..) = parse("[model]\nid = \"a\"\n");
    assert_eq!(diagnostics[0].message, "`model` is one table");
}

#[test]
fn words() {
    check("\"a\"", "\"A b\"", "2:6", "`A b` cannot be a model id");
    check("\"other\"", "\"text-generatoin\"", "3:8", "unknown task `text-generatoin`");
    check("\"graph\"", "\"grahp\"", "11:8", "unknown role `grahp`");
    check("\"g.onnx\"", "\"../g.onnx\"", "12:8", "`../g.onnx` cannot be a file name");
    check("\"g.onnx\"", "\".g\"", "12:8", "`.g` cannot be a file name");
    check(ZERO, "00", "13:10", "this is not a sha256");
    check("card = ", "profile = \"ful\"\ncard = ", "8:11", "unknown profile `ful`");
    let (_, diagnostics, ..) = parse(&model(|text| text.replace("\"graph\"", "\"grahp\"")));
    assert!(diagnostics[0].hints.contains(&"did you mean `graph`?".to_owned()));
}

#[test]
fn sources_of_every_kind() {
    let source = |to: &str, place: &str, message: &str| {
        check("{ path = \"models/g.onnx\" }", to, place, message);
    };
    source("{ paht = \"g\" }", "15:14", "unknown field `paht`");
    source("{ member = \"g\" }", "15:12", "a source of no known kind");
    source("{ path = \"g\", url = \"https://e.example/g\" }", "15:12", "a source of two kinds");
    source("{ path = \"/g\" }", "15:21", "`/g` is not a path inside an archive or the project");
    source("{ path = \"a/../../g\" }", "15:21", "`a/../../g` is not a path inside an archive or the project");
    source("{ path = \"g\", version = \"1\" }", "15:36", "a `path` source takes no `version`");
    source("{ pypi = \"p\", member = \"m\" }", "15:12", "this `pypi` source has no `version`");
    source("{ pypi = \"--p\", version = \"1\", member = \"m\" }", "15:21", "`--p` is not a package name");
    source("{ npm = \"p\", version = \"^1\", member = \"m\" }", "15:35", "`^1` is not an exact version");
    source(
        "{ npm = \"p\", version = \"1\", member = \"a.zip!../m\" }",
        "15:49",
        "`a.zip!../m` is not a path inside an archive or the project",
    );
    source("{ url = \"http://e.example/g\" }", "15:20", "a `url` source starts with `https://`");
    source(
        "{ hf = \"o/r\", revision = \"main\", file = \"g\" }",
        "15:37",
        "a revision is a full commit id of 40 hex digits",
    );
    check("[{ path = \"models/g.onnx\" }]", "[]", "15:11", "`sources` is empty");
}

#[test]
fn files_of_a_model() {
    let line = format!("sha256 = \"{ZERO}\"\n");
    check(&line, "", "10:1", "the file `g.onnx` has no sha256");
    check(
        "sources = [{ path = \"models/g.onnx\" }]\n",
        "",
        "10:1",
        "the file `g.onnx` has neither `sources` nor `derive`",
    );
    check("\"graph\"", "\"data\"", "1:1", "the model has no graph");
    check("sources =", "derive = \"x\"\nsources =", "15:10", "a file has either `sources` or `derive`");
    check(
        "sources = [{ path = \"models/g.onnx\" }]",
        "derive = \"no-such\"",
        "15:10",
        "unknown converter `no-such`",
    );
    let again = format!(
        "[[model.file]]\nrole = \"graph\"\nname = \"h.onnx\"\nsha256 = \"{ZERO}\"\nsources = [{{ path = \"h\" }}]\n\n[[model.file]]"
    );
    check("[[model.file]]", &again, "17:8", "two files have the role `graph`");
    check(
        "[[model.file]]",
        &again.replace("graph", "data").replace("h.onnx", "g.onnx"),
        "18:8",
        "two files are called `g.onnx`",
    );
}

#[test]
fn an_id_is_used_once() {
    let text = model(str::to_owned).repeat(2);
    let (manifest, diagnostics, sources, file) = parse(&text);
    assert_eq!(manifest.ids().collect::<Vec<_>>(), ["a"]);
    assert_eq!(diagnostics[0].message, "two models are called `a`");
    assert_eq!(sources.line_column(file, diagnostics[0].span.unwrap().range().start).0, 16);
}

#[test]
fn every_model_shows_its_faults_at_once() {
    let bad = model(|text| text.replace("\"other\"", "\"othr\"").replace("\"graph\"", "\"graf\""));
    let text = format!("{bad}{}", model(|text| text.replace("family", "fam")));
    let (_, diagnostics, ..) = parse(&text);
    assert_eq!(diagnostics.len(), 3, "{diagnostics:?}");
}

#[test]
fn only_full_size_models_may_go_without_a_pin() {
    let text = model(|text| {
        text.replace(&format!("sha256 = \"{ZERO}\"\n"), "").replace("card = ", "profile = \"full\"\ncard = ")
    });
    let (manifest, diagnostics, ..) = parse(&text);
    assert_eq!(diagnostics, []);
    let entry = manifest.get("a").unwrap();
    assert_eq!(entry.files[0].sha256, None);
    let known = entry.digest_of(|_| Sha256::parse(ZERO));
    assert_ne!(entry.digest(), known, "what was downloaded counts once it is known");
}

#[test]
fn the_digest_depends_on_bytes_roles_and_names_only() {
    let digest = |edit: &dyn Fn(&str) -> String| parse(&model(edit)).0.get("a").unwrap().digest();
    let plain = digest(&str::to_owned);
    let line = format!("graph g.onnx {ZERO}\n");
    assert_eq!(plain, Sha256::of(line.as_bytes()));
    assert_eq!(plain, digest(&|text| text.replace("A model.", "Another card.")));
    assert_eq!(plain, digest(&|text| text.replace("models/g.onnx", "elsewhere")));
    assert_ne!(plain, digest(&|text| text.replace(ZERO, &ZERO.replace('0', "1"))));
    assert_ne!(plain, digest(&|text| text.replace("\"g.onnx\"", "\"h.onnx\"")));
}

#[test]
fn the_projects_own_manifest_is_sound() {
    let text = include_str!("../../../models.toml");
    let (manifest, diagnostics, ..) = parse(text);
    assert_eq!(diagnostics, []);
    for id in ["minilm", "bge-small-zh", "minimind2-small", "stories15m", "terrain-unet", "mobilenetv2"] {
        let entry = manifest.get(id).unwrap();
        assert_eq!(entry.profile, Profile::Default);
        assert!(entry.files.iter().all(|file| file.sha256.is_some()));
    }
    assert!(manifest.entries().iter().filter(|entry| entry.profile == Profile::Full).count() >= 10);
}
