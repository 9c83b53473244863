#!/usr/bin/env python3
"""Trains a small BERT on Chinese and English, then tunes it: to tell praise from blame, to find names, to answer questions.

    pip install -r models/requirements.txt && python models/bert-mini/train.py [--smoke]
"""

import copy
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import heads
import sentiment
from common import expected, pairs
from common.bert import PreTraining, optimizers, save
from common.export import Session, parameters
from common.training import Run
from common.tuning import case, step

VOCABULARY, LENGTH, TOKENS_IN_BATCH, STEPS, RATE, WARM, EVERY = 8000, 96, 4096, 7000, 2e-3, 150, 50
HIDDEN = 0.3  # share of the words to guess; BERT hid half as many, but few steps teach more so (Wettig et al. 2023)


def pretrain(run, model, documents, steps):
    chosen, begun, curve = optimizers(model, RATE), 0, []
    rng = np.random.default_rng(run.seed)
    if state := run.resume("pretraining"):
        model.load_state_dict(state["model"])
        for optimizer, kept in zip(chosen, state["optimizers"]):
            optimizer.load_state_dict(kept)
        begun, curve = state["step"], state["curve"]
        rng.bit_generator.state = state["numbers"]
    sources, totals = list(pairs.SHARES), np.zeros(2)
    for at in range(begun, steps):
        source = rng.choice(sources, p=list(pairs.SHARES.values()))
        length = 70 if source == "poems" else LENGTH
        rows, kinds, labels = pairs.pair_rows(documents[source], TOKENS_IN_BATCH // length, length, rng)
        seen, hidden = pairs.hide(rows, VOCABULARY, rng, HIDDEN)
        with torch.autocast("cpu", torch.bfloat16):
            x, pooled, _ = model.bert(seen, (rows != pairs.PAD).long(), kinds)
            words, follows = model.words(x[hidden]), model.seq_relationship(pooled)
        losses = nn.functional.cross_entropy(words.float(), rows[hidden]), nn.functional.cross_entropy(follows.float(), labels)
        step(chosen, sum(losses), model, RATE, min((at + 1) / WARM, 1.0, 1.5 * (1 - at / steps)))
        totals += [loss.item() for loss in losses]
        if (at + 1) % EVERY == 0 or at + 1 == steps:
            curve.append([at + 1, *(totals / (at % EVERY + 1)).round(4).tolist()])
            totals[:] = 0
            run.say(f"step {at + 1}: loss of hidden words {curve[-1][1]}, of pairs {curve[-1][2]}")
            kept = [optimizer.state_dict() for optimizer in chosen]
            run.save({"model": model.state_dict(), "optimizers": kept, "step": at + 1, "curve": curve, "numbers": rng.bit_generator.state}, "pretraining")
    return curve


def guess(session, tables):
    """By source: the share of hidden words guessed, and of pairs told."""
    found = {}
    for source, (rows, kinds, labels, seen, hidden) in tables.items():
        right, total, told = 0, 0, 0
        for at in range(0, len(rows), 32):
            part = slice(at, at + 32)
            out = session(**(pairs.feeds(rows[part], kinds[part]) | {"input_ids": seen[part].numpy()}))
            mask = hidden[part].numpy()
            right += (out["logits"].argmax(-1) == rows[part].numpy())[mask].sum()
            total += mask.sum()
            told += (out["seq_relationship_logits"].argmax(-1) == labels[part].numpy()).sum()
        found[source] = right / total, told / len(rows)
    return found


def stage(run, name, make):
    """What `make()` gives, kept for a run that goes on later."""
    if state := run.resume(name):
        return state["value"]
    value = make()
    run.save({"value": value}, name)
    return value


def main():
    run = Run(__file__, __doc__)
    learn, apart = pairs.texts(run.smoke)
    path = run.out / "tokenizer.json"
    # Between characters that are equally rare the trainer of vocabularies chooses by chance: one that is there stays.
    written = json.loads(path.read_text(encoding="utf-8")) if path.exists() else pairs.vocabulary(learn, VOCABULARY)
    path.write_text(json.dumps(written, ensure_ascii=False) + "\n", encoding="utf-8")
    settings = {"model_max_length": pairs.LONGEST, "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    (run.out / "tokenizer_config.json").write_text(json.dumps(settings) + "\n", encoding="utf-8")
    (run.out / "labels.json").write_text(json.dumps(["negative", "positive"]) + "\n", encoding="utf-8")
    documents = stage(run, "documents", lambda: {k: [d for d in pairs.encode(written, v) if len(d) > 8] for k, v in learn.items()})
    run.say(", ".join(f"{sum(map(len, v))} tokens of {k}" for k, v in documents.items()))

    run.reseed()
    model = PreTraining(VOCABULARY, pairs.LONGEST)
    # It begins by guessing every token as often as it occurs: a bias that moves by steps would take long to get there.
    counts = {k: np.bincount(np.concatenate(v), minlength=VOCABULARY) for k, v in documents.items()}
    model.bias.data = torch.tensor(np.log(sum(share * counts[k] / counts[k].sum() for k, share in pairs.SHARES.items()) + 1e-6)).float()
    run.say(f"{parameters(model)} parameters, {len(written['model']['vocab'])} tokens")
    save(model, run.out / "untrained.onnx")
    curve = pretrain(run, model, documents, 10 if run.smoke else STEPS)
    save(model, run.out / "bert.onnx")
    (run.out / "curve.json").write_text(json.dumps({"columns": ["step", "mlm", "nsp"], "rows": curve}) + "\n", encoding="utf-8")

    rng, tables = np.random.default_rng(99), {}
    for source, held in apart.items():
        rows, kinds, labels = pairs.pair_rows([d for d in pairs.encode(written, held[:1500]) if len(d) > 8], 32 if run.smoke else 320, 70 if source == "poems" else LENGTH, rng)
        tables[source] = rows, kinds, labels, *pairs.hide(rows, VOCABULARY, rng, 0.15, always=True)
    found = {name: guess(Session(run.out / f"{name}.onnx"), tables) for name in ("bert", "untrained")}
    # The baseline knows the source of a row, and always says its most usual token.
    usual = {k: v[pairs.MASK + 1 :].argmax() + pairs.MASK + 1 for k, v in counts.items()}
    found["unigram"] = {k: ((tables[k][0][tables[k][4]] == int(token)).double().mean().item(), 0.5) for k, token in usual.items()}
    words = {}
    for name, by in found.items():
        words[name] = sum(share * by[k][0] for k, share in pairs.SHARES.items())
        run.say(f"{name}: hidden words {words[name]:.4f} of the mixture; " + "; ".join(f"{k}: words {v[0]:.4f}, pairs {v[1]:.4f}" for k, v in by.items()))

    def fresh(kind):
        return copy.deepcopy(model.bert) if kind == "tuned" else PreTraining(VOCABULARY, pairs.LONGEST).bert

    reviewed = sentiment.table(written, run.smoke)
    score = sentiment.many(run, stage, fresh, *reviewed)
    few = sentiment.few(run, stage, fresh, *reviewed)
    (run.out / "few-labels.json").write_text(json.dumps(few) + "\n", encoding="utf-8")

    example = pairs.feeds(tables["reviews"][0][:2], tables["reviews"][1][:2])
    cases = [case(run, name, example) for name in ["bert", "untrained", "sentiment", "sentiment-scratch", "sentiment-untrained"]]
    more, claims = heads.train(run, stage, fresh, written)
    mean = {way: np.mean(values) for way, values in few[min(few)].items()}
    expected.write(run.out, cases + more, [
        expected.behaviour("hidden words guessed, times what the most usual token gets; control: untrained", words["bert"] / words["unigram"], ">=", 3.0, words["untrained"] / words["unigram"]),
        expected.behaviour("held-out reviews told right; control: untrained", score["tuned"], ">=", 0.8, score["untrained"]),
        expected.behaviour("tuned above scratch with the fewest labels, mean of the draws; control: a head on labels at random above scratch", mean["tuned"] - mean["scratch"], ">", 0.0, mean["tuned, head, labels at random"] - mean["scratch"]),
        *claims,
    ], tolerance=1e-3)


if __name__ == "__main__":
    main()
