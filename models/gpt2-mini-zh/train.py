#!/usr/bin/env python3
"""Trains a small GPT-2 on Tang and Song poems, one token a character, and keeps five points of the training.

    pip install -r models/requirements.txt && python models/gpt2-mini-zh/train.py [--smoke]
"""

import json
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected, gpt2, language, poems
from common.export import Session, parameters
from common.ngram import NGram
from common.training import Run

POEMS, STEPS, RATE = 60_000, 1200, 4e-3
POINTS = {0: "untrained", 40: "step-40", 150: "step-150", 500: "step-500", STEPS: "gpt2"}


def main():
    run = Run(__file__, __doc__)
    steps = 20 if run.smoke else STEPS
    points = {0: "untrained", steps: "gpt2"} if run.smoke else POINTS
    tokens, train, held = poems.corpus(2000 if run.smoke else POEMS)
    held = held[:100] if run.smoke else held
    characters = sum(len(row) - 1 for row in train)
    run.say(f"{len(train)} poems, {characters} tokens to learn from; {len(held)} held out, none shares a couplet with them")
    run.reseed()
    model = gpt2.GPT2(len(tokens), positions=72)
    run.say(f"{parameters(model)} parameters")

    def at(step, model):
        if step in points:
            gpt2.save(model, run.out / f"{points[step]}.onnx", weights="int8")
            model.train()

    curve = gpt2.fit(run, model, poems.batches(train), steps, RATE, at)
    (run.out / "curve.json").write_text(json.dumps({"columns": ["step", "bits"], "rows": curve}) + "\n", encoding="utf-8")
    (run.out / "tokenizer.json").write_text(json.dumps(poems.tokenizer(tokens), ensure_ascii=False) + "\n", encoding="utf-8")
    settings = {"bos_token": tokens[0], "eos_token": tokens[0], "pad_token": tokens[0], "model_max_length": 72}
    (run.out / "tokenizer_config.json").write_text(json.dumps(settings) + "\n", encoding="utf-8")

    baseline = NGram(train, len(tokens)).bits_per_token(held)
    run.say(f"order-5 n-gram on the same poems: {baseline:.4f} bits a token of held-out poems")
    bits, form, cases = {}, {}, []
    for step, name in points.items():
        session = Session(run.out / f"{name}.onnx")
        bits[step] = language.bits_per_token(session, held)
        texts = ["".join(tokens[i] for i in text) for text in language.draw(session, 20 if run.smoke else 200, poems.END, 70)]
        form[step] = sum(map(poems.regular, texts)) / len(texts)
        run.say(f"{name}: {bits[step]:.4f} bits, {form[step]:.3f} of the poems regular: " + " / ".join(texts[:2]))
        cases.append(language.case(session, f"{name}.onnx", held[0]))
    expected.write(run.out, cases, [
        expected.behaviour("bits a token on held-out poems, less those of the n-gram; control: untrained", bits[steps] - baseline, "<=", 0.0, bits[0] - baseline),
        expected.behaviour("share of drawn poems that are regular; control: untrained", form[steps], ">=", 0.9, form[0]),
    ])


if __name__ == "__main__":
    main()
