#!/usr/bin/env python3
"""Compares `textgenrnn` with Keras, by which it was trained and which still reads its file.

    pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0 h5py==3.* onnxruntime==1.32.0
    python models/reference/textgenrnn.py
"""

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import tensorflow as tf
from tf_keras import Model, layers

MODELS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(MODELS))
from common.data import sdist

PIN = ("textgenrnn", "2.0.0", "c2b6f1c201c76d5a6021079e95a8db499bbe15d9f3448d33cb51c0cd496c86f8")
CHARACTERS, WINDOW, UNITS = 465, 40, 128


class Attention(layers.Layer):
    """The states of all characters, averaged by a softmax of their scores; padding has none."""

    def build(self, shape):
        self.scores = self.add_weight(name="attention_W", shape=(shape[-1], 1))

    def call(self, states, mask=None):
        powers = tf.exp((states @ self.scores)[..., 0]) * tf.cast(mask, tf.float32)
        return tf.reduce_sum((powers / tf.reduce_sum(powers, 1, keepdims=True))[..., None] * states, 1)


def network():
    """The layers under the names that the file gives them; CuDNN's gates are those of a plain LSTM, otherwise stored."""
    ids = layers.Input((WINDOW,))
    embedded = layers.Embedding(CHARACTERS, 100, name="embedding")(ids)
    states = [embedded]
    for name in ("rnn_1", "rnn_2"):
        states.append(layers.LSTM(UNITS, return_sequences=True, name=name)(states[-1]))
    seen = Attention(name="attention")(layers.concatenate(states), mask=tf.not_equal(ids, 0))
    return Model(ids, layers.Dense(CHARACTERS, name="output")(seen))


def main():
    model = network()
    with tempfile.NamedTemporaryFile(suffix=".hdf5") as file:
        file.write(sdist(*PIN, "textgenrnn/textgenrnn_weights.hdf5"))
        file.flush()
        model.load_weights(file.name, by_name=True)
    session = onnxruntime.InferenceSession(MODELS / "textgenrnn" / "textgenrnn.onnx")
    expected = json.loads((MODELS / "textgenrnn" / "expected.json").read_text(encoding="utf-8"))
    for case in expected["cases"]:
        ids = np.array([case["inputs"]["input_ids"]["values"]])
        padded = np.pad(ids, ((0, 0), (WINDOW - ids.shape[1], 0)))
        said = session.run(["logits"], {"input_ids": ids})[0]
        print(f"{ids.shape[1]} characters: differs from Keras by at most {np.abs(model(padded).numpy() - said).max():.6f}")


if __name__ == "__main__":
    main()
