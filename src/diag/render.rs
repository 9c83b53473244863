//! Draws a diagnostic: `error: …`, the place as `path:line:column`, the source line, a caret, hints.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use super::{Diagnostic, Severity, Sources, Span};

/// Whether the drawing uses terminal colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Plain text, for pipes and files.
    Plain,
    /// ANSI colours, for terminals.
    Coloured,
}

/// `diagnostic` as text for a person, without a line break at the end.
pub fn render(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(diagnostic.message.as_str());
    let mut group = match diagnostic.span {
        None => Group::with_title(title),
        Some(span) => {
            let mut snippet =
                snippet(span, sources).annotation(AnnotationKind::Primary.span(visible(span, sources)));
            for (at, note) in diagnostic.related.iter().filter(|(at, _)| at.file == span.file) {
                snippet = snippet
                    .annotation(AnnotationKind::Context.span(visible(*at, sources)).label(note.as_str()));
            }
            title.element(snippet)
        }
    };
    for (at, note) in &diagnostic.related {
        if diagnostic.span.is_none_or(|span| span.file != at.file) {
            let annotation = AnnotationKind::Context.span(visible(*at, sources)).label(note.as_str());
            group = group.element(snippet(*at, sources).annotation(annotation));
        }
    }
    for hint in &diagnostic.hints {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    let renderer = match style {
        Style::Plain => Renderer::plain(),
        Style::Coloured => Renderer::styled(),
    };
    renderer.decor_style(DecorStyle::Ascii).render(&[group])
}

fn snippet(span: Span, sources: &Sources) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let file = sources.file(span.file);
    Snippet::source(&*file.text).path(file.path.to_string_lossy().into_owned())
}

/// The span inside its text, on character boundaries: a caret can always be drawn.
fn visible(span: Span, sources: &Sources) -> std::ops::Range<usize> {
    let text = sources.text(span.file);
    let floor = |at: usize| (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
    let (start, end) = (floor(span.range().start), floor(span.range().end));
    start..end.max(start)
}
