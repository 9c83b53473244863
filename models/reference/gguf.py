"""SmolLM2 in NumPy: the GGUF file, its tokenizer and its forward pass, with the weights unpacked to float32."""

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from binary import Bytes

KINDS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


def read(path):
    """Metadata and tensors, each as float32 `[out, in]`."""
    file = Bytes(path.read_bytes(), 8)
    number, text = file.number, lambda: file.text("Q")

    def value(kind):
        if kind == 8:
            return text()
        if kind == 9:
            inner, count = number("I"), number("Q")
            return [value(inner) for _ in range(count)]
        return number(KINDS[kind])

    tensors, entries = number("Q"), number("Q")
    metadata = {}
    for _ in range(entries):
        key = text()
        metadata[key] = value(number("I"))
    table = []
    for _ in range(tensors):
        name = text()
        dims = [number("Q") for _ in range(number("I"))]
        table.append((name, dims[::-1], number("I"), number("Q")))
    start = -(-file.at // 32) * 32
    return metadata, {name: unpack(file.raw, start + offset, dims, kind) for name, dims, kind, offset in table}


def unpack(raw, at, dims, kind):
    count = int(np.prod(dims))
    if kind == 0:
        return np.frombuffer(raw, np.float32, count, at).reshape(dims)
    size = {3: 20, 8: 34}[kind]
    blocks = np.frombuffer(raw, np.uint8, count // 32 * size, at).reshape(-1, size)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    if kind == 8:
        return (blocks[:, 2:].view(np.int8) * scale).reshape(dims)
    least, halves = blocks[:, 2:4].copy().view(np.float16).astype(np.float32), blocks[:, 4:]
    return (np.concatenate([halves & 15, halves >> 4], 1) * scale + least).reshape(dims)


class Smol:
    """The model and its tokenizer."""

    def __init__(self, path):
        self.meta, self.w = read(path)
        tokens, kinds = self.meta["tokenizer.ggml.tokens"], self.meta["tokenizer.ggml.token_type"]
        merges = [tuple(merge.split(" ", 1)) for merge in self.meta["tokenizer.ggml.merges"]]
        self.tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(tokens)}, merges=merges))
        self.tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        self.tokenizer.decoder = decoders.ByteLevel()
        self.tokenizer.add_special_tokens([token for token, kind in zip(tokens, kinds) if kind == 3])

    def logits(self, ids):
        """Scores for each position, all positions at once."""
        get = lambda key: self.meta[f"llama.{key}"]
        dim, heads, kv, n = get("embedding_length"), get("attention.head_count"), get("attention.head_count_kv"), len(ids)
        size = dim // heads
        angles = np.arange(n)[:, None] * get("rope.freq_base") ** (-np.arange(0, size, 2) / size)
        cos, sin = np.cos(angles)[:, None].astype(np.float32), np.sin(angles)[:, None].astype(np.float32)
        norm = lambda x, w: x / np.sqrt((x * x).mean(-1, keepdims=True) + get("attention.layer_norm_rms_epsilon")) * w

        def turned(x):
            a, b = x[..., 0::2], x[..., 1::2]
            return np.stack([a * cos - b * sin, a * sin + b * cos], -1).reshape(x.shape)

        x = self.w["token_embd.weight"][ids]
        for layer in range(get("block_count")):
            w = {part: self.w[f"blk.{layer}.{part}.weight"] for part in
                 ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")}
            h = norm(x, w["attn_norm"])
            q, k, v = ((h @ w[part].T).reshape(n, -1, size) for part in ("attn_q", "attn_k", "attn_v"))
            q, k, v = turned(q), turned(k).repeat(heads // kv, 1), v.repeat(heads // kv, 1)
            a = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(size) + np.triu(np.full((n, n), -np.inf), 1)
            a = np.exp(a - a.max(-1, keepdims=True))
            a /= a.sum(-1, keepdims=True)
            x = x + np.einsum("hqk,khd->qhd", a, v).reshape(n, -1).astype(np.float32) @ w["attn_output"].T
            h = norm(x, w["ffn_norm"])
            g = h @ w["ffn_gate"].T
            x = x + (g / (1 + np.exp(-g)) * (h @ w["ffn_up"].T)) @ w["ffn_down"].T
        return norm(x, self.w["output_norm.weight"]) @ self.w["token_embd.weight"].T
