"""Numbers and dates in Chinese and English, as rows of tokens: the task of `transformer-mini`."""

import datetime

import numpy as np
import torch

ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
MONTHS = "january february march april may june july august september october november december".split()
DIGITS = "零一二三四五六七八九"
SPECIAL = ["<pad>", "<s>", "</s>", "<unk>", "<to-en>", "<to-zh>"]
PAD, BEGIN, END, _, TO_EN, TO_ZH = range(len(SPECIAL))
TOKENS = [*SPECIAL, *ONES, *TENS, "hundred", "thousand", *MONTHS, *"0123456789", *DIGITS, *"十百千万年月日"]
IDS = {token: i for i, token in enumerate(TOKENS)}
LONGEST = 16


def english(n):
    """The words of 1..999,999."""
    if n < 20:
        return [ONES[n]]
    if n < 100:
        return [TENS[n // 10 - 2], *(english(n % 10) if n % 10 else [])]
    size, name = (1000, "thousand") if n >= 1000 else (100, "hundred")
    return [*english(n // size), name, *(english(n % size) if n % size else [])]


def chinese(n):
    """The characters of 1..999,999; gaps of zeros are one 零, and 10..19 begin with 十."""
    if n >= 10_000:
        rest = n % 10_000
        return [*chinese(n // 10_000), "万", *(["零"] if 0 < rest < 1000 else []), *(_below(rest) if rest else [])]
    text = _below(n)
    return text[1:] if text[:2] == ["一", "十"] else text


def _below(n):
    """1..9,999, every digit with its place."""
    text, gap = [], False
    for place, name in [(1000, "千"), (100, "百"), (10, "十"), (1, "")]:
        digit = n // place % 10
        if digit:
            text += [*(["零"] if gap and text else []), DIGITS[digit], *([name] if name else [])]
            gap = False
        else:
            gap = True
    return text


def pair(item):
    """The Chinese and the English tokens of a number or a date."""
    if isinstance(item, int):
        return chinese(item), english(item)
    zh = [*(DIGITS[int(d)] for d in str(item.year)), "年", *chinese(item.month), "月", *chinese(item.day), "日"]
    return zh, [MONTHS[item.month - 1], *str(item.day), *str(item.year)]


def items(count, held_out, rng):
    """Numbers of one to six digits, without 0, and dates of 1900 to 2099. One in ten of both kinds is held out and never
    trained on; those that are held out come once each.
    """
    found, seen = [], {0}
    while len(found) < count:
        if rng.random() < 0.3:
            day = int(rng.integers(73_000))
            item, mark = datetime.date(1900, 1, 1) + datetime.timedelta(day), day
        else:
            item = int(rng.integers(10 ** int(rng.integers(1, 7))))
            mark = item
        if (mark * 2654435761 % 2**32 < 2**32 // 10) == held_out and item not in seen:
            found.append(item)
            if held_out:
                seen.add(item)
    return found


def rows(chosen, rng):
    """Sources and targets, int64 [n, time], both ways at random; the first token of a source says which way."""
    sources, targets = [], []
    for item in chosen:
        zh, en = pair(item)
        to_en = rng.random() < 0.5
        a, b = (zh, en) if to_en else (en, zh)
        sources.append([TO_EN if to_en else TO_ZH, *(IDS[t] for t in a), END])
        targets.append([BEGIN, *(IDS[t] for t in b), END])
    fill = lambda table: torch.tensor(np.array([row + [PAD] * (LONGEST - len(row)) for row in table]))
    return fill(sources), fill(targets)


def tokenizer():
    """The `tokenizer.json`: words, digits and characters; `</s>` after a text."""
    added = [{"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
             for i, token in enumerate(SPECIAL)]
    text, end = {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[a-z]+|[0-9]|[\\u4e00-\\u9fff]"}, "behavior": "Removed", "invert": True},
        "post_processor": {
            "type": "TemplateProcessing", "single": [text, end], "pair": [text, {"Sequence": {"id": "B", "type_id": 0}}, end],
            "special_tokens": {"</s>": {"id": "</s>", "ids": [END], "tokens": ["</s>"]}},
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": IDS, "unk_token": "<unk>"},
    }
