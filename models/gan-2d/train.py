#!/usr/bin/env python3
"""Trains two GANs on a ring of eight Gaussians: one that finds all of them, one that loses most.

    pip install -r models/requirements.txt && python models/gan-2d/train.py [--smoke]
"""

import math
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected
from common.export import Session, export, parameters, stack
from common.training import Run

MODES, RADIUS, WIDTH = 8, 2.0, 0.08  # of the ring; the width is the standard deviation of each Gaussian
LATENT, HIDDEN, BATCH, STEPS = 2, 64, 256, 2500
SNAPSHOTS = [0, 100, 200, 300, 400, 500, 750, 1000, 1500, 2000, 2500]
CENTRES = torch.tensor([[math.cos(a), math.sin(a)] for a in (2 * math.pi * m / MODES for m in range(MODES))]) * RADIUS


def ring(count):
    """Points of the data, [count, 2]."""
    return CENTRES[torch.randint(MODES, (count,))] + WIDTH * torch.randn(count, 2)


def network(inside, out):
    """Three dense layers; [batch, inside] -> [batch, out]."""
    return nn.Sequential(nn.Linear(inside, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, HIDDEN), nn.LeakyReLU(0.2), nn.Linear(HIDDEN, out))


def covered(points):
    """How many Gaussians have at least 1 % of the points within 3 widths, and the share of points within 3 widths of any."""
    distance, nearest = torch.cdist(torch.as_tensor(points), CENTRES).min(1)
    close = distance < 3 * WIDTH
    found = torch.bincount(nearest[close], minlength=MODES)
    return int((found >= 0.01 * len(points)).sum()), close.float().mean().item()


def play(run, steps, rates, folder):
    """Trains a generator against a critic, at the `rates` of the two. Gives files of snapshots."""
    generator, critic = network(LATENT, 2), network(2, 1)
    forger, judge = (torch.optim.Adam(net.parameters(), rate, (0.5, 0.9)) for net, rate in zip((generator, critic), rates))
    files = {"generator": [], "critic": []}
    for step in range(steps + 1):
        if step in SNAPSHOTS:
            for name, module, inputs, outputs in [("generator", generator, "latents", "samples"), ("critic", critic, "samples", "logits")]:
                files[name].append(folder / f"{name}-{step}.onnx")
                export(module, (torch.zeros(1, 2),), files[name][-1], [inputs], [outputs], {inputs: {0: "n"}, outputs: {0: "n"}})
            with torch.no_grad():
                modes, close = covered(generator(torch.randn(2000, LATENT)))
            run.say(f"step {step}: {modes} of {MODES} found, {close:.2f} of the samples lie on one")
        real = ring(BATCH)
        fake = generator(torch.randn(BATCH, LATENT))
        loss = softplus(critic(fake.detach())).mean() + softplus(-critic(real)).mean()
        judge.zero_grad()
        loss.backward()
        judge.step()
        loss = softplus(-critic(fake)).mean()  # the non-saturating loss: be taken for real
        forger.zero_grad()
        loss.backward()
        forger.step()
    return files


def main():
    run = Run(__file__, __doc__)
    run.say(f"{parameters(network(LATENT, 2))} parameters in the generator, {parameters(network(2, 1))} in the critic")
    latents = torch.randn(2000, LATENT, generator=torch.Generator().manual_seed(5)).numpy()
    last = {}
    for kind, rates in [("healthy", (1e-3, 1e-3)), ("collapsed", (2e-4, 5e-3))]:
        run.say(kind)
        results = []
        for extra in range(1 if run.smoke else 3):
            run.reseed(extra)
            with tempfile.TemporaryDirectory() as folder:
                files = play(run, 100 if run.smoke else STEPS, rates, Path(folder))
                if extra == 0:
                    for name, snapshots in files.items():
                        stack(snapshots, run.out / f"{kind}-{name}.onnx")
                results.append(covered(Session(files["generator"][-1])(latents=latents)["samples"]))
        run.say(f"{kind}, modes and share of samples on one, by seed: {results}")
        last[kind] = results
    cases = []
    for kind in last:
        count = len(files["generator"])
        for name, port in [("generator", "latents"), ("critic", "samples")]:
            for snapshot in [0, count - 1]:
                values = expected.noise(6, 2)
                found = Session(run.out / f"{kind}-{name}.onnx")(**{"snapshot": np.array(snapshot), port: values})
                inputs = {"snapshot": expected.given(np.array(snapshot)), port: {"noise": [6, 2]}}
                cases.append({"file": f"{kind}-{name}.onnx", "inputs": inputs, "outputs": {k: expected.summary(v) for k, v in found.items()}})
    start = covered(Session(run.out / "healthy-generator.onnx")(snapshot=np.array(0), latents=latents)["samples"])
    healthy, collapsed = last["healthy"][0], last["collapsed"][0]
    expected.write(run.out, cases, [
        expected.behaviour("Gaussians found by the healthy run; control: the collapsed run", healthy[0], ">=", MODES, collapsed[0]),
        expected.behaviour("share of samples on a Gaussian, healthy run; control: untrained", healthy[1], ">=", 0.6, start[1]),
    ])


if __name__ == "__main__":
    main()
