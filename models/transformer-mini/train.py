#!/usr/bin/env python3
"""Trains the encoder-decoder of 2017 to translate numbers and dates between Chinese and English, in two ways to normalise.

    pip install -r models/requirements.txt && python models/transformer-mini/train.py [--smoke]
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected, numerals
from common.export import Session, export, parameters
from common.seq2seq import WIDTH, Transformer
from common.training import Run

BATCH, STEPS, RATE, WARM, COOL, EVERY = 96, 400, 3e-3, 100, 200, 50
TOKENS = len(numerals.TOKENS)


def save(model, out, name):
    ids, mask, hidden = torch.ones(2, 5, dtype=torch.int64), torch.ones(2, 5, dtype=torch.int64), torch.zeros(2, 5, WIDTH)
    source, target = {0: "batch", 1: "source"}, {0: "batch", 1: "target"}
    axes = {"input_ids": source, "attention_mask": source, "last_hidden_state": source, "attentions": {0: "batch", 3: "source", 4: "source"}}
    export(model.encoder, (ids, mask), out / f"{name}-encoder.onnx", ["input_ids", "attention_mask"], ["last_hidden_state", "attentions"], axes, weights="float16")
    axes = {"input_ids": target, "encoder_hidden_states": source, "encoder_attention_mask": source, "logits": target}
    axes |= {"decoder_attentions": {0: "batch", 3: "target", 4: "target"}, "cross_attentions": {0: "batch", 3: "target", 4: "source"}}
    inputs, outputs = ["input_ids", "encoder_hidden_states", "encoder_attention_mask"], ["logits", "decoder_attentions", "cross_attentions"]
    export(model.decoder, (ids[:, :3], hidden, mask), out / f"{name}-decoder.onnx", inputs, outputs, axes, weights="float16")
    model.train()


def translate(out, name, source):
    """Greedy translations by ONNX Runtime, int64 [n, time]."""
    encoder, decoder = Session(out / f"{name}-encoder.onnx"), Session(out / f"{name}-decoder.onnx")
    mask = (source != numerals.PAD).astype(np.int64)
    hidden = encoder(input_ids=source, attention_mask=mask)["last_hidden_state"]
    said = np.full((len(source), 1), numerals.BEGIN)
    for _ in range(numerals.LONGEST - 1):
        logits = decoder(input_ids=said, encoder_hidden_states=hidden, encoder_attention_mask=mask)["logits"]
        said = np.concatenate([said, logits[:, -1:].argmax(-1)], 1)
    ended = (said == numerals.END).cumsum(1)
    return np.where((ended > 1) | ((ended == 1) & (said != numerals.END)), numerals.PAD, said)


def fit(run, name, before, steps, rng):
    run.reseed()
    model, begun, curve = Transformer(TOKENS, before), 0, []
    inside = [p for n, p in model.named_parameters() if p.dim() == 2 and "embedding" not in n]
    outside = [p for n, p in model.named_parameters() if p.dim() != 2 or "embedding" in n]
    chosen = [torch.optim.Muon(inside, lr=RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"), torch.optim.Adam(outside, lr=RATE, betas=(0.9, 0.98))]
    if state := run.resume(name):
        model.load_state_dict(state["model"])
        for optimizer, kept in zip(chosen, state["optimizers"]):
            optimizer.load_state_dict(kept)
        begun, curve = state["step"], state["curve"]
        rng.bit_generator.state = state["numbers"]
    total = 0.0
    for step in range(begun, steps):
        for optimizer in chosen:
            for group in optimizer.param_groups:
                group["lr"] = RATE * min((step + 1) / WARM, 1.0, (steps - step) / COOL)
        source, target = numerals.rows(numerals.items(BATCH, False, rng), rng)
        logits = model(source, target[:, :-1], numerals.PAD)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=numerals.PAD, label_smoothing=0.05)
        for optimizer in chosen:
            optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in chosen:
            optimizer.step()
        total += loss.item()
        if (step + 1) % EVERY == 0 or step + 1 == steps:
            curve.append([step + 1, round(total / (step % EVERY + 1), 4)])
            total = 0.0
            run.say(f"{name}, step {step + 1}: loss {curve[-1][1]}")
            kept = [optimizer.state_dict() for optimizer in chosen]
            run.save({"model": model.state_dict(), "optimizers": kept, "step": step + 1, "curve": curve, "numbers": rng.bit_generator.state}, name)
    return model, curve


def main():
    run = Run(__file__, __doc__)
    steps = 30 if run.smoke else STEPS
    held = numerals.items(50 if run.smoke else 500, True, np.random.default_rng(99))
    source, target = (table.numpy() for table in numerals.rows(held, np.random.default_rng(98)))
    run.reseed()
    untrained = Transformer(TOKENS, before=False)
    run.say(f"{parameters(untrained)} parameters, {TOKENS} tokens")
    save(untrained, run.out, "untrained")
    curves = {}
    for name, before in [("post-ln", False), ("pre-ln", True)]:
        model, curves[name] = fit(run, name, before, steps, np.random.default_rng(run.seed))
        save(model, run.out, name)
    (run.out / "curve.json").write_text(json.dumps({"columns": ["step", "loss"], "rows": curves}) + "\n", encoding="utf-8")
    settings = {"decoder_start_token_id": numerals.BEGIN, "eos_token_id": numerals.END, "pad_token_id": numerals.PAD}
    (run.out / "config.json").write_text(json.dumps(settings) + "\n", encoding="utf-8")
    (run.out / "tokenizer.json").write_text(json.dumps(numerals.tokenizer(), ensure_ascii=False) + "\n", encoding="utf-8")

    right, cases = {}, []
    for name in ["untrained", "post-ln", "pre-ln"]:
        found = translate(run.out, name, source)
        good = (found == target).all(1)
        to_en, date = source[:, 0] == numerals.TO_EN, np.array([not isinstance(item, int) for item in held])
        right[name] = good.mean()
        parts = {"numbers to en": ~date & to_en, "numbers to zh": ~date & ~to_en, "dates to en": date & to_en, "dates to zh": date & ~to_en}
        run.say(f"{name}: {right[name]:.4f} of {len(held)} exactly right; " + ", ".join(f"{k} {good[v].mean():.3f}" for k, v in parts.items()))
        words = lambda row: " ".join(numerals.TOKENS[i] for i in row if i > numerals.END)
        for i in np.flatnonzero(~good)[:3]:
            run.say(f"  wrong: {words(source[i])} -> {words(found[i])}")
        mask = (source[:2] != numerals.PAD).astype(np.int64)
        feeds = {"input_ids": source[:2], "attention_mask": mask}
        read = Session(run.out / f"{name}-encoder.onnx")(**feeds)
        outputs = {k: expected.summary(v) for k, v in read.items()}
        cases.append({"file": f"{name}-encoder.onnx", "inputs": {k: expected.given(v) for k, v in feeds.items()}, "outputs": outputs})
        feeds = {"input_ids": target[:2, :6], "encoder_hidden_states": expected.noise(2, 7, WIDTH), "encoder_attention_mask": np.ones((2, 7), np.int64)}
        said = Session(run.out / f"{name}-decoder.onnx")(**feeds)
        inputs = {k: expected.given(v) for k, v in feeds.items()} | {"encoder_hidden_states": {"noise": [2, 7, WIDTH]}}
        cases.append({"file": f"{name}-decoder.onnx", "inputs": inputs, "outputs": {k: expected.summary(v) for k, v in said.items()}})
    expected.write(run.out, cases, [
        expected.behaviour(f"held-out numbers and dates translated exactly, {name}; control: untrained", right[name], ">=", 0.95, right["untrained"])
        for name in ("post-ln", "pre-ln")
    ])


if __name__ == "__main__":
    main()
