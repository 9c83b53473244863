//! What of a cell can be made again without running the rest of it: imports, functions and classes.

use rustpython_ruff_python_ast::{Expr, Stmt};
use rustpython_ruff_python_parser::parse_module;
use rustpython_ruff_text_size::Ranged;

use super::names::{Set, bound};

/// The definitions of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definitions {
    /// The text of the cell with spaces for everything else: what stands in it stands where it stood.
    pub code: String,
    /// The names that only definitions bind.
    pub names: Set,
}

/// The imports, functions and classes at the top of `code`; none where it does not parse.
pub fn definitions(code: &str) -> Definitions {
    let Ok(parsed) = parse_module(code) else { return Definitions::default() };
    let body = &parsed.syntax().body;
    // One that follows something else on its line would be indented.
    let begins =
        |stmt: &Stmt| stmt.start().to_usize().checked_sub(1).is_none_or(|at| code.as_bytes()[at] == b'\n');
    let defines = |stmt: &&Stmt| {
        let kind =
            matches!(stmt, Stmt::Import(_) | Stmt::ImportFrom(_) | Stmt::FunctionDef(_) | Stmt::ClassDef(_));
        kind && begins(stmt)
    };
    let (mut names, mut blank) = (Set::new(), vec![true; code.len()]);
    for stmt in body.iter().filter(defines) {
        names.extend(bound(std::slice::from_ref(stmt)));
        blank[stmt.range().to_std_range()].fill(false);
    }
    for stmt in body.iter().filter(|stmt| !defines(stmt)) {
        let rest = bound(std::slice::from_ref(stmt));
        names.retain(|name| !rest.contains(name));
        if let Stmt::Delete(delete) = stmt {
            let gone = delete.targets.iter().filter_map(Expr::as_name_expr);
            gone.for_each(|name| {
                names.remove(name.id.as_str());
            });
        }
    }
    let kept = |(at, c): (usize, char)| if blank[at] && c != '\n' { ' ' } else { c };
    let code = code.char_indices().map(kept).collect();
    Definitions { code, names }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, expect: &str, names: &str) {
        let found = definitions(code);
        let lines: Vec<&str> = found.code.lines().map(str::trim_end).collect();
        assert_eq!(lines.join("\n"), expect);
        assert_eq!(found.names.iter().map(String::as_str).collect::<Vec<_>>().join(" "), names);
    }

    #[test]
    fn definitions_stand_where_they_stood() {
        check("import kiln as k\nx = k.array([1])\nx", "import kiln as k\n\n", "k");
        check("t = 1; import math\n", "", "");
        check(
            "# 注\n@cache\ndef f(a=1):\n    # in it\n    return a\ny = f()\nclass C:\n    z = 1\n",
            "\n@cache\ndef f(a=1):\n    # in it\n    return a\n\nclass C:\n    z = 1",
            "C f",
        );
    }

    #[test]
    fn a_name_that_something_else_binds_as_well_is_left_out() {
        check("def f(): pass\nf = g(f)\n", "def f(): pass\n", "");
        check("import a, b\ndel a\n", "import a, b\n", "b");
        check("if x:\n    import a\n", "\n", "");
        check("import (", "", "");
    }
}
