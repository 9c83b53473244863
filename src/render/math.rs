//! LaTeX to MathML, which browsers draw without any script.

use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};

use crate::diag::{Diagnostic, Span};

/// The converter of a page: it numbers the page's equations.
#[derive(Debug, Default)]
pub(super) struct Math {
    converter: LatexToMathML,
}

impl Math {
    /// A converter with Kiln's settings.
    pub(super) fn new() -> Self {
        // The settings hold no macros, and macros are all that can be wrong with them.
        Self { converter: LatexToMathML::new(MathCoreConfig::default()).unwrap_or_default() }
    }

    /// The formula `tex` at `span` as HTML.
    ///
    /// # Errors
    /// What is wrong with the formula, at its place.
    pub(super) fn convert(
        &mut self,
        tex: &str,
        display: bool,
        span: Span,
    ) -> Result<String, Box<Diagnostic>> {
        let style = if display { MathDisplay::Block } else { MathDisplay::Inline };
        match self.converter.convert_with_global_state(tex, style) {
            Ok(result) if display => Ok(format!("<div class=\"math-display\">{}</div>", result.mathml)),
            Ok(result) => Ok(result.mathml),
            Err(fault) => {
                // The formula starts after one or two dollar signs.
                let start = span.range().start + if display { 2 } else { 1 };
                let at = Span::new(span.file, start + fault.0.start..start + fault.0.end);
                Err(Box::new(Diagnostic::error(
                    at,
                    format!("this formula cannot be set: {}", fault.error_message()),
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Sources;

    #[test]
    fn formulas_become_mathml() {
        let mut sources = Sources::default();
        let text = "$x^2$ and $$\\foo$$";
        let file = sources.add("a.md", text);
        let mut math = Math::new();
        let html = math.convert("x^2", false, Span::new(file, 0..5)).expect("a formula");
        assert!(html.starts_with("<math") && html.contains("<msup>"), "{html}");
        let fault = math.convert("\\foo", true, Span::new(file, 10..18)).expect_err("no such command");
        assert_eq!(&text[fault.span.expect("a place").range()], "\\foo");
    }
}
