//! Imports between pages: `from pages.bert import x` puts the cells of another chapter before those of
//! the program that imports from it, in a namespace of their own.
//!
//! Their bakes are shared, so a value of another page costs a run only where it is needed itself. A
//! cycle, a page or a name that does not exist are faults with their place.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Diagnostic, Parsed};

use super::plan::{PageImport, Plan, Planned};
use super::python::{PAGES, Set, from_page};

/// Links `plans`; `chapters` are the paths of all chapters, those without a plan among them.
pub fn link(plans: Vec<Plan>, chapters: &[String]) -> Parsed<Vec<Plan>> {
    let mut linker = Linker { plans: &plans, chapters, diagnostics: Vec::new() };
    let needs: Vec<BTreeMap<String, usize>> = plans.iter().map(|plan| linker.needs(plan)).collect();
    linker.check_cycles(&needs);
    let mut linked = Vec::with_capacity(plans.len());
    for (at, plan) in plans.iter().enumerate() {
        let mut order = Vec::new();
        visit(at, &needs, &mut order);
        // The program itself comes last, in the namespace without a name.
        order.pop();
        let (mut cells, mut modules) = (Vec::new(), BTreeMap::new());
        for (at, space) in order.iter().map(|&at| (at, space(&plans[at]))).chain([(at, String::new())]) {
            let spaces = needs[at].iter().map(|(module, &at)| (module.clone(), self::space(&plans[at])));
            let spaces: BTreeMap<String, String> = spaces.collect();
            cells.extend(plans[at].cells.iter().map(|cell| moved(cell, space.clone(), &spaces)));
            modules.extend(spaces);
        }
        linked.push(Plan { cells, modules, ..plan.clone() });
    }
    Parsed { value: linked, diagnostics: linker.diagnostics }
}

struct Linker<'a> {
    plans: &'a [Plan],
    chapters: &'a [String],
    diagnostics: Vec<Diagnostic>,
}

impl Linker<'_> {
    /// The plan that each module which `plan` imports from stands for.
    fn needs(&mut self, plan: &Plan) -> BTreeMap<String, usize> {
        let mut needs = BTreeMap::new();
        for import in plan.cells.iter().flat_map(|cell| &cell.imports) {
            match self.resolve(plan, import) {
                Ok(at) => drop(needs.insert(import.module.clone(), at)),
                Err(fault) => self.diagnostics.push(*fault),
            }
        }
        needs
    }

    fn resolve(&self, plan: &Plan, import: &PageImport) -> Result<usize, Box<Diagnostic>> {
        let wrong = |message: String| Diagnostic::error(import.span, message);
        if import.names.is_empty() || import.names.iter().any(|name| name == "*") {
            return Err(Box::new(
                wrong(format!("`{}` can only be imported from, by name", import.module))
                    .hint(format!("write `from {} import NAME`", import.module)),
            ));
        }
        let fits: Vec<&String> =
            self.chapters.iter().filter(|chapter| is_called(chapter, &import.module)).collect();
        let chapter = match fits.as_slice() {
            [] => {
                let known: Vec<String> = self.chapters.iter().flat_map(|path| names_of(path)).collect();
                return Err(Box::new(
                    wrong(format!("there is no page `{}`", import.module))
                        .did_you_mean(&import.module, known.iter().map(String::as_str))
                        .hint("a page is named by its folder, `-` written as `_`: `pages.language.bert` or `pages.bert`"),
                ));
            }
            [only] => *only,
            several => {
                let named: Vec<String> = several.iter().filter_map(|path| names_of(path).pop()).collect();
                return Err(Box::new(
                    wrong(format!("`{}` may be several pages", import.module))
                        .hint(format!("write one of {}", named.join(", "))),
                ));
            }
        };
        if *chapter == plan.chapter {
            return Err(Box::new(
                wrong("a page cannot import from itself".to_owned())
                    .hint("the cells of a page share their names: use the name as it is"),
            ));
        }
        self.plan_with(chapter, import).map_err(Box::new)
    }

    /// The plan of `chapter` whose cells bind what is imported.
    fn plan_with(&self, chapter: &str, import: &PageImport) -> Result<usize, Diagnostic> {
        let sessions = || self.plans.iter().enumerate().filter(|(_, plan)| plan.chapter == chapter);
        let binds =
            |plan: &Plan, name: &String| plan.cells.iter().any(|cell| cell.names.binds.contains(name));
        let whole = sessions().find(|(_, plan)| import.names.iter().all(|name| binds(plan, name)));
        if let Some((at, _)) = whole {
            return Ok(at);
        }
        if sessions().next().is_none() {
            let message = format!("`{}` has no cells that could be run", import.module);
            return Err(Diagnostic::error(import.span, message));
        }
        let missing = import.names.iter().find(|name| sessions().all(|(_, plan)| !binds(plan, name)));
        let known: BTreeSet<&str> = sessions()
            .flat_map(|(_, plan)| plan.cells.iter().flat_map(|c| &c.names.binds))
            .map(String::as_str)
            .collect();
        Err(match missing {
            Some(name) => {
                Diagnostic::error(import.span, format!("no cell of `{}` makes `{name}`", import.module))
                    .did_you_mean(name, known)
            }
            None => Diagnostic::error(
                import.span,
                format!("these names are made in different sessions of `{}`", import.module),
            )
            .hint("import those of one session in one cell, those of the other in another one"),
        })
    }

    /// Reports each import that leads back to its own program.
    fn check_cycles(&mut self, needs: &[BTreeMap<String, usize>]) {
        for (at, plan) in self.plans.iter().enumerate() {
            for (module, &next) in &needs[at] {
                let mut reached = Vec::new();
                visit(next, needs, &mut reached);
                if !reached.contains(&at) {
                    continue;
                }
                let imports = plan.cells.iter().flat_map(|cell| &cell.imports);
                for import in imports.filter(|import| import.module == *module) {
                    let message = format!("`{module}` imports from this page in turn");
                    self.diagnostics.push(
                        Diagnostic::error(import.span, message)
                            .hint("move what both pages need to a third one, and import it from there"),
                    );
                }
            }
        }
    }
}

/// Adds to `order` what the plan `at` needs, each once and before what needs it, then `at` itself.
fn visit(at: usize, needs: &[BTreeMap<String, usize>], order: &mut Vec<usize>) {
    fn walk(
        at: usize,
        needs: &[BTreeMap<String, usize>],
        seen: &mut BTreeSet<usize>,
        order: &mut Vec<usize>,
    ) {
        if seen.insert(at) {
            needs[at].values().for_each(|&next| walk(next, needs, seen, order));
            order.push(at);
        }
    }
    walk(at, needs, &mut BTreeSet::new(), order);
}

/// The namespace that other programs know the cells of `plan` in.
fn space(plan: &Plan) -> String {
    match plan.session.as_str() {
        "" => plan.chapter.clone(),
        session => format!("{}@{session}", plan.chapter),
    }
}

/// `cell` in the namespace `space`, with the names of the program; `modules` says what modules are.
fn moved(cell: &Planned, space: String, modules: &BTreeMap<String, String>) -> Planned {
    let mut cell = Planned { space, ..cell.clone() };
    let imported: BTreeMap<String, String> = cell
        .imports
        .iter()
        .filter_map(|import| Some((import, modules.get(&import.module)?)))
        .flat_map(|(import, space)| {
            import.names.iter().map(move |name| (from_page(&import.module, name), format!("{space}:{name}")))
        })
        .collect();
    let here = Planned { names: Default::default(), inlines: Vec::new(), ..cell.clone() };
    let name = |name: &String| imported.get(name).cloned().unwrap_or_else(|| here.global(name));
    let set = |names: &Set| names.iter().map(name).collect::<Set>();
    cell.names.reads = set(&cell.names.reads);
    cell.names.binds = set(&cell.names.binds);
    cell.names.late = cell.names.late.iter().map(|(key, names)| (name(key), set(names))).collect();
    for inline in &mut cell.inlines {
        inline.reads = set(&inline.reads);
    }
    cell
}

/// Whether the chapter `path` is what `module` means: its last folders, `-` written as `_`.
fn is_called(path: &str, module: &str) -> bool {
    names_of(path).iter().any(|name| name == module)
}

/// What a chapter may be called in an import, the shortest name first.
fn names_of(path: &str) -> Vec<String> {
    let path = path.replace('-', "_");
    let parts: Vec<&str> = path.split('/').collect();
    (0..parts.len()).rev().map(|from| format!("{PAGES}.{}", parts[from..].join("."))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_name_for_each_of_its_folders() {
        assert_eq!(names_of("language/masked-lm"), ["pages.masked_lm", "pages.language.masked_lm"]);
        assert!(is_called("language/bert", "pages.bert"));
        assert!(!is_called("language/bert", "pages.language"));
    }
}
