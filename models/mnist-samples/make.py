#!/usr/bin/env python3
"""Puts 500 held-out digits of MNIST into an ONNX graph, so that a cell, which has no files, can get them.

    pip install -r models/requirements.txt && python models/mnist-samples/make.py

They are the first 50 of each digit, in the order of the test file, whose first 354 pictures are all among them.
Input `index` int64 [n]; outputs `pixel_values` float [n, 1, 28, 28] in 0..1 and `labels` int64 [n].
"""

import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected
from common.data import mnist
from common.export import OPSET, Session, finish

EACH = 50


def chosen(labels):
    """The rows of the first `EACH` pictures of every digit, in the order of the file."""
    rank = np.zeros(len(labels), np.int64)
    for digit in range(10):
        rank[labels == digit] = np.arange((labels == digit).sum())
    return np.flatnonzero(rank < EACH)


def main():
    folder = Path(__file__).resolve().parent
    images, labels = mnist("t10k")
    rows = chosen(labels)
    constants = [
        numpy_helper.from_array(images[rows][:, None], "images"),  # uint8 [500, 1, 28, 28]
        numpy_helper.from_array(labels[rows], "digits"),  # int64 [500]
        numpy_helper.from_array(np.array(255, np.float32), "white"),
    ]
    nodes = [
        helper.make_node("Gather", ["images", "index"], ["bytes"]),
        helper.make_node("Cast", ["bytes"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["floats", "white"], ["pixel_values"]),
        helper.make_node("Gather", ["digits", "index"], ["labels"]),
    ]
    port = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes, "mnist-samples", [port("index", TensorProto.INT64, ["n"])],
        [port("pixel_values", TensorProto.FLOAT, ["n", 1, 28, 28]), port("labels", TensorProto.INT64, ["n"])], constants,
    )
    path = folder / "samples.onnx"
    finish(helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="kiln models/"), path)

    index = np.array([0, 1, 499])
    found = Session(path)(index=index)
    case = {"file": path.name, "inputs": {"index": expected.given(index)}, "outputs": {k: expected.summary(v) for k, v in found.items()}}
    everything = Session(path)(index=np.arange(len(rows)))
    fewest = min(np.bincount(everything["labels"]))
    expected.write(folder, [case], [
        expected.behaviour("digits of the rarest class; control: the first 500 of the file", fewest, ">=", EACH,
                           min(np.bincount(labels[:500]))),
    ])
    first = int(np.argmax(rows != np.arange(len(rows))))
    print(f"{len(rows)} digits, the first {first} as in the file, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
