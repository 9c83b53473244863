"""A bidirectional language model in the manner of ELMo (Peters et al. 2018): two stacks of LSTMs that never meet."""

import json

import torch
from torch import nn

from . import reviews

BEGIN, END, UNKNOWN = "<s>", "</s>", "<unk>"
WIDTH, LAYERS = 128, 2  # of one direction


def tokenizer(texts, size):
    """Words and marks in small letters, the `size` most usual ones; a text stands between `<s>` and `</s>`."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    made = Tokenizer(models.WordLevel(unk_token=UNKNOWN))
    made.normalizer, made.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(texts, trainers.WordLevelTrainer(vocab_size=size, special_tokens=[UNKNOWN, BEGIN, END], show_progress=False))
    written = json.loads(made.to_str())
    vocabulary = written["model"]["vocab"]
    ends = {name: {"id": name, "ids": [vocabulary[name]], "tokens": [name]} for name in (BEGIN, END)}
    part = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}
    single = [part(BEGIN), {"Sequence": {"id": "A", "type_id": 0}}, part(END)]
    written["post_processor"] = {"type": "TemplateProcessing", "single": single, "pair": [*single, {"Sequence": {"id": "B", "type_id": 0}}, part(END)], "special_tokens": ends}
    return written


def encode(written, texts):
    """Ids of each text."""
    from tokenizers import Tokenizer

    return [one.ids for one in Tokenizer.from_str(json.dumps(written)).encode_batch(texts)]


def sentences(smoke):
    """Sentences of film reviews to learn from, and others, of other films."""
    train, held = reviews.reviews()
    cut = lambda part: [s.strip() for text, _ in part for s in text.replace("!", ".").replace("?", ".").split(". ") if 20 < len(s) < 300]
    return cut(train[:300] if smoke else train), cut(held[: 60 if smoke else 1500])


def batches(rows, tokens, numbers):
    """Endless tables of about `tokens` ids; rows of one length stand together, for the network knows no padding."""
    by_length = {}
    for row in rows:
        by_length.setdefault(len(row), []).append(row)
    full = [(length, torch.tensor(group)) for length, group in sorted(by_length.items()) if len(group) >= 8]
    weight = torch.tensor([float(len(group) * length) for length, group in full])
    while True:
        length, group = full[int(torch.multinomial(weight, 1, generator=numbers))]
        yield group[torch.randint(len(group), (max(1, tokens // length),), generator=numbers)]


class BiLM(nn.Module):
    """Word vectors, a forward and a backward stack, and one softmax for both, tied to the word vectors."""

    def __init__(self, vocabulary):
        super().__init__()
        self.words = nn.Embedding(vocabulary, WIDTH)
        nn.init.normal_(self.words.weight, std=WIDTH**-0.5)
        self.forwards = nn.ModuleList(nn.LSTM(WIDTH, WIDTH, batch_first=True) for _ in range(LAYERS))
        self.backwards = nn.ModuleList(nn.LSTM(WIDTH, WIDTH, batch_first=True) for _ in range(LAYERS))
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def states(self, input_ids):
        """Word vectors [batch, time, width], and each layer's two directions side by side [batch, time, 2 width]."""
        x = self.words(input_ids)
        ahead, back, layers = x, x.flip(1), [x]
        for forward, backward in zip(self.forwards, self.backwards):
            # From the second layer on a residual path leads around the LSTM, as in ELMo.
            new, old = forward(ahead)[0], backward(back)[0]
            ahead, back = (new, old) if len(layers) == 1 else (ahead + new, back + old)
            layers.append(torch.cat([ahead, back.flip(1)], -1))
        return layers

    def score(self, h):
        return h @ self.words.weight.T + self.bias

    def forward(self, input_ids):
        """int64 [batch, time] -> the layers, and the scores of the next and of the previous word [batch, time, vocabulary]."""
        layers = self.states(input_ids)
        return *layers, self.score(layers[-1][..., :WIDTH]), self.score(layers[-1][..., WIDTH:])
