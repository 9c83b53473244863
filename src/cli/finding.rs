//! What a command finds in the author's files, in the languages of other tools: GitHub's workflow commands
//! and SARIF 2.1.0.

use serde_json::{Value, json};

use crate::diag::{Cause, Diagnostic, Severity, Sources, Span};

use super::report;

/// Something found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    /// What sort of thing it is.
    pub(super) rule: Rule,
    /// Whether it has to be mended.
    pub(super) is_error: bool,
    /// What it is, in one line.
    pub(super) message: String,
    /// Where it is.
    pub(super) place: Option<Place>,
}

/// Sorts of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A fault in what the author wrote.
    Author,
    /// A cell without a bake.
    MissingBake,
    /// A cell that shows something else than was locked.
    Drift,
    /// A cell whose lock is not of what stands in the page.
    Stale,
}

impl Rule {
    const ALL: [Self; 4] = [Self::Author, Self::MissingBake, Self::Drift, Self::Stale];

    fn id(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::MissingBake => "missing-bake",
            Self::Drift => "drift",
            Self::Stale => "stale",
        }
    }

    fn about(self) -> &'static str {
        match self {
            Self::Author => "What the author wrote has a fault",
            Self::MissingBake => "A cell has no bake",
            Self::Drift => "A cell shows something else than was locked",
            Self::Stale => "A cell has changed since it was locked",
        }
    }
}

/// A place in a file, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl Place {
    /// The place of `span`.
    pub(super) fn of(span: Span, sources: &Sources) -> Self {
        let (line, column) = sources.line_column(span.file, span.start as usize);
        let (end_line, end_column) = sources.line_column(span.file, span.end as usize);
        let file = sources.path(span.file).to_string_lossy().replace('\\', "/");
        Self { file, line, column, end_line, end_column }
    }
}

/// `diagnostics` as findings.
pub(super) fn of(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<Finding> {
    let one = |diagnostic: &Diagnostic| {
        let hints = diagnostic.hints.iter().map(|hint| format!("; {hint}")).collect::<String>();
        Finding {
            rule: match diagnostic.cause {
                Cause::Text | Cause::MissingAlt => Rule::Author,
                Cause::MissingBake => Rule::MissingBake,
            },
            is_error: diagnostic.severity == Severity::Error,
            message: format!("{}{hints}", diagnostic.message),
            place: diagnostic.span.map(|span| Place::of(span, sources)),
        }
    };
    diagnostics.iter().map(one).collect()
}

/// Prints `findings` as workflow commands: annotations of the lines of a pull request.
pub(super) fn github(findings: &[Finding]) {
    findings.iter().for_each(|finding| report::line(&command(finding)));
}

fn command(finding: &Finding) -> String {
    let level = if finding.is_error { "error" } else { "warning" };
    let title = format!("title=kiln: {}", finding.rule.id());
    let properties = match &finding.place {
        None => title,
        Some(Place { file, line, column, end_line, .. }) => {
            format!("file={},line={line},endLine={end_line},col={column},{title}", property(file))
        }
    };
    format!("::{level} {properties}::{}", data(&finding.message))
}

/// Text as GitHub's runner reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Prints `findings` as a SARIF log.
pub(super) fn sarif(findings: &[Finding]) {
    report::line(&format!("{:#}", log(findings)));
}

fn log(findings: &[Finding]) -> Value {
    let rules =
        Rule::ALL.map(|rule| json!({ "id": rule.id(), "shortDescription": { "text": rule.about() } }));
    let result = |finding: &Finding| {
        let location = |place: &Place| {
            json!([{ "physicalLocation": {
                "artifactLocation": { "uri": place.file, "uriBaseId": "%SRCROOT%" },
                "region": {
                    "startLine": place.line, "startColumn": place.column,
                    "endLine": place.end_line, "endColumn": place.end_column.max(1),
                },
            }}])
        };
        json!({
            "ruleId": finding.rule.id(),
            "level": if finding.is_error { "error" } else { "warning" },
            "message": { "text": finding.message },
            "locations": finding.place.as_ref().map_or(json!([]), location),
        })
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "kiln",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding() -> Finding {
        let place =
            Place { file: "content/a,b/a.en.md".into(), line: 3, column: 4, end_line: 3, end_column: 9 };
        Finding { rule: Rule::Drift, is_error: true, message: "100 %\nof it".into(), place: Some(place) }
    }

    #[test]
    fn annotations_are_escaped() {
        assert_eq!(
            command(&finding()),
            "::error file=content/a%2Cb/a.en.md,line=3,endLine=3,col=4,title=kiln: drift::100 %25%0Aof it"
        );
        let nowhere = Finding { place: None, is_error: false, rule: Rule::Author, ..finding() };
        assert_eq!(command(&nowhere), "::warning title=kiln: author::100 %25%0Aof it");
    }

    #[test]
    fn a_log_has_rules_and_places() {
        let log = log(&[finding()]);
        let result = &log["runs"][0]["results"][0];
        assert_eq!(result["ruleId"], "drift");
        assert_eq!(result["locations"][0]["physicalLocation"]["region"]["endColumn"], 9);
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][2]["id"], "drift");
    }
}
