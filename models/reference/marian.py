"""A Marian translator in NumPy: CTranslate2's file, and the forward pass with its weights unpacked to float32."""

import json

import numpy as np

from binary import Bytes

KINDS = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}


def read(path):
    """Variables by name, matrices of int8 divided by the scales of their rows."""
    file = Bytes(path.read_bytes())
    number, text = file.number, lambda: file.text("H").rstrip("\0")
    version, kind, revision, found = number("I"), text(), number("I"), {}
    for _ in range(number("I")):
        name, dims = text(), [number("I") for _ in range(number("B"))]
        dtype, size = KINDS[number("B")], number("I")
        found[name] = np.frombuffer(file.raw, dtype, size // np.dtype(dtype).itemsize, file.at).reshape(dims)
        file.at += size
    for name in [name for name in found if f"{name}_scale" in found]:
        found[name] = found[name].astype(np.float32) / found[f"{name}_scale"][:, None]
    for _ in range(number("I")):
        other, name = text(), text()
        found[other] = found[name]
    return found


class Marian:
    """The model and its vocabulary; the token that begins a translation is number `len(tokens)` and has no vector."""

    def __init__(self, folder):
        self.w = read(folder / "model.bin")
        self.tokens = json.loads((folder / "shared_vocabulary.json").read_text(encoding="utf-8"))
        self.ids = {token: i for i, token in enumerate(self.tokens)}
        self.heads = int(self.w["decoder/num_heads"])
        self.layers = sum(name.endswith("/ffn/linear_0/bias") for name in self.w) // 2

    def linear(self, x, name):
        return x @ self.w[f"{name}/weight"].T + self.w[f"{name}/bias"]

    def norm(self, x, name):
        mean, spread = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        return (x - mean) / np.sqrt(spread + 1e-5) * self.w[f"{name}/gamma"] + self.w[f"{name}/beta"]

    def embed(self, ids, half):
        table = self.w["decoder/embeddings/weight"]
        rows = np.concatenate([table, np.zeros_like(table[:1])])[ids]
        return rows * np.float32(np.sqrt(table.shape[1])) + self.w["decoder/position_encodings/encodings"][: len(ids)]

    def attend(self, q, k, v, causal):
        split = lambda x: x.reshape(len(x), self.heads, -1)
        q, k, v = split(q), split(k), split(v)
        a = np.einsum("qhd,khd->hqk", q, k) / np.float32(np.sqrt(q.shape[-1]))
        if causal:
            a = a + np.triu(np.full(a.shape[1:], -np.inf, np.float32), 1)
        a = np.exp(a - a.max(-1, keepdims=True))
        return np.einsum("hqk,khd->qhd", a / a.sum(-1, keepdims=True), v).reshape(len(q), -1)

    def part(self, x, name, mixed):
        return self.norm(x + self.linear(mixed, f"{name}/linear_{2 if name.endswith('/attention') else 1}"), f"{name}/layer_norm")

    def fed(self, x, name):
        h = self.linear(x, f"{name}/linear_0")
        return self.part(x, name, h / (1 + np.exp(-h)))

    def encode(self, ids):
        """The last vectors, [source, width]."""
        x = self.embed(ids, "encoder")
        for layer in range(self.layers):
            at = f"encoder/layer_{layer}"
            q, k, v = np.split(self.linear(x, f"{at}/self_attention/linear_0"), 3, -1)
            x = self.part(x, f"{at}/self_attention", self.attend(q, k, v, False))
            x = self.fed(x, f"{at}/ffn")
        return x

    def decode(self, ids, states):
        """The scores after each of `ids`, all positions at once."""
        x = self.embed(ids, "decoder")
        for layer in range(self.layers):
            at = f"decoder/layer_{layer}"
            q, k, v = np.split(self.linear(x, f"{at}/self_attention/linear_0"), 3, -1)
            x = self.part(x, f"{at}/self_attention", self.attend(q, k, v, True))
            q, (k, v) = self.linear(x, f"{at}/attention/linear_0"), np.split(self.linear(states, f"{at}/attention/linear_1"), 2, -1)
            x = self.part(x, f"{at}/attention", self.attend(q, k, v, False))
            x = self.fed(x, f"{at}/ffn")
        return x @ self.w["decoder/embeddings/weight"].T + self.w["decoder/projection/bias"]
