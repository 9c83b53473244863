#!/usr/bin/env python3
"""Trains the stages of RLHF on a help desk: imitation, a reward model, PPO on leashes of several lengths, and DPO.

    pip install -r models/requirements.txt && python models/rlhf/train.py [--smoke]
"""

import copy
import json
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import desk, expected, gpt2, language
from common.export import Session, export, parameters
from common.training import Run

SHAPE = {"positions": desk.LONGEST, "width": 64, "layers": 2, "heads": 4}
BETAS = {"beta-0": 0.0, "beta-0.1": 0.1, "beta-0.5": 0.5, "beta-2": 2.0}  # what a nat of divergence costs, in units of reward
PAIRS, HELD, ROUNDS, DRAWN, DPO_BETA = 3000, 1000, 60, 128, 0.2
QUESTIONS = list(desk.TOPICS)


class Reward(nn.Module):
    """A language model's body with one number for a question and its reply: the sum over tokens of what each adds."""

    def __init__(self, body):
        super().__init__()
        self.body, self.score = body, nn.Linear(SHAPE["width"], 1)

    def forward(self, input_ids, attention_mask):
        """int64 [batch, time] twice -> logits [batch, 1]."""
        time = input_ids.shape[1]
        causal = torch.ones(time, time, dtype=torch.bool).tril()
        x = self.body.wte(input_ids) + self.body.wpe(torch.arange(time)[None])
        for layer in self.body.h:
            x, _ = layer(x, causal)
        return (self.score(self.body.ln_f(x)) * attention_mask[..., None]).sum(1) / 10


def table(texts):
    """Rows `question reply <|endoftext|>`, padded with the last; and which tokens are the reply's."""
    rows, said = torch.full((len(texts), desk.LONGEST), desk.END), torch.zeros(len(texts), desk.LONGEST, dtype=torch.bool)
    for row, mine, (question, ids) in zip(rows, said, texts):
        asked = desk.encode(question)
        whole = [*asked, *ids[: desk.LONGEST - len(asked) - 1], desk.END]
        row[: len(whole)] = torch.tensor(whole)
        mine[len(asked) : len(whole)] = True
    return rows, said


def chances(model, rows, said):
    """log p of each token of a reply, [batch, time - 1]; 0 elsewhere."""
    found = model(rows[:, :-1]).log_softmax(-1).gather(-1, rows[:, 1:, None])[..., 0]
    return found * said[:, 1:]


def draw(model, count, numbers):
    """Questions, each with a reply drawn from `model`."""
    texts = []
    for question in QUESTIONS:
        ids, past, new = [], None, torch.tensor([desk.encode(question)] * (count // len(QUESTIONS)))
        begun = 0
        for _ in range(desk.LONGEST - new.shape[1] - 1):
            now, total = new.shape[1], begun + new.shape[1]
            mask = torch.arange(total)[None] <= torch.arange(begun, total)[:, None]
            with torch.no_grad():
                logits, past = model.read(new, torch.arange(begun, total)[None], mask, past)
            new, begun = torch.multinomial(logits[:, -1].softmax(-1), 1, generator=numbers), total
            ids.append(new)
        for row in torch.cat(ids, 1).tolist():
            texts.append((question, row[: row.index(desk.END)] if desk.END in row else row))
    return texts


def worth(texts):
    return np.array([desk.gold(question, desk.decode(ids)) for question, ids in texts])


def imitate(run, texts, steps):
    model = gpt2.GPT2(len(desk.TOKENS), **SHAPE)
    optimizer = torch.optim.Adam(model.parameters(), 2e-3)
    rows, said = table(texts)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, 1.5 * (1 - step / steps))
        part = torch.randint(len(rows), (64,))
        loss = -chances(model, rows[part], said[part]).sum() / said[part].sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if (step + 1) % 100 == 0 or step + 1 == steps:
            run.say(f"imitation, step {step + 1}: loss {loss.item():.4f}")
    return model


def judge(run, body, better, worse, epochs):
    """The reward model of Bradley and Terry: the preferred reply is to score higher."""
    model = Reward(copy.deepcopy(body))
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.01)
    for epoch in range(epochs):
        total = 0.0
        for part in torch.randperm(len(better[0])).split(64):
            score = [model(rows[part], said[part].long())[:, 0] for rows, said in (better, worse)]
            loss = -nn.functional.logsigmoid(score[0] - score[1]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(part)
        run.say(f"reward model, epoch {epoch + 1}: loss {total / len(better[0]):.4f}")
    return model.eval()


def ppo(run, sft, reward, scale, beta, rounds, seed):
    """Proximal policy optimisation; the leash is part of the reward, as in InstructGPT."""
    policy, numbers, curve = copy.deepcopy(sft), torch.Generator().manual_seed(seed), []
    optimizer = torch.optim.Adam(policy.parameters(), 1e-3)
    for at in range(rounds):
        texts = draw(policy, DRAWN, numbers)
        rows, said = table(texts)
        with torch.no_grad():
            before, reference = chances(policy, rows, said), chances(sft, rows, said)
            score = (reward(rows, said.long())[:, 0] - scale[0]) / scale[1]
        away = (before - reference).sum(1)
        curve.append([at, score.mean().item(), worth(texts).mean(), away.mean().item()])
        gain = score - beta * away
        # Each question has a baseline of its own, since some are easier than others.
        gain = gain.view(len(QUESTIONS), -1)
        gain = ((gain - gain.mean(1, keepdim=True)) / (gain.std() + 1e-6)).flatten()
        for _ in range(4):
            ratio = (chances(policy, rows, said) - before).exp()
            bounded = torch.minimum(ratio * gain[:, None], ratio.clamp(0.8, 1.2) * gain[:, None])
            loss = -(bounded * said[:, 1:]).sum() / said[:, 1:].sum()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
            optimizer.step()
    run.say(f"beta {beta}: reward {curve[-1][1]:.3f}, gold {curve[-1][2]:.3f}, divergence {curve[-1][3]:.2f}: {desk.decode(texts[0][1])}")
    return policy, [[round(float(v), 4) for v in row] for row in curve]


def dpo(run, sft, better, worse, epochs):
    """Direct preference optimisation (Rafailov et al. 2023): no reward model, the pairs alone."""
    policy = copy.deepcopy(sft)
    optimizer = torch.optim.Adam(policy.parameters(), 3e-4)
    with torch.no_grad():
        reference = [chances(sft, *pair).sum(1) for pair in (better, worse)]
    for epoch in range(epochs):
        total = 0.0
        for part in torch.randperm(len(better[0])).split(64):
            now = [chances(policy, rows[part], said[part]).sum(1) for rows, said in (better, worse)]
            margin = (now[0] - reference[0][part]) - (now[1] - reference[1][part])
            loss = -nn.functional.logsigmoid(DPO_BETA * margin).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(part)
        run.say(f"DPO, epoch {epoch + 1}: loss {total / len(better[0]):.4f}")
    return policy


def measure(model, sft, reward, scale, count=512):
    """Of drawn replies: the reward model's mean, the gold rule's, the divergence from the imitator in nats."""
    texts = draw(model, count, torch.Generator().manual_seed(7))
    rows, said = table(texts)
    with torch.no_grad():
        away = (chances(model, rows, said) - chances(sft, rows, said)).sum(1).mean().item()
        score = ((reward(rows, said.long())[:, 0] - scale[0]) / scale[1]).mean().item()
    return score, worth(texts).mean(), away, texts


def main():
    run = Run(__file__, __doc__)
    rng = np.random.default_rng(run.seed)
    seen = [(q, desk.encode(desk.reply(q, rng))) for q in (QUESTIONS[i] for i in rng.integers(0, len(QUESTIONS), 4000))]
    run.reseed()
    untrained = gpt2.GPT2(len(desk.TOKENS), **SHAPE)
    run.reseed()
    sft = imitate(run, seen, 30 if run.smoke else 600)
    run.say(f"{parameters(sft)} parameters, {len(desk.TOKENS)} tokens; imitated replies are worth {worth(seen).mean():.3f}")

    # The annotator sees pairs of the imitator's replies to one question, and says which is better; sometimes wrongly.
    count = 200 if run.smoke else PAIRS + HELD
    drawn = [draw(sft, count, torch.Generator().manual_seed(seed)) for seed in (11, 12)]
    order = rng.permutation(len(drawn[0]))
    first, second = ([texts[i] for i in order] for texts in drawn)
    values = worth(first), worth(second)
    likes = np.array([desk.prefers(a, b, rng) for a, b in zip(*values)])
    better = table([a if like else b for a, b, like in zip(first, second, likes)])
    worse = table([b if like else a for a, b, like in zip(first, second, likes)])
    cut = len(order) * PAIRS // (PAIRS + HELD)
    part = lambda pair, where: (pair[0][where], pair[1][where])
    clear = values[0] != values[1]
    run.say(f"the annotator follows the gold rule in {(likes == (values[0] > values[1]))[clear].mean():.3f} of the pairs whose worth differs")
    run.reseed()
    reward = judge(run, sft, part(better, slice(cut)), part(worse, slice(cut)), 1 if run.smoke else 6)
    unjudged = Reward(copy.deepcopy(untrained)).eval()

    def agrees(model):
        with torch.no_grad():
            told = [model(*part(pair, slice(cut, None)))[:, 0] for pair in (better, worse)]
        right, gold = (told[0] > told[1]).numpy(), np.where(likes, values[0] - values[1], values[1] - values[0])[cut:]
        return right.mean(), (right == (gold > 0))[clear[cut:]].mean()

    accuracy = {"reward": agrees(reward), "untrained": agrees(unjudged)}
    for name, (said, gold) in accuracy.items():
        run.say(f"{name}: {said:.4f} of {len(order) - cut} held-out pairs as the annotator said, {gold:.4f} as the gold rule says")
    with torch.no_grad():
        score = reward(*better)[:, 0], reward(*worse)[:, 0]
    scale = torch.cat(score).mean().item(), torch.cat(score).std().item()

    policies, curves = {"untrained": untrained, "sft": sft}, {}
    for name, beta in BETAS.items():
        run.reseed()
        policies[name], curves[name] = ppo(run, sft, reward, scale, beta, 3 if run.smoke else ROUNDS, seed=5)
    run.reseed()
    policies["dpo"] = dpo(run, sft, part(better, slice(cut)), part(worse, slice(cut)), 1 if run.smoke else 4)
    found = {}
    for name, model in policies.items():
        *found[name], texts = measure(model, sft, reward, scale)
        run.say(f"{name}: reward {found[name][0]:.3f}, gold {found[name][1]:.3f}, divergence {found[name][2]:.2f}: "
                + " / ".join(desk.decode(ids) for _, ids in texts[:: len(texts) // 4]))
    columns = ["round", "reward", "gold", "divergence"]
    (run.out / "curve.json").write_text(json.dumps({"columns": columns, "rows": curves}) + "\n", encoding="utf-8")

    (run.out / "tokenizer.json").write_text(json.dumps(desk.tokenizer(), ensure_ascii=False) + "\n", encoding="utf-8")
    settings = {"bos_token": desk.TOKENS[0], "eos_token": desk.TOKENS[0], "pad_token": desk.TOKENS[0], "model_max_length": desk.LONGEST}
    (run.out / "tokenizer_config.json").write_text(json.dumps(settings) + "\n", encoding="utf-8")
    cases, question = [], desk.encode(QUESTIONS[0])
    for name, model in policies.items():
        gpt2.save(model, run.out / f"{name}.onnx", weights="float16")
        cases.append(language.case(Session(run.out / f"{name}.onnx"), f"{name}.onnx", [*question, *desk.encode("thank you !")]))
    ids = better[0][:3].numpy()
    for name, model in [("reward", reward), ("reward-untrained", unjudged)]:
        axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}, "attention_mask": {0: "batch_size", 1: "sequence_length"}, "logits": {0: "batch_size"}}
        export(model, (better[0][:2], better[1][:2].long()), run.out / f"{name}.onnx", ["input_ids", "attention_mask"], ["logits"], axes, weights="float16")
        feeds = {"input_ids": ids, "attention_mask": better[1][:3].long().numpy()}
        outputs = {k: expected.summary(v) for k, v in Session(run.out / f"{name}.onnx")(**feeds).items()}
        cases.append({"file": f"{name}.onnx", "inputs": {k: expected.given(v) for k, v in feeds.items()}, "outputs": outputs})
    gold = {name: values[1] for name, values in found.items()}
    leash = max((name for name in BETAS if BETAS[name] > 0), key=gold.get)
    expected.write(run.out, cases, [
        expected.behaviour("held-out pairs told as the gold rule says; control: untrained", accuracy["reward"][1], ">=", 0.75, accuracy["untrained"][1]),
        expected.behaviour(f"gold of {leash} above the imitator's; control: without a leash", gold[leash] - gold["sft"], ">", 0.5, gold["beta-0"] - gold["sft"]),
        expected.behaviour("reward of no leash above that of the best leash; control: its gold", found["beta-0"][0] - found[leash][0], ">", 0.0, gold["beta-0"] - gold[leash]),
        expected.behaviour("gold of DPO above the imitator's; control: untrained", gold["dpo"] - gold["sft"], ">", 0.5, gold["untrained"] - gold["sft"]),
    ])


if __name__ == "__main__":
    main()
