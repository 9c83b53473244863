#!/usr/bin/env python3
"""Trains a dense network on MNIST, and a second one that sees shuffled pixels.

    pip install -r models/requirements.txt && python models/mlp/train.py [--smoke]
"""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import digits, expected
from common.export import Session, export, parameters
from common.training import Run


class Mlp(nn.Module):
    """784 pixels, 128 hidden units, 10 classes."""

    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 128)
        self.out = nn.Linear(128, 10)

    def forward(self, pixel_values):
        """[batch, 1, 28, 28] in 0..1 -> logits [batch, 10], hidden [batch, 128]."""
        hidden = self.hidden(pixel_values.flatten(1)).relu()
        return self.out(hidden), hidden


def save(model, path):
    names = ["pixel_values", "logits", "hidden"]
    export(model, (torch.zeros(1, 1, 28, 28),), path, names[:1], names[1:], {name: {0: "batch"} for name in names})


def main():
    run = Run(__file__, __doc__)
    count, epochs = (5000, 1) if run.smoke else (None, 6)
    pixels, labels = digits.tensors("train", count)
    held, truth = digits.tensors("t10k", count)

    run.reseed()
    model = Mlp()
    run.say(f"{parameters(model)} parameters")
    save(model, run.out / "untrained.onnx")
    untrained = digits.accuracy(model, held, truth)
    digits.fit(run, model, pixels, labels, epochs)
    save(model, run.out / "mlp.onnx")
    right, wrong = digits.accuracy(model, held, truth), digits.accuracy(model, digits.shuffled(held), truth)
    run.say(f"held-out {right:.4f}, the same with shuffled pixels {wrong:.4f}, untrained {untrained:.4f}")

    run.reseed()
    blind = digits.Shuffled(Mlp())
    digits.fit(run, blind, pixels, labels, epochs)
    taught = digits.accuracy(blind, held, truth)
    run.say(f"held-out, trained on shuffled pixels {taught:.4f}: a dense network does not care")

    cases = []
    for file in ["mlp", "untrained"]:
        found = Session(run.out / f"{file}.onnx")(pixel_values=held[:4].numpy())
        outputs = {name: expected.summary(value) for name, value in found.items()}
        cases.append({"file": f"{file}.onnx", "inputs": {"pixel_values": {"samples": [0, 1, 2, 3]}}, "outputs": outputs})
    expected.write(run.out, cases, [
        expected.behaviour("held-out accuracy; control: untrained", right, ">=", 0.97, untrained),
        expected.behaviour("held-out accuracy; control: the pixels shuffled", right, ">=", 0.97, wrong),
        expected.behaviour("loss of accuracy by training on shuffled pixels; control: guessing", right - taught, "<=", 0.005, right - 0.1),
    ])


if __name__ == "__main__":
    main()
