"""The architecture of GPT-2 at small sizes: learned positions, normalisation before each part, GELU, a tied head."""

import math

import torch
from torch import nn

from .export import export


class Attention(nn.Module):
    """Causal self-attention with a cache of keys and values."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.c_attn, self.c_proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, mask, past):
        """[batch, now, width] and a mask [.., now, all] -> the same, and keys and values [batch, heads, all, size]."""
        split = lambda part: part.unflatten(-1, (self.heads, -1)).transpose(1, 2)
        query, key, value = (split(part) for part in self.c_attn(x).chunk(3, -1))
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        scores = query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])
        weights = scores.masked_fill(~mask, -1e30).softmax(-1)
        return self.c_proj((weights @ value).transpose(1, 2).flatten(2)), (key, value)


class MLP(nn.Module):
    """The feed-forward part, four times as wide inside."""

    def __init__(self, width):
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        return self.c_proj(nn.functional.gelu(self.c_fc(x), approximate="tanh"))


class Layer(nn.Module):
    """Attention, then the feed-forward part, each normalised before and added after."""

    def __init__(self, width, heads):
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(width), Attention(width, heads)
        self.ln_2, self.mlp = nn.LayerNorm(width), MLP(width)

    def forward(self, x, mask, past=None):
        mixed, present = self.attn(self.ln_1(x), mask, past)
        x = x + mixed
        return x + self.mlp(self.ln_2(x)), present


class GPT2(nn.Module):
    """A decoder; weights begin as GPT-2's do."""

    def __init__(self, vocabulary, positions, width=192, layers=4, heads=6):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(vocabulary, width), nn.Embedding(positions, width)
        self.h = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.ln_f = nn.LayerNorm(width)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                nn.init.normal_(weight, std=0.02 / (math.sqrt(2 * layers) if name.endswith("c_proj.weight") else 1))
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, input_ids):
        """int64 [batch, time] -> logits [batch, time, vocabulary]."""
        time = input_ids.shape[1]
        return self.read(input_ids, torch.arange(time)[None], torch.ones(time, time, dtype=torch.bool).tril())[0]

    def read(self, input_ids, position_ids, mask, past=None):
        x = self.wte(input_ids) + self.wpe(position_ids)
        presents = []
        for layer, before in zip(self.h, past or [None] * len(self.h)):
            x, present = layer(x, mask, before)
            presents.append(present)
        return self.ln_f(x) @ self.wte.weight.T, presents


class Cached(nn.Module):
    """The decoder as it is exported: with the names of public exports, and a cache."""

    def __init__(self, transformer):
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids, attention_mask, position_ids, *past):
        now, total = input_ids.shape[1], attention_mask.shape[1]
        keys, queries = torch.arange(total)[None], torch.arange(total - now, total)[:, None]
        mask = (keys <= queries)[None, None] & (attention_mask[:, None, None] > 0)
        pairs = list(zip(past[0::2], past[1::2]))
        logits, presents = self.transformer.read(input_ids, position_ids, mask, pairs)
        return (logits, *(part for pair in presents for part in pair))


def save(model, path, **options):
    """Writes the decoder with `input_ids`, `attention_mask`, `position_ids`, `past_key_values.N.key` and so on."""
    heads, width = model.h[0].attn.heads, model.wte.weight.shape[1]
    names = [f"{layer}.{part}" for layer in range(len(model.h)) for part in ("key", "value")]
    past, present = [f"past_key_values.{name}" for name in names], [f"present.{name}" for name in names]
    axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}, "position_ids": {0: "batch_size", 1: "sequence_length"}}
    axes |= {"attention_mask": {0: "batch_size", 1: "total_sequence_length"}, "logits": {0: "batch_size", 1: "sequence_length"}}
    axes |= {name: {0: "batch_size", 2: "past_sequence_length"} for name in past}
    axes |= {name: {0: "batch_size", 2: "total_sequence_length"} for name in present}
    ids, empty = torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, heads, 2, width // heads)
    args = (ids, torch.ones(2, 5, dtype=torch.int64), ids, *[empty] * len(past))
    export(Cached(model), args, path, ["input_ids", "attention_mask", "position_ids", *past], ["logits", *present], axes, **options)


def optimizers(model, rate):
    """Muon for the matrices inside the layers, Adam for all else."""
    inside = [p for name, p in model.named_parameters() if name.startswith("h.") and p.dim() == 2]
    known = {id(p) for p in inside}
    outside = [p for p in model.parameters() if id(p) not in known]
    return [torch.optim.Muon(inside, lr=rate, weight_decay=0.02, adjust_lr_fn="match_rms_adamw"), torch.optim.Adam(outside, lr=rate, betas=(0.9, 0.98))]


def fit(run, model, batch, steps, rate, at, every=100, warm=50):
    """Next-token prediction on rows that `batch()` gives; `at(step, model)` is called at every step's begin."""
    chosen = optimizers(model, rate)
    begun, curve = 0, []
    if state := run.resume():
        model.load_state_dict(state["model"])
        for optimizer, kept in zip(chosen, state["optimizers"]):
            optimizer.load_state_dict(kept)
        begun, curve = state["step"], state["curve"]
    total = 0.0
    for step in range(begun, steps):
        at(step, model)
        for optimizer in chosen:
            for group in optimizer.param_groups:
                group["lr"] = rate * min((step + 1) / warm, 1.0, 1.25 * (1 - step / steps))
        rows = batch()
        with torch.autocast("cpu", torch.bfloat16):
            logits = model(rows[:, :-1])
        loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), rows[:, 1:].flatten())
        for optimizer in chosen:
            optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in chosen:
            optimizer.step()
        total += loss.item()
        if (step + 1) % every == 0 or step + 1 == steps:
            curve.append([step + 1, round(total / (step % every + 1) / math.log(2), 4)])
            total = 0.0
            run.say(f"step {step + 1}: {curve[-1][1]} bits a token")
            kept = [optimizer.state_dict() for optimizer in chosen]
            run.save({"model": model.state_dict(), "optimizers": kept, "step": step + 1, "curve": curve})
    at(steps, model)
    return curve
