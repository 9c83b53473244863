#!/usr/bin/env python3
"""Trains four experts and a gate, as in Jacobs, Jordan, Nowlan and Hinton (1991), on a function of four pieces.

    pip install -r models/requirements.txt && python models/moe-1991/train.py [--smoke]
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected
from common.export import Session, export, parameters
from common.training import Run

EXPERTS, BATCH, STEPS, NOISE = 4, 256, 4000, 0.05


def pieces(x):
    """The function to learn on -2..2: four straight lines, with jumps between them; [n, 1] both."""
    slopes, heights = torch.tensor([1.0, -2.0, 0.0, 2.0]), torch.tensor([1.0, 0.5, -1.0, 0.5])
    piece = (x + 2).floor().long().clamp(0, 3)
    return slopes[piece] * (x - (piece - 1.5)) + heights[piece]


class Mixture(nn.Module):
    """Experts that are straight lines, and a gate that says how much each is to be trusted at x."""

    def __init__(self):
        super().__init__()
        self.experts = nn.Linear(1, EXPERTS)
        self.gate = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, EXPERTS))

    def forward(self, x):
        """[n, 1] -> y [n, 1], gates [n, 4] that sum to 1, expert_outputs [n, 4]."""
        gates, experts = self.gate(x).softmax(-1), self.experts(x)
        return (gates * experts).sum(-1, keepdim=True), gates, experts


class Single(nn.Module):
    """One network with as many parameters, to compare with."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(1, 68), nn.Tanh(), nn.Linear(68, 1))

    def forward(self, x):
        """[n, 1] -> ([n, 1],)."""
        return (self.net(x),)


def competitive(outputs, y):
    """The loss of 1991: the data are drawn from one expert, picked by the gate."""
    _, gates, experts = outputs
    return -torch.logsumexp(gates.log() - (y - experts).square() / 0.02, -1).mean()


def squared(outputs, y):
    """The error of the blend: nothing makes the experts divide the work."""
    return (outputs[0] - y).square().mean()


def fit(run, model, loss, steps):
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for step in range(steps):
        x = torch.rand(BATCH, 1) * 4 - 2
        value = loss(model(x), pieces(x) + NOISE * torch.randn_like(x))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
    return model.eval()


def measure(model):
    """On 2000 points that lie evenly: the error of y, the greatest gate on average, the share of the least used expert."""
    x = torch.linspace(-2, 2, 2001)[:-1, None] + 0.001
    with torch.no_grad():
        y, *rest = model(x)
    error = (y - pieces(x)).square().mean().sqrt().item()
    if not rest:
        return error, float("nan"), float("nan")
    gates = rest[0]
    used = torch.bincount(gates.argmax(1), minlength=EXPERTS).min().item() / len(x)
    return error, gates.max(1).values.mean().item(), used


def save(model, path):
    names = ["x", "y", "gates", "expert_outputs"]
    export(model, (torch.zeros(2, 1),), path, names[:1], names[1:], {name: {0: "n"} for name in names})


def main():
    run = Run(__file__, __doc__)
    steps = 100 if run.smoke else STEPS
    run.say(f"{parameters(Mixture())} parameters in the mixture, {parameters(Single())} in the single network")
    found = {}
    for name, kind, loss in [("moe", Mixture, competitive), ("blend", Mixture, squared), ("single", Single, squared)]:
        rows = []
        for extra in range(3):
            run.reseed(extra)
            model = kind()
            if extra == 0 and name == "moe":
                save(model, run.out / "untrained.onnx")
                found["untrained"] = [measure(model)]
            fit(run, model, loss, steps)
            rows.append(measure(model))
            if extra == 0 and name != "single":
                save(model, run.out / f"{name}.onnx")
        found[name] = rows
        run.say(f"{name}: error, sureness of the gate, share of the least used expert, by seed: "
                + "; ".join(" ".join(f"{value:.3f}" for value in row) for row in rows))
    run.say("untrained: " + " ".join(f"{value:.3f}" for value in found["untrained"][0]))

    x = np.array([[-1.7], [-0.6], [0.4], [1.3]], np.float32)
    cases = []
    for file in ["moe.onnx", "blend.onnx", "untrained.onnx"]:
        outputs = {k: expected.summary(v) for k, v in Session(run.out / file)(x=x).items()}
        cases.append({"file": file, "inputs": {"x": expected.given(x)}, "outputs": outputs})
    expected.write(run.out, cases, [
        expected.behaviour("root mean square error, first seed; control: untrained", found["moe"][0][0], "<=", 0.2, found["untrained"][0][0]),
        expected.behaviour("share of the least used expert, first seed; control: untrained", found["moe"][0][2], ">=", 0.15, found["untrained"][0][2]),
        expected.behaviour("mean of the greatest gate, first seed; control: untrained", found["moe"][0][1], ">=", 0.9, found["untrained"][0][1]),
    ])


if __name__ == "__main__":
    main()
