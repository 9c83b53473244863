//! The front matter of a page: TOML between two lines `+++` at its top, or YAML between two lines `---`.

mod read;

use crate::diag::{Diagnostic, FileId, Parsed, Span};

use super::layout::Layout;
use super::page::FrontMatter;

/// What front matter stands between.
const TOML: &str = "+++";
const YAML: &str = "---";

/// The front matter of `text` and the offset at which the body starts.
pub fn parse(text: &str, file: FileId, layout: Layout) -> Parsed<(FrontMatter, usize)> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut lines = Lines { text, at: start };
    let fence = match lines.next().unwrap_or("").trim_end() {
        TOML => TOML,
        YAML if Lines { ..lines }.next().is_some_and(is_yaml) => YAML,
        _ => {
            return Parsed {
                value: (FrontMatter::default(), start),
                diagnostics: misplaced(text, start, file),
            };
        }
    };
    let from = lines.at;
    loop {
        let to = lines.at;
        match lines.next() {
            Some(line) if line.trim_end() == fence => {
                let body = lines.at;
                let read = match fence {
                    TOML => read::toml(&text[from..to], layout),
                    _ => read::yaml(&text[from..to], layout),
                };
                let (mut front, diagnostics) = match read {
                    Ok(front) => (front, Vec::new()),
                    Err(fault) => {
                        let span = Span::new(file, from + fault.place.start..from + fault.place.end);
                        (FrontMatter::default(), vec![fault.told(span)])
                    }
                };
                // A blank title names nothing: the first heading does.
                front.title = front.title.filter(|title| !title.trim().is_empty());
                return Parsed { value: (front, body), diagnostics };
            }
            Some(_) => {}
            None => {
                let fault =
                    Diagnostic::error(Span::new(file, start..start + 3), "the front matter is never closed")
                        .hint(format!("end it with a line `{fence}`"));
                return Parsed { value: (FrontMatter::default(), text.len()), diagnostics: vec![fault] };
            }
        }
    }
}

/// Whether a line could follow the `---` of YAML front matter; after a thematic break it could not.
fn is_yaml(line: &str) -> bool {
    if line.starts_with('#') || line.trim_end() == YAML {
        return true;
    }
    let key = line.split_once(':').map_or("", |(key, _)| key);
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The fault of front matter that has blank lines before it, and so would be shown as text.
fn misplaced(text: &str, start: usize, file: FileId) -> Vec<Diagnostic> {
    let body = text[start..].trim_start();
    let at = text.len() - body.len();
    if at == start || body.lines().next().map(str::trim_end) != Some(TOML) {
        return Vec::new();
    }
    let fault = Diagnostic::error(Span::new(file, at..at + TOML.len()), "the front matter starts too late");
    vec![fault.hint("put its first line `+++` on the first line of the file")]
}

/// Lines with their line breaks, and how far they reach.
struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let length = rest.find('\n').map_or(rest.len(), |newline| newline + 1);
        self.at += length;
        Some(&rest[..length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sources;

    /// Title, first byte of the body, and faults as `line:column message`.
    #[track_caller]
    fn check(text: &str, title: Option<&str>, body: &str, faults: &[&str]) {
        let mut sources = Sources::default();
        let file = sources.add("a.md", text);
        let parsed = parse(text, file, Layout::Kiln);
        let (front, start) = parsed.value;
        assert_eq!(front.title.as_deref(), title);
        assert_eq!(&text[start..], body);
        let found: Vec<String> = parsed
            .diagnostics
            .iter()
            .map(|d| {
                let (line, column) = sources.line_column(file, d.span.expect("a place").start as usize);
                format!("{line}:{column} {}", d.message.lines().next().unwrap_or(""))
            })
            .collect();
        assert_eq!(found.len(), faults.len(), "{found:?}");
        for (found, expect) in found.iter().zip(faults) {
            assert!(found.starts_with(expect), "{found:?} is not {expect:?}");
        }
    }

    #[test]
    fn toml_between_plus_signs() {
        check("+++\ntitle = \"A\"\n+++\nBody\n", Some("A"), "Body\n", &[]);
        check("\u{feff}+++\r\ntitle = \"A\"\r\n+++\r\nBody", Some("A"), "Body", &[]);
        check("+++\ntitle = \" \"\n+++\n# H\n", None, "# H\n", &[]);
        check("Body", None, "Body", &[]);
        check("---\n\nAfter a line.\n", None, "---\n\nAfter a line.\n", &[]);
        check("", None, "", &[]);
    }

    #[test]
    fn faults_have_their_place_in_the_file() {
        check("+++\ntitle = \n+++\nBody", None, "Body", &["2:"]);
        check("+++\nweight = 1\ntitel = \"A\"\n+++\n", None, "", &["3:1 unknown field `titel`"]);
        check("+++\ntitle = \"A\"\n", None, "", &["1:1 the front matter is never closed"]);
        check("\n+++\n+++\n", None, "\n+++\n+++\n", &["2:1 the front matter starts too late"]);
        check("+++\nweight = \"a\"\n+++\n", None, "", &["2:10 invalid type"]);
    }

    #[test]
    fn yaml_between_dashes() {
        check("---\ntitle: A\nweight: 2\nrelations:\n  is-a: [b]\n---\nBody\n", Some("A"), "Body\n", &[]);
        check("---\ntitle: \"A: b\"\n# a comment\n---\n", Some("A: b"), "", &[]);
        check("---\ntitle: A\ntitel: B\n---\n", None, "", &["3:1 unknown field `titel`"]);
        check("---\ntitle: [a\n---\nx", None, "x", &["2:"]);
        check("---\nweight: a\n---\n", None, "", &["2:1 invalid type"]);
        check("---\ntitle: A\n", None, "", &["1:1 the front matter is never closed"]);
    }

    #[test]
    fn keys_of_other_generators_are_passed_over() {
        let read = |text: &str, layout| {
            let file = Sources::default().add("a.md", text);
            let parsed = parse(text, file, layout);
            (parsed.value.0.title, parsed.diagnostics.len())
        };
        let zola = "+++\ntitle = \"A\"\ndate = 2024-01-02\n[taxonomies]\ntags = [\"x\"]\n+++\n";
        assert_eq!(read(zola, Layout::Zola), (Some("A".into()), 0));
        assert_eq!(read(zola, Layout::Kiln).1, 1);
        assert_eq!(read("+++\ntitel = \"A\"\n+++\n", Layout::Zola).1, 1);
        let hugo = "---\ntitle: A\ndate: 2024-01-02T03:04:05Z\nmenu:\n  main:\n    weight: 1\ncascade:\n- a: b\n---\n";
        assert_eq!(read(hugo, Layout::Hugo), (Some("A".into()), 0));
    }
}
