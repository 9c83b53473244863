//! The front matter of a page: TOML between two lines `+++` at its top.

use crate::diag::{Diagnostic, FileId, Parsed, Span, toml_fault};

use super::page::FrontMatter;

const FENCE: &str = "+++";

/// The front matter of `text` and the offset at which the body starts.
pub fn parse(text: &str, file: FileId) -> Parsed<(FrontMatter, usize)> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut lines = Lines { text, at: start };
    let first = lines.next().unwrap_or("");
    if first.trim_end() == "---" && lines.next().is_some_and(is_yaml_key) {
        let fault =
            Diagnostic::error(Span::new(file, start..start + 3), "the front matter is YAML, not TOML")
                .hint("write it as `key = \"value\"` lines between two lines `+++`");
        return Parsed { value: (FrontMatter::default(), start), diagnostics: vec![fault] };
    }
    if first.trim_end() != FENCE {
        return Parsed { value: (FrontMatter::default(), start), diagnostics: misplaced(text, start, file) };
    }
    let from = lines.at;
    loop {
        let to = lines.at;
        match lines.next() {
            Some(line) if line.trim_end() == FENCE => {
                let body = lines.at;
                return match toml::from_str::<FrontMatter>(&text[from..to]) {
                    Ok(mut front) => {
                        // A blank title names nothing: the first heading does.
                        front.title = front.title.filter(|title| !title.trim().is_empty());
                        Parsed::clean((front, body))
                    }
                    Err(error) => {
                        let fault = moved(toml_fault(&error, file), from);
                        Parsed { value: (FrontMatter::default(), body), diagnostics: vec![fault] }
                    }
                };
            }
            Some(_) => {}
            None => {
                let fault =
                    Diagnostic::error(Span::new(file, start..start + 3), "the front matter is never closed")
                        .hint("end it with a line `+++`");
                return Parsed { value: (FrontMatter::default(), text.len()), diagnostics: vec![fault] };
            }
        }
    }
}

/// Whether a line could follow the `---` of YAML front matter; after a thematic break it could not.
fn is_yaml_key(line: &str) -> bool {
    let key = line.split_once(':').map_or("", |(key, _)| key);
    !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The fault of front matter that has blank lines before it, and so would be shown as text.
fn misplaced(text: &str, start: usize, file: FileId) -> Vec<Diagnostic> {
    let body = text[start..].trim_start();
    let at = text.len() - body.len();
    if at == start || body.lines().next().map(str::trim_end) != Some(FENCE) {
        return Vec::new();
    }
    let fault = Diagnostic::error(Span::new(file, at..at + FENCE.len()), "the front matter starts too late");
    vec![fault.hint("put its first line `+++` on the first line of the file")]
}

/// A fault whose place counts from `by` instead of from the start of the file.
fn moved(mut fault: Diagnostic, by: usize) -> Diagnostic {
    fault.span = fault.span.map(|span| {
        let range = span.range();
        Span::new(span.file, range.start + by..range.end + by)
    });
    fault
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
        let parsed = parse(text, file);
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
        check("---\ntitle: A\n---\n", None, "---\ntitle: A\n---\n", &["1:1 the front matter is YAML"]);
    }
}
