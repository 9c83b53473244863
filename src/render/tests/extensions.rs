//! Every extension of Markdown, as a page shows it: an input and its snapshot each, in
//! `tests/cases/markdown/`.

#![expect(clippy::disallowed_methods, reason = "the cases are read from disk")]

use std::path::Path;

use super::*;

const GLOSSARY: &str = "[[term]]\nid = \"cnn\"\nname = { en = \"convolutional network\", zh = \"卷积神经网络\" }\nabbr = [\"CNN\"]\ndefinition = { en = \"Slides *filters* of $k^2$.\", zh = \"滑动卷积核。\" }\n\n[[term]]\nid = \"state\"\nauto = false\nname = { en = [\"state\", \"action\"], zh = \"状态\" }\ndefinition = { en = \"Where an agent is.\", zh = \"状。\" }\n";
const BIBLIOGRAPHY: &str = "@misc{vaswani2017, author = {Vaswani, Ashish and Shazeer, Noam and Parmar, Niki}, title = {{Attention}}, year = {2017}}\n@misc{kaplan2020, author = {Kaplan, Jared}, title = {{Laws}}, year = {2020}}";
const CODE: &str =
    "// one\n// two\n// three\nfn main() {}\n// ANCHOR: here\nfn here() {}\n// ANCHOR_END: here\n";

/// The body of the page made from `text`, and what is said about it.
fn body(text: &str) -> String {
    let built = build(&Site {
        pages: &[
            ("_index.en.md", "# Home"),
            ("a.en.md", text),
            ("b.en.md", "# Second page\n\n## Two\n"),
            ("s/_index.en.md", "# S"),
            ("s/c.en.md", "# Third page"),
            ("g.en.md", "# Glossary\n\n{{< glossary >}}"),
        ],
        glossary: GLOSSARY,
        bibliography: BIBLIOGRAPHY,
        assets: &[("cat.png", b"")],
        templates: &[
            ("chapter.html", "{{ page.content | safe }}"),
            (
                "shortcodes/badge.html",
                "<b class=\"badge {{ args.kind }}\">{{ words[0] | default(value=\"\") }}</b>\n",
            ),
        ],
        files: &[
            ("content/_part.md", "A *part* with a [link](#part).\n\n## Part\n"),
            ("content/code/main.rs", CODE),
        ],
        ..Site::default()
    });
    let page = built.page("en/a/index.html");
    super::markup::tags(page);
    match built.faults.is_empty() {
        true => page.to_owned(),
        false => format!("{page}\n--- faults\n{}", built.faults.join("\n")),
    }
}

#[test]
fn every_extension_has_its_snapshot() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/markdown");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the cases")
        .filter_map(|entry| {
            Some(entry.expect("an entry").file_name().to_str()?.strip_suffix(".md")?.to_owned())
        })
        .collect();
    names.sort();
    assert!(names.len() >= 20, "{names:?}");
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for name in names {
            let text = std::fs::read_to_string(folder.join(format!("{name}.md"))).expect("a case");
            insta::assert_snapshot!(name, body(&text));
        }
    });
}
