"""The heads for names and for questions: tuned on sentences about invented lives, judged on others."""

import json

import numpy as np
import torch
from torch import nn

from common import expected, facts, pairs
from common.bert import Answering, TokenClassifier, optimizers, save
from common.export import Session
from common.tuning import case, tune

SENTENCES, QUESTIONS, HELD, RATE = 24_000, 112_000, 500, 1.5e-3
LONGEST = 15  # tokens of an answer


def encoded(written, texts):
    """Rows of tokens, their segments, and for each text what the tokenizer says."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_str(json.dumps(written)).encode_batch(texts)
    rows = torch.full((len(texts), max(len(one.ids) for one in found)), pairs.PAD)
    kinds = torch.zeros_like(rows)
    for row, kind, one in zip(rows, kinds, found):
        row[: len(one.ids)], kind[: len(one.ids)] = torch.tensor(one.ids), torch.tensor(one.type_ids)
    return rows, kinds, found


def tags(one, spans):
    """The number of the label of every word, at its first token; a name begins with `B-`; -100 where no word begins."""
    begins = [at > 0 and word is not None and word != one.word_ids[at - 1] for at, word in enumerate(one.word_ids)]
    labels = [0 if begin else -100 for begin in begins]
    for start, end, kind in spans:
        inside = [at for at, (a, b) in enumerate(one.offsets) if begins[at] and a < end and b > start]
        for at in inside:
            labels[at] = facts.LABELS.index(f"I-{kind}")
        labels[inside[0]] = facts.LABELS.index(f"B-{kind}")
    return labels


def names_in(labels):
    """The names that the labels of words have, as (first word, last word, kind)."""
    found = []
    for at, label in enumerate(labels):
        begins, _, kind = facts.LABELS[label].partition("-")
        if begins == "B" or (begins == "I" and not (found and found[-1][1:] == (at - 1, kind))):
            found.append((at, at, kind))
        elif begins == "I":
            found[-1] = (found[-1][0], at, kind)
    return set(found)


def names(written, rng, held, count):
    """Rows, segments and labels of sentences."""
    drawn = [facts.sentence(rng, held) for _ in range(count)]
    rows, kinds, found = encoded(written, [text for text, _ in drawn])
    labels = torch.full_like(rows, -100)
    for row, one, (_, spans) in zip(labels, found, drawn):
        row[: len(one.ids)] = torch.tensor(tags(one, spans))
    return rows, kinds, labels


def found_names(session, rows, kinds, labels):
    """F1 of whole names, right in kind and in both ends."""
    right = said = true = 0
    for at in range(0, len(rows), 50):
        part = slice(at, at + 50)
        best = session(**pairs.feeds(rows[part], kinds[part]))["logits"].argmax(-1)
        for row, truth in zip(best, labels[part].numpy()):
            one, other = (names_in(part[truth != -100]) for part in (row, truth))
            right, said, true = right + len(one & other), said + len(one), true + len(other)
    return 2 * right / (said + true)


def questions(written, rng, held, count, rivals):
    """Rows, segments, and the first and the last token of the answer; `rivals` as for `facts.question`."""
    drawn = [facts.question(rng, held, rivals) for _ in range(count)]
    rows, kinds, found = encoded(written, [(asked, text) for asked, text, _ in drawn])
    ends = []
    for one, (_, _, (start, end)) in zip(found, drawn):
        inside = [at for at, (a, b) in enumerate(one.offsets) if one.sequence_ids[at] == 1 and a < end and b > start]
        ends.append((inside[0], inside[-1]))
    kept = (rows != pairs.PAD).sum(1) <= pairs.LONGEST
    return rows[kept][:, : pairs.LONGEST], kinds[kept][:, : pairs.LONGEST], torch.tensor(ends)[kept]


def answered(session, rows, kinds, ends):
    """The share of answers that are right to the token."""
    right = 0
    for at in range(0, len(rows), 50):
        part = slice(at, at + 50)
        out = session(**pairs.feeds(rows[part], kinds[part]))
        outside = (kinds[part] == 0).numpy()
        start, end = (np.where(outside, -1e4, out[name]) for name in ("start_logits", "end_logits"))
        scores = np.where(np.triu(np.tril(np.ones((start.shape[1],) * 2), LONGEST - 1)) > 0, start[:, :, None] + end[:, None], -1e9)
        best = scores.reshape(len(scores), -1).argmax(1)
        right += (np.stack(np.unravel_index(best, scores.shape[1:]), 1) == ends[part].numpy()).all(1).sum()
    return right / len(rows)


def label_loss(outputs, labels):
    """Cross-entropy of the labels of words."""
    logits = outputs[0]
    return nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, : logits.shape[1]].flatten(), ignore_index=-100)


def answer_loss(outputs, ends):
    """Cross-entropy of where the answer begins, and of where it ends."""
    return sum(nn.functional.cross_entropy(output, ends[:, side]) for side, output in enumerate(outputs))


def train(run, stage, fresh, written):
    """Tunes both heads on what `fresh(kind)` gives, and returns cases and behaviours to record."""
    (run.out / "ner-labels.json").write_text(json.dumps(facts.LABELS) + "\n", encoding="utf-8")
    numbers, short = np.random.default_rng, lambda count: 64 if run.smoke else count
    rng = numbers(41)
    given = {"ner": [names(written, rng, held, short(count)) for held, count in ((False, SENTENCES), (True, HELD))]}
    given["qa"] = [questions(written, numbers(43), False, short(QUESTIONS), 0.75), questions(written, numbers(77), True, short(6 * HELD), 0.5)]
    # Where nobody else did the same, what is asked gives the answer away without the name.
    alike = questions(written, numbers(78), True, short(2 * HELD), 1.0)
    plans = {
        "ner": (lambda bert: TokenClassifier(bert, len(facts.LABELS)), label_loss, found_names),
        "qa": (Answering, answer_loss, answered),
    }
    cases, scores = [], {}
    for task, (head, loss, judge) in plans.items():
        (rows, kinds, truth), held = given[task]

        def tuned():
            run.reseed(5)
            model = head(fresh("tuned"))
            # Words that it has not met in a role stay near those that it has, if none of them moves.
            model.bert.word_embeddings.weight.requires_grad_(False)
            judged = lambda outputs, part: loss(outputs, truth[part])
            return tune(model, optimizers(model, RATE), rows, kinds, judged, 1, numbers(6), RATE).state_dict()

        run.reseed(5)
        model = head(fresh("scratch"))
        save(model, run.out / f"{task}-untrained.onnx")
        model.load_state_dict(stage(run, task, tuned))
        save(model, run.out / f"{task}.onnx")
        for name in (task, f"{task}-untrained"):
            scores[name] = judge(Session(run.out / f"{name}.onnx"), *held)
            cases.append(case(run, name, pairs.feeds(held[0][:2], held[1][:2])))
            run.say(f"{name}: {scores[name]:.4f} of {len(held[0])} held-out texts")
    run.say(f"qa, where someone else did the same: {answered(Session(run.out / 'qa.onnx'), *alike):.4f} of {len(alike[0])}")
    return cases, [
        expected.behaviour("F1 of names in held-out sentences, invented and of other templates; control: untrained", scores["ner"], ">=", 0.8, scores["ner-untrained"]),
        expected.behaviour("answers right to the token, other templates and names; control: untrained", scores["qa"], ">=", 0.5, scores["qa-untrained"]),
    ]
