#!/usr/bin/env python3
"""Puts textgenrnn's weights, a Keras HDF5 file, into an ONNX graph, and checks it against a forward pass in NumPy.

    pip install -r models/requirements.txt h5py==3.* && python models/textgenrnn/make.py
"""

import io
import json
import sys
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected
from common.data import sdist
from common.export import Session, export, parameters

PIN = ("textgenrnn", "2.0.0", "c2b6f1c201c76d5a6021079e95a8db499bbe15d9f3448d33cb51c0cd496c86f8")
WINDOW, HIDDEN = 40, 128
TEXTS = ["What is the best way to ", "The most important thing about "]


def unrolled(file, name):
    """The LSTM `name` as kernel [in, 512], recurrent kernel [128, 512] and bias [512], gates in the order i, f, g, o.

    The file is in CuDNN's layout: kernels of the gates are turned, and there are two biases.
    """
    get = lambda part: np.array(file[f"{name}/{name}/{part}:0"], np.float32)
    kernel = np.hstack([k.T.reshape(k.shape, order="F") for k in np.hsplit(get("kernel"), 4)])
    recurrent = np.hstack([r.T for r in np.hsplit(get("recurrent_kernel"), 4)])
    return kernel, recurrent, get("bias").reshape(2, -1).sum(0)


class TextGenRNN(nn.Module):
    """Two LSTMs, and attention over all that they have seen: the embedding and both of their states."""

    def __init__(self, file):
        super().__init__()
        get = lambda name: torch.from_numpy(np.array(file[name], np.float32))
        self.embedding = nn.Embedding.from_pretrained(get("embedding/embedding/embeddings:0"))
        self.rnn_1, self.rnn_2 = nn.LSTM(100, HIDDEN, batch_first=True), nn.LSTM(HIDDEN, HIDDEN, batch_first=True)
        for layer, name in [(self.rnn_1, "rnn_1"), (self.rnn_2, "rnn_2")]:
            kernel, recurrent, bias = map(torch.from_numpy, unrolled(file, name))
            layer.weight_ih_l0.data, layer.weight_hh_l0.data = kernel.T.contiguous(), recurrent.T.contiguous()
            layer.bias_ih_l0.data, layer.bias_hh_l0.data = bias, torch.zeros_like(bias)
        self.attention = nn.Parameter(get("attention/attention/attention_W:0"))
        self.weight, self.bias = nn.Parameter(get("output/output/kernel:0")), nn.Parameter(get("output/output/bias:0"))

    def forward(self, input_ids):
        """int64 [batch, time] -> logits of the next character [batch, 465] and attention over the last 40 [batch, 40]."""
        ids = nn.functional.pad(input_ids, (WINDOW, 0))[:, -WINDOW:]
        seen = self.embedding(ids)
        first, _ = self.rnn_1(seen)
        second, _ = self.rnn_2(first)
        states = torch.cat([seen, first, second], -1)
        scores = (states @ self.attention).squeeze(-1).masked_fill(ids == 0, -1e9)
        weights = scores.softmax(-1)
        return (weights[..., None] * states).sum(1) @ self.weight + self.bias, weights


def by_hand(file, ids):
    """The same in NumPy, one row of ids; logits [465]."""
    get = lambda name: np.array(file[name], np.float64)
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    window = ([0] * WINDOW + ids)[-WINDOW:]
    states = [get("embedding/embedding/embeddings:0")[window]]
    for name in ("rnn_1", "rnn_2"):
        kernel, recurrent, bias = unrolled(file, name)
        h, c, out = np.zeros(HIDDEN), np.zeros(HIDDEN), []
        for x in states[-1]:
            i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            out.append(h)
        states.append(np.array(out))
    states = np.concatenate(states, 1)
    scores = np.exp((states @ get("attention/attention/attention_W:0"))[:, 0]) * (np.array(window) > 0)
    return (scores / scores.sum()) @ states @ get("output/output/kernel:0") + get("output/output/bias:0")


def tokenizer(vocabulary):
    """The `tokenizer.json`: one token a character; 0, which no character has, is the padding."""
    whole = {"<pad>": 0, **vocabulary}
    added = [{"id": whole[token], "content": token, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for token in ("<pad>", "<s>")]
    begin = {"SpecialToken": {"id": "<s>", "type_id": 0}}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(?s)."}, "behavior": "Isolated", "invert": False},
        "post_processor": {
            "type": "TemplateProcessing", "single": [begin, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [begin, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [whole["<s>"]], "tokens": ["<s>"]}},
        },
        "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": whole, "unk_token": "<pad>"},
    }


def main():
    out = Path(__file__).resolve().parent
    file = h5py.File(io.BytesIO(sdist(*PIN, "textgenrnn/textgenrnn_weights.hdf5")))
    vocabulary = json.loads(sdist(*PIN, "textgenrnn/textgenrnn_vocab.json"))
    model = TextGenRNN(file)
    print(parameters(model), "parameters,", len(vocabulary), "characters")
    axes = {"input_ids": {0: "batch", 1: "time"}, "logits": {0: "batch"}, "attention": {0: "batch"}}
    export(model, (torch.ones(2, 7, dtype=torch.int64),), out / "textgenrnn.onnx", ["input_ids"], ["logits", "attention"], axes)
    (out / "tokenizer.json").write_text(json.dumps(tokenizer(vocabulary), ensure_ascii=False) + "\n", encoding="utf-8")

    session, cases = Session(out / "textgenrnn.onnx"), []
    for text in TEXTS:
        ids = [vocabulary["<s>"], *(vocabulary[c] for c in text)]
        hand, found = by_hand(file, ids), session(input_ids=np.array([ids]))["logits"][0]
        print(repr(text), "differs from NumPy by at most", np.abs(hand - found).max())
        cases.append({"file": "textgenrnn.onnx", "inputs": {"input_ids": expected.given(np.array([ids]))},
                      "outputs": {"logits": expected.summary(hand[None])}})
    expected.write(out, cases, [], tolerance=1e-3, made_with={"numpy": np.__version__})


if __name__ == "__main__":
    main()
