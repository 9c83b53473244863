//! Lines that were highlighted before.
//!
//! A grammar of regular expressions manages a quarter of a megabyte a second: of a page's time most would go
//! to its code. What a line becomes depends on the line and on the state of the grammar before it, and lines
//! come again: in the other language of the page, in the next build of a watched site, as the import or the
//! closing brace of another example. Each is highlighted once in a process.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock};

use syntect::parsing::{Scope, SyntaxReference};
use syntect::util::LinesWithEndings;

use super::State;

/// Bytes after which all lines are forgotten.
const ROOM: usize = 6 << 20;

/// What a line takes beside its text, about: its place in the table, and two allocations.
const AROUND: usize = 96;

/// Stands for a state that was seen.
type Id = usize;

/// What a line becomes, and the state after it.
type Line = (Box<str>, Id);

static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);

/// What is known so far. States are numbered as they come, which no page shows.
#[derive(Default)]
struct Known {
    /// Every state. They are few: a grammar has so many places between two lines.
    states: Vec<State>,
    /// States by what can be hashed of them.
    alike: HashMap<(Vec<Scope>, Option<&'static str>), Vec<Id>>,
    /// The state in which each grammar starts, by its name.
    starts: HashMap<String, Id>,
    /// What each line becomes and the state after it, by the state before it.
    lines: HashMap<Id, HashMap<Box<str>, Line>>,
    /// How much `lines` holds.
    bytes: usize,
}

/// `code` as HTML; `None` where the grammar itself is broken.
pub(super) fn highlight(code: &str, grammar: &SyntaxReference) -> Option<String> {
    let mut html = String::with_capacity(code.len() * 3);
    let mut lines = LinesWithEndings::from(code).peekable();
    let mut at = start(grammar);
    loop {
        let (mut state, line) = {
            let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner);
            while let Some((text, next)) = lines.peek().and_then(|line| known.line(at, line)) {
                html.push_str(text);
                at = next;
                lines.next();
            }
            let state = &known.states[at];
            match lines.next() {
                Some(line) => (state.clone(), line),
                None if state.open.is_some() => return Some(html + "</span>"),
                None => return Some(html),
            }
        };
        let from = html.len();
        state.line(line, &mut html)?;
        at = KNOWN.write().unwrap_or_else(PoisonError::into_inner).learn(at, line, &html[from..], state);
    }
}

/// The state before the first line.
fn start(grammar: &SyntaxReference) -> Id {
    let known = KNOWN.read().unwrap_or_else(PoisonError::into_inner).starts.get(&grammar.name).copied();
    known.unwrap_or_else(|| {
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        let id = known.number(State::start(grammar));
        known.starts.insert(grammar.name.clone(), id);
        id
    })
}

impl Known {
    fn line(&self, at: Id, line: &str) -> Option<(&str, Id)> {
        let (html, next) = self.lines.get(&at)?.get(line)?;
        Some((html, *next))
    }

    /// Keeps what `line` becomes in the state `at`; gives the number of the state after it.
    fn learn(&mut self, at: Id, line: &str, html: &str, after: State) -> Id {
        let next = self.number(after);
        if self.bytes > ROOM {
            self.lines.clear();
            self.bytes = 0;
        }
        self.bytes += line.len() + html.len() + AROUND;
        self.lines.entry(at).or_default().insert(line.into(), (html.into(), next));
        next
    }

    fn number(&mut self, state: State) -> Id {
        let alike = self.alike.entry((state.stack.as_slice().to_vec(), state.open)).or_default();
        if let Some(&id) = alike.iter().find(|&&id| self.states[id] == state) {
            return id;
        }
        let id = self.states.len();
        alike.push(id);
        self.states.push(state);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::super::grammars;
    use super::*;

    #[test]
    fn a_line_that_was_seen_looks_as_it_did_and_depends_on_what_stands_before_it() {
        let python = grammars().set.find_syntax_by_token("python").expect("a grammar");
        let code = "x = 1\ns = '''\nx = 1\n'''\nx = 1\n";
        let first = highlight(code, python).expect("HTML");
        assert_eq!(highlight(code, python).expect("HTML"), first);
        let lines: Vec<&str> = first.lines().collect();
        assert!(lines[4].ends_with(lines[0]), "{first}");
        assert!(!lines[2].contains("class"), "in a string it is a string: {first}");
        let mut alone = String::new();
        let mut state = State::start(python);
        for line in LinesWithEndings::from(code) {
            state.line(line, &mut alone).expect("HTML");
        }
        if state.open.is_some() {
            alone.push_str("</span>");
        }
        assert_eq!(first, alone);
    }
}
