#!/usr/bin/env python3
"""Trains a small diffusion transformer on films of one moving thing, of several lengths and formats.

    pip install -r models/requirements.txt && python models/dit-mini/train.py [--smoke]
"""

import json
import sys
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import clips, expected
from common.dit import DiT
from common.export import Session, export, parameters
from common.training import Run

STEPS, BATCH, AVERAGE, RATE, WARM, COOL = 1600, 64, 0.995, 3e-3, 100, 500
DROPPED = 0.15  # share of the films of which nothing is told
TRAIN_STEPS, SAMPLE_STEPS, GUIDANCE = 1000, 25, 2.0
EVERY = 100
BETAS = torch.linspace(1e-4, 0.02, TRAIN_STEPS, dtype=torch.float64)
KEPT = (1 - BETAS).cumprod(0)  # the share of the film's variance that is left after each step


def noised(clean, noise, timestep):
    kept = KEPT[timestep].float()[:, None, None]
    return kept.sqrt() * clean + (1 - kept).sqrt() * noise


def fit(run, model, steps):
    """Adam on the error of the clean film; gives the running average of the weights and the curve."""
    averaged, optimizer = deepcopy(model).eval(), torch.optim.Adam(model.parameters(), lr=RATE)
    begun, curve = 0, []
    if state := run.resume():
        model.load_state_dict(state["model"])
        averaged.load_state_dict(state["averaged"])
        optimizer.load_state_dict(state["optimizer"])
        begun, curve = state["step"], state["curve"]
    total = 0.0
    for step in range(begun, steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min((step + 1) / WARM, 1.0, (steps - step) / COOL)
        size = clips.SIZES[int(torch.randint(len(clips.SIZES), ()))]
        shape, direction = clips.kinds(BATCH)
        clean = clips.patchify(clips.films(shape, direction, size))
        timestep, noise, told = torch.randint(TRAIN_STEPS, (BATCH,)), torch.randn_like(clean), torch.rand(BATCH) >= DROPPED
        asked = torch.where(told, shape, len(clips.SHAPES)), torch.where(told, direction, len(clips.DIRECTIONS))
        guess = model(noised(clean, noise, timestep), clips.positions(size), timestep, *asked)[0]
        loss = (guess - clean).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            for kept, new in zip(averaged.parameters(), model.parameters()):
                kept.lerp_(new, 1 - min(AVERAGE, step / (step + 50)))
        total += loss.item()
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            curve.append([step + 1, round(total / (step % EVERY + 1), 5)])
            total = 0.0
            run.say(f"step {step + 1}: loss {curve[-1][1]:.4f}")
            run.save({"model": model.state_dict(), "averaged": averaged.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1, "curve": curve})
    return averaged, curve


def draw(dit, shape, direction, size=(8, 16, 16), guidance=GUIDANCE, seed=3):
    """Ancestral sampling with classifier-free guidance; films [n, frames, rows, columns]."""
    numbers, n = np.random.default_rng(seed), len(shape)
    places = clips.positions(size).numpy()
    x = numbers.normal(size=(n, len(places), 32)).astype(np.float32)
    asked = [np.concatenate([part, np.full(n, none)]).astype(np.int64) for part, none in ((shape, 3), (direction, 4))]
    stride, kept = TRAIN_STEPS // SAMPLE_STEPS, KEPT.numpy()
    for t in range(TRAIN_STEPS - stride, -1, -stride):
        guess = dit(tokens=np.concatenate([x, x]), positions=places, timestep=np.array([t]), shape=asked[0], direction=asked[1])["out_sample"]
        clean = np.clip(guess[n:] + guidance * (guess[:n] - guess[n:]), -1, 1)
        now, before = kept[t], kept[t - stride] if t else 1.0
        beta = 1 - now / before
        mean = (np.sqrt(before) * beta * clean + np.sqrt(now / before) * (1 - before) * x) / (1 - now)
        x = (mean + np.sqrt(beta * (1 - before) / (1 - now)) * numbers.normal(size=x.shape)).astype(np.float32)
    return clips.unpatchify(torch.from_numpy(x), size)


def judged(dit, count, size=(8, 16, 16), guidance=GUIDANCE):
    """Share of `count` films of each shape and direction that move as asked, [shapes, directions]."""
    shape, direction = (part.flatten().repeat_interleave(count) for part in torch.meshgrid(torch.arange(3), torch.arange(4), indexing="ij"))
    films = draw(dit, shape.numpy(), direction.numpy(), size, guidance)
    return clips.as_asked(films, direction).float().reshape(3, 4, count).mean(2)


def save(model, path):
    names = ["tokens", "positions", "timestep", "shape", "direction", "out_sample", "before", "after", "attention"]
    axes = {name: {0: "batch", 1: "patches"} for name in ("tokens", "out_sample", "before", "after")}
    axes |= {"positions": {0: "patches"}, "timestep": {0: "steps"}, "shape": {0: "batch"}, "direction": {0: "batch"}}
    axes["attention"] = {0: "batch", 2: "patches", 3: "patches"}
    size = (8, 16, 16)
    args = (torch.zeros(2, 64, 32), clips.positions(size), torch.zeros(1, dtype=torch.int64), torch.zeros(2, dtype=torch.int64), torch.zeros(2, dtype=torch.int64))
    export(model, args, path, names[:5], names[5:], axes, weights="float16")


def main():
    run = Run(__file__, __doc__)
    model = DiT()
    run.say(f"{parameters(model)} parameters")
    save(model, run.out / "untrained.onnx")
    averaged, curve = fit(run, model, 30 if run.smoke else STEPS)
    save(averaged, run.out / "dit.onnx")

    count = 1 if run.smoke else 20
    dit, untrained = Session(run.out / "dit.onnx"), Session(run.out / "untrained.onnx")
    shares, none, blind = judged(dit, count), judged(untrained, 1), judged(dit, count, guidance=0.0)
    run.say(f"as asked: {shares.mean():.4f}; untrained {none.mean():.4f}; nothing asked {blind.mean():.4f}")
    for name, row in zip(clips.SHAPES, shares):
        run.say(f"{name}: " + " ".join(f"{way} {share:.2f}" for way, share in zip(clips.DIRECTIONS, row)))
    for size in [(8, 24, 24), (12, 16, 24), (4, 16, 24)]:
        run.say(f"{size}: {judged(dit, max(1, count // 2), size).mean():.4f}")
    (run.out / "curve.json").write_text(json.dumps({"columns": ["step", "loss"], "rows": curve}) + "\n", encoding="utf-8")

    cases = []
    for file in ["dit.onnx", "untrained.onnx"]:
        for size, t in [((8, 16, 16), 10), ((8, 16, 16), 500), ((4, 16, 24), 990)]:
            places = clips.positions(size).numpy()
            values = {"positions": places, "timestep": np.array([t]), "shape": np.array([1, 3]), "direction": np.array([2, 4])}
            found = Session(run.out / file)(tokens=expected.noise(2, len(places), 32), **values)
            inputs = {"tokens": {"noise": [2, len(places), 32]}, **{name: expected.given(value) for name, value in values.items()}}
            cases.append({"file": file, "inputs": inputs, "outputs": {k: expected.summary(v) for k, v in found.items()}})
    expected.write(run.out, cases, [
        expected.behaviour("share of films that move as asked; control: untrained", shares.mean(), ">=", 0.85, none.mean()),
        expected.behaviour("the same; control: nothing was asked", shares.mean(), ">=", 0.85, blind.mean()),
    ])


if __name__ == "__main__":
    main()
