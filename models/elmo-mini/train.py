#!/usr/bin/env python3
"""Trains a small bidirectional language model (ELMo) on sentences of film reviews.

    pip install -r models/requirements.txt && python models/elmo-mini/train.py [--smoke]
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import bilm, expected
from common.export import Session, export, parameters
from common.training import Run

VOCABULARY, TOKENS, STEPS, RATE, WARM, COOL, EVERY = 4000, 1536, 900, 4e-3, 50, 300, 50


def losses(model, ids):
    """Cross-entropy of the next words from the left, and of the previous ones from the right."""
    h = model.states(ids)[-1]
    with torch.autocast("cpu", torch.bfloat16):
        ahead, back = model.score(h[:, :-1, : bilm.WIDTH]), model.score(h[:, 1:, bilm.WIDTH :])
    return tuple(nn.functional.cross_entropy(score.float().flatten(0, 1), truth.flatten()) for score, truth in ((ahead, ids[:, 1:]), (back, ids[:, :-1])))


def fit(run, model, rows, steps):
    optimizer, numbers = torch.optim.Adam(model.parameters(), lr=RATE), torch.Generator().manual_seed(run.seed)
    tables, curve, total = bilm.batches(rows, TOKENS, numbers), [], np.zeros(2)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = RATE * min((step + 1) / WARM, 1.0, (steps - step) / COOL)
        both = losses(model, next(tables))
        optimizer.zero_grad()
        sum(both).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        total += [loss.item() for loss in both]
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            curve.append([step + 1, *(total / (step % EVERY + 1)).round(4).tolist()])
            total[:] = 0
            run.say(f"step {step + 1}: forwards {curve[-1][1]}, backwards {curve[-1][2]}")
    return curve


def bits(session, rows):
    """Mean −log₂ p of words inside held-out sentences: from the left, from the right."""
    found = np.zeros(2)
    count = 0
    for row in rows:
        ids = np.array([row], np.int64)
        out = session(input_ids=ids)
        for i, (scores, truth) in enumerate(((out["logits_forward"][0, :-2], ids[0, 1:-1]), (out["logits_backward"][0, 2:], ids[0, 1:-1]))):
            scores = scores.astype(np.float64)
            scores -= scores.max(-1, keepdims=True)
            found[i] -= (scores[np.arange(len(truth)), truth] - np.log(np.exp(scores).sum(-1))).sum()
        count += ids.shape[1] - 2
    return found / count / np.log(2)


def save(model, path):
    names = ["input_ids", "layer_0", "layer_1", "layer_2", "logits_forward", "logits_backward"]
    args = (torch.arange(14).reshape(2, 7),)
    export(model, args, path, names[:1], names[1:], {name: {0: "batch", 1: "time"} for name in names}, weights="float16")


def main():
    run = Run(__file__, __doc__)
    learn, held = bilm.sentences(run.smoke)
    written = bilm.tokenizer(learn, VOCABULARY)
    (run.out / "tokenizer.json").write_text(json.dumps(written, ensure_ascii=False) + "\n", encoding="utf-8")
    rows, others = bilm.encode(written, learn), bilm.encode(written, held)
    known = {tuple(row) for row in rows}
    others = [row for row in others if 8 <= len(row) <= 40 and tuple(row) not in known][:1000]
    run.say(f"{len(rows)} sentences, {sum(map(len, rows))} words; {len(others)} held out")

    run.reseed()
    model = bilm.BiLM(len(written["model"]["vocab"]))
    run.say(f"{parameters(model)} parameters")
    save(model, run.out / "untrained.onnx")
    curve = fit(run, model, rows, 20 if run.smoke else STEPS)
    save(model, run.out / "elmo.onnx")
    (run.out / "curve.json").write_text(json.dumps({"columns": ["step", "forwards", "backwards"], "rows": curve}) + "\n", encoding="utf-8")

    counts = np.bincount(np.concatenate(rows), minlength=VOCABULARY) + 1.0
    counts[: len((bilm.UNKNOWN, bilm.BEGIN, bilm.END))][1:] = 1e-9  # the ends of a sentence are not to be guessed
    chance = -np.log2(counts / counts.sum())
    usual = np.mean(np.concatenate([chance[row[1:-1]] for row in others]))
    trained, none = (bits(Session(run.out / f"{name}.onnx"), others) for name in ("elmo", "untrained"))
    run.say(f"bits a word: frequencies alone {usual:.3f}; from the left {trained[0]:.3f}, from the right {trained[1]:.3f}; untrained {none.round(3)}")

    ids = np.array(bilm.encode(written, ["I like this film."]), np.int64)
    cases = []
    for file in ["elmo.onnx", "untrained.onnx"]:
        found = Session(run.out / file)(input_ids=ids)
        cases.append({"file": file, "inputs": {"input_ids": expected.given(ids)}, "outputs": {k: expected.summary(v) for k, v in found.items()}})
    expected.write(run.out, cases, [
        expected.behaviour("bits a held-out word that the left side saves beside frequencies alone; control: untrained", usual - trained[0], ">=", 1.0, usual - none[0]),
        expected.behaviour("the same of the right side; control: untrained", usual - trained[1], ">=", 1.0, usual - none[1]),
    ], tolerance=1e-3)


if __name__ == "__main__":
    main()
