"""Training a small BERT: one step of it, and the tuning of a pre-trained one for a task."""

import numpy as np
import torch
from torch import nn

from . import expected
from .export import Session
from .pairs import PAD

BATCH, RATE = 32, 6e-4  # of tuning


def step(chosen, loss, model, rate, share):
    """One step of training at `rate`, scaled by `share`."""
    for optimizer in chosen:
        for group in optimizer.param_groups:
            group["lr"] = rate * share
        optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer in chosen:
        optimizer.step()


def tune(model, chosen, rows, kinds, loss, epochs, rng, rate=RATE):
    """Trains `model` with the `chosen` optimizers on rows of tokens and their segments.

    `loss(outputs, part)` is that of the rows `part`.
    """
    batches = -(-len(rows) // BATCH)
    steps, at = epochs * batches, 0
    for _ in range(epochs):
        for part in np.array_split(rng.permutation(len(rows)), batches):
            length = (rows[part] != PAD).sum(1).max()
            seen = rows[part][:, :length]
            with torch.autocast("cpu", torch.bfloat16):
                outputs = model(seen, (seen != PAD).long(), kinds[part][:, :length])
            step(chosen, loss([output.float() for output in outputs], part), model, rate, min((at + 1) / 20, 1 - at / steps))
            at += 1
    return model


def case(run, name, feeds):
    """What `{name}.onnx` of the run gives on `feeds`, to be recorded."""
    outputs = {k: expected.summary(v) for k, v in Session(run.out / f"{name}.onnx")(**feeds).items()}
    return {"file": f"{name}.onnx", "inputs": {k: expected.given(v) for k, v in feeds.items()}, "outputs": outputs}
