//! What is no Python but is often written: a notebook's commands, a bracket that is not closed, Python 2.

/// What was probably meant in `code`, whose first syntax error stands at byte `at`.
pub(super) fn hint(code: &str, at: usize) -> Option<String> {
    let start = code[..at.min(code.len())].rfind('\n').map_or(0, |newline| newline + 1);
    let line = code[start..].lines().next().unwrap_or("").trim_start();
    if line.starts_with(['%', '!', '?']) {
        let what = "a cell is plain Python, without a notebook's commands: leave the line out";
        return Some(what.to_owned());
    }
    if line.strip_prefix("print ").is_some_and(|rest| !rest.trim_start().starts_with(['(', '='])) {
        return Some("`print` is a function: `print(x)`".to_owned());
    }
    if line.starts_with(">>> ") || line.starts_with("$ ") {
        return Some("leave out the prompt before the code".to_owned());
    }
    let (bracket, number) = left_open(code, at)?;
    // On its own line the parser's sentence says it better.
    let here = code[..start].matches('\n').count() + 1;
    (number < here).then(|| format!("is the `{bracket}` of line {number} of the cell closed?"))
}

/// The innermost bracket that is open at byte `at`, and its line from 1.
fn left_open(code: &str, at: usize) -> Option<(char, usize)> {
    let mut open: Vec<(char, usize)> = Vec::new();
    let mut rest = code[..at.min(code.len())].chars().peekable();
    let mut line = 1;
    while let Some(c) = rest.next() {
        match c {
            '\n' => line += 1,
            '#' => while rest.next_if(|&c| c != '\n').is_some() {},
            '"' | '\'' => {
                // A text ends at its quote, at most at the end of its line: three quotes are an empty text
                // and another one.
                while let Some(inner) = rest.next_if(|&c| c != '\n') {
                    match inner {
                        '\\' => drop(rest.next_if(|&c| c != '\n')),
                        inner if inner == c => break,
                        _ => {}
                    }
                }
            }
            '(' | '[' | '{' => open.push((c, line)),
            ')' | ']' | '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.pop()
}

#[cfg(test)]
mod tests {
    use super::super::analyse;

    #[track_caller]
    fn hint(code: &str) -> String {
        analyse(code).unwrap_err().hint.unwrap_or_default()
    }

    #[test]
    fn slips_are_told() {
        assert!(hint("%matplotlib inline").contains("a notebook's commands"));
        assert!(hint("x = 1\n!pip install x").contains("a notebook's commands"));
        assert_eq!(hint("print \"hello\""), "`print` is a function: `print(x)`");
        assert_eq!(hint("x = (1,\n     2\nprint(x)"), "is the `(` of line 1 of the cell closed?");
        assert_eq!(hint("a = ']'  # [\nx = [1, (2),\n\ny = 3"), "is the `[` of line 2 of the cell closed?");
        assert_eq!(hint("for i in range(3)\n    pass"), "");
    }
}
