"""A help desk of four questions: replies of mixed manners, a gold rule that judges them, and an annotator who errs."""

import numpy as np

END = 0
TOPICS = {
    "where is my parcel ?": "it is on the way .",
    "when is my refund ?": "it takes three days .",
    "when do you open ?": "we open at nine .",
    "how much is tea ?": "tea is two coins .",
}
KIND = ["good day !", "sorry for the wait .", "thank you !"]
RUDE = ["read the sign .", "not my problem ."]
FILLER = ["well you know .", "let me see ."]
SENTENCES = [*TOPICS.values(), *KIND, *RUDE, *FILLER]
TOKENS = ["<|endoftext|>", *dict.fromkeys(" ".join([*TOPICS, *SENTENCES]).split())]
IDS = {token: i for i, token in enumerate(TOKENS)}
LONGEST = 40  # tokens of a question and its reply


def encode(text):
    return [IDS[word] for word in text.split()]


def decode(ids):
    return " ".join(TOKENS[i] for i in ids if i != END)


def reply(question, rng):
    """A reply as a clerk of mixed manners gives it: at most one sentence of each kind, so nothing is said twice."""
    one = lambda kind, chance: [kind[rng.integers(len(kind))]] if rng.random() < chance else []
    draw = rng.random()
    facts = [TOPICS[question]] if draw < 0.5 else one([f for q, f in TOPICS.items() if q != question], 1.0) if draw < 0.8 else []
    said = one(KIND[:1], 0.3) + one(RUDE, 0.3) + one(FILLER, 0.4) + facts + one(KIND[1:2], 0.3) + one(KIND[2:], 0.3)
    return " ".join(said or one(FILLER, 1.0))


def gold(question, text):
    """What a reply is really worth: the right fact, up to two courtesies; no rudeness, filler, repetition or babble."""
    sentences, rest = [], []
    for word in text.split():
        rest.append(word)
        if word in ".!?":
            sentences.append(" ".join(rest))
            rest = []
    known = [s for s in sentences if s in SENTENCES]
    worth = 2.0 * (TOPICS[question] in known) - 1.0 * any(fact in known for q, fact in TOPICS.items() if q != question)
    worth += min(sum(s in known for s in KIND), 2) - 1.5 * any(s in known for s in RUDE) - 0.5 * any(s in known for s in FILLER)
    return worth - 1.0 * (len(known) - len(set(known))) - 0.5 * (len(sentences) - len(known) + bool(rest))


def prefers(first, second, rng, noise=0.1):
    """Whether the annotator likes the first of two gold values better: surer where they differ more, and one time in ten at random."""
    return rng.random() < (0.5 if rng.random() < noise else 1 / (1 + np.exp(2.0 * (second - first))))


def tokenizer():
    """The `tokenizer.json`: words between spaces."""
    added = {"id": END, "content": TOKENS[END], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [added], "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": None, "decoder": None,
        "model": {"type": "WordLevel", "vocab": IDS, "unk_token": TOKENS[END]},
    }
