//! Which names a cell reads from the cells before it, and which ones its functions read when they
//! are called.
//!
//! The analysis may name too much, never too little: a key that knows too much runs a cell once too
//! often, one that knows too little shows a stale page. It follows the order of the statements: a
//! name that the cell itself has surely bound before is not read from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use rustpython_ruff_python_ast::visitor::{
    Visitor, walk_except_handler, walk_expr, walk_parameters, walk_pattern, walk_stmt,
};
use rustpython_ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt,
};

/// A set of names.
pub type Set = BTreeSet<String>;

/// The names of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    /// What it may read that it has not bound itself: builtins, and names of earlier cells.
    pub reads: Set,
    /// What it may bind.
    pub binds: Set,
    /// For each name it binds, what code reached through that name may read when it is called.
    pub late: BTreeMap<String, Set>,
}

/// The names of the statements `body` of a cell.
pub(super) fn names(body: &[Stmt]) -> Names {
    let mut flow = Flow::default();
    flow.block(body);
    flow.names.binds = bound(body);
    flow.names
}

/// Follows the statements of a cell in their order.
#[derive(Default)]
struct Flow {
    names: Names,
    /// What is surely bound by now.
    bound: Set,
    /// What the functions bound so far read when they are called.
    called: BTreeMap<String, Set>,
}

impl Flow {
    fn block(&mut self, body: &[Stmt]) {
        for stmt in body {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::If(branch) => {
                self.expr(&branch.test);
                let mut ends = vec![self.branch(|flow| flow.block(&branch.body))];
                for clause in &branch.elif_else_clauses {
                    if let Some(test) = &clause.test {
                        self.expr(test);
                    }
                    ends.push(self.branch(|flow| flow.block(&clause.body)));
                }
                // Without `else` nothing of the branches is sure.
                if branch.elif_else_clauses.last().is_some_and(|clause| clause.test.is_none()) {
                    let sure = ends.into_iter().reduce(|a, b| &a & &b).unwrap_or_default();
                    self.bound = sure;
                }
            }
            Stmt::For(each) => {
                self.expr(&each.iter);
                self.branch(|flow| {
                    flow.bound.extend(targets(&each.target));
                    flow.expr(&each.target);
                    flow.block(&each.body);
                });
                self.bind(&targets(&each.target), &loads_of(&each.iter));
                self.branch(|flow| flow.block(&each.orelse));
            }
            Stmt::While(repeat) => {
                self.expr(&repeat.test);
                self.branch(|flow| flow.block(&repeat.body));
                self.branch(|flow| flow.block(&repeat.orelse));
            }
            Stmt::Try(attempt) => {
                self.branch(|flow| {
                    flow.block(&attempt.body);
                    flow.block(&attempt.orelse);
                });
                for ExceptHandler::ExceptHandler(handler) in &attempt.handlers {
                    self.branch(|flow| {
                        if let Some(kind) = &handler.type_ {
                            flow.expr(kind);
                        }
                        flow.bound.extend(handler.name.iter().map(|name| name.to_string()));
                        flow.block(&handler.body);
                    });
                }
                self.block(&attempt.finalbody);
            }
            Stmt::With(with) => {
                for item in &with.items {
                    self.expr(&item.context_expr);
                    if let Some(target) = &item.optional_vars {
                        self.expr(target);
                        self.bind(&targets(target), &loads_of(&item.context_expr));
                        self.bound.extend(targets(target));
                    }
                }
                self.block(&with.body);
            }
            Stmt::Match(choice) => {
                self.expr(&choice.subject);
                for case in &choice.cases {
                    self.branch(|flow| {
                        let mut captures = Bound::default();
                        captures.visit_pattern(&case.pattern);
                        let mut loads = Loads::default();
                        loads.visit_pattern(&case.pattern);
                        flow.touch(&loads);
                        flow.bound.extend(captures.found);
                        if let Some(guard) = &case.guard {
                            flow.expr(guard);
                        }
                        flow.block(&case.body);
                    });
                }
            }
            simple => {
                let mut loads = Loads::default();
                loads.visit_stmt(simple);
                self.touch(&loads);
                let bound = bound(std::slice::from_ref(simple));
                self.bind(&bound, &loads);
                self.bound.extend(bound);
                if let Stmt::Delete(delete) = simple {
                    let gone = delete.targets.iter().filter_map(Expr::as_name_expr);
                    for name in gone {
                        self.bound.remove(name.id.as_str());
                    }
                }
            }
        }
    }

    /// Runs `act` on what may not happen at all; returns what is bound at its end.
    fn branch(&mut self, act: impl FnOnce(&mut Self)) -> Set {
        let before = self.bound.clone();
        act(self);
        std::mem::replace(&mut self.bound, before)
    }

    fn expr(&mut self, expr: &Expr) {
        let loads = loads_of(expr);
        self.touch(&loads);
        // A lambda in a condition may be bound by `:=`.
        let mut walrus = Bound::default();
        walrus.visit_expr(expr);
        self.bind(&walrus.found, &loads);
    }

    /// Notes that the names of `loads` are read now, and what is reached through them.
    fn touch(&mut self, loads: &Loads) {
        let mut open: Vec<String> = loads.now.iter().cloned().collect();
        let mut seen = Set::new();
        while let Some(name) = open.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            if let Some(late) = self.called.get(&name) {
                open.extend(late.iter().cloned());
            }
            if !self.bound.contains(&name) {
                self.names.reads.insert(name);
            }
        }
    }

    /// Notes that `names` hold something made of `loads`.
    fn bind(&mut self, names: &Set, loads: &Loads) {
        for name in names {
            let late = self.names.late.entry(name.clone()).or_default();
            late.extend(loads.now.iter().chain(&loads.later).filter(|read| *read != name).cloned());
            self.called.entry(name.clone()).or_default().extend(loads.later.iter().cloned());
        }
    }
}

fn loads_of(expr: &Expr) -> Loads {
    let mut loads = Loads::default();
    loads.visit_expr(expr);
    loads
}

/// The names that a target of an assignment binds.
fn targets(target: &Expr) -> Set {
    let mut bound = Bound::default();
    bound.visit_expr(target);
    bound.found
}

/// The names that `body` binds in its own scope.
pub(super) fn bound(body: &[Stmt]) -> Set {
    let mut found = Bound::default();
    found.visit_body(body);
    found.found
}

/// Collects the names bound in one scope; functions, classes and comprehensions below have their own.
#[derive(Default)]
struct Bound {
    found: Set,
    global: Set,
}

impl<'a> Visitor<'a> for Bound {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => {
                self.found.insert(function.name.to_string());
            }
            Stmt::ClassDef(class) => {
                self.found.insert(class.name.to_string());
            }
            Stmt::Import(import) => self.found.extend(import.names.iter().map(|alias| {
                // `import a.b` binds `a`.
                let name = alias.asname.as_ref().unwrap_or(&alias.name);
                name.split('.').next().unwrap_or_default().to_owned()
            })),
            Stmt::ImportFrom(import) => self.found.extend(
                import.names.iter().map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).to_string()),
            ),
            Stmt::Global(global) => self.global.extend(global.names.iter().map(|name| name.to_string())),
            Stmt::Nonlocal(nonlocal) => {
                self.global.extend(nonlocal.names.iter().map(|name| name.to_string()));
            }
            other => walk_stmt(self, other),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if matches!(name.ctx, ExprContext::Store) => {
                self.found.insert(name.id.to_string());
            }
            Expr::Lambda(_) => {}
            other => walk_expr(self, other),
        }
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        // Its target is its own; only `:=` reaches out.
        self.visit_expr(&comprehension.iter);
        for condition in &comprehension.ifs {
            self.visit_expr(condition);
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(named) = handler;
        self.found.extend(named.name.iter().map(|name| name.to_string()));
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(capture) => capture.name.as_ref(),
            Pattern::MatchStar(rest) => rest.name.as_ref(),
            Pattern::MatchMapping(mapping) => mapping.rest.as_ref(),
            _ => None,
        };
        self.found.extend(name.map(|name| name.to_string()));
        walk_pattern(self, pattern);
    }
}

/// Collects the names that are read: `now`, when the statement is executed, and `later`, when a
/// function in it is called.
#[derive(Default)]
struct Loads {
    now: Set,
    later: Set,
    /// The names of the functions and comprehensions around. A class hides nothing from its methods,
    /// and its own body may read a global before it binds the same name: it has no scope here.
    scopes: Vec<Set>,
    functions: usize,
}

impl Loads {
    fn load(&mut self, name: &str) {
        if !self.scopes.iter().any(|scope| scope.contains(name)) {
            let set = if self.functions > 0 { &mut self.later } else { &mut self.now };
            set.insert(name.to_owned());
        }
    }

    fn within(&mut self, own: Set, functions: usize, act: impl FnOnce(&mut Self)) {
        self.scopes.push(own);
        self.functions += functions;
        act(self);
        self.functions -= functions;
        self.scopes.pop();
    }

    fn comprehension(&mut self, generators: &[Comprehension], results: &[&Expr]) {
        let Some(first) = generators.first() else { return };
        // The first source is looked up outside.
        self.visit_expr(&first.iter);
        let own = generators.iter().flat_map(|generator| targets(&generator.target)).collect();
        self.within(own, 0, |loads| {
            for (index, generator) in generators.iter().enumerate() {
                if index > 0 {
                    loads.visit_expr(&generator.iter);
                }
                generator.ifs.iter().for_each(|condition| loads.visit_expr(condition));
            }
            results.iter().for_each(|result| loads.visit_expr(result));
        });
    }
}

/// The names of parameters.
fn parameters(parameters: &Parameters) -> Set {
    parameters.iter().map(|parameter| parameter.name().to_string()).collect()
}

impl<'a> Visitor<'a> for Loads {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::AugAssign(change) = stmt
            && let Expr::Name(name) = &*change.target
        {
            self.load(name.id.as_str());
        }
        if let Stmt::ImportFrom(import) = stmt
            && let Some(module) = import.module.as_ref().filter(|module| super::is_page(module.as_str()))
        {
            for alias in &import.names {
                self.load(&super::from_page(module.as_str(), alias.name.as_str()));
            }
        }
        let Stmt::FunctionDef(function) = stmt else { return walk_stmt(self, stmt) };
        function.decorator_list.iter().for_each(|decorator| self.visit_expr(&decorator.expression));
        walk_parameters(self, &function.parameters);
        if let Some(returns) = &function.returns {
            self.visit_expr(returns);
        }
        let mut inside = Bound { found: parameters(&function.parameters), ..Bound::default() };
        inside.visit_body(&function.body);
        let own = &inside.found - &inside.global;
        self.within(own, 1, |loads| loads.visit_body(&function.body));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => {
                if !matches!(name.ctx, ExprContext::Store) {
                    self.load(name.id.as_str());
                }
            }
            Expr::Lambda(lambda) => {
                let own = lambda.parameters.as_deref().map(parameters).unwrap_or_default();
                if let Some(parameters) = &lambda.parameters {
                    walk_parameters(self, parameters);
                }
                self.within(own, 1, |loads| loads.visit_expr(&lambda.body));
            }
            Expr::ListComp(list) => self.comprehension(&list.generators, &[&list.elt]),
            Expr::SetComp(set) => self.comprehension(&set.generators, &[&set.elt]),
            Expr::Generator(generator) => {
                self.comprehension(&generator.generators, &[&generator.elt]);
            }
            Expr::DictComp(dict) => self.comprehension(&dict.generators, &[&dict.key, &dict.value]),
            other => walk_expr(self, other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustpython_ruff_python_parser::parse_module;

    fn of(code: &str) -> Names {
        names(&parse_module(code).expect("it parses").into_syntax().body)
    }

    #[track_caller]
    fn reads(code: &str, expect: &str) {
        let found: Vec<String> = of(code).reads.into_iter().collect();
        assert_eq!(found.join(" "), expect, "{code}");
    }

    #[track_caller]
    fn late(code: &str, name: &str, expect: &str) {
        let found: Vec<String> = of(code).late.remove(name).unwrap_or_default().into_iter().collect();
        assert_eq!(found.join(" "), expect, "{code}");
    }

    #[test]
    fn what_is_bound_before_is_not_read() {
        reads("x = a\ny = x + b", "a b");
        reads("x = x + 1", "x");
        reads("x += 1", "x");
        reads("x[0] = 1", "x");
        reads("x.a = 1", "x");
        reads("del x", "x");
        reads("x = 1\ndel x\nx", "x");
        reads("import kiln as k\nk.f(z)", "z");
        reads("import a.b\na.b.c", "");
        reads("from m import n\nn", "");
        reads("f'{a:{b}}'", "a b");
        reads("(y := a)\ny", "a");
        reads("print(*a, **b)", "a b print");
    }

    #[test]
    fn what_may_not_have_happened_is_read() {
        reads("if c:\n  x = 1\nx", "c x");
        reads("if c:\n  x = 1\nelse:\n  x = 2\nx", "c");
        reads("if c:\n  x = 1\nelif d:\n  x = 2\nx", "c d x");
        reads("for i in a:\n  x = i\nx", "a x");
        reads("for i in a:\n  i\ni", "a i");
        reads("while c:\n  x = 1\nx", "c x");
        reads("try:\n  x = 1\nexcept E as e:\n  e\nx", "E x");
        reads("with a as x:\n  y = x\ny", "a");
        reads("match a:\n  case [p, *q]:\n    p, q\n  case C(x=1):\n    p", "C a p");
    }

    #[test]
    fn scopes_hide_their_own_names() {
        reads("[x for x in x if x]", "x");
        reads("[x * a for x in b for y in x]", "a b");
        reads("{p: q for p, q in a}", "a");
        reads("sum(x for x in a)", "a sum");
        reads("lambda x, y=a: x + y + b", "a");
        reads("def f(x, y=a):\n  z = x + b\n  return z", "a");
        reads("class C(B):\n  n = a\n  def m(self):\n    return d", "B a");
    }

    #[test]
    fn code_reads_when_it_is_called() {
        late("def f(x):\n  y = x + a\n  return g(y)", "f", "a g");
        late("f = lambda x: x + a", "f", "a");
        late("class C:\n  b = 1\n  def m(self):\n    return b + a", "C", "a b");
        late("def f():\n  def g():\n    return a + b\n  b = 1\n  return g", "f", "a");
        late("def f():\n  global n\n  n = n + 1", "f", "n");
        late("g = f", "g", "f");
        reads("def f():\n  return a", "");
        reads("def f():\n  return a\nf()", "a");
        reads("def f():\n  return a\na = 1\nf()", "");
        reads("def f():\n  return a\nf()\na = 1", "a");
        reads("def f():\n  return g()\ndef g():\n  return a\nf()", "a");
        reads("def f():\n  return a\nh = [f]\nh[0]()", "a");
    }

    #[test]
    fn what_is_bound() {
        let names = of(
            "import a.b, c as d\nfrom e import f as g\nfor h in i:\n  (j := 1)\n[k for k in l if (m := k)]\ndef n(): pass\nclass o: pass\np: int = 1\nq[0] = 1",
        );
        let found: Vec<String> = names.binds.into_iter().collect();
        assert_eq!(found.join(" "), "a d g h j m n o p");
    }
}
