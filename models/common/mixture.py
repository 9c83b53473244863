"""A sparse mixture of experts in a small language model, and text of four kinds to learn from."""

import math
from collections import Counter

import numpy as np
import torch
from torch import nn

from . import poems, reviews
from .data import sdist
from .export import export
from .gpt2 import Attention

EXPERTS, CHOSEN = 8, 2
TIME = 64
KINDS = ["poems", "prose", "sums", "code"]


class Experts(nn.Module):
    """Eight feed-forward parts and a router that sends each token to the two it trusts most (Shazeer et al. 2017)."""

    def __init__(self, width, inside):
        super().__init__()
        self.router = nn.Linear(width, EXPERTS, bias=False)
        self.up = nn.Parameter(torch.randn(EXPERTS, width, inside) * width**-0.5)
        self.down = nn.Parameter(torch.randn(EXPERTS, inside, width) * inside**-0.5 / 2)

    def forward(self, x):
        """[.., width] -> the same, the router's logits [.., 8], the experts it chose [.., 2]."""
        logits = self.router(x)
        best, chosen = logits.topk(CHOSEN)
        share = best.softmax(-1)
        if torch.onnx.is_in_onnx_export():  # the weights of the chosen two are fetched for each token
            h = nn.functional.gelu(x[..., None, None, :] @ self.up[chosen])
            return (share[..., None] * (h @ self.down[chosen])[..., 0, :]).sum(-2), logits, chosen
        flat, out = x.flatten(0, -2), torch.zeros_like(x).flatten(0, -2)
        for expert in range(EXPERTS):
            token, place = (chosen.flatten(0, -2) == expert).nonzero(as_tuple=True)
            h = nn.functional.gelu(flat[token] @ self.up[expert]) @ self.down[expert]
            out = out.index_add(0, token, (share.flatten(0, -2)[token, place, None] * h).to(out.dtype))
        return out.view_as(x), logits, chosen


class Layer(nn.Module):
    """Attention, then the experts, each normalised before and added after."""

    def __init__(self, width, heads, inside):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(width), Attention(width, heads)
        self.ln_2, self.experts = nn.LayerNorm(width), Experts(width, inside)

    def forward(self, x, mask):
        x = x + self.attn(self.ln_1(x), mask, None)[0]
        mixed, logits, chosen = self.experts(self.ln_2(x))
        return x + mixed, logits, chosen


class MixtureLM(nn.Module):
    """A decoder whose feed-forward parts are mixtures."""

    def __init__(self, vocabulary, width=96, layers=2, heads=4, inside=192):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(TIME, width)
        self.h = nn.ModuleList(Layer(width, heads, inside) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, input_ids):
        """int64 [batch, time] -> logits; router_logits [batch, layers, time, 8]; selected_experts [batch, layers, time, 2]."""
        time = input_ids.shape[1]
        places = torch.arange(time)
        x = self.wte(input_ids) + self.wpe(places[None])
        routes, picks = [], []
        for layer in self.h:
            x, logits, chosen = layer(x, places[None] <= places[:, None])
            routes.append(logits)
            picks.append(chosen)
        return self.ln_f(x) @ self.wte.weight.T, torch.stack(routes, 1), torch.stack(picks, 1)


def balance(router_logits, selected):
    """The loss of Switch Transformers: 1 where all experts are used alike, up to 8 where one is used alone; mean of the layers."""
    used = nn.functional.one_hot(selected, EXPERTS).float().mean((0, 2, 3))  # [layers, experts]
    return EXPERTS * (used * router_logits.float().softmax(-1).mean((0, 2))).sum(-1).mean()


def save(model, path):
    names = ["input_ids", "logits", "router_logits", "selected_experts"]
    two, four = {0: "batch_size", 1: "sequence_length"}, {0: "batch_size", 2: "sequence_length"}
    axes = {"input_ids": two, "logits": two, "router_logits": four, "selected_experts": four}
    export(model, (torch.arange(10).view(2, 5),), path, names[:1], names[1:], axes, weights="float16")
    model.train()


def sums(count, rng):
    """Additions, one after another."""
    a, b = rng.integers(0, 100, (2, count))
    return "".join(f"{x}+{y}={x + y}\n" for x, y in zip(a.tolist(), b.tolist()))


def texts(size, rng):
    """A text of each kind to learn from and another, each of up to `size` characters (the other a tenth)."""
    tokens, rows, others = poems.corpus(20_000)
    spell = lambda rows: "\n".join("".join(tokens[i] for i in row[1:-1]) for row in rows)
    pin = ("x-transformers", "2.16.1", "50f73b36c9aea2499a4b95145f44611bfe3887397377425cf1c7b6c5d18578cb")
    code = "".join(sdist(*pin, f"x_transformers/{name}.py").decode() for name in ("x_transformers", "attend", "autoregressive_wrapper", "xl_autoregressive_wrapper"))
    other = "".join(sdist(*pin, f"x_transformers/{name}.py").decode() for name in ("continuous", "dpo", "multi_input"))
    learn = spell(rows), "\n".join(reviews.articles("train")), sums(size // 8, rng), code
    apart = spell(others), "\n".join(reviews.articles("valid")), sums(size // 80, rng), other
    return dict(zip(KINDS, (t[:size] for t in learn))), dict(zip(KINDS, (t[: size // 10] for t in apart)))


def vocabulary(learn, count):
    """The most usual characters; the first token stands for all others."""
    seen = Counter()
    for text in learn.values():
        seen.update({c: n / len(text) for c, n in Counter(text).items()})
    return ["<unk>", *sorted(sorted(seen), key=seen.get, reverse=True)[: count - 1]]


def tokenizer(tokens):
    """The `tokenizer.json`: one token a character."""
    added = {"id": 0, "content": tokens[0], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [added], "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": "Isolated", "invert": False},
        "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": {token: i for i, token in enumerate(tokens)}, "unk_token": tokens[0]},
    }
