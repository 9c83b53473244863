#!/usr/bin/env python3
"""Trains an LSTM to guess the next character of reviews of films.

    pip install -r models/requirements.txt && python models/char-lm/train.py [--smoke]
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected, mixture, reviews
from common.export import Session, export, parameters
from common.ngram import NGram
from common.training import Run

WIDTH, INSIDE, ROWS, TIME, STEPS, RATE, EVERY = 64, 256, 32, 100, 400, 5e-3, 50
ALPHABET = "\n !\"'(),-./0123456789:;?abcdefghijklmnopqrstuvwxyz"


class CharLM(nn.Module):
    """Characters in, one layer of LSTM, characters out; the state goes in and comes out."""

    def __init__(self, tokens):
        super().__init__()
        self.embedding, self.lstm, self.head = nn.Embedding(tokens, WIDTH), nn.LSTM(WIDTH, INSIDE, batch_first=True), nn.Linear(INSIDE, tokens)

    def forward(self, input_ids, hidden, cell):
        """int64 [batch, time], [1, batch, 256] twice -> logits [batch, time, tokens], hidden_states [batch, time, 256], the state."""
        states, (hidden, cell) = self.lstm(self.embedding(input_ids), (hidden, cell))
        return self.head(states), states, hidden, cell


def nothing(count):
    return torch.zeros(1, count, INSIDE), torch.zeros(1, count, INSIDE)


def ids(texts):
    """One row of numbers; characters outside of the alphabet are left out, and a line ends each text."""
    known = {c: i for i, c in enumerate(ALPHABET)}
    return torch.tensor([known[c] for text in texts for c in text.lower().replace("\n", " ") + "\n" if c in known])


def fit(run, model, stream, steps):
    """Every row goes on where it stopped, with the state that it had (truncated backpropagation through time)."""
    optimizer, begun, curve = torch.optim.Adam(model.parameters(), RATE), 0, []
    lanes = stream[: len(stream) // ROWS * ROWS].view(ROWS, -1)
    state, total = nothing(ROWS), 0.0
    if kept := run.resume():
        model.load_state_dict(kept["model"])
        optimizer.load_state_dict(kept["optimizer"])
        begun, curve, state = kept["step"], kept["curve"], kept["state"]
    for step in range(begun, steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min((step + 1) / 20, 1.0, 2 * (1 - step / steps))
        at = step * TIME % (lanes.shape[1] - TIME - 1)
        logits, _, *state = model(lanes[:, at : at + TIME], *(part.detach() for part in state))
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), lanes[:, at + 1 : at + TIME + 1].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            curve.append([step + 1, round(total / (step % EVERY + 1) / math.log(2), 4)])
            total = 0.0
            run.say(f"step {step + 1}: {curve[-1][1]} bits a character")
            run.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1, "curve": curve, "state": [part.detach() for part in state]})
    return curve


def bits(session, rows, forget=False):
    """Bits a character of `rows`; with `forget` the state is lost after every fifth character."""
    empty, total = [part.numpy() for part in nothing(len(rows))], 0.0
    hidden, cell = empty
    for at in range(0, rows.shape[1] - 1, 5):
        part = rows[:, at : at + 5][:, : rows.shape[1] - 1 - at]
        out = session(input_ids=part, hidden=hidden, cell=cell)
        hidden, cell = empty if forget else (out["hidden_out"], out["cell_out"])
        logits = out["logits"].astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        truth = rows[:, at + 1 : at + 1 + part.shape[1], None]
        total -= (np.take_along_axis(logits, truth, -1)[..., 0] - np.log(np.exp(logits).sum(-1))).sum()
    return total / len(rows) / (rows.shape[1] - 1) / math.log(2)


def write(session, begin, count, temperature=0.6, seed=3):
    numbers, (hidden, cell), new, said = np.random.default_rng(seed), [part.numpy() for part in nothing(1)], ids([begin])[None, :-1].numpy(), begin
    for _ in range(count):
        out = session(input_ids=new, hidden=hidden, cell=cell)
        hidden, cell = out["hidden_out"], out["cell_out"]
        new = (out["logits"][:, -1] / temperature - np.log(-np.log(numbers.random((1, len(ALPHABET)))))).argmax(-1)[:, None]
        said += ALPHABET[new[0, 0]]
    return said


def save(model, path):
    names, outputs = ["input_ids", "hidden", "cell"], ["logits", "hidden_states", "hidden_out", "cell_out"]
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in ("input_ids", "logits", "hidden_states")}
    axes |= {name: {1: "batch_size"} for name in ("hidden", "cell", "hidden_out", "cell_out")}
    export(model, (torch.arange(10).view(2, 5), *nothing(2)), path, names, outputs, axes, weights="float16")
    model.train()


def main():
    run = Run(__file__, __doc__)
    train, held = reviews.reviews()
    order = np.random.default_rng(run.seed)
    stream = ids([train[i][0] for i in order.permutation(len(train))[: 200 if run.smoke else 1500]])
    other = ids([held[i][0] for i in order.permutation(len(held))[:300]])
    rows = other[: 200 * 400].view(200, 400).numpy()
    run.say(f"{len(stream)} characters to learn from, of {len(ALPHABET)} kinds")
    run.reseed()
    model = CharLM(len(ALPHABET))
    run.say(f"{parameters(model)} parameters")
    save(model, run.out / "untrained.onnx")
    curve = fit(run, model, stream, 20 if run.smoke else STEPS)
    save(model, run.out / "lstm.onnx")
    (run.out / "curve.json").write_text(json.dumps({"columns": ["step", "bits"], "rows": curve}) + "\n", encoding="utf-8")
    (run.out / "tokenizer.json").write_text(json.dumps(mixture.tokenizer(list(ALPHABET)), ensure_ascii=False) + "\n", encoding="utf-8")

    grams = {n: NGram([stream.numpy()], len(ALPHABET), order=n).bits_per_token(rows) for n in (1, 3, 5)}
    run.say("n-grams: " + ", ".join(f"order {n} {v:.4f}" for n, v in grams.items()))
    found, cases = {}, []
    for name in ["lstm", "untrained"]:
        session = Session(run.out / f"{name}.onnx")
        found[name], lost = bits(session, rows), bits(session, rows, forget=True)
        run.say(f"{name}: {found[name]:.4f} bits a character of held-out reviews, {lost:.4f} where the state is lost every five: " + write(session, "this film is", 120))
        feeds = {"input_ids": rows[:2, :12], **dict(zip(("hidden", "cell"), (part.numpy() for part in nothing(2))))}
        cases.append({"file": f"{name}.onnx", "inputs": {k: expected.given(v) for k, v in feeds.items()}, "outputs": {k: expected.summary(v) for k, v in session(**feeds).items()}})
        found[f"{name} that forgets"] = lost
    expected.write(run.out, cases, [
        expected.behaviour("bits a character of held-out reviews; control: untrained", found["lstm"], "<=", 2.6, found["untrained"]),
        expected.behaviour("the same, less those of an order-3 n-gram; control: its state is lost every five characters", found["lstm"] - grams[3], "<=", 0.0, found["lstm that forgets"] - grams[3]),
    ])


if __name__ == "__main__":
    main()
