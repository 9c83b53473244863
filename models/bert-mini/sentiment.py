"""Telling praise from blame: tuned on many labels and on few, each beside a twin that begins untrained."""


import numpy as np
import torch
from torch import nn

from common import pairs, reviews
from common.bert import Classifier, save
from common.export import Session
from common.tuning import tune

MANY, HELD = 10_000, 1500
FEW, DRAWS = [100, 400], 8
# For few labels each of the two has the rate and the epochs that were best for it on other labels and other reviews of
# the training set. The pre-trained one has a head that fits before the rest moves (Kumar et al. 2022).
RECIPES = {"tuned": (2e-4, 8), "scratch": (6e-4, 8)}


def table(written, smoke):
    """Rows and labels of reviews to learn from, then of held-out ones."""
    order, tables = np.random.default_rng(0), []
    for part, count in zip(reviews.reviews(), (100, 60) if smoke else (MANY, HELD)):
        chosen = [part[i] for i in order.permutation(len(part))[:count]]
        tables += [pairs.table(pairs.encode(written, [text for text, _ in chosen])), torch.tensor([label for _, label in chosen])]
    return tables


def accuracy(model, rows, labels):
    """How often `model` is right."""
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        found = [model(part, (part != pairs.PAD).long(), part * 0)[0].argmax(1) for part in rows.split(50)]
    return (torch.cat(found) == labels).double().mean().item()


def features(bert, rows):
    """The mean of the last vectors of every row."""
    means = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for part in rows.split(50):
            seen = (part != pairs.PAD).float()[:, :, None]
            means.append((bert(part, (part != pairs.PAD).long(), part * 0)[0].float() * seen).sum(1) / seen.sum(1))
    return torch.cat(means)


def probe(x, labels):
    """Weights and bias of a linear head that is trained on `x` alone."""
    mean, spread = x.mean(0), x.std(0)
    weights, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=100)

    def loss():
        optimizer.zero_grad()
        value = nn.functional.binary_cross_entropy_with_logits((x - mean) / spread @ weights + bias, labels.float()) + 0.1 * (weights**2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    weights = weights.detach() / spread
    return weights, bias.detach() - mean @ weights


def right(head, x, labels):
    """How often a linear head is right on `x`."""
    weights, bias = head
    return ((x @ weights + bias > 0).long() == labels).double().mean().item()


def all_of(model):
    """AdamW for everything."""
    return [torch.optim.AdamW(model.parameters(), weight_decay=0.01)]


def many(run, stage, fresh, rows, labels, others, truth):
    """Tunes on all labels, writes the networks, and says how often each is right."""

    def tuned(kind):
        run.reseed(1)
        loss = lambda outputs, part: nn.functional.cross_entropy(outputs[0], labels[part])
        model = Classifier(fresh(kind))
        return tune(model, all_of(model), rows, rows * 0, loss, 1, np.random.default_rng(2)).state_dict()

    run.reseed(1)
    network = Classifier(fresh("scratch"))
    save(network, run.out / "sentiment-untrained.onnx")
    score = {"untrained": accuracy(network, others, truth)}
    for kind, name in {"tuned": "sentiment", "scratch": "sentiment-scratch"}.items():
        network.load_state_dict(stage(run, name, lambda: tuned(kind)))
        save(network, run.out / f"{name}.onnx")
        session = Session(run.out / f"{name}.onnx")
        said = np.concatenate([session(**pairs.feeds(part, part * 0))["logits"].argmax(1) for part in others.split(50)])
        score[kind] = (said == truth.numpy()).mean()
        run.say(f"{len(rows)} reviews, {kind}: {score[kind]:.4f} of {len(truth)} held-out reviews")
    return score


def few(run, stage, fresh, rows, labels, others, truth):
    """By number of labels and by way: how often each of several draws of labels is right."""
    found = {}
    for count in [20] if run.smoke else FEW:
        found[count] = {}
        for kind, recipe in RECIPES.items():
            found[count] |= stage(run, f"few-{count}-{kind}", lambda: draws(run, fresh, kind, recipe, count, rows, labels, others, truth))
        run.say(f"{count} reviews: " + "; ".join(f"{way} {np.mean(values):.4f} ± {np.std(values, ddof=1) / len(values)**0.5:.4f}" for way, values in found[count].items()))
    return found


def draws(run, fresh, kind, recipe, count, rows, labels, others, truth):
    """Draws of `count` labels: a head alone, the same with labels at random, and everything."""
    (rate, epochs), scores = recipe, {f"{kind}, head": [], f"{kind}, head, labels at random": [], kind: []}
    for seed in range(2 if run.smoke else DRAWS):
        run.reseed(10 + seed)
        rng = np.random.default_rng(20 + seed)
        picked = rng.permutation(len(rows))[:count]
        some, wanted = rows[picked], labels[picked]
        model = Classifier(fresh(kind))
        x, other = features(model.bert, some), features(model.bert, others)
        noise = torch.from_numpy(rng.integers(0, 2, count))
        heads = probe(x, wanted), probe(x, noise)
        for way, head in zip(list(scores), heads):
            scores[way].append(right(head, other, truth))
        if kind == "tuned":
            weights, bias = heads[0]
            model.classifier.weight.data = torch.stack([-weights, weights]) / 2
            model.classifier.bias.data = torch.cat([-bias, bias]) / 2
        loss = lambda outputs, part: nn.functional.cross_entropy(outputs[0], wanted[part])
        tune(model, all_of(model), some, some * 0, loss, epochs, rng, rate)
        scores[kind].append(accuracy(model, others, truth))
    return scores
