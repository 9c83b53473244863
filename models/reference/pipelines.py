#!/usr/bin/env python3
"""Makes tiny models of every task and records what transformers' pipelines answer on them.

    python pipelines.py

The models are untrained: what they say means nothing, but it is the same in Kiln and in transformers, to the
last digits. They go to `tests/cases/pipelines/` with a manifest; the answers to `expected.json` beside them.
Requirements (other versions may give other last digits):

    pip install transformers==4.44.2 torch pillow optimum==1.23.3 onnx onnxruntime
"""

import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers
from optimum.exporters.onnx import main_export
from PIL import Image
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig, BertForMaskedLM, BertForQuestionAnswering, BertForSequenceClassification, BertForTokenClassification, GPT2Config, GPT2LMHeadModel,
    PreTrainedTokenizerFast, SegformerConfig, SegformerForSemanticSegmentation, SegformerImageProcessor, T5Config,
    T5ForConditionalGeneration, YolosConfig, YolosForObjectDetection, YolosImageProcessor, pipeline,
)

OUT = Path(__file__).parents[2] / "tests/cases/pipelines"
TEXTS = [
    "The capital of France is Paris, and the Seine runs through it.",
    "Ada Lovelace wrote the first program in London.",
    "It was a wonderful film, and I would see it again.",
    "The weather is dull and the train to Berlin is late.",
    "Where does the river run? It runs to the sea.",
]
MANIFEST = []


def tokenizer():
    """The one there is, or a new one: it is not trained the same way twice."""
    if not (OUT / "tokenizer.json").exists():
        train_tokenizer()
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_file(str(OUT / "tokenizer.json")), pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", eos_token="[SEP]", model_max_length=64,
    )


def train_tokenizer():
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(TEXTS * 4, trainers.WordPieceTrainer(vocab_size=160, special_tokens=special))
    t.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    t.decoder = decoders.WordPiece()
    t.save(str(OUT / "tokenizer.json"))


def entry(name, task, files):
    lines = [
        "[[model]]", f'id = "{name}"', f'title = {{ en = "{name}", zh = "{name}" }}', f'task = "{task}"', 'family = "tiny"', "parameters = 1",
        'license = "MIT"', 'provenance = "models/reference/pipelines.py"', 'card = "Untrained."', "",
    ]
    for role, file in files.items():
        data = (OUT / file).read_bytes()
        lines += [
            "[[model.file]]", f'role = "{role}"', f'name = "{file}"', f'sha256 = "{hashlib.sha256(data).hexdigest()}"',
            f"size = {len(data)}", f'sources = [{{ path = "models/{file}" }}]', "",
        ]
    MANIFEST.extend(lines)


def export(model, name, args, inputs, outputs, axes):
    model.eval()
    torch.onnx.export(model, args, str(OUT / f"{name}.onnx"), input_names=inputs, output_names=outputs, dynamic_axes=axes, opset_version=14)


def write(name, value):
    (OUT / name).write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def bert(cls, name, task, tok, outputs, labels=None, seed=0):
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tok), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=64, initializer_range=0.6,
        **({"id2label": dict(enumerate(labels)), "label2id": {l: i for i, l in enumerate(labels)}} if labels else {}),
    )
    model = cls(config)
    model.config.return_dict = False
    model.eval()
    ids = torch.ones(1, 5, dtype=torch.long)
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {n: {0: "batch", 1: "sequence"} for n in [*names, *outputs]}
    if cls is BertForSequenceClassification:
        axes["logits"] = {0: "batch"}
    export(model, name, (ids, ids, torch.zeros_like(ids)), names, outputs, axes)
    model.config.return_dict = True
    files = {"graph": f"{name}.onnx", "tokenizer": "tokenizer.json"}
    if labels:
        write(f"{name}.json", {"id2label": dict(enumerate(labels))})
        files["labels"] = f"{name}.json"
    entry(name, task, files)
    return model


def t5(tok):
    torch.manual_seed(5)
    config = T5Config(
        vocab_size=len(tok), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_decoder_layers=2, num_heads=2, pad_token_id=0,
        eos_token_id=3, decoder_start_token_id=0, initializer_factor=4.0,
    )
    model = T5ForConditionalGeneration(config).eval()

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = model.encoder

        def forward(self, input_ids, attention_mask):
            return self.encoder(input_ids=input_ids, attention_mask=attention_mask)[0]

    class Decoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, encoder_hidden_states, encoder_attention_mask):
            h = self.model.decoder(
                input_ids=input_ids, encoder_hidden_states=encoder_hidden_states, encoder_attention_mask=encoder_attention_mask, use_cache=False
            )[0]
            return self.model.lm_head(h * self.model.model_dim**-0.5)

    ids = torch.ones(1, 5, dtype=torch.long)
    b = {0: "batch", 1: "sequence"}
    export(Encoder(), "t5-encoder", (ids, ids), ["input_ids", "attention_mask"], ["last_hidden_state"], {n: b for n in ["input_ids", "attention_mask", "last_hidden_state"]})
    names = ["input_ids", "encoder_hidden_states", "encoder_attention_mask"]
    axes = {"input_ids": {0: "batch", 1: "target"}, "encoder_hidden_states": b, "encoder_attention_mask": b, "logits": {0: "batch", 1: "target"}}
    export(Decoder(), "t5-decoder", (ids, torch.zeros(1, 5, 16), ids), names, ["logits"], axes)
    write("t5-tokenizer.json", {"eos_token": "[SEP]", "pad_token": "[PAD]"})
    files = {"graph": "t5-encoder.onnx", "decoder": "t5-decoder.onnx", "tokenizer": "tokenizer.json", "tokenizer_config": "t5-tokenizer.json"}
    entry("tiny-t5", "text2text-generation", files)
    return model


def exported(model, tok, task, names):
    """Files of optimum's export, with a cache, under names of our own."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tok.save_pretrained(folder)
        main_export(folder, output=f"{folder}/out", task=f"{task}-with-past", opset=14, do_validation=False)
        for theirs, ours in names.items():
            shutil.copyfile(f"{folder}/out/{theirs}", OUT / ours)


def t5_with_past(tok):
    torch.manual_seed(15)
    config = T5Config(
        vocab_size=len(tok), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_decoder_layers=2, num_heads=2, pad_token_id=0,
        eos_token_id=3, decoder_start_token_id=0, initializer_factor=2.0,
    )
    model = T5ForConditionalGeneration(config).eval()
    exported(model, tok, "text2text-generation", {"encoder_model.onnx": "t5-past-encoder.onnx", "decoder_model_merged.onnx": "t5-past-decoder.onnx"})
    files = {"graph": "t5-past-encoder.onnx", "decoder": "t5-past-decoder.onnx", "tokenizer": "tokenizer.json", "tokenizer_config": "t5-tokenizer.json"}
    entry("tiny-t5-past", "text2text-generation", files)
    return model


def gpt2(tok):
    torch.manual_seed(9)
    config = GPT2Config(
        vocab_size=len(tok), n_positions=64, n_embd=16, n_layer=2, n_head=2, initializer_range=0.4, bos_token_id=2, eos_token_id=3, pad_token_id=0,
    )
    model = GPT2LMHeadModel(config).eval()
    exported(model, tok, "text-generation", {"model.onnx": "gpt2.onnx"})
    entry("tiny-gpt2", "text-generation", {"graph": "gpt2.onnx", "tokenizer": "tokenizer.json", "tokenizer_config": "t5-tokenizer.json"})
    return model


def picture(height, width):
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 255 // (width - 1), y * 255 // (height - 1), np.where((x // 5 + y // 7) % 2 == 0, 220, 30)], -1).astype(np.uint8)


def vision():
    torch.manual_seed(7)
    labels = ["cat", "dog", "bus"]
    named = {"id2label": dict(enumerate(labels)), "label2id": {l: i for i, l in enumerate(labels)}}
    config = YolosConfig(
        hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, image_size=[32, 48], patch_size=8,
        num_detection_tokens=6, initializer_range=0.25, use_mid_position_embeddings=False, **named,
    )
    detector = YolosForObjectDetection(config).eval()
    detector.config.return_dict = False
    export(detector, "yolos", (torch.zeros(1, 3, 32, 48),), ["pixel_values"], ["logits", "pred_boxes"], {"pixel_values": {0: "batch"}, "logits": {0: "batch"}, "pred_boxes": {0: "batch"}})
    detector.config.return_dict = True
    size = {"height": 32, "width": 48}
    prepared = {"do_resize": True, "size": size, "resample": 2, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
    write("yolos.json", named)
    write("yolos-preprocessor.json", prepared)
    entry("tiny-yolos", "object-detection", {"graph": "yolos.onnx", "labels": "yolos.json", "preprocessor": "yolos-preprocessor.json"})
    detection = pipeline("object-detection", model=detector, image_processor=YolosImageProcessor(**prepared, do_pad=False))

    torch.manual_seed(8)
    config = SegformerConfig(
        num_encoder_blocks=2, depths=[1, 1], sr_ratios=[2, 1], hidden_sizes=[8, 16], patch_sizes=[7, 3], strides=[4, 2],
        num_attention_heads=[1, 2], mlp_ratios=[2, 2], decoder_hidden_size=16, initializer_range=0.8, **named,
    )
    segmenter = SegformerForSemanticSegmentation(config).eval()
    segmenter.config.return_dict = False
    export(segmenter, "segformer", (torch.zeros(1, 3, 32, 32),), ["pixel_values"], ["logits"], {"pixel_values": {0: "batch"}, "logits": {0: "batch"}})
    segmenter.config.return_dict = True
    prepared = {**prepared, "size": {"height": 32, "width": 32}}
    write("segformer.json", named)
    write("segformer-preprocessor.json", prepared)
    entry("tiny-segformer", "image-segmentation", {"graph": "segformer.onnx", "labels": "segformer.json", "preprocessor": "segformer-preprocessor.json"})
    segmentation = pipeline("image-segmentation", model=segmenter, image_processor=SegformerImageProcessor(**prepared))
    return detection, segmentation


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    tok = tokenizer()
    found = {"made_with": {"transformers": transformers.__version__, "torch": torch.__version__}}

    mlm = bert(BertForMaskedLM, "tiny-mlm", "fill-mask", tok, ["logits"], seed=1)
    p = pipeline("fill-mask", model=mlm, tokenizer=tok)
    found["fill-mask"] = p("The capital of France is [MASK].")
    found["fill-mask-two"] = p("The [MASK] is late and the [MASK] is dull.", top_k=2)
    found["fill-mask-targets"] = p("The train is [MASK].", targets=["late", "dull"])

    labels = ["NEGATIVE", "NEUTRAL", "POSITIVE"]
    cls = bert(BertForSequenceClassification, "tiny-cls", "text-classification", tok, ["logits"], labels, seed=2)
    p = pipeline("text-classification", model=cls, tokenizer=tok)
    found["text-classification"] = p(TEXTS[2])
    found["text-classification-all"] = p([TEXTS[2], TEXTS[3]], top_k=None)
    found["text-classification-sigmoid"] = p(TEXTS[3], top_k=None, function_to_apply="sigmoid")
    found["text-classification-pair"] = p({"text": TEXTS[4], "text_pair": TEXTS[0]}, top_k=None)

    nli = bert(BertForSequenceClassification, "tiny-nli", "zero-shot-classification", tok, ["logits"], ["contradiction", "neutral", "entailment"], seed=3)
    p = pipeline("zero-shot-classification", model=nli, tokenizer=tok)
    found["zero-shot"] = p(TEXTS[3], ["weather", "film", "river"])
    found["zero-shot-multi"] = p(TEXTS[3], ["weather", "film"], multi_label=True, hypothesis_template="It is about {}.")

    ner = bert(BertForTokenClassification, "tiny-ner", "token-classification", tok, ["logits"], ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"], seed=4)
    for strategy in ["none", "simple", "first", "average", "max"]:
        p = pipeline("token-classification", model=ner, tokenizer=tok, aggregation_strategy=strategy)
        found[f"token-classification-{strategy}"] = p("Ada Lovelace wrote the weatherful program in Londonberry.")

    qa = bert(BertForQuestionAnswering, "tiny-qa", "question-answering", tok, ["start_logits", "end_logits"], seed=6)
    p = pipeline("question-answering", model=qa, tokenizer=tok)
    found["question-answering"] = p(question="Where does the river run?", context=TEXTS[0])
    found["question-answering-top"] = p(question="Who wrote it?", context=TEXTS[1], top_k=3, max_answer_len=4)

    model = t5(tok)
    p = pipeline("text2text-generation", model=model, tokenizer=tok)
    found["text2text-generation"] = p(TEXTS[0], max_new_tokens=12)
    found["text2text-penalty"] = p(TEXTS[1], max_new_tokens=12, repetition_penalty=1.8)

    found["text2text-beams"] = p(TEXTS[4], max_new_tokens=16, num_beams=3, repetition_penalty=1.5)
    p = pipeline("text2text-generation", model=t5_with_past(tok), tokenizer=tok)
    for name, text, how in [
        ("", TEXTS[0], {}), ("-beams", TEXTS[1], {"num_beams": 3}), ("-beams-all", TEXTS[3], {"num_beams": 4, "num_return_sequences": 4}),
        ("-beams-long", TEXTS[0], {"num_beams": 4, "num_return_sequences": 3, "length_penalty": 2.0}),
        ("-beams-short", TEXTS[0], {"num_beams": 4, "num_return_sequences": 3, "length_penalty": -1.0, "early_stopping": True}),
    ]:
        found[f"text2text-past{name}"] = p(text, max_new_tokens=20, **how)
    model = gpt2(tok)
    p = pipeline("text-generation", model=model, tokenizer=tok)
    prompt = "the weather is dull and"
    for name, how in {
        "": {}, "-beams": {"num_beams": 3}, "-beams-all": {"num_beams": 4, "num_return_sequences": 4, "length_penalty": 0.5},
        "-beams-penalty": {"num_beams": 2, "repetition_penalty": 1.3},
    }.items():
        found[f"text-generation{name}"] = p(prompt, max_new_tokens=16, do_sample=False, return_full_text=False, **how)

    detection, segmentation = vision()
    image = picture(40, 60)
    found["object-detection"] = detection(Image.fromarray(image), threshold=0.3)
    masks = segmentation(Image.fromarray(image))
    found["image-segmentation"] = [{"label": m["label"], "score": m["score"], "pixels": int((np.asarray(m["mask"]) > 0).sum()), "rows": np.asarray(m["mask"]).max(1).tolist()} for m in masks]
    (OUT / "models.toml").write_text("\n".join(MANIFEST))
    (OUT / "expected.json").write_text(json.dumps(found, indent=1, ensure_ascii=False, default=float) + "\n")


if __name__ == "__main__":
    main()
