"""English prose as tokens of a byte-level BPE, and as characters for an n-gram to compare with."""

import json

import numpy as np
import torch

from . import reviews

END = "<|endoftext|>"
PIECE = 240  # characters of a held-out text


def tokenizer(texts, size):
    """A byte-level BPE in the manner of GPT-2's, learnt from `texts`; a text begins with `<|endoftext|>`."""
    from tokenizers import ByteLevelBPETokenizer

    made = ByteLevelBPETokenizer()
    made.train_from_iterator(texts, vocab_size=size, min_frequency=2, special_tokens=[END], show_progress=False)
    written = json.loads(made.to_str())
    first = {"SpecialToken": {"id": END, "type_id": 0}}
    known = {END: {"id": END, "ids": [0], "tokens": [END]}}
    pair = [first, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}]
    written["post_processor"] = {"type": "TemplateProcessing", "single": pair[:2], "pair": pair, "special_tokens": known}
    return written


def encode(written, texts):
    """Ids of each text, `<|endoftext|>` first."""
    from tokenizers import Tokenizer

    return [one.ids for one in Tokenizer.from_str(json.dumps(written)).encode_batch(texts)]


def decode(written, rows):
    """The texts of rows of ids."""
    from tokenizers import Tokenizer

    return Tokenizer.from_str(json.dumps(written)).decode_batch(rows)


def corpus(smoke):
    """Paragraphs to learn from, and beginnings of held-out ones."""
    train = reviews.articles("train")
    held = [text[:PIECE] for text in reviews.articles("valid") if len(text) >= PIECE]
    return (train[:600], held[:40]) if smoke else (train, held[:600])


def characters(train, held):
    """The same texts as rows of characters, a 0 before each; seldom ones are one token. And the number of tokens."""
    seen, counts = np.unique(list("".join(train)), return_counts=True)
    ids = {c: i + 2 for i, c in enumerate(seen[counts >= 20])}
    return *([[0, *(ids.get(c, 1) for c in text)] for text in texts] for texts in (train, held)), len(ids) + 2


def batches(rows, length, count):
    """A function that gives runs of `length` + 1 tokens, drawn from all texts in one row."""
    stream = torch.tensor([token for row in rows for token in row])
    return lambda: stream[torch.randint(len(stream) - length - 1, (count, 1)) + torch.arange(length + 1)]
