//! Cells and chapters that a person names on the command line.

use crate::diag::Diagnostic;

/// What to say where there is no cell `name` among `known`.
pub(super) fn unknown(name: &str, known: &[String]) -> Diagnostic {
    let fault = Diagnostic::error(None, format!("there is no cell `{name}`"));
    let of_chapter: Vec<&str> = known
        .iter()
        .map(String::as_str)
        .filter(|cell| cell.split_once('#').is_some_and(|(chapter, _)| chapter == name))
        .collect();
    match of_chapter.as_slice() {
        [] => fault
            .did_you_mean(name, known.iter().map(String::as_str))
            .hint("name it as CHAPTER#LABEL: `language/bert#heads`"),
        cells => fault.hint(format!("the cells of that chapter are {}", cells.join(", "))),
    }
}

/// What to say where there is no chapter `name` among `known`, the chapters with cells.
pub(super) fn no_chapter(name: &str, known: &[String]) -> Diagnostic {
    Diagnostic::error(None, format!("there is no chapter `{name}` with cells"))
        .did_you_mean(name, known.iter().map(String::as_str))
        .hint("name it by its folder below content/: `language/bert`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chapter_is_answered_with_its_cells_and_a_typo_with_the_nearest() {
        let known = ["a/b#one", "a/b#two", "a/c#one"].map(str::to_owned);
        let hints = |name: &str| unknown(name, &known).hints.join("; ");
        assert_eq!(hints("a/b"), "the cells of that chapter are a/b#one, a/b#two");
        assert!(hints("a/b#twoo").contains("did you mean `a/b#two`?"), "{}", hints("a/b#twoo"));
        assert!(hints("nothing").contains("CHAPTER#LABEL"));
    }
}
