#!/usr/bin/env python3
"""Trains a class-conditional diffusion model (DDPM) on MNIST, with labels dropped for classifier-free guidance.

    pip install -r models/requirements.txt && python models/ddpm-mnist/train.py [--smoke]
"""

import json
import sys
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import digits, expected
from common.export import Session, export, parameters
from common.training import Run
from common.unet import CLASSES, UNet

STEPS, BATCH, AVERAGE = 2100, 128, 0.998
RATE, WARM, COOL, PERIOD = 2e-3, 200, 300, 4000  # steps to the full rate, from it to none, and of half a cosine
DROPPED = 0.15  # share of the labels that are hidden in training
TRAIN_STEPS, SAMPLE_STEPS, GUIDANCE = 1000, 50, 2.0
EVERY = 100  # steps between two points of the curve, and between checkpoints
LENET = Path(__file__).resolve().parents[1] / "lenet" / "lenet.onnx"

BETAS = torch.linspace(1e-4, 0.02, TRAIN_STEPS, dtype=torch.float64)
KEPT = (1 - BETAS).cumprod(0)  # the share of the picture's variance that is left after each step


def noised(clean, noise, timestep):
    kept = KEPT[timestep].float()[:, None, None, None]
    return kept.sqrt() * clean + (1 - kept).sqrt() * noise


def rate(step, steps):
    """Adam's rate: a linear rise, then a cosine, at the end a linear fall to nothing."""
    return RATE * min((step + 1) / WARM, 0.5 + 0.5 * np.cos(np.pi * step / PERIOD)) * min(1, (steps - step) / COOL)


def held_out(model, clean, labels):
    """The mean squared error on held-out digits, in each quarter of the timesteps."""
    numbers = torch.Generator().manual_seed(11)
    timestep = torch.arange(len(clean)) * TRAIN_STEPS // len(clean)
    noise = torch.randn(clean.shape, generator=numbers)
    with torch.no_grad():
        found = [model(x, t, y)[0] for x, t, y in zip(noised(clean, noise, timestep).split(256), timestep.split(256), labels.split(256))]
    errors = (torch.cat(found) - noise).square().mean((1, 2, 3))
    return [round(part.mean().item(), 5) for part in errors.chunk(4)]


def fit(run, model, pixels, labels, held, truth, steps):
    """Adam on the error of the noise; gives the running average of the weights and the curve."""
    averaged = deepcopy(model).eval()
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    begun, curve = 0, []
    if state := run.resume():
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        begun, curve = state["step"], state["curve"]
    total = 0.0
    for step in range(begun, steps):
        for group in optimizer.param_groups:
            group["lr"] = rate(step, steps)
        rows = torch.randint(len(pixels), (BATCH,))
        timestep = torch.randint(TRAIN_STEPS, (BATCH,))
        given = torch.where(torch.rand(BATCH) < DROPPED, CLASSES, labels[rows])
        noise = torch.randn(BATCH, 1, 28, 28)
        sample = noised(pixels[rows], noise, timestep)
        with torch.autocast("cpu", torch.bfloat16):
            guess = model(sample, timestep, given)[0]
        loss = (guess.float() - noise).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            for kept, new in zip(averaged.parameters(), model.parameters()):
                kept.lerp_(new, 1 - min(AVERAGE, step / (step + 50)))
        total += loss.item()
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            errors = held_out(averaged, held, truth)
            curve.append([step + 1, round(total / (step % EVERY + 1), 5), *errors])
            total = 0.0
            run.say(f"step {step + 1}: loss {curve[-1][1]:.4f}, held-out by quarter {errors}")
            run.save({"model": model.state_dict(), "averaged": averaged.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1, "curve": curve})
    return averaged, curve


def draw(unet, labels, guidance=GUIDANCE, seed=3):
    """Ancestral sampling with classifier-free guidance; pictures in -1..1, [n, 1, 28, 28]."""
    numbers, n = np.random.default_rng(seed), len(labels)
    x = numbers.normal(size=(n, 1, 28, 28)).astype(np.float32)
    both = np.concatenate([labels, np.full(n, CLASSES)]).astype(np.int64)
    stride, kept = TRAIN_STEPS // SAMPLE_STEPS, KEPT.numpy()
    for t in range(TRAIN_STEPS - stride, -1, -stride):
        guess = unet(sample=np.concatenate([x, x]), timestep=np.array([t]), class_labels=both)["out_sample"]
        noise = guess[n:] + guidance * (guess[:n] - guess[n:])
        now, before = kept[t], kept[t - stride] if t else 1.0
        clean = np.clip((x - np.sqrt(1 - now) * noise) / np.sqrt(now), -1, 1)
        beta = 1 - now / before
        mean = (np.sqrt(before) * beta * clean + np.sqrt(now / before) * (1 - before) * x) / (1 - now)
        x = (mean + np.sqrt(beta * (1 - before) / (1 - now)) * numbers.normal(size=x.shape)).astype(np.float32)
    return x


def judged(unet, count, guidance=GUIDANCE):
    """Share of `count` pictures of each class that LeNet names as asked, for each class."""
    labels = np.repeat(np.arange(CLASSES), count)
    pictures = np.concatenate([draw(unet, part, guidance, seed) for seed, part in enumerate(np.array_split(labels, 10))])
    found = Session(LENET)(pixel_values=pictures / 2 + 0.5)["logits"].argmax(1)
    return (found == labels).reshape(CLASSES, count).mean(1)


def save(model, path):
    names, axes = ["sample", "timestep", "class_labels", "out_sample", "attention"], {"timestep": {0: "steps"}}
    axes |= {name: {0: "batch"} for name in names if name != "timestep"}
    args = (torch.zeros(2, 1, 28, 28), torch.zeros(1, dtype=torch.int64), torch.zeros(2, dtype=torch.int64))
    export(model, args, path, names[:3], names[3:], axes, weights="float16")


def main():
    run = Run(__file__, __doc__)
    pixels, labels = digits.tensors("train", 2000 if run.smoke else None)
    held, truth = digits.tensors("t10k", 1024)
    pixels, held = pixels * 2 - 1, held * 2 - 1

    run.reseed()
    model = UNet()
    run.say(f"{parameters(model)} parameters")
    save(model, run.out / "untrained.onnx")
    averaged, curve = fit(run, model, pixels, labels, held, truth, 30 if run.smoke else STEPS)
    save(averaged, run.out / "unet.onnx")

    count = 2 if run.smoke else 30
    few = max(1, count // 3)
    unet, untrained = Session(run.out / "unet.onnx"), Session(run.out / "untrained.onnx")
    named = {0.0: judged(unet, few, 0.0), 1.0: judged(unet, few, 1.0), GUIDANCE: judged(unet, count)}
    for guidance, shares in named.items():
        run.say(f"guidance {guidance}: {shares.mean():.4f} named as asked; by class " + " ".join(f"{s:.2f}" for s in shares))
    none = judged(untrained, few)
    run.say(f"untrained: {none.mean():.4f}")
    record = {"columns": ["step", "loss", "held_out_0", "held_out_250", "held_out_500", "held_out_750"], "rows": curve}
    (run.out / "curve.json").write_text(json.dumps(record) + "\n", encoding="utf-8")

    cases = []
    for file in ["unet.onnx", "untrained.onnx"]:
        for t in [10, 500, 990]:
            values = {"timestep": np.array([t]), "class_labels": np.array([3, CLASSES])}
            found = Session(run.out / file)(sample=expected.noise(2, 1, 28, 28), **values)
            inputs = {"sample": {"noise": [2, 1, 28, 28]}, **{name: expected.given(value) for name, value in values.items()}}
            cases.append({"file": file, "inputs": inputs, "outputs": {k: expected.summary(v) for k, v in found.items()}})
    expected.write(run.out, cases, [
        expected.behaviour("share of samples that LeNet names as asked; control: untrained", named[GUIDANCE].mean(), ">=", 0.9, none.mean()),
        expected.behaviour("the same of the worst class; control: without guidance by the class", named[GUIDANCE].min(), ">=", 0.7, named[0.0].min()),
    ])


if __name__ == "__main__":
    main()
