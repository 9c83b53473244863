//! What a reader finds in the pages, and what an edit runs again.

use crate::project::Project;

const ENGLISH: &str = "+++\ntitle = \"A\"\n+++\n\n## One {#one}\n\n```python run\n#| label: fig\n#| fig-cap: \"An *English* caption\"\n#| fig-alt: A line\nimport kiln as k\nx = 6 * 7\nk.plot.line([1, 2, 3])\n```\n\nThe answer is `{python} x`. See [home](../_index.en.md).\n";
const CHINESE: &str = "+++\ntitle = \"甲\"\n+++\n\n## 一 {#one}\n\n```python run\n#| label: fig\n#| fig-cap: 中文图题\n#| fig-alt: 一条线\n```\n\n答案是 `{python} x`，也就是 `{python} x + 1` 减一。\n";

fn project() -> Project {
    Project::new()
        .file("content/_index.zh.md", "+++\ntitle = \"首页\"\n+++\n\n你好。\n")
        .file("content/a/a.en.md", ENGLISH)
        .file("content/a/a.zh.md", CHINESE)
        .with_empty_cache()
}

/// How many cells ran in the build that `manifest` tells of.
fn ran(project: &Project) -> usize {
    let manifest = project.manifest();
    let cells = manifest["cells"].as_array().expect("cells");
    cells.iter().filter(|cell| cell["status"] == "run").count()
}

#[test]
fn a_chapter_is_written_once_and_shown_in_two_languages() {
    let project = project();
    project.build();
    let (english, chinese) = (project.site("en/a/index.html"), project.site("zh/a/index.html"));
    for page in [&english, &chinese] {
        assert!(page.contains("<section class=\"cell\" id=\"fig\" data-key=\"b3:"), "{page}");
        assert!(page.contains("data-mime=\"image/svg+xml\""), "{page}");
        assert!(page.contains("<span class=\"inline-value\" data-cell=\"fig\">42</span>"), "{page}");
    }
    assert!(english.contains("An <em>English</em> caption") && !english.contains("中文图题"));
    assert!(chinese.contains("中文图题") && chinese.contains(">43</span>"));
    assert!(english.contains("href=\"../../zh/a/\"") && chinese.contains("href=\"../../en/a/\""));
    assert!(english.contains("<a href=\"../\">home</a>"), "links to .md files lead to pages");
}

#[test]
fn only_edits_that_change_a_result_run_a_cell() {
    let project = project();
    project.build();
    assert_eq!(ran(&project), 1);
    for (edit, from, to, expect) in [
        ("nothing", "", "", 0),
        ("a caption", "An *English* caption", "Another caption", 0),
        ("an alternative text", "A line", "Three points", 0),
        ("a comment", "x = 6 * 7", "x = 6 * 7  # forty-two", 0),
        ("white space", "x = 6 * 7", "x  =  6*7", 0),
        ("prose", "The answer is", "The result is", 0),
        ("a title", "title = \"A\"", "title = \"B\"", 0),
        ("a display option", "#| fig-alt: A line", "#| fig-alt: A line\n#| echo: false", 0),
        ("a constant", "6 * 7", "6 * 9", 1),
        ("a seed", "#| fig-alt: A line", "#| fig-alt: A line\n#| seed: 1", 1),
        ("an inline value", "`{python} x`", "`{python} x - 1`", 0),
    ] {
        project.put("content/a/a.en.md", ENGLISH.replacen(from, to, 1).as_bytes());
        project.build();
        assert_eq!(ran(&project), expect, "{edit}");
        project.put("content/a/a.en.md", ENGLISH.as_bytes());
        project.build();
    }
}

#[test]
fn pages_are_escaped() {
    let page = "+++\ntitle = \"<script>alert(1)</script>\"\n+++\n\n```python run\n#| label: x\n#| tbl-cap: \"<img src=x onerror=alert(1)>\"\nprint(\"<script>alert(2)</script>\")\n```\n";
    let project = Project::new().file("content/a/a.en.md", page);
    project.build();
    let html = project.site("en/a/index.html");
    assert!(!html.contains("<script>alert") && !html.contains("<img src=x"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(2)"), "{html}");
}

#[test]
fn a_site_has_its_frame() {
    let project = project();
    project.build();
    for page in ["index.html", "404.html", "en/index.html", "zh/index.html"] {
        assert!(project.site(page).starts_with("<!DOCTYPE html>"), "{page}");
    }
    assert!(project.site("zh/index.html").contains("<html lang=\"zh\""));
    assert!(project.path("site/.gitignore").is_file());
}
