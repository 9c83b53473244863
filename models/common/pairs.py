"""Rows for BERT's two games: pairs of texts with hidden words, Chinese poems and English prose."""

import json

import numpy as np
import torch

from . import poems, reviews

PAD, UNK, CLS, SEP, MASK = range(5)
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LONGEST = 128  # positions of the model
SHARES = {"reviews": 0.55, "articles": 0.25, "poems": 0.2}  # of the rows to learn from


def texts(smoke):
    """Texts to learn from and held-out ones, by source."""
    train, held = reviews.reviews()
    tokens, rows, others = poems.corpus(1000 if smoke else 30_000)
    spell = lambda rows: ["".join(tokens[i] for i in row[1:-1]) for row in rows]
    learn = {"reviews": [text for text, _ in train], "articles": reviews.articles("train"), "poems": spell(rows)}
    apart = {"reviews": [text for text, _ in held], "articles": reviews.articles("valid"), "poems": spell(others)}
    return ({k: v[:400] if smoke else v for k, v in part.items()} for part in (learn, apart))


def vocabulary(learn, size):
    """A WordPiece tokenizer in lower case, learnt from the texts; a Chinese character is a token."""
    from tokenizers import BertWordPieceTokenizer

    chosen = [text for part in learn.values() for text in part[::3]]
    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train_from_iterator(chosen, vocab_size=size, min_frequency=2, limit_alphabet=3400, special_tokens=SPECIAL, show_progress=False)
    written = json.loads(tokenizer.to_str())
    order = sorted(written["model"]["vocab"], key=written["model"]["vocab"].get)
    around = lambda kind: [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}] + kind
    second = [{"Sequence": {"id": "B", "type_id": 1}}, {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
    known = {t: {"id": t, "ids": [i], "tokens": [t]} for i, t in enumerate(SPECIAL) if t in ("[CLS]", "[SEP]")}
    written["post_processor"] = {"type": "TemplateProcessing", "single": around([]), "pair": around(second), "special_tokens": known}
    written["model"]["vocab"] = {token: i for i, token in enumerate(order)}
    return written


def encode(written, texts):
    """Ids of each text, without the tokens around it."""
    from tokenizers import Tokenizer

    found = Tokenizer.from_str(json.dumps(written)).encode_batch(texts, add_special_tokens=False)
    return [np.array(one.ids, np.int64) for one in found]


def table(ids):
    """Texts as rows: the last 126 tokens of each."""
    rows = torch.full((len(ids), LONGEST), PAD)
    for row, one in zip(rows, ids):
        whole = [CLS, *one[-(LONGEST - 2) :], SEP]
        row[: len(whole)] = torch.tensor(whole)
    return rows


def feeds(rows, kinds):
    """Rows of tokens and their segments as a model takes them."""
    return {"input_ids": rows.numpy(), "attention_mask": (rows != PAD).long().numpy(), "token_type_ids": kinds.numpy()}


def pair_rows(documents, count, length, rng):
    """`count` rows of two runs of tokens: ids, kinds (0, 1), and 0 where the second follows the first in its document.

    Half of the second runs come from another document. A row is at most `length` long and padded to the longest.
    """
    room = length - 3
    rows, kinds, labels = np.full((count, length), PAD), np.zeros((count, length), np.int64), rng.integers(0, 2, count)
    for row, kind, label in zip(rows, kinds, labels):
        one, other = (documents[i] for i in rng.integers(0, len(documents), 2))
        total = min(room, len(one))
        begin = rng.integers(0, len(one) - total + 1)
        cut = begin + (total // 2 if total < room else rng.integers(total // 4, 3 * total // 4 + 1))
        first, second = one[begin:cut], one[cut : begin + total]
        if label:
            away = len(other) // 2 if total < room else rng.integers(0, max(1, len(other) - len(second) + 1))
            second = other[away : away + len(second)]
        whole = np.concatenate([[CLS], first, [SEP], second, [SEP]])
        row[: len(whole)], kind[len(first) + 2 : len(whole)] = whole, 1
    longest = (rows != PAD).sum(1).max()
    return torch.from_numpy(rows[:, :longest]), torch.from_numpy(kinds[:, :longest]), torch.from_numpy(labels)


def hide(rows, vocabulary, rng, share, always=False):
    """Hides a `share` of the words: the rows as the model sees them, and where words are to be guessed.

    As in BERT, of those 80 % become `[MASK]`, 10 % another token and 10 % stay; with `always` all become `[MASK]`.
    """
    draw = torch.from_numpy(rng.random((2, *rows.shape)))
    chosen = (draw[0] < share) & (rows > MASK)
    other = torch.from_numpy(rng.integers(MASK + 1, vocabulary, rows.shape))
    seen = torch.where(chosen & (draw[1] < (1.1 if always else 0.8)), MASK, rows)
    return (seen if always else torch.where(chosen & (draw[1] > 0.9), other, seen)), chosen
