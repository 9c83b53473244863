"""Judging small language models through ONNX Runtime, and their snapshots."""

import math

import numpy as np

from . import expected


def feeds(session, ids, past=None):
    """Inputs for `ids`, int64 [batch, time], after `past`."""
    layers = [i for i in session.session.get_inputs() if i.name.startswith("past_key_values")]
    past = past or {i.name: np.zeros((len(ids), i.shape[1], 0, i.shape[3]), np.float32) for i in layers}
    before = past[layers[0].name].shape[2]
    positions = np.broadcast_to(np.arange(before, before + ids.shape[1]), ids.shape).astype(np.int64)
    return {"input_ids": ids, "attention_mask": np.ones((len(ids), before + ids.shape[1]), np.int64), "position_ids": positions, **past}


def bits_per_token(session, rows):
    """The mean of −log₂ p over all tokens but the first of each row; rows of one length are read together."""
    total, count = 0.0, 0
    for length in sorted({len(row) for row in rows}):
        table = np.array([row for row in rows if len(row) == length], np.int64)
        for part in np.array_split(table, max(1, len(table) * length // 8000)):
            logits = session(**feeds(session, part[:, :-1]))["logits"].astype(np.float64)
            logits -= logits.max(-1, keepdims=True)
            chance = np.take_along_axis(logits, part[:, 1:, None], -1)[..., 0] - np.log(np.exp(logits).sum(-1))
            total, count = total - chance.sum(), count + chance.size
    return total / count / math.log(2)


def draw(session, count, end, longest, temperature=0.8, seed=5, start=None):
    """`count` texts drawn token by token with the cache; lists of ids without `start` (else `end`) and `end`."""
    numbers = np.random.default_rng(seed)
    new = np.full((count, 1), end if start is None else start, np.int64)
    past, texts, open_ = None, [[] for _ in range(count)], np.ones(count, bool)
    for _ in range(longest):
        found = session(**feeds(session, new, past))
        past = {name.replace("present.", "past_key_values."): v for name, v in found.items() if name != "logits"}
        scores = found["logits"][:, -1] / temperature - np.log(-np.log(numbers.random(found["logits"][:, -1].shape)))
        new = scores.argmax(-1)[:, None]  # a draw by Gumbel's trick
        open_ &= new[:, 0] != end
        for text, token, more in zip(texts, new[:, 0], open_):
            if more:
                text.append(int(token))
        if not open_.any():
            break
    return texts


def case(session, file, ids):
    """What the model gives for one row of ids, to be recorded."""
    given = feeds(session, np.array([ids], np.int64))
    found = session(**given)
    inputs = {name: expected.given(value) for name, value in given.items() if not name.startswith("past")}
    outputs = {name: expected.summary(found[name]) for name in ("logits", "present.0.key")}
    return {"file": file, "inputs": inputs, "outputs": outputs}
