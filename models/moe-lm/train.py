#!/usr/bin/env python3
"""Trains a language model with eight sparse experts twice: with a loss that balances their use, and without.

    pip install -r models/requirements.txt && python models/moe-lm/train.py [--smoke]
"""

import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected, mixture
from common.export import Session, parameters
from common.mixture import EXPERTS, KINDS, TIME
from common.training import Run

SIZE, VOCABULARY, BATCH, STEPS, RATE, EVERY = 400_000, 1500, 48, 300, 4e-3, 25
BALANCE = {"balanced": 0.02, "unbalanced": 0.0}


def fit(run, name, coins, learn, steps):
    """Next characters, a batch of all four kinds; gives the curve of bits and of the least used expert's share."""
    run.reseed()
    model = mixture.MixtureLM(VOCABULARY)
    optimizer, begun, curve = torch.optim.AdamW(model.parameters(), RATE, betas=(0.9, 0.98), weight_decay=0.01), 0, []
    if state := run.resume(name):
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        begun, curve = state["step"], state["curve"]
    total, used = 0.0, torch.zeros(EXPERTS)
    for step in range(begun, steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min((step + 1) / 50, 1.0, 1.5 * (1 - step / steps))
        rows = torch.cat([text[torch.randint(len(text) - TIME, (BATCH // len(KINDS), 1)) + torch.arange(TIME + 1)] for text in learn.values()])
        with torch.autocast("cpu", torch.bfloat16):
            logits, routes, picks = model(rows[:, :-1])
        loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad()
        (loss + coins * mixture.balance(routes, picks)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += loss.item()
        used += torch.bincount(picks.flatten(), minlength=EXPERTS)
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            curve.append([step + 1, round(total / (step % EVERY + 1) / math.log(2), 4), round((used.min() / used.sum()).item(), 4)])
            total, used = 0.0, torch.zeros(EXPERTS)
            run.say(f"{name}, step {step + 1}: {curve[-1][1]} bits, least used expert {curve[-1][2]}")
            run.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1, "curve": curve}, name)
    return model, curve


def measure(session, apart, rows=40):
    """On held-out text: bits by kind, and the use of the experts, [layers, kinds, experts]."""
    bits, use = {}, np.zeros((2, len(KINDS), EXPERTS))
    for at, (kind, text) in enumerate(apart.items()):
        begins = np.linspace(0, len(text) - TIME - 1, rows).astype(int)
        table = np.stack([text[b : b + TIME + 1].numpy() for b in begins])
        out = session(input_ids=table[:, :-1])
        logits = out["logits"].astype(np.float64)
        logits -= logits.max(-1, keepdims=True)
        chance = np.take_along_axis(logits, table[:, 1:, None], -1)[..., 0] - np.log(np.exp(logits).sum(-1))
        bits[kind] = -chance.mean() / math.log(2)
        for layer in range(2):
            use[layer, at] = np.bincount(out["selected_experts"][:, layer].ravel(), minlength=EXPERTS) / out["selected_experts"][:, layer].size
    return bits, use


def evenness(use):
    """By layer: the entropy of the experts' use, 1 where all are used alike; and the share of the least used."""
    whole = use.mean(1)
    return [-(u[u > 0] * np.log(u[u > 0])).sum() / math.log(EXPERTS) for u in whole], whole.min(1)


def main():
    run = Run(__file__, __doc__)
    learn, apart = mixture.texts(40_000 if run.smoke else SIZE, np.random.default_rng(run.seed))
    tokens = mixture.vocabulary(learn, VOCABULARY)
    ids = {token: i for i, token in enumerate(tokens)}
    learn, apart = ({kind: torch.tensor([ids.get(c, 0) for c in text]) for kind, text in part.items()} for part in (learn, apart))
    run.say(", ".join(f"{kind}: {len(text)} characters, {(apart[kind] == 0).double().mean():.4f} unknown among the held-out" for kind, text in learn.items()))
    run.reseed()
    untrained = mixture.MixtureLM(VOCABULARY)
    active = parameters(untrained) - sum(2 * p.numel() for layer in untrained.h for p in (layer.experts.up,)) * (EXPERTS - 2) // EXPERTS
    run.say(f"{parameters(untrained)} parameters, {active} of them at work on a token")
    mixture.save(untrained, run.out / "untrained.onnx")
    curves = {}
    for name, coins in BALANCE.items():
        model, curves[name] = fit(run, name, coins, learn, 10 if run.smoke else STEPS)
        mixture.save(model, run.out / f"{name}.onnx")
    (run.out / "curve.json").write_text(json.dumps({"columns": ["step", "bits", "least_used"], "rows": curves}) + "\n", encoding="utf-8")
    (run.out / "tokenizer.json").write_text(json.dumps(mixture.tokenizer(tokens), ensure_ascii=False) + "\n", encoding="utf-8")

    found, cases = {}, []
    example = np.stack([text[:20].numpy() for text in apart.values()])
    for name in ["balanced", "unbalanced", "untrained"]:
        session = Session(run.out / f"{name}.onnx")
        bits, use = measure(session, apart)
        entropy, least = evenness(use)
        apartness = [np.abs(use[layer] - use[layer].mean(0)).sum(1).mean() / 2 for layer in range(2)]
        found[name] = np.mean(list(bits.values())), min(entropy), min(least), max(apartness)
        run.say(f"{name}: bits " + ", ".join(f"{kind} {v:.3f}" for kind, v in bits.items()) + f"; evenness by layer {np.round(entropy, 3)}, least used {np.round(least, 3)}, "
                f"share of the tokens of a kind sent elsewhere than those of all kinds {np.round(apartness, 3)}")
        for layer in range(2):
            for at, kind in enumerate(KINDS):
                run.say(f"  layer {layer}, {kind}: " + " ".join(f"{u:.2f}" for u in use[layer, at]))
        outputs = {k: expected.summary(v) for k, v in session(input_ids=example).items()}
        cases.append({"file": f"{name}.onnx", "inputs": {"input_ids": expected.given(example)}, "outputs": outputs})
    expected.write(run.out, cases, [
        expected.behaviour("bits a character of held-out text, mean of the kinds; control: untrained", found["balanced"][0], "<=", 5.0, found["untrained"][0]),
        expected.behaviour("share of the least used expert; control: trained without the balance loss", found["balanced"][2], ">=", 0.04, found["unbalanced"][2]),
        expected.behaviour("evenness of the experts' use; control: trained without the balance loss", found["balanced"][1], ">=", 0.95, found["unbalanced"][1]),
        expected.behaviour("share of a kind's tokens sent elsewhere than those of all; control: untrained", found["balanced"][3], ">=", 0.2, found["untrained"][3]),
    ])


if __name__ == "__main__":
    main()
