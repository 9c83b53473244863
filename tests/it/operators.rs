//! Cells that run operators and graphs of their own, but no model.

use crate::project::Project;

const PAGE: &str = "+++\ntitle = \"A\"\n+++\n\n```python run\n#| label: plain\nimport kiln as k\nk.ops.Relu\nk.arange(3)\n```\n\n```python run\n#| label: operator\nk.ops.Relu([-1.0, 2.0])\n```\n\n```python run\n#| label: traced\ng = k.graph(lambda x: k.softmax(x) * 2, k.ones((2, 2)))\ng(x=k.ones((2, 2)))['output'].sum()\n```\n";

/// Naming an operator opens nothing; running one, or a graph of them, is a use of the runtime.
#[test]
fn a_bake_names_the_runtime_where_an_operator_ran() {
    let project = Project::new().file("content/a/a.en.md", PAGE);
    project.build();
    let page = project.site("en/a/index.html");
    let section = |label: &str| {
        let start = page.find(&format!("<section class=\"cell\" id=\"{label}\"")).expect("the cell");
        &page[start..start + page[start..].find("</section>").expect("its end")]
    };
    assert!(!section("plain").contains("onnxruntime"), "{}", section("plain"));
    for (label, shown) in [("operator", "array([0., 2.])"), ("traced", "4.")] {
        assert!(section(label).contains("onnxruntime 1."), "{}", section(label));
        assert!(section(label).contains(shown), "{}", section(label));
        assert!(!section(label).contains("prov-model"), "{}", section(label));
    }
}
