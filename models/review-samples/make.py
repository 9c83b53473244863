#!/usr/bin/env python3
"""Puts 400 held-out reviews of films into an ONNX graph, as tokens of bert-mini: a cell, which has no files, can get them.

    pip install -r models/requirements.txt && python models/review-samples/make.py

They are among the reviews that bert-mini-sentiment is judged by; neither it nor bert-mini has read them or others of the
same films. Input `index` int64 [n]; outputs `input_ids` and `attention_mask` int64 [n, 128], `labels` int64 [n].
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected, pairs, reviews
from common.export import OPSET, Session, finish

COUNT = 400


def main():
    folder = Path(__file__).resolve().parent
    written = json.loads((folder.parent / "bert-mini/tokenizer.json").read_text(encoding="utf-8"))
    train, held = reviews.reviews()
    order = np.random.default_rng(0)  # as in bert-mini/train.py
    order.permutation(len(train))
    chosen = [held[i] for i in order.permutation(len(held))[:COUNT]]
    rows = pairs.table(pairs.encode(written, [text for text, _ in chosen]))
    labels = np.array([label for _, label in chosen], np.int64)
    constants = [
        numpy_helper.from_array(rows.numpy().astype(np.int16), "rows"),
        numpy_helper.from_array(labels, "praise"),
        numpy_helper.from_array(np.array(pairs.PAD, np.int64), "pad"),
    ]
    nodes = [
        helper.make_node("Gather", ["rows", "index"], ["short"]),
        helper.make_node("Cast", ["short"], ["input_ids"], to=TensorProto.INT64),
        helper.make_node("Greater", ["input_ids", "pad"], ["seen"]),
        helper.make_node("Cast", ["seen"], ["attention_mask"], to=TensorProto.INT64),
        helper.make_node("Gather", ["praise", "index"], ["labels"]),
    ]
    port = lambda name, *shape: helper.make_tensor_value_info(name, TensorProto.INT64, shape)
    outputs = [port("input_ids", "n", pairs.LONGEST), port("attention_mask", "n", pairs.LONGEST), port("labels", "n")]
    graph = helper.make_graph(nodes, "review-samples", [port("index", "n")], outputs, constants)
    path = folder / "samples.onnx"
    finish(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="kiln models/"), path)

    index = np.array([0, 1, COUNT - 1])
    case = {"file": path.name, "inputs": {"index": expected.given(index)}, "outputs": {k: expected.summary(v) for k, v in Session(path)(index=index).items()}}
    everything = Session(path)(index=np.arange(COUNT))
    truth = everything.pop("labels")
    right = {}
    for name in ("sentiment", "sentiment-untrained"):
        session = Session(folder.parent / f"bert-mini/{name}.onnx")
        logits = session(**everything, token_type_ids=np.zeros_like(rows.numpy()))["logits"]
        right[name] = (logits.argmax(1) == truth).mean()
    expected.write(folder, [case], [
        expected.behaviour("reviews that bert-mini-sentiment tells right, 0.8 less two standard errors; control: untrained", right["sentiment"], ">=", 0.76, right["sentiment-untrained"]),
    ])
    print(f"{COUNT} reviews, {truth.mean():.3f} of them praise, {right}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
