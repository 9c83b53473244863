//! Values at the edges: empty and zero-length tensors, NaN and infinities, sizes beyond memory, cycles.
//! Each is a value or an exception, never a fault of Kiln, and what it shows can be drawn.

use serde_json::Value;

use crate::project::Project;

/// A cell that shows what each of `values` gives, or the name of the exception.
fn cell(label: &str, values: &str, call: &str) -> String {
    let body = call.replace('\n', "\n        ");
    format!(
        "```python run\n#| label: {label}\n#| fig-alt: \"drawn\"\n#| timeout: 60\nfor X in {values}:\n    try:\n        \
         {body}\n    except Exception as e:\n        print(type(e).__name__)\n```\n\n"
    )
}

#[test]
fn edges_are_values_or_exceptions() {
    let tensors = [
        "k.zeros((0,))",
        "k.zeros((0, 3))",
        "k.zeros((3, 0))",
        "k.zeros((2, 0, 3))",
        "k.array([])",
        "k.array(1.0)",
        "k.array([k.nan, k.inf, -k.inf])",
        "k.array([True, False])",
        "k.array([2**63 - 1, -2**63])",
        "k.array([255], dtype='uint8')",
        "k.full((2, 2), k.nan)",
        "k.zeros((1, 1, 1, 1, 1, 1, 1, 1))",
    ];
    let calls = [
        "X",
        "X + X",
        "X / 0",
        "X // 0",
        "X % 0",
        "X ** X",
        "X @ X",
        "X @ X.T",
        "-X",
        "abs(X)",
        "~X",
        "X == X",
        "X[0]",
        "X[-1:]",
        "X[::-1]",
        "X[..., None]",
        "X[X == X]",
        "X.T",
        "X.sum()",
        "X.mean()",
        "X.std()",
        "X.max()",
        "X.argmax()",
        "X.min(axis=0)",
        "X.prod()",
        "X.cumsum()",
        "X.sort()",
        "X.argsort()",
        "X.reshape(-1)",
        "X.reshape((0, -1))",
        "X.squeeze()",
        "X.astype('int32')",
        "X.astype('uint8')",
        "X.astype('bool')",
        "X.softmax()",
        "k.log_softmax(X)",
        "k.layer_norm(X)",
        "k.unique(X)",
        "k.histogram(X)",
        "k.topk(X, 1)",
        "k.topk(X, 10**9)",
        "k.split(X, 0)",
        "k.split(X, 2)",
        "k.stack([X, X])",
        "k.concatenate([X, X])",
        "k.concatenate([])",
        "k.pad(X, 1)",
        "k.pad(X, -1)",
        "k.roll(X, 10**18)",
        "k.flip(X)",
        "k.take(X, [0])",
        "k.take(X, [10**18])",
        "k.clip(X, 1, -1)",
        "k.where(X, X, X)",
        "k.einsum('ij,jk', X, X)",
        "k.einsum('', X)",
        "k.norm(X)",
        "k.tril(X)",
        "k.round(X, 400)",
        "k.exp(X)",
        "k.log(X)",
        "k.sqrt(X)",
        "k.erf(X)",
        "float(X)",
        "int(X)",
        "bool(X)",
        "len(X)",
        "list(X)",
        "X.tolist()",
        "str(X)",
        "f'{X:.3f}'",
        "hash(X)",
        "k.broadcast_to(X, (10**6, 10**6, 10**6))",
        "k.repeat(X, 10**15)",
        "k.repeat(X, -1)",
        "k.expand_dims(X, 99)",
        "k.transpose(X, (0, 0))",
        "k.tile(X, 10**15)",
        "k.plot.line(X)",
        "k.plot.heatmap(X)",
        "k.plot.bar(X)",
        "k.plot.hist(X)",
        "k.plot.scatter(X, X)",
        "k.plot.image(X)",
        "k.plot.table(X)",
        "k.plot.surface(X)",
        "k.plot.contour(X)",
        "k.plot.filmstrip([X])",
        "k.plot.image_grid([X])",
        "check('x', X, '<=', 1)",
        "check('x', X.sum(), '<', k.nan)",
    ];
    let whole = [
        "k.zeros((10**6, 10**6))",
        "k.zeros((2**62, 4))",
        "k.zeros((2**63,))",
        "k.zeros((-1,))",
        "k.ones((10**5, 10**5, 0))",
        "k.arange(10**15)",
        "k.arange(0, 1, 0)",
        "k.arange(0, 1, 1e-300)",
        "k.arange(k.inf)",
        "k.arange(k.nan)",
        "k.linspace(0, 1, 10**15)",
        "k.linspace(0, 1, -1)",
        "k.eye(10**9)",
        "k.full((10**9, 10**9), 1)",
        "k.array([[1], [2, 3]])",
        "k.array('abc')",
        "k.array({})",
        "k.array(10**40)",
        "k.array([10**400])",
        "k.array(None)",
        "k.rng(-1)",
        "k.rng(2**70)",
        "k.rng(0).normal(size=(10**6, 10**6))",
        "k.rng(0).integers(5, 5)",
        "k.rng(0).integers(-2**63, 2**63 - 1)",
        "k.rng(0).choice([])",
        "k.rng(0).permutation(10**15)",
        "k.rng(0).choice(3, p=[k.nan, 1, 1])",
        "k.rng(0).uniform(k.inf, -k.inf)",
        "x = []; x.append(x); k.array(x)",
        "x = []; x.append(x); x",
        "x = {}; x['x'] = x; x",
        "import json; json.loads('[' * 100000)",
        "import json; x = []; x.append(x); json.dumps(x)",
        "import re; re.compile('(' * 10000)",
        "import re; re.compile('a{0,999999999}')",
        "int('9' * 5000)",
        "'a'.replace('', 'b' * 10**6)",
        "range(10**30)[10**29]",
        "float('9' * 1000)",
        "complex(k.inf, k.nan)",
        "round(1e308, -400)",
        "divmod(1, 0.0)",
        "pow(2, -1, 4)",
        "sorted([k.nan, 1, k.nan])",
        "max([])",
        "chr(10**9)",
        "'\\ud800'",
        "print('\\ud800')",
        "class A:\n    def __repr__(self): 1 / 0\nA()",
        "class A(Exception):\n    def __str__(self): 1 / 0\nraise A",
        "raise SystemExit",
        "raise KeyboardInterrupt",
        "raise GeneratorExit",
        "raise BaseExceptionGroup('a', [ValueError(1)])",
        "raise StopIteration",
        "del print",
        "del __builtins__",
        "import kiln; del kiln.zeros; kiln.zeros(1)",
        "k.Tensor()",
        "k.Tensor.__new__(k.Tensor)",
        "type(k.zeros(1))()",
        "k.plot.hist([k.nan])",
        "k.plot.line([k.inf, -k.inf])",
        "k.plot.line([1e308, -1e308])",
        "k.plot.bar([], [])",
        "k.plot.tokens([])",
        "k.plot.sankey([])",
        "k.plot.graph([], [])",
        "k.plot.animate([])",
        "k.plot.boxes(k.zeros((2, 2, 3)), [[k.nan] * 4])",
        "k.plot.image(k.zeros((10**5, 10**5, 3)))",
        "k.plot.heatmap(k.zeros((10**4, 10**4)))",
        "k.schedulers.DDPMScheduler(num_train_timesteps=10**12)",
        "k.ops.Reshape(k.zeros(2), [-5])",
    ];
    let mut page = "# Edges\n\n```python run\n#| label: begin\nimport kiln as k\n```\n\n".to_owned();
    let list = format!("[{}]", tensors.join(", "));
    for (at, call) in calls.iter().enumerate() {
        page += &cell(&format!("call-{at}"), &list, &format!("display({call})"));
    }
    for (at, code) in whole.iter().enumerate() {
        let shown = if code.contains(['\n', ';'])
            || code.starts_with("raise")
            || code.starts_with("del")
            || code.starts_with("import")
        {
            (*code).to_owned()
        } else {
            format!("display({code})")
        };
        page += &cell(&format!("whole-{at}"), "[0]", &shown);
    }
    let project = Project::new().file("content/a/a.en.md", &page).with_empty_cache();
    let ran = project.run(&["build", "--format", "json"]);
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).expect("the report is JSON");
    let all = (calls.len() + whole.len()) as u64;
    // What is not an `Exception` ends its cell, and says so.
    let faults: Vec<String> =
        report["diagnostics"].as_array().expect("diagnostics").iter().map(Value::to_string).collect();
    let wrong: Vec<&String> = faults
        .iter()
        .filter(|fault| {
            ["InternalError", "crashed", "fault of Kiln", "ran for more"]
                .iter()
                .any(|sign| fault.contains(sign))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(report["cells"]["run"].as_u64() >= Some(all - 12), "{}\n{faults:#?}", report["cells"]);
}
