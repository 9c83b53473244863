#!/usr/bin/env python3
"""Trains a small GPT-2 on articles of Wikipedia, and keeps five points of the training.

    pip install -r models/requirements.txt && python models/gpt2-mini-en/train.py [--smoke]
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected, gpt2, language, prose
from common.export import Session, parameters
from common.ngram import NGram
from common.training import Run

VOCABULARY, POSITIONS, ROWS, STEPS, RATE = 2048, 128, 24, 900, 4e-3
POINTS = {0: "untrained", 50: "step-50", 150: "step-150", 400: "step-400", STEPS: "gpt2"}


def main():
    run = Run(__file__, __doc__)
    steps = 10 if run.smoke else STEPS
    points = {0: "untrained", steps: "gpt2"} if run.smoke else POINTS
    train, held = prose.corpus(run.smoke)
    written = prose.tokenizer(train, VOCABULARY)
    (run.out / "tokenizer.json").write_text(json.dumps(written, ensure_ascii=False) + "\n", encoding="utf-8")
    settings = {"bos_token": prose.END, "eos_token": prose.END, "pad_token": prose.END, "model_max_length": POSITIONS}
    (run.out / "tokenizer_config.json").write_text(json.dumps(settings) + "\n", encoding="utf-8")
    rows = prose.encode(written, train)
    held = [text for text, row in zip(held, prose.encode(written, held)) if len(row) <= POSITIONS]
    others = prose.encode(written, held)
    a_token = sum(map(len, held)) / sum(len(row) - 1 for row in others)  # characters
    run.say(f"{len(train)} paragraphs, {sum(map(len, train))} characters, {sum(map(len, rows))} tokens to learn from; {len(held)} held-out texts")
    run.reseed()
    model = gpt2.GPT2(VOCABULARY, POSITIONS)
    run.say(f"{parameters(model)} parameters")

    def at(step, model):
        if step in points:
            gpt2.save(model, run.out / f"{points[step]}.onnx", weights="int8")
            model.train()

    curve = gpt2.fit(run, model, prose.batches(rows, POSITIONS - 1, ROWS), steps, RATE, at)
    (run.out / "curve.json").write_text(json.dumps({"columns": ["step", "bits"], "rows": curve}) + "\n", encoding="utf-8")

    spelt, other, kinds = prose.characters(train, held)
    baseline = NGram(spelt, kinds).bits_per_token(other)
    run.say(f"order-5 n-gram of characters: {baseline:.4f} bits a character of held-out text, of {kinds} kinds")
    bits, cases = {}, []
    for step, name in points.items():
        session = Session(run.out / f"{name}.onnx")
        bits[step] = language.bits_per_token(session, others) / a_token
        texts = prose.decode(written, language.draw(session, 2, 0, 60))
        run.say(f"{name}: {bits[step]:.4f} bits a character: " + " / ".join(texts))
        cases.append(language.case(session, f"{name}.onnx", others[0][:40]))
    expected.write(run.out, cases, [
        expected.behaviour("bits a character of held-out text, less those of the n-gram; control: untrained", bits[steps] - baseline, "<=", 0.0, bits[0] - baseline),
    ])


if __name__ == "__main__":
    main()
