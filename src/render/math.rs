//! LaTeX to MathML, which browsers draw without any script.

mod styled;

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
        match self.set(tex, display) {
            Ok(html) => Ok(html),
            Err((at, message)) => {
                // The formula starts after one or two dollar signs; in a quote the source has more in
                // it than the formula, so the place may only be near.
                let whole = span.range();
                let start = whole.start + if display { 2 } else { 1 };
                let from = (start + at.start).min(whole.end);
                let place = Span::new(span.file, from..(start + at.end).clamp(from, whole.end));
                Err(Box::new(Diagnostic::error(place, message)))
            }
        }
    }

    /// The formula `tex` in a caption of the cell whose label stands at `span`.
    ///
    /// # Errors
    /// What is wrong with the formula.
    pub(super) fn convert_in_caption(&mut self, tex: &str, span: Span) -> Result<String, Box<Diagnostic>> {
        self.set(tex, false)
            .map_err(|(_, message)| Box::new(Diagnostic::error(span, format!("in this caption: {message}"))))
    }

    /// The formula as MathML; else what is wrong with it, and at which of its bytes.
    fn set(&mut self, tex: &str, display: bool) -> Result<String, (std::ops::Range<usize>, String)> {
        if let Some(at) = too_deep(tex) {
            let message = format!("this formula nests too deep: more than {MOST} levels");
            return Err((at..at + 1, message));
        }
        let style = if display { MathDisplay::Block } else { MathDisplay::Inline };
        match self.converter.convert_with_global_state(tex, style) {
            Ok(result) => {
                let set = styled::styled(&result.mathml);
                let long = !display && tex.len() > LONG;
                Ok(if long { format!("<span class=\"formula\">{set}</span>") } else { set })
            }
            Err(fault) => {
                let message = format!("this formula cannot be set: {}", fault.error_message());
                Err((fault.0.clone(), message))
            }
        }
    }
}

/// A longer formula in a line may be wider than a phone: the style sheet lets it scroll there.
const LONG: usize = 32;

/// How many groups and commands of a formula may stand in each other.
const MOST: usize = 200;

/// Where `tex` nests deeper than it may: the converter goes one call deeper for every group, and for
/// every command that takes what comes after it.
fn too_deep(tex: &str) -> Option<usize> {
    let mut open = vec![0];
    let mut sum = 0_usize;
    for (at, byte) in tex.bytes().enumerate() {
        match byte {
            b'{' | b'[' | b'(' => {
                sum += 1;
                open.push(0);
            }
            b'}' | b']' | b')' if open.len() > 1 => sum -= 1 + open.pop().unwrap_or_default(),
            b'\\' | b'^' | b'_' => {
                sum += 1;
                if let Some(commands) = open.last_mut() {
                    *commands += 1;
                }
            }
            // The commands before it have what they take.
            b'0'..=b'9' | b'+' | b'=' | b',' | b'&' => {
                sum -= open.last_mut().map(std::mem::take).unwrap_or_default();
            }
            _ => {}
        }
        if sum > MOST {
            return Some(at);
        }
    }
    None
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

    #[test]
    fn what_nests_without_end_is_refused() {
        for piece in ["{", "\\frac{", "\\sqrt", "\\left(", "\\sqrt[", "x^"] {
            let tex = piece.repeat(5000);
            assert!(Math::new().set(&tex, true).expect_err(piece).1.contains("nests too deep"), "{piece}");
        }
        let matrix =
            "\\begin{pmatrix}".to_owned() + &"\\alpha & \\beta_{ij} \\\\".repeat(300) + "\\end{pmatrix}";
        assert_eq!(too_deep(&matrix), None);
    }
}
