//! The examples of the CommonMark specification, 0.31.2, every one: what is read with the extensions
//! off is CommonMark.

#![expect(clippy::disallowed_methods, reason = "the specification's examples are read from disk")]

use serde::Deserialize;

use super::super::*;
use crate::content::html::escape;
use crate::diag::Sources;

#[derive(Deserialize)]
struct Example {
    example: usize,
    section: String,
    markdown: String,
    html: String,
}

/// What the writer leaves to the renderer, as the specification writes it.
fn finished(pieces: &[Piece]) -> String {
    let title = |title: &str| match title {
        "" => String::new(),
        title => format!(" title=\"{}\"", escape(title)),
    };
    let html = |piece: &Piece| match piece {
        Piece::Html(html) => html.clone(),
        Piece::Link { to, title: words, .. } => format!("<a href=\"{}\"{}>", escape(to), title(words)),
        Piece::Image { to, alt, title: words, .. } => {
            format!("<img src=\"{}\" alt=\"{}\"{} />", escape(to), escape(alt), title(words))
        }
        Piece::Code { lang, text, .. } if lang.is_empty() => {
            format!("<pre><code>{}</code></pre>\n", escape(text))
        }
        Piece::Code { lang, text, .. } => {
            format!("<pre><code class=\"language-{}\">{}</code></pre>\n", escape(lang), escape(text))
        }
        other => panic!("CommonMark has no {other:?}"),
    };
    pieces.iter().map(html).collect()
}

/// HTML without what makes no difference: how quotation marks and addresses are escaped, how empty
/// elements end, line breaks beside the tags of blocks.
fn normal(html: &str) -> String {
    let blocks = ["p", "li", "ul", "ol", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "pre"];
    let mut out = String::new();
    for (index, part) in html.split("<pre>").enumerate() {
        let (code, prose) = match (index, part.split_once("</pre>")) {
            (0, _) | (_, None) => ("", part),
            (_, Some((code, prose))) => (code, prose),
        };
        if index > 0 {
            out.push_str("<pre>");
        }
        out.push_str(code);
        let mut prose = prose.to_owned();
        for block in blocks {
            for tag in [format!("<{block}>"), format!("</{block}>"), format!("<{block} />")] {
                prose = prose.replace(&format!("\n{tag}"), &tag).replace(&format!("{tag}\n"), &tag);
            }
        }
        out.push_str(prose.trim_matches('\n'));
    }
    let out = out.replace(" />", ">").replace("&quot;", "\"").replace("&#39;", "'");
    decoded(&out)
}

/// `text` with the percent signs of addresses read.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).filter(|_| *first == b'%').and_then(|pair| std::str::from_utf8(pair).ok());
        match pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()) {
            Some(byte) => {
                // What would be markup in an attribute is escaped there.
                bytes.extend(
                    escape(&char::from(byte).to_string())
                        .replace("&quot;", "\"")
                        .replace("&#39;", "'")
                        .bytes()
                        .filter(|_| byte < 128),
                );
                bytes.extend((byte >= 128).then_some(byte));
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn every_example_of_the_specification_holds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/commonmark/spec.json");
    let text = std::fs::read_to_string(path).expect("the specification's examples");
    let examples: Vec<Example> = serde_json::from_str(&text).expect("a list of examples");
    assert_eq!(examples.len(), 652);
    let reading = Reading { dialect: Dialect::COMMONMARK, ..Reading::default() };
    let mut wrong = Vec::new();
    for example in &examples {
        let mut sources = Sources::default();
        let file = sources.add("spec.md", example.markdown.as_str());
        let body = parse(&example.markdown, 0, file, &reading).value;
        let (made, expect) = (normal(&finished(&body.pieces)), normal(&example.html));
        if made != expect {
            let Example { example, section, markdown, .. } = example;
            wrong
                .push(format!("{example} ({section}): {markdown:?}\n  made   {made:?}\n  expect {expect:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of 652 examples differ:\n{}", wrong.len(), wrong.join("\n"));
}
