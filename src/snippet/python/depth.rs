//! How deep a text of Python nests. The parser, and whoever walks the tree that it makes, goes one
//! call deeper for every bracket and operator: a text that goes on and on would end the build.
//!
//! The text is read here without being parsed. Brackets and the operators since the last comma or
//! line count; the count may be too high by a few, which no text that a person writes comes near.

use std::ops::Range;

/// How many brackets and operators may be open at once.
pub(super) const MOST: usize = 600;

/// How many blocks may stand in each other, as in CPython.
pub(super) const BLOCKS: usize = 100;

/// Words that open something as an operator does.
const OPERATORS: [&str; 12] =
    ["and", "await", "else", "for", "from", "if", "in", "is", "lambda", "not", "or", "yield"];

/// Where `code` nests deeper than it may.
pub(super) fn too_deep(code: &str) -> Option<Range<usize>> {
    let bytes = code.as_bytes();
    // For each bracket that is open the operators since its last comma; the lowest is no bracket.
    let (mut open, mut sum) = (vec![0], 0);
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        let top = open.len() - 1;
        let mut operators = 0;
        match byte {
            b'#' => at += code[at..].find('\n').unwrap_or(code.len() - at),
            b'\'' | b'"' => at = after_string(bytes, start),
            b'\\' => at += usize::from(bytes.get(at) == Some(&b'\n')),
            b'(' | b'[' | b'{' => {
                sum += 1;
                open.push(0);
            }
            b')' | b']' | b'}' if top > 0 => {
                sum -= 1 + open.pop().unwrap_or_default();
                // What was called or indexed hangs below what is made of it.
                operators = 1;
            }
            b',' | b';' => sum -= std::mem::take(&mut open[top]),
            b'\n' if top == 0 => {
                sum -= std::mem::take(&mut open[0]);
                if within(&mut blocks, &code[at..]) > BLOCKS {
                    return Some(at..at + 1);
                }
            }
            b'+' | b'-' | b'*' | b'/' | b'%' | b'~' | b'^' | b'&' | b'|' | b'<' | b'>' | b'=' | b'!'
            | b'@' | b'.' | b':' => operators = 1,
            _ if byte == b'_' || !byte.is_ascii() || byte.is_ascii_alphanumeric() => {
                let word = |b: &u8| *b == b'_' || !b.is_ascii() || b.is_ascii_alphanumeric();
                at += bytes[at..].iter().take_while(|byte| word(byte)).count();
                operators = usize::from(OPERATORS.contains(&&code[start..at]));
            }
            _ => {}
        }
        if let Some(count) = open.last_mut() {
            *count += operators;
        }
        sum += operators;
        if sum > MOST {
            return Some(start..at);
        }
    }
    None
}

/// How many blocks the line at the start of `rest` stands in; `blocks` holds their indentations.
fn within(blocks: &mut Vec<usize>, rest: &str) -> usize {
    let indent = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    if !rest[indent..].starts_with(['\n', '\r', '#']) {
        while blocks.last().is_some_and(|outer| *outer >= indent) {
            blocks.pop();
        }
        if indent > 0 {
            blocks.push(indent);
        }
    }
    blocks.len()
}

/// The first byte after the string that opens at `start`.
fn after_string(bytes: &[u8], start: usize) -> usize {
    let quote = bytes[start];
    let long = bytes[start..].starts_with(&[quote; 3]);
    let end: &[u8] = if long { &[quote; 3] } else { &[quote] };
    let mut at = start + end.len();
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'\n' if !long => return at,
            _ if bytes[at..].starts_with(end) => return at + end.len(),
            _ => at += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_not_deep() {
        let table = "x = [\n".to_owned()
            + &"    [0.5, -1.5, f(a)(b)[0].c, 'it''s', {'a': -1}],\n".repeat(5000)
            + "]\n";
        let blocks =
            (0..99).fold(String::new(), |code, n| code + &" ".repeat(n) + "if x:\n") + &" ".repeat(99);
        let lines = "x = -1 + 2 * (3 - 4) # ((((((\ns = '((((((' \"[[[[\" '''\n(((\n'''\n".repeat(1000);
        let sum = "1 + ".repeat(400) + "1";
        for code in ["", table.as_str(), &(blocks + "pass"), &lines, &sum] {
            assert_eq!(too_deep(code), None);
        }
    }

    #[test]
    fn what_nests_without_end_is_found() {
        for piece in [
            "(",
            "[",
            "{",
            "-",
            "not ",
            "lambda: ",
            "f'{",
            "1**",
            "1 if 1 else ",
            "f(",
            "a.",
            "1<",
            "()",
            "x[0][",
            "await ",
        ] {
            assert!(too_deep(&format!("x = {}", piece.repeat(2000))).is_some(), "{piece}");
            assert!(too_deep(&format!("f({}", piece.repeat(2000))).is_some(), "{piece}");
        }
        let blocks = (0..120).fold(String::new(), |code, n| code + &" ".repeat(n) + "if x:\n");
        assert!(too_deep(&blocks).is_some());
        // What closes too often, or never, is for the parser to tell.
        for code in [")))]", "'", "'''", "\\", "'\\", "é(é"] {
            assert_eq!(too_deep(code), None);
        }
    }
}
