#!/usr/bin/env python3
"""Trains a small BERT on Chinese and English, then tunes it to tell praise from blame, beside a twin from scratch.

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
from common import expected, pairs, reviews
from common.bert import Classifier, PreTraining, optimizers, save
from common.export import Session, parameters
from common.training import Run
from common.tuning import step, tune

VOCABULARY, LENGTH, TOKENS_IN_BATCH, STEPS, RATE, WARM, EVERY = 8000, 96, 4096, 900, 3e-3, 80, 50
HIDDEN = 0.3  # share of the words to guess; BERT hid half as many, but few steps teach more so (Wettig et al. 2023)
TUNED_ON = 10_000
FEW = {100: 8, 400: 3}  # epochs by number of labels
SEEDS = 3
HEAD, DRAWS = [100, 400, 1600], 10  # numbers of labels for a head alone


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


def accuracy(model, rows, labels):
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        found = [model(part, (part != pairs.PAD).long(), part * 0)[0].argmax(1) for part in rows.split(50)]
    return (torch.cat(found) == labels).double().mean().item()


def features(session, rows):
    """The mean of the last vectors of every row."""
    means = []
    for part in rows.split(50):
        given = pairs.feeds(part, part * 0)
        seen = given["attention_mask"][:, :, None]
        last = session.session.run(["last_hidden_state"], given)[0]  # alone: the logits of every word take longer
        means.append((last * seen).sum(1) / seen.sum(1))
    return torch.from_numpy(np.concatenate(means)).float()


def probe(x, labels, others, truth):
    """How often a linear head that is trained on `x` alone is right on `others`."""
    mean, spread = x.mean(0), x.std(0)
    weights, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=100)

    def loss():
        optimizer.zero_grad()
        value = nn.functional.binary_cross_entropy_with_logits((x - mean) / spread @ weights + bias, labels.float()) + 0.03 * (weights**2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    return (((others - mean) / spread @ weights + bias > 0).long() == truth).double().mean().item()


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
    written = stage(run, "vocabulary", lambda: pairs.vocabulary(learn, VOCABULARY))
    (run.out / "tokenizer.json").write_text(json.dumps(written, ensure_ascii=False) + "\n", encoding="utf-8")
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

    # Sentiment: all labels, then few, each beside a twin that begins untrained.
    train, held = reviews.reviews()
    order = np.random.default_rng(0)
    train, held = ([part[i] for i in order.permutation(len(part))[:count]] for part, count in ((train, 100 if run.smoke else TUNED_ON), (held, 60 if run.smoke else 1500)))
    rows, others = (pairs.table(pairs.encode(written, [text for text, _ in part])) for part in (train, held))
    labels, truth = (torch.tensor([s for _, s in part]) for part in (train, held))

    def begin(kind):
        return Classifier(fresh(kind))

    def tuned(kind, picked, epochs, seed):
        loss = lambda outputs, part: nn.functional.cross_entropy(outputs[0], labels[picked][part])
        return tune(begin(kind), rows[picked], rows[picked] * 0, loss, epochs, np.random.default_rng(seed))

    def whole_tuning(kind):
        run.reseed(1)
        return tuned(kind, np.arange(len(rows)), 1, 2).state_dict()

    run.reseed(1)
    blank = begin("scratch")
    save(blank, run.out / "sentiment-untrained.onnx")
    names, score = {"tuned": "sentiment", "scratch": "sentiment-scratch"}, {"untrained": accuracy(blank, others, truth)}
    for kind, name in names.items():
        network = begin(kind)
        network.load_state_dict(stage(run, name, lambda: whole_tuning(kind)))
        save(network, run.out / f"{name}.onnx")
        session = Session(run.out / f"{name}.onnx")
        said = np.concatenate([session(**pairs.feeds(part, part * 0))["logits"].argmax(1) for part in others.split(50)])
        score[kind] = (said == truth.numpy()).mean()
        run.say(f"{len(rows)} reviews, {kind}: {score[kind]:.4f} of {len(truth)} held-out reviews")
    few = {}
    for count, epochs in ({20: 1} if run.smoke else FEW).items():
        def some():
            scores = {"tuned": [], "scratch": []}
            for seed in range(SEEDS):
                picked = np.random.default_rng(10 + seed).permutation(len(rows))[:count]
                for kind in scores:
                    run.reseed(10 + seed)
                    scores[kind].append(accuracy(tuned(kind, picked, epochs, seed), others[:500], truth[:500]))
            return scores

        few[count] = stage(run, f"few-{count}", some)
        run.say(f"{count} reviews: " + "; ".join(f"{kind} " + " ".join(f"{v:.4f}" for v in values) for kind, values in few[count].items()))
    # Only a head, on features that stay as they are.
    read = {name: [features(Session(run.out / f"{name}.onnx"), part) for part in (rows[: max(HEAD)], others)] for name in ("bert", "untrained")}
    frozen = {}
    for count in [20] if run.smoke else HEAD:
        frozen[count] = {"bert": [], "untrained": [], "labels at random": []}
        for seed in range(DRAWS):
            numbers = np.random.default_rng(20 + seed)
            picked = numbers.permutation(len(read["bert"][0]))[:count]
            for name, (x, other) in read.items():
                frozen[count][name].append(probe(x[picked], labels[picked], other, truth))
            noise = torch.from_numpy(numbers.integers(0, 2, count))
            frozen[count]["labels at random"].append(probe(read["bert"][0][picked], noise, read["bert"][1], truth))
        run.say(f"{count} reviews, only a head: " + "; ".join(f"{name} {np.mean(values):.4f} ± {np.std(values) / DRAWS**0.5:.4f}" for name, values in frozen[count].items()))
    (run.out / "few-labels.json").write_text(json.dumps({"all tuned": few, "only a head": frozen}) + "\n", encoding="utf-8")

    example = pairs.feeds(tables["reviews"][0][:2], tables["reviews"][1][:2])
    cases = []
    for name in ["bert", "untrained", "sentiment", "sentiment-scratch", "sentiment-untrained"]:
        outputs = {k: expected.summary(v) for k, v in Session(run.out / f"{name}.onnx")(**example).items()}
        cases.append({"file": f"{name}.onnx", "inputs": {k: expected.given(v) for k, v in example.items()}, "outputs": outputs})
    least = frozen[min(frozen)]
    gain, luck = (np.mean(least[name]) - np.mean(least["untrained"]) for name in ("bert", "labels at random"))
    expected.write(run.out, cases, [
        expected.behaviour("hidden words guessed, times what the most usual token gets; control: untrained", words["bert"] / words["unigram"], ">=", 3.0, words["untrained"] / words["unigram"]),
        expected.behaviour("held-out reviews told right; control: untrained", score["tuned"], ">=", 0.8, score["untrained"]),
        expected.behaviour("a head on frozen features with the fewest labels, above one on untrained features, mean of ten draws; control: labels at random", gain, ">", 0.0, luck),
    ], tolerance=1e-3)


if __name__ == "__main__":
    main()
