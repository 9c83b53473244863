#!/usr/bin/env python3
"""Makes a tokenizer of the characters that PP-OCRv4's recogniser keeps in its metadata: class number to character.

    pip install -r models/requirements.txt && python models/ppocr/make.py
"""

import json
import sys
from pathlib import Path

import onnx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common.data import pypi

PIN = ("rapidocr-onnxruntime", "1.4.4", "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf")


def main():
    model = onnx.load_from_string(pypi(*PIN, "rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx"))
    text = next(entry.value for entry in model.metadata_props if entry.key == "character")
    characters = ["<none>", *text.split("\n"), " "]
    vocabulary = {character: number for number, character in enumerate(characters)}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": 0, "content": "<none>", "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True}],
        "normalizer": None,
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "[\\s\\S]"}, "behavior": "Isolated", "invert": False},
        "post_processor": None, "decoder": {"type": "Fuse"},
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "<none>"},
    }
    path = Path(__file__).resolve().parent / "tokenizer.json"
    path.write_text(json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{len(vocabulary)} characters, the last is {characters[-1]!r}")


if __name__ == "__main__":
    main()
