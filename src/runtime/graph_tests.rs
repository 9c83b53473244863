//! `k.graph`: what a traced function computes, and what cannot be traced.

use super::operators_tests::{fails, ran, shows, with_session};

/// Compares a graph with the function it was made of, on its examples and on others.
const AGREES: &str = "
def agrees(f, *examples):
    g = k.graph(f, *examples)
    def listed(v):
        return list(v) if isinstance(v, (tuple, list)) else [v]
    for inputs in [examples, [k.flip(x) for x in examples]]:
        eager = listed(f(*inputs))
        made = list(g.run({port.name: x for port, x in zip(g.inputs, inputs)}).values())
        assert len(made) == len(eager)
        for a, b in zip(made, eager):
            assert a.dtype == b.dtype and a.shape == b.shape, (a.dtype, a.shape, b.dtype, b.shape)
            assert k.allclose(a, b, rtol=1e-4, atol=1e-6), (a, b)
    return len(g.nodes)
x = k.rng(1).normal(size=(2, 3, 4))
y = k.rng(2).normal(size=(2, 4, 3))
i = k.arange(24).reshape(2, 3, 4)
";

#[test]
fn a_traced_function_computes_what_the_function_does() {
    with_session(|session| {
        ran(session, AGREES);
        let functions = [
            "x + 1, 2 - x, x * x, x / 3, 1 / (x + 9), -x, abs(x), x ** 2, +x",
            "x + i, i / 2, i * 2, i > 3, i == 2, i != 2, (x > 0) & (x < 1), ~(x > 0), (x >= 0) | (i <= 5)",
            "k.exp(x), k.log(k.abs(x)), k.sqrt(abs(x)), k.exp(i - 20), k.sin(x), k.tanh(x), k.sigmoid(x)",
            "k.erf(x), k.floor(x), k.round(x), k.sign(x), k.relu(x), k.gelu(x), k.gelu(x, approximate='tanh')",
            "k.softmax(x), k.softmax(x, axis=1), k.log_softmax(x), x.softmax(axis=0), k.layer_norm(x)",
            "k.layer_norm(x, weight=k.arange(4.0), bias=k.ones(4)), k.square(x), k.isnan(x)",
            "x @ k.ones((4, 2)), k.matmul(x, y), k.einsum('bij,bjk->bik', x, y), x @ y",
            "x.sum(), x.sum(axis=1), x.mean(axis=(0, 2), keepdims=True), k.max(x, axis=-1), i.mean(axis=0)",
            "x.min(), k.prod(x, axis=2), k.argmax(x), x.argmin(axis=1), k.cumsum(x, axis=1), (x > 0).sum()",
            "x.reshape(6, 4), x.reshape(-1), x.T, k.transpose(x, (1, 0, 2)), k.swapaxes(x, 0, -1), x.flatten()",
            "k.expand_dims(x, 1), x[:1].squeeze(0), k.broadcast_to(x, (5, 2, 3, 4)), x.astype('int32')",
            "k.concatenate([x, x], axis=1), k.stack([x, i]), k.take(x, [1, 0], axis=1), k.tril(x), k.triu(x, 1)",
            "k.where(x > 0, x, 0), k.where(i > 3, i, x), k.clip(x, -1, 1), k.maximum(x, 0.5), k.minimum(i, 7)",
            "k.zeros_like(x) + x, sum(row for row in x), k.power(x, 3), k.logical_not(x > 0), k.logical_and(x > 0, i > 3)",
            "x[0], x[-1, 1:], x[..., 0], x[:, ::-1], x[:, None, 1], x[1, 2, 3], x[:, [0, 2][0]], x[[1, 0]]",
            "k.ops.Relu(x), k.ops.Add(x, 1), k.ops.TopK(x, [2])[0], k.ops.Clip(x, max=0.5), k.ops.Gather(x, [0])",
        ];
        for results in functions {
            shows(session, &format!("agrees(lambda x, y, i: ({results},), x, y, i) > 0"), "True");
        }
        shows(session, "agrees(lambda x: k.split(x, 2, axis=2), x)", "3");
        shows(session, "agrees(lambda x, at: x[at], x, k.array([1, 0, 1]))", "2");
        shows(session, "agrees(lambda x: x, x)", "1");
    });
}

#[test]
fn a_graph_is_a_model() {
    with_session(|session| {
        let attention = "import kiln as k
def attention(q, key, v):
    scores = q @ k.swapaxes(key, -1, -2) / q.shape[-1] ** 0.5
    return k.softmax(scores) @ v
q = k.rng(3).normal(size=(2, 5, 4))
g = k.graph(attention, q, q, q)
g";
        ran(session, attention);
        shows(session, "g.id, [p.name for p in g.inputs]", "('attention', ['q', 'key', 'v'])");
        let ops = "['Transpose', 'MatMul', 'Div', 'Softmax', 'MatMul', 'Identity']";
        shows(session, "[n.op_type for n in g.nodes]", ops);
        shows(session, "g.outputs[0].shape, g.outputs[0].dtype", "([2, 5, 4], 'float32')");
        shows(session, "k.allclose(g(q=q, key=q, v=q)['output'], attention(q, q, q), atol=1e-6)", "True");
        shows(
            session,
            "w = g.run({'q': q, 'key': q, 'v': q}, outputs='Softmax_3_output_0')\nk.allclose(w['Softmax_3_output_0'].sum(axis=-1), 1)",
            "True",
        );
        let without = "h = g.bypassed('Div_2')\nk.allclose(h(q=q, key=q, v=q)['output'], attention(q * 2, q, q), atol=1e-6)";
        shows(session, without, "True");
        assert!(ran(session, "g(q=q, key=q, v=q)").runtime);
        shows(session, "k.graph(attention, q, q, q, name='heads').id", "'heads'");
    });
}

#[test]
fn what_cannot_be_traced_is_said() {
    with_session(|session| {
        ran(session, "kept = []\ndef branch(x):\n    if x.sum() > 0:\n        return x\n    return -x");
        let fault = fails(session, "k.graph(branch, k.ones(3))");
        assert_eq!(fault.kind, "TypeError");
        assert!(fault.message.contains("a branch") && fault.hints[0].contains("k.where"), "{fault:?}");
        let mut check = |body: &str, expect: &str| {
            let fault = fails(session, &format!("k.graph(lambda x: {body}, k.ones((2, 3)))"));
            assert!(fault.message.contains(expect), "{body}: {fault:?}");
        };
        check("float(x[0, 0])", "`float()`");
        check("x.tolist()", "`.tolist()`");
        check("[1, 2][x.argmax()]", "a Python index");
        check("k.unique(x)", "k.unique() cannot be part of a graph");
        check("k.ones(2)", "computed from its arguments");
        check("x // 2", "k.ops.Div");
        check("x[x > 0]", "indexed with integers");
        check("x + k.ones((4, 5))", "(2, 3) and (4, 5)");
        check("k.array([x, x])", "k.array() cannot be part of a graph");
        check("k.graph(lambda y: y + x, k.ones(3))", "two graphs do not mix");
        check("k.ops.RandomNormalLike(x)", "version 21");
        ran(session, "k.graph(lambda x: kept.append(x) or x, k.ones(2));");
        let fault = fails(session, "kept[0] + 1");
        assert!(fault.message.contains("a graph that is finished"), "{fault:?}");
    });
}
