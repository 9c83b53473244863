#!/usr/bin/env python3
"""Trains LeNet on MNIST, and a second one that sees shuffled pixels.

    pip install -r models/requirements.txt && python models/lenet/train.py [--smoke]
"""

import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import digits, expected
from common.export import Session, export, parameters
from common.training import Run


class LeNet(nn.Module):
    """LeNet-5 with ReLU and max pooling: two convolutions, three dense layers."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.dense1 = nn.Linear(400, 120)
        self.dense2 = nn.Linear(120, 84)
        self.dense3 = nn.Linear(84, 10)

    def forward(self, pixel_values):
        """[batch, 1, 28, 28] in 0..1 -> logits [batch, 10], maps [batch, 6, 28, 28] and [batch, 16, 10, 10]."""
        conv1 = self.conv1(pixel_values).relu()
        conv2 = self.conv2(nn.functional.max_pool2d(conv1, 2)).relu()
        x = nn.functional.max_pool2d(conv2, 2).flatten(1)
        return self.dense3(self.dense2(self.dense1(x).relu()).relu()), conv1, conv2


def save(model, path):
    names = ["pixel_values", "logits", "conv1", "conv2"]
    export(model, (torch.zeros(1, 1, 28, 28),), path, names[:1], names[1:], {name: {0: "batch"} for name in names})


def main():
    run = Run(__file__, __doc__)
    count, epochs = (5000, 1) if run.smoke else (None, 6)
    pixels, labels = digits.tensors("train", count)
    held, truth = digits.tensors("t10k", count)
    digits.report_overlap(run)

    run.reseed()
    model = LeNet()
    run.say(f"{parameters(model)} parameters")
    save(model, run.out / "untrained.onnx")
    untrained = digits.accuracy(model, held, truth)
    digits.fit(run, model, pixels, labels, epochs)
    save(model, run.out / "lenet.onnx")
    right, wrong = digits.accuracy(model, held, truth), digits.accuracy(model, digits.shuffled(held), truth)
    run.say(f"held-out {right:.4f}, the same with shuffled pixels {wrong:.4f}, untrained {untrained:.4f}")

    run.reseed()
    blind = digits.Shuffled(LeNet())
    digits.fit(run, blind, pixels, labels, epochs)
    save(blind, run.out / "shuffled.onnx")
    taught = digits.accuracy(blind, held, truth)
    run.say(f"held-out, trained on shuffled pixels {taught:.4f}")

    cases = []
    for file in ["lenet", "untrained", "shuffled"]:
        found = Session(run.out / f"{file}.onnx")(pixel_values=held[:4].numpy())
        outputs = {name: expected.summary(value) for name, value in found.items()}
        cases.append({"file": f"{file}.onnx", "inputs": {"pixel_values": {"samples": [0, 1, 2, 3]}}, "outputs": outputs})
    expected.write(run.out, cases, [
        expected.behaviour("held-out accuracy; control: untrained", right, ">=", 0.97, untrained),
        expected.behaviour("held-out accuracy; control: the pixels shuffled", right, ">=", 0.97, wrong),
        expected.behaviour("held-out accuracy; control: trained on shuffled pixels", right, ">=", 0.985, taught),
    ])


if __name__ == "__main__":
    main()
