"""The long-lag recall task, and the three recurrent networks that try it.

A sequence is `LENGTH` tokens. One of them is a symbol (0..7), the last is the question (16), all others are noise (8..15).
After the question the network has to name the symbol. The lag is the number of noise tokens in between.
"""


import numpy as np
import torch
from torch import nn

from . import expected
from .export import Session, export, parameters
from .training import Run

SYMBOLS, QUESTION, VOCABULARY = 8, 16, 17
LENGTH, LONGEST, HIDDEN = 62, 60, 32
LAGS = [1, 5, 10, 20, 30, 40, 50, 60]
BATCH, STEPS, RATE = 64, 2500, 4e-3


def sequences(count, lag=None, short=False):
    """Token ids int64 [count, LENGTH] and symbols [count]; lags are drawn evenly from 1..LONGEST unless given.

    With `short`, half of the lags are 7 or less: their logarithms are drawn evenly.
    """
    ids = torch.randint(SYMBOLS, 2 * SYMBOLS, (count, LENGTH))
    symbols = torch.randint(SYMBOLS, (count,))
    lags = torch.randint(1, LONGEST + 1, (count,)) if lag is None else torch.full((count,), lag)
    if short:
        lags = ((LONGEST + 1) ** torch.rand(count)).long()
    ids[torch.arange(count), LENGTH - 2 - lags] = symbols
    ids[:, -1] = QUESTION
    return ids, symbols


class Recurrent(nn.Module):
    """Embedding, one recurrent layer, a linear read-out at every step."""

    def __init__(self, kind):
        super().__init__()
        self.kind = kind
        self.embedding = nn.Embedding(VOCABULARY, 16)
        self.layer = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[kind](16, HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, SYMBOLS)
        if kind == "lstm":  # a forget gate that is open at first: Gers, Schmidhuber and Cummins (2000)
            nn.init.constant_(self.layer.bias_ih_l0[HIDDEN : 2 * HIDDEN], 1.0)

    def forward(self, input_ids):
        """int64 [batch, time] -> logits [batch, time, 8], hidden states and gates [batch, time, 32]."""
        x = self.embedding(input_ids)
        hidden, _ = self.layer(x)
        return (self.head(hidden), hidden, *self.gates(x, hidden))

    def gates(self, x, hidden):
        """Input and forget gate of the LSTM, reset and update gate of the GRU, worked out again from the hidden states."""
        if self.kind == "rnn":
            return ()
        before = torch.cat([torch.zeros_like(hidden[:, :1]), hidden[:, :-1]], 1)
        layer, two = self.layer, slice(0, 2 * HIDDEN)
        inner = x @ layer.weight_ih_l0[two].T + layer.bias_ih_l0[two] + before @ layer.weight_hh_l0[two].T + layer.bias_hh_l0[two]
        return inner.sigmoid().chunk(2, -1)


GATES = {"rnn": [], "lstm": ["input_gate", "forget_gate"], "gru": ["reset_gate", "update_gate"]}


def save(model, path):
    names = ["logits", "hidden_states", *GATES[model.kind]]
    axes = {name: {0: "batch", 1: "time"} for name in ["input_ids", *names]}
    export(model, (torch.zeros(1, LENGTH, dtype=torch.int64),), path, ["input_ids"], names, axes)


def fit(run, kind, steps, short=False):
    """Adam on fresh sequences; the loss counts at the last step only. Gradients are clipped at norm 1."""
    model = Recurrent(kind)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    losses = []
    for step in range(1, steps + 1):
        ids, symbols = sequences(BATCH, short=short)
        loss = nn.functional.cross_entropy(model(ids)[0][:, -1], symbols)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if step % 500 == 0:
            run.say(f"step {step}: loss {np.mean(losses[-100:]):.4f}")
    return model.eval()


def recalled(session, lag, count=400):
    """Share of symbols named rightly after `lag` noise tokens, on sequences of a seed of their own."""
    torch.manual_seed(10_000 + lag)
    ids, symbols = sequences(count, lag)
    return (session(input_ids=ids.numpy())["logits"][:, -1].argmax(1) == symbols.numpy()).mean()


def tries(run, kind, file, short=False):
    """Trains with three seeds and keeps the first in `file`; recall [seed, lag]."""
    rows = []
    for extra in range(1 if run.smoke else 3):
        run.reseed(extra)
        model = fit(run, kind, 100 if run.smoke else STEPS, short)
        path = run.out / (file if extra == 0 else "other.onnx")
        save(model, path)
        session = Session(path)
        rows.append([recalled(session, lag) for lag in LAGS])
        run.say(f"{file}, seed {run.seed * 1000 + extra}, recall at lags {LAGS}: " + " ".join(f"{share:.3f}" for share in rows[-1]))
    (run.out / "other.onnx").unlink(missing_ok=True)
    return np.array(rows)


def train(script, kind):
    """Trains `kind`; the plain RNN a second time with more of the short lags."""
    run = Run(script, f"Trains `{kind}` on the long-lag recall task.")
    run.reseed()
    save(Recurrent(kind), run.out / "untrained.onnx")
    run.say(f"{parameters(Recurrent(kind))} parameters")
    untrained = Session(run.out / "untrained.onnx")
    none = [recalled(untrained, lag) for lag in LAGS]
    run.say("untrained: " + " ".join(f"{share:.3f}" for share in none))
    rows = tries(run, kind, f"{kind}.onnx")
    files = [f"{kind}.onnx", "untrained.onnx"]
    if kind == "rnn":
        files.append("short.onnx")
        taught = tries(run, kind, "short.onnx", short=True)
        claims = [
            expected.behaviour("recall at lag 1, worst of three seeds; control: untrained", rows[:, 0].min(), ">=", 0.4, none[0]),
            expected.behaviour("recall at lag 60, best of three seeds; control: taught with more short lags, worst of three", rows[:, -1].max(), "<=", 0.3, taught[:, -1].min()),
        ]
    else:
        claims = [expected.behaviour("recall at lag 60, worst of three seeds; control: untrained", rows[:, -1].min(), ">=", 0.95, none[-1])]

    torch.manual_seed(7)
    ids, _ = sequences(2, 20)
    cases = []
    for file in files:
        found = Session(run.out / file)(input_ids=ids.numpy())
        outputs = {name: expected.summary(value) for name, value in found.items()}
        cases.append({"file": file, "inputs": {"input_ids": expected.given(ids.numpy())}, "outputs": outputs})
    expected.write(run.out, cases, claims)
