#!/usr/bin/env python3
"""Trains two DCGANs on MNIST, a healthy one and one that collapses, and keeps points of both trainings.

    pip install -r models/requirements.txt && python models/dcgan-mnist/train.py [--smoke]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import digits, expected
from common.export import Session, export, parameters, stack
from common.training import Run

LATENT, BATCH, STEPS = 64, 64, 1500
SNAPSHOTS = [0, 50, 150, 400, 800, 1500]
RATES = {"healthy": (1e-3, 5e-4), "collapsed": (2e-3, 2e-5)}  # of the generator and of the critic
LENET = Path(__file__).resolve().parents[1] / "lenet" / "lenet.onnx"


def generator():
    """[batch, 64] -> pictures in -1..1, [batch, 1, 28, 28]: transposed convolutions, batch normalisation, ReLU, tanh."""
    return nn.Sequential(
        nn.Linear(LATENT, 64 * 49, bias=False), nn.BatchNorm1d(64 * 49), nn.ReLU(), nn.Unflatten(1, (64, 7, 7)),
        nn.ConvTranspose2d(64, 32, 4, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 4, 2, 1), nn.Tanh(),
    )


def critic():
    """[batch, 1, 28, 28] -> logits [batch, 1]: above 0 it takes a picture for real."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, 2, 1, bias=False), nn.BatchNorm2d(64), nn.LeakyReLU(0.2),
        nn.Flatten(), nn.Linear(64 * 49, 1),
    )


def judged(pictures):
    """How LeNet spreads the pictures over the ten digits, and the share that it is sure of (0.9)."""
    logits = Session(LENET)(pixel_values=pictures / 2 + 0.5)["logits"].astype(np.float64)
    chance = np.exp(logits - logits.max(1, keepdims=True))
    chance /= chance.sum(1, keepdims=True)
    counts = np.bincount(chance.argmax(1), minlength=10) / len(pictures)
    return int((counts >= 0.02).sum()), float((chance.max(1) >= 0.9).mean()), counts


def save(module, path, port, out, example):
    export(module, (example,), path, [port], [out], {port: {0: "batch"}, out: {0: "batch"}}, weights="float16")
    module.train()


def play(run, kind, pixels, steps, folder):
    """Trains a pair at the rates of `kind`; files of snapshots, and a row of the curve at each."""
    forger, judge = generator(), critic()
    for module in (*forger.modules(), *judge.modules()):
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(module.weight, std=0.02)
        elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.normal_(module.bias, 0.0, 0.02)
    made, told = (torch.optim.Adam(net.parameters(), rate, (0.5, 0.999)) for net, rate in zip((forger, judge), RATES[kind]))
    files, latents = {"generator": [], "critic": []}, torch.randn(500, LATENT, generator=torch.Generator().manual_seed(5))
    for step in range(steps + 1):
        if step in SNAPSHOTS or step == steps:
            for name, module, port, out, example in [
                ("generator", forger, "latents", "sample", torch.zeros(2, LATENT)), ("critic", judge, "sample", "logits", torch.zeros(2, 1, 28, 28)),
            ]:
                files[name].append(folder / f"{name}-{step}.onnx")
                save(module, files[name][-1], port, out, example)
            found, sure, _ = judged(Session(files["generator"][-1])(latents=latents.numpy())["sample"])
            run.say(f"{kind}, step {step}: {found} digits, LeNet is sure of {sure:.2f}")
        real = pixels[torch.randint(len(pixels), (BATCH,))]
        fake = forger(torch.randn(BATCH, LATENT))
        loss = softplus(-judge(real)).mean() + softplus(judge(fake.detach())).mean()
        told.zero_grad()
        loss.backward()
        told.step()
        loss = softplus(-judge(fake)).mean()  # the non-saturating loss: be taken for real
        made.zero_grad()
        loss.backward()
        made.step()
    return files


def main():
    run = Run(__file__, __doc__)
    pixels, _ = digits.tensors("train", 2000 if run.smoke else None)
    pixels = pixels * 2 - 1
    run.say(f"{parameters(generator())} parameters in the generator, {parameters(critic())} in the critic")
    latents = torch.randn(1000, LATENT, generator=torch.Generator().manual_seed(6)).numpy()
    results, cases = {}, []
    for kind in RATES:
        run.reseed()
        with tempfile.TemporaryDirectory() as folder:
            files = play(run, kind, pixels, 20 if run.smoke else STEPS, Path(folder))
            for name, snapshots in files.items():
                stack(snapshots, run.out / f"{kind}-{name}.onnx")
        last = np.array(len(files["generator"]) - 1)
        results[kind] = judged(Session(run.out / f"{kind}-generator.onnx")(snapshot=last, latents=latents)["sample"])
        run.say(f"{kind}: {results[kind][0]} digits, sure of {results[kind][1]:.3f}, shares " + " ".join(f"{c:.3f}" for c in results[kind][2]))
        for name, port, shape in [("generator", "latents", (3, LATENT)), ("critic", "sample", (3, 1, 28, 28))]:
            for snapshot in (np.array(0), last):
                found = Session(run.out / f"{kind}-{name}.onnx")(**{"snapshot": snapshot, port: expected.noise(*shape)})
                inputs = {"snapshot": expected.given(snapshot), port: {"noise": list(shape)}}
                cases.append({"file": f"{kind}-{name}.onnx", "inputs": inputs, "outputs": {k: expected.summary(v) for k, v in found.items()}})
    start = judged(Session(run.out / "healthy-generator.onnx")(snapshot=np.array(0), latents=latents)["sample"])
    healthy, collapsed = results["healthy"], results["collapsed"]
    expected.write(run.out, cases, [
        expected.behaviour("digits that make up 2 % of the samples or more, healthy run; control: the collapsed run", healthy[0], ">=", 10, collapsed[0]),
        expected.behaviour("share of samples that LeNet is sure of, healthy run; control: untrained", healthy[1], ">=", 0.6, start[1]),
    ])


if __name__ == "__main__":
    main()
