#!/usr/bin/env python3
"""Trains `weather-mini`: Transformers that step the weather of a toy planet by 1, 3, 6 and 24 hours.

    pip install -r models/requirements.txt && python models/weather-mini/train.py [--smoke]
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

PLACES, PATCH, WIDTH, HEADS, LAYERS = 40, 4, 48, 4, 2
TOKENS = PLACES // PATCH
HOUR = 1 / 120  # of Lorenz' unit of time, which stands for five days
LEADS, BATCH, STEPS, NOISE = (1, 3, 6, 24), 128, 1000, 0.3
FILES = {"untrained": (24, True), "1h": (1, True), "3h": (3, True), "6h": (6, True), "24h": (24, True),
         "24h-everywhere": (24, False)}  # lead in hours, and whether each place has numbers of its own
FORCING = 8 + 4 * torch.cos(2 * torch.pi * torch.arange(PLACES) / PLACES)


def change(x):
    """Lorenz' equations of 1996 on a circle of 40 places, [n, 40], with a forcing that depends on the place."""
    return (x.roll(-1, -1) - x.roll(2, -1)) * x.roll(1, -1) - x + FORCING


def step(x, time=HOUR):
    """One step of Runge and Kutta."""
    a = change(x)
    b = change(x + time / 2 * a)
    c = change(x + time / 2 * b)
    d = change(x + time * c)
    return x + time / 6 * (a + 2 * b + 2 * c + d)


def weather(count, hours, spin=600):
    """[hours + 1, count, 40]: the true weather, hour by hour, after `spin` hours to forget the start."""
    x = FORCING + torch.randn(count, PLACES)
    for _ in range(spin):
        x = step(x)
    hourly = [x]
    for _ in range(hours):
        hourly.append(step(hourly[-1]))
    return torch.stack(hourly)


class Block(nn.Module):
    """Attention among the patches of the circle, with a bias for every pair of them, then a feed-forward part."""

    def __init__(self, placed):
        super().__init__()
        self.placed = placed
        self.before, self.between = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        # Earth-specific: a number for each pair of places; else one for each distance, the same all around.
        self.bias = nn.Parameter(torch.zeros(HEADS, TOKENS, TOKENS if placed else 1))
        ring = (torch.arange(TOKENS)[None] - torch.arange(TOKENS)[:, None]) % TOKENS
        self.register_buffer("ring", ring, persistent=False)
        self.ff = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

    def forward(self, h):
        n = h.shape[0]
        q, k, v = self.qkv(self.before(h)).reshape(n, TOKENS, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        bias = self.bias if self.placed else self.bias[:, self.ring, 0]
        weights = (q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5 + bias).softmax(-1)
        h = h + self.out((weights @ v).transpose(1, 2).reshape(n, TOKENS, WIDTH))
        return h + self.ff(self.between(h))


class Stepper(nn.Module):
    """State [n, 40] -> state [n, 40] some hours later: patches of four places, Transformer, patches back."""

    def __init__(self, placed=True):
        super().__init__()
        self.embed = nn.Linear(PATCH, WIDTH)
        self.place = nn.Parameter(0.02 * torch.randn(TOKENS if placed else 1, WIDTH))
        self.blocks = nn.Sequential(*(Block(placed) for _ in range(LAYERS)))
        self.recover = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, PATCH))

    def forward(self, state):
        h = self.embed(state.reshape(-1, TOKENS, PATCH) / 4) + self.place
        return state + 4 * self.recover(self.blocks(h)).reshape(-1, PLACES)


def fit(run, model, lead, past, steps):
    """Learns from analyses, the weather with an error of observation, before and after."""
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, steps)
    total = 0.0
    for number in range(steps):
        at, which = torch.randint(0, len(past) - lead, (BATCH,)), torch.randint(0, past.shape[1], (BATCH,))
        before, after = past[at, which], past[at + lead, which]
        before, after = before + NOISE * torch.randn_like(before), after + NOISE * torch.randn_like(after)
        loss = (model(before) - after).square().mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        total += loss.item()
        if (number + 1) % 250 == 0:
            run.say(f"lead {lead}: step {number + 1}, error {(total / 250) ** 0.5:.3f}")
            total = 0.0
    return model.eval()


def save(model, path):
    export(model, (torch.zeros(2, PLACES),), path, ["state"], ["next_state"],
           {"state": {0: "n"}, "next_state": {0: "n"}}, weights="float16")


def measure(run):
    """What the files in `run.out` do on weather that nobody has learnt from; writes `expected.json`."""
    run.reseed(1)
    future = weather(200, 240).numpy()
    start = future[0] + np.float32(NOISE) * torch.randn(*future[0].shape).numpy()
    nets = {name: Session(run.out / f"{name}.onnx") for name in FILES}

    def ahead(name, state, times=1):
        for _ in range(times):
            state = nets[name](state=state)["next_state"]
        return state

    def error(state, hours):
        return float(np.sqrt(np.square(state - future[hours]).mean()))

    for hours in (24, 72, 120, 240):
        errors = {lead: error(ahead(f"{lead}h", start, hours // lead), hours) for lead in LEADS}
        run.say(f"{hours} h ahead: " + ", ".join(f"by {lead} h {value:.3f}" for lead, value in errors.items())
                + f", persistence {error(start, hours):.3f}")
    day = {name: error(ahead(name, start), 24) for name in ("untrained", "24h", "24h-everywhere")}
    hourly, still = error(ahead("1h", start, 24), 24), error(start, 24)
    run.say("a day in one step: " + ", ".join(f"{name} {value:.3f}" for name, value in day.items()))
    turned = {name: float(np.abs(ahead(name, np.roll(start, 20, 1)) - np.roll(ahead(name, start), 20, 1)).max())
              for name in ("24h", "24h-everywhere")}

    cases = []
    for name in FILES:
        state = 2 + 3 * expected.noise(3, PLACES)
        outputs = nets[name](state=state)
        cases.append({"file": f"{name}.onnx", "inputs": {"state": expected.given(state)},
                      "outputs": {key: expected.summary(value) for key, value in outputs.items()}})
    expected.write(run.out, cases, [
        expected.behaviour("the error a day ahead, beside that of persistence", day["24h"] / still, "<=", 0.5,
                           day["untrained"] / still),
        expected.behaviour("a day in one step, beside the same day in 24 steps", day["24h"] / hourly, "<=", 0.9, 1.0),
        expected.behaviour("one bias for all: turning the planet by half turns the forecast", turned["24h-everywhere"],
                           "<=", 1e-3, turned["24h"]),
    ])


def main():
    run = Run(__file__, __doc__)
    steps = 60 if run.smoke else STEPS
    past = weather(200 if run.smoke else 3000, 48)
    run.say(f"{parameters(Stepper())} parameters; the weather varies by {past.std():.3f}")
    for name, (lead, placed) in FILES.items():
        run.reseed(2)
        model = Stepper(placed).eval()
        if name != "untrained":
            fit(run, model.train(), lead, past, steps)
        save(model, run.out / f"{name}.onnx")
    measure(run)
    run.say("done")


if __name__ == "__main__":
    main()
