//! Faults of the author: each one is named with its place and what to do, all in one build.

use crate::project::Project;

/// Builds a site with `page` as content/a/a.en.md; the build must fail with exit code 1, leave no
/// site, and say each of `expect`.
#[track_caller]
fn check(page: &str, expect: &[&str]) {
    let project = Project::with_models().file("content/a/a.en.md", page);
    let ran = project.run(&["build"]);
    assert_eq!(ran.code, Some(1), "{}\n{}", ran.stdout, ran.stderr);
    for part in expect {
        assert!(ran.stderr.contains(part), "not found: {part}\n{}", ran.stderr);
    }
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    assert!(!project.path("site").exists(), "a site was written in spite of faults");
}

#[test]
fn front_matter_that_is_not_toml() {
    check("+++\ntitle = \n+++\n\nText.\n", &["content/a/a.en.md:2:"]);
}

#[test]
fn an_unknown_key_in_the_front_matter() {
    check("+++\ntitel = \"A\"\n+++\n", &["content/a/a.en.md:2:1", "did you mean `title`?"]);
}

#[test]
fn a_fence_that_is_never_closed() {
    check("# A\n\n```python run\n#| label: x\n1 + 1\n", &["content/a/a.en.md:3:1"]);
}

#[test]
fn an_unknown_option() {
    check(
        "# A\n\n```python run\n#| label: x\n#| fig-capp: Cap\n1\n```\n",
        &["content/a/a.en.md:5:", "did you mean `fig-cap`?"],
    );
}

#[test]
fn a_model_with_a_typo() {
    check(
        "# A\n\n```python run\n#| label: x\nimport kiln as k\nm = k.model(\"minilmm\")\n```\n",
        &["content/a/a.en.md:6:13", "did you mean `minilm`?"],
    );
}

#[test]
fn python_that_does_not_parse() {
    check("# A\n\n```python run\n#| label: x\nx = (1,\n```\n", &["content/a/a.en.md:5:"]);
}

#[test]
fn a_name_that_is_not_defined() {
    check(
        "# A\n\n```python run\n#| label: x\nvalue = 1\nprint(valeu)\n```\n",
        &["content/a/a.en.md:6:7", "NameError", "did you mean `value`?"],
    );
}

#[test]
fn an_exception_inside_a_function_shows_the_call() {
    check(
        "# A\n\n```python run\n#| label: f\ndef f(x):\n    return 1 / x\n```\n\n```python run\n#| label: g\nf(0)\n```\n",
        &["content/a/a.en.md:6:", "ZeroDivisionError", "called from here"],
    );
}

#[test]
fn tensors_whose_shapes_do_not_fit() {
    check(
        "# A\n\n```python run\n#| label: x\nimport kiln as k\nk.zeros((2, 3)) + k.zeros((4,))\n```\n",
        &["content/a/a.en.md:6:", "(2, 3)", "(4,)"],
    );
}

#[test]
fn a_figure_without_alternative_text() {
    check(
        "# A\n\n```python run\n#| label: x\nimport kiln as k\nk.plot.heatmap(k.eye(3))\n```\n",
        &["content/a/a.en.md:4:", "fig-alt"],
    );
}

#[test]
fn a_figure_without_alternative_text_does_not_pass_a_check() {
    let page = |option: &str| {
        format!(
            "# A\n\n```python run\n#| label: x\n{option}import kiln as k\nk.plot.heatmap(k.eye(3))\n```\n"
        )
    };
    let project = Project::new().file("content/a/a.en.md", &page("#| fig-alt: Ones in the diagonal\n"));
    assert_eq!(project.run(&["bake"]).code, Some(0));
    assert_eq!(project.run(&["check"]).code, Some(0));
    project.put("content/a/a.en.md", page("").as_bytes());
    let ran = project.run(&["check"]);
    assert_eq!(ran.code, Some(1), "{}\n{}", ran.stdout, ran.stderr);
    for part in ["error: the picture of `x`", "content/a/a.en.md:4:", "fig-alt"] {
        assert!(ran.stderr.contains(part), "not found: {part}\n{}", ran.stderr);
    }
}

#[test]
fn a_broken_internal_link() {
    check("# A\n\nSee [b](../b/b.en.md).\n", &["content/a/a.en.md:3:"]);
}

#[test]
fn a_check_that_fails_and_a_control_that_passes() {
    check(
        "# A\n\n```python run\n#| label: x\ncheck(\"two is small\", 2, \"<\", 1)\n```\n",
        &["content/a/a.en.md:5:", "two is small"],
    );
    check(
        "# A\n\n```python run\n#| label: x\ncontrol(\"one is small\", 1, \"<\", 2)\n```\n",
        &["content/a/a.en.md:5:", "must fail"],
    );
}

#[test]
fn a_cell_that_must_raise_and_does_not() {
    check(
        "# A\n\n```python run\n#| label: x\n#| error: true\n1 + 1\n```\n",
        &["content/a/a.en.md:", "raise"],
    );
}

#[test]
fn every_fault_of_a_build_is_reported() {
    check(
        "# A\n\n[gone](gone.en.md)\n\n```python run\n#| label: x\n#| foo: 1\n1\n```\n\n```python run\n#| label: y\nk.model('nope')\n```\n",
        &["content/a/a.en.md:3:", "content/a/a.en.md:7:", "content/a/a.en.md:13:"],
    );
}

#[test]
fn an_endless_loop_ends() {
    check(
        "# A\n\n```python run\n#| label: x\n#| timeout: 2\nwhile True:\n    pass\n```\n",
        &["content/a/a.en.md:4:", "more than 2 s"],
    );
}

#[test]
fn too_much_memory_ends_the_cell_only() {
    check("# A\n\n```python run\n#| label: x\nx = 'a' * 10**11\n```\n", &["content/a/a.en.md:", "memory"]);
}

#[test]
fn a_cell_cannot_reach_the_machine() {
    for attempt in [
        "import os",
        "import socket",
        "import subprocess",
        "import time",
        "import sys",
        "import _thread",
        "open('/etc/hostname')",
        "__import__('os')",
        "eval('1')",
        "exec('import os')",
    ] {
        let page = format!("# A\n\n```python run\n#| label: x\n{attempt}\n```\n");
        check(&page, &["content/a/a.en.md:5:"]);
    }
}

#[test]
fn a_fault_leaves_the_old_site_as_it_was() {
    let project = Project::new().file("content/a/a.en.md", "# A\n\nGood.\n");
    project.build();
    let before = crate::project::files(&project.path("site"));
    project.put("content/a/a.en.md", b"# A\n\n[gone](gone.en.md)\n");
    assert_eq!(project.run(&["build"]).code, Some(1));
    assert_eq!(crate::project::files(&project.path("site")), before);
}
