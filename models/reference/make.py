#!/usr/bin/env python3
"""Records what the models give, for Kiln's tests to compare with.

    python make.py FOLDER [ID ...]

FOLDER holds a folder for each model, named by its id, with its files somewhere in it: the folder
`models` of Kiln's cache (`~/.cache/kiln/models`) will do. The results go to `ID.json` beside this script; `sampling.json` and
`schedulers.json` need no model. Requirements (other versions may give other last digits):

    pip install numpy==2.* onnxruntime==1.32.0 tokenizers==0.23.* ctranslate2==4.8.5 sentencepiece==0.2.*

Nothing here shares code with Kiln: models run in Python's ONNX Runtime, the story model in a forward
pass in NumPy, its tokenizer in a plain loop, SmolLM2 in `gguf.py`, the translator in `marian.py` beside CTranslate2,
schedulers by the formulas of their papers. What TensorFlow.js gives is recorded by `progan.mjs`.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers

import gguf
import marian

HERE = Path(__file__).parent
FIRST = 12  # how many values of an output are recorded one by one
EVERY = 64  # and how many more from all over it

TEXTS = [
    "",
    "a",
    "Hello, world!",
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
    "unbelievable tokenization of antidisestablishmentarianism",
    "  two  spaces   and\ttabs\nand lines ",
    "1234567890 3.14159 -42 1,000,000",
    "e-mail: someone@example.org, see https://example.org/a?b=c#d",
    "今天天气很好，我们去公园散步。",
    "今天天气怎么样？",
    "股票市场今天大幅下跌。",
    "你好，世界！Hello 世界",
    "人工智能正在改变我们的生活方式。",
    "naïve café — “quotes” … and dashes",
    "日本語のテキストと한국어 텍스트",
    "emoji: 🙂🚀👩‍🚀 flags 🇨🇳",
    "zero\u200bwidth and ▁ and ## and <0x0A>",
    "def f(x):\n    return x ** 2  # code",
    "Once upon a time, there was a little robot",
    "ÀÉÎÕÜ àéîõü ß ſ ﬁ",
    "а б в Привет, мир",
]


def find(folder, name, pattern):
    """The file of the model `name` that fits `pattern`."""
    found = sorted((folder / name).rglob(pattern))
    return found[0] if found else sys.exit(f"{folder / name} has no {pattern}")


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def summary(array):
    """Shape, first values, values at even distances, mean, smallest and largest value."""
    a = np.asarray(array, np.float64)
    flat = a.reshape(-1)
    step = max(len(flat) // EVERY, 1)
    return {
        "shape": list(a.shape),
        "first": [round(float(v), 7) for v in flat[:FIRST]],
        "step": step,
        "every": [round(float(v), 7) for v in flat[::step][:EVERY]],
        "mean": round(float(flat.mean()), 8),
        "min": round(float(flat.min()), 7),
        "max": round(float(flat.max()), 7),
    }


def tokenizer(path):
    t = tokenizers.Tokenizer.from_file(str(path))
    t.no_padding()
    t.no_truncation()
    return t


def tokenization(t):
    return [{"text": text, "ids": t.encode(text).ids, "decoded": t.decode(t.encode(text).ids)} for text in TEXTS]


def uniform(count, salt=0):
    """Numbers in [0, 1) that any language makes alike: Knuth's multiplicative hash of the index."""
    i = np.arange(count, dtype=np.uint64) + np.uint64(salt)
    h = (i * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    h = ((h ^ (h >> np.uint64(15))) * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    h = h ^ (h >> np.uint64(13))
    return h.astype(np.float64) / 4294967296.0


def noise(count):
    """Nearly normal numbers: the sum of twelve uniform ones, less six."""
    return sum(uniform(count, k * 1_000_003) for k in range(12)) - 6.0


def write(name, record):
    record = {"made_with": {"onnxruntime": onnxruntime.__version__, "tokenizers": tokenizers.__version__}, **record}
    text = json.dumps(record, ensure_ascii=False, indent=1)
    (HERE / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {len(text)} characters")


def embeddings(folder, name, pooling, texts):
    """A BERT: hidden states of each text alone, and their pooled, normalised vectors."""
    t, s = tokenizer(find(folder, name, "tokenizer.json")), session(find(folder, name, "*.onnx"))
    cases, vectors = [], []
    for text in texts:
        e = t.encode(text)
        ids = np.array([e.ids], np.int64)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden = s.run(["last_hidden_state"], feeds)[0]
        v = (hidden[0].mean(0) if pooling == "mean" else hidden[0, 0]).astype(np.float64)
        vectors.append(v / np.linalg.norm(v))
        cases.append({"text": text, "ids": e.ids, "last_hidden_state": summary(hidden), "embedding": summary(vectors[-1])})
    cosines = np.array(vectors) @ np.array(vectors).T
    write(name, {"pooling": pooling, "cases": cases, "cosines": cosines.round(6).tolist(), "tokenization": tokenization(t)})


def minilm(folder):
    embeddings(folder, "minilm", "mean", TEXTS[3:6])


def bge(folder):
    embeddings(folder, "bge-small-zh", "cls", TEXTS[10:13])


# The model was trained on conversations; without this frame it ends at once.
CHAT = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"


def minimind(folder):
    name = "minimind2-small"
    t, s = tokenizer(find(folder, name, "tokenizer.json")), session(find(folder, name, "*.onnx"))
    cases = []
    for prompt, steps in [(CHAT.format("请介绍一下你自己。"), 32), ("<|im_start|>从前有一座山，", 24)]:
        ids = t.encode(prompt).ids
        none = {i.name: np.zeros((1, 2, 0, 64), np.float32) for i in s.get_inputs() if i.name.startswith("past")}
        names = [o.name for o in s.get_outputs()]

        def read(new, past):
            length = past["past_key_values.0.key"].shape[2]
            feeds = {
                "input_ids": np.array([new], np.int64),
                "attention_mask": np.ones((1, length + len(new)), np.int64),
                "position_ids": np.arange(length, length + len(new))[None].astype(np.int64),
                **past,
            }
            found = dict(zip(names, s.run(None, feeds)))
            return found, {k.replace("present.", "past_key_values."): v for k, v in found.items() if k.startswith("present")}

        first = {k: summary(v) for k, v in read(ids, none)[0].items() if k in ("logits", "present.0.key", "present.7.value")}
        # Token by token: a dynamically quantised model rounds by all that is read at once.
        out, past = list(ids), none
        for at in range(len(ids) + steps - 1):
            found, past = read([out[at]], past)
            if at >= len(ids) - 1:
                out.append(int(found["logits"][0, -1].argmax()))
        cases.append({"prompt": prompt, "ids": ids, "outputs": first, "greedy": out[len(ids):], "text": t.decode(out)})
    write(name, {"cases": cases, "tokenization": tokenization(t)})


class Llama2c:
    """llama2.c: its checkpoint, tokenizer and forward pass."""

    def __init__(self, path):
        raw = path.read_bytes()
        self.dim, self.hidden, L, H, KV, V, S = struct.unpack("7i", raw[:28])
        self.layers, self.heads, self.kv, self.hd = L, H, KV, self.dim // H
        at = 28

        def take(*shape):
            nonlocal at
            count = int(np.prod(shape))
            found = np.frombuffer(raw, np.float32, count, at).reshape(shape).astype(np.float64)
            at += 4 * count
            return found

        d, h, hd = self.dim, self.hidden, self.hd
        self.emb, self.an = take(V, d), take(L, d)
        self.wq, self.wk, self.wv, self.wo = take(L, H * hd, d), take(L, KV * hd, d), take(L, KV * hd, d), take(L, d, H * hd)
        self.fn, self.w1, self.w2, self.w3 = take(L, d), take(L, h, d), take(L, d, h), take(L, h, d)
        self.nf, self.cos, self.sin = take(d), take(S, hd // 2), take(S, hd // 2)
        at += 4
        self.vocab, self.score = [], []
        for _ in range(V):
            score, length = struct.unpack("fi", raw[at : at + 8])
            self.vocab.append(raw[at + 8 : at + 8 + length])
            self.score.append(score)
            at += 8 + length
        # Tokens 3 to 258 are the bytes, however the file spells them; those before them are special.
        self.index = {token: i for i, token in enumerate(self.vocab) if i >= 259}
        self.vocab[3:259] = [bytes([i]) for i in range(256)]

    def encode(self, text):
        """A space before, characters or their bytes, then the best union of neighbours until there is none."""
        ids = [1]
        if text:
            ids.append(self.index[b" "])
        for c in text:
            b = c.encode()
            ids += [self.index[b]] if b in self.index else [byte + 3 for byte in b]
        while True:
            best = None
            for i in range(len(ids) - 1):
                joined = self.index.get(self.vocab[ids[i]] + self.vocab[ids[i + 1]])
                if joined is not None and (best is None or self.score[joined] > best[0]):
                    best = (self.score[joined], i, joined)
            if best is None:
                return ids
            ids[best[1] : best[1] + 2] = [best[2]]

    def logits(self, ids):
        """Scores for each position, all positions at once."""
        n, hd = len(ids), self.hd
        norm = lambda x, w: x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5) * w

        def rotate(x):
            a, b = x[..., 0::2], x[..., 1::2]
            c, s = self.cos[:n, None], self.sin[:n, None]
            return np.stack([a * c - b * s, a * s + b * c], -1).reshape(x.shape)

        x = self.emb[ids]
        for l in range(self.layers):
            h = norm(x, self.an[l])
            q = rotate((h @ self.wq[l].T).reshape(n, -1, hd))
            k = rotate((h @ self.wk[l].T).reshape(n, -1, hd)).repeat(self.heads // self.kv, 1)
            v = (h @ self.wv[l].T).reshape(n, -1, hd).repeat(self.heads // self.kv, 1)
            a = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(hd) + np.triu(np.full((n, n), -np.inf), 1)
            a = np.exp(a - a.max(-1, keepdims=True))
            a /= a.sum(-1, keepdims=True)
            x = x + np.einsum("hqk,khd->qhd", a, v).reshape(n, -1) @ self.wo[l].T
            h = norm(x, self.fn[l])
            g = h @ self.w1[l].T
            x = x + (g / (1 + np.exp(-g)) * (h @ self.w3[l].T)) @ self.w2[l].T
        return norm(x, self.nf) @ self.emb.T


def stories(folder):
    name = "stories15m"
    m = Llama2c(find(folder, name, "llama2.data"))
    cases = []
    for prompt, steps in [("Once upon a time, there was a little robot", 60), ("Lily and Tom went to the", 40)]:
        ids = m.encode(prompt)
        out = list(ids)
        for _ in range(steps):
            out.append(int(m.logits(out)[-1].argmax()))
        text = b"".join(m.vocab[i] for i in out[1:]).decode().removeprefix(" ")
        cases.append({"prompt": prompt, "ids": ids, "logits": summary(m.logits(ids)[None]), "greedy": out[len(ids):], "text": text})
    # `decoded` is what went in: llama2.c adds one space and takes it away again.
    tokens = [{"text": t, "ids": m.encode(t), "decoded": t} for t in TEXTS]
    write(name, {"cases": cases, "tokenization": tokens})


def smollm(folder):
    name = "smollm2"
    m = gguf.Smol(find(folder, name, "*.gguf"))
    t, cases = m.tokenizer, []
    chat = "<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
    for prompt, steps in [
        ("The capital of France is", 6), ("Water boils at 100 degrees", 3), (chat.format("What is the capital of France?"), 9),
    ]:
        ids = t.encode(prompt).ids
        logits = m.logits(ids)
        p = np.exp(logits[-1].astype(np.float64) - logits[-1].max())
        p /= p.sum()
        best = [{"token": t.id_to_token(int(i)), "score": round(float(p[i]), 6)} for i in np.argsort(-p)[:5]]
        out = list(ids)
        for _ in range(steps):
            out.append(int(m.logits(out)[-1].argmax()))
        text = t.decode(out, skip_special_tokens=False)
        cases.append({"prompt": prompt, "ids": ids, "logits": summary(logits[None]), "best": best, "greedy": out[len(ids):], "text": text})
    write(name, {"cases": cases, "tokenization": tokenization(t)})


SENTENCES = [
    "今天天气很好，我们去公园散步。",
    "人工智能正在改变我们的生活方式。",
    "我昨天在图书馆读了一本关于历史的书。",
    "你叫什么名字？",
]


def opus(folder):
    """CTranslate2 in float32, and the same in NumPy, which shows what CTranslate2 keeps to itself."""
    import ctranslate2
    import sentencepiece

    name = "opus-mt-zh-en"
    home = find(folder, name, "model.bin").parent
    m, cut = marian.Marian(home), sentencepiece.SentencePieceProcessor(model_file=str(home / "sentencepiece.model"))
    # CTranslate2 wants a file of settings that the conversion has no use for.
    settings = {"add_source_bos": False, "add_source_eos": False, "layer_norm_epsilon": None, "decoder_start_token": "<s>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    files = {file: (home / file).read_bytes() for file in ("model.bin", "shared_vocabulary.json")}
    files["config.json"] = json.dumps(settings).encode()
    theirs = ctranslate2.Translator(name, files=files, compute_type="float32", inter_threads=1, intra_threads=1)
    encode = lambda text: [m.ids.get(piece, 1) for piece in cut.encode(text, out_type=str)] + [0]
    cases, apart = [], 0.0
    for text in SENTENCES:
        ids = encode(text)
        made = theirs.translate_batch([[m.tokens[i] for i in ids]], beam_size=1, return_logits_vocab=True)[0]
        greedy = [m.ids[token] for token in made.hypotheses[0]]
        states = m.encode(ids)
        logits = m.decode([len(m.tokens), *greedy], states)
        scores = np.array([np.array(step) for step in made.logits[0]])
        allowed = scores > -1e30  # it does not let a text end before it begins
        apart = max(apart, float(np.abs(scores - logits[: len(scores)])[allowed].max()))
        words = "".join(made.hypotheses[0]).replace("▁", " ").strip()
        cases.append({"text": text, "ids": ids, "last_hidden_state": summary(states[None]), "greedy": greedy,
                      "logits": summary(logits[None]), "translation": words})
        print(text, words)
    print(f"{name}: NumPy differs from CTranslate2 by at most {apart}")
    tokens = [{"text": text, "ids": encode(text)} for text in TEXTS if text]
    record = {"apart": {"ctranslate2": ctranslate2.__version__, "at most": round(apart, 7)}, "cases": cases, "tokenization": tokens}
    write(name, record)


def uie(folder):
    """What a BERT's vocabulary is by the tokenizers library's own words for it."""
    vocabulary = find(folder, "uie-nano", "vocab.txt")
    t = tokenizers.BertWordPieceTokenizer(str(vocabulary), lowercase=True)
    write("uie-nano", {"tokenization": tokenization(t)})


def terrain(folder):
    s = session(find(folder, "terrain-unet", "*.onnx"))
    cases = []
    for sigma, difficulty in [(80.0, 0.5), (2.0, 0.0), (0.05, 1.0)]:
        noisy = (noise(128 * 128) * sigma).astype(np.float32).reshape(1, 1, 128, 128)
        feeds = {"noisy": noisy, "sigma": np.array([sigma], np.float32), "difficulty": np.array([difficulty], np.float32)}
        cases.append({"sigma": sigma, "difficulty": difficulty, "noisy": summary(noisy), "denoised": summary(s.run(None, feeds)[0])})
    write("terrain-unet", {"cases": cases})


def picture(height, width):
    """A picture that any language makes alike: gradients, stripes and a little noise; uint8 [h, w, 3]."""
    y, x = np.mgrid[:height, :width]
    grain = np.floor(uniform(height * width).reshape(height, width) * 32)
    red = x * 223 // (width - 1) + grain
    green = y * 223 // (height - 1) + grain
    blue = np.where((x // 16 + y // 24) % 2 == 0, 200, 40) + grain
    return np.stack([red, green, blue], -1).astype(np.uint8)


def resize(image, out, axis):
    """Pillow's bilinear reduction along one axis: a triangle as wide as the scale, in fixed point."""
    size = image.shape[axis]
    scale = size / out
    wide = max(scale, 1.0)
    image = np.moveaxis(image.astype(np.int64), axis, 0)
    rows = []
    for i in range(out):
        center = (i + 0.5) * scale
        low, high = max(int(center - wide + 0.5), 0), min(int(center + wide + 0.5), size)
        w = np.maximum(0, 1 - np.abs((np.arange(low, high) + 0.5 - center) / wide))
        w = np.floor(0.5 + w / w.sum() * (1 << 22)).astype(np.int64)
        total = np.tensordot(w, image[low:high], 1) + (1 << 21)
        rows.append(np.clip(total >> 22, 0, 255))
    return np.moveaxis(np.stack(rows), 0, axis).astype(np.uint8)


def mobilenet(folder):
    s = session(find(folder, "mobilenetv2", "*.onnx"))
    cases = []
    for height, width in [(300, 400), (500, 260)]:
        image = picture(height, width)
        short = 256
        h, w = (short, int(short * width / height)) if height <= width else (int(short * height / width), short)
        small = resize(resize(image, w, 1), h, 0)
        top, left = round((h - 224) / 2), round((w - 224) / 2)
        crop = small[top : top + 224, left : left + 224].astype(np.float32) / np.float32(255)
        x = (crop - np.array([0.485, 0.456, 0.406], np.float32)) / np.array([0.229, 0.224, 0.225], np.float32)
        x = x.transpose(2, 0, 1)[None].copy()
        logits = s.run(None, {"data": x})[0]
        p = np.exp(logits[0].astype(np.float64) - logits.max())
        p /= p.sum()
        best = np.argsort(-p)[:5]
        cases.append({
            "height": height, "width": width, "image": summary(image), "data": summary(x), "logits": summary(logits),
            "top": [{"index": int(i), "score": round(float(p[i]), 7)} for i in best],
        })
    write("mobilenetv2", {"cases": cases})


def karras(ramp, low, high, rho):
    return (high ** (1 / rho) + ramp * (low ** (1 / rho) - high ** (1 / rho))) ** rho


def schedulers():
    """By the formulas of Karras et al. (2022), Song et al. (2023) and Ho et al. (2020)."""
    count = 6
    sample, output, extra = noise(count), uniform(count, 7) * 2 - 1, noise(count + 3)[3:]
    values = lambda a: [round(float(v), 9) for v in np.asarray(a).reshape(-1)]

    low, high, data = 0.002, 80.0, 0.5
    sigmas = karras(np.arange(0, 4) * (40 // 4) / 39, low, high, 7.0)
    consistency = {"timesteps": values(250 * np.log(sigmas + 1e-44)), "sigmas": values([*sigmas, low]), "steps": []}
    for i in range(4):
        s, after = sigmas[i], [*sigmas, low][i + 1]
        skip = data**2 / ((s - low) ** 2 + data**2)
        out = (s - low) * data / np.sqrt(s**2 + data**2)
        back = np.sqrt(np.clip(after, low, high) ** 2 - low**2)
        x0 = np.clip(out * output + skip * sample, -1, 1)
        direct = np.clip(output, -1, 1)
        consistency["steps"].append({"prev": values(x0 + back * extra), "prev_of_sample": values(direct + back * extra)})

    betas = np.linspace(1e-4, 0.02, 1000)
    kept = np.cumprod(1 - betas)
    train = np.sqrt((1 - kept) / kept)
    times = np.linspace(0, 999, 5)[::-1]
    plain = np.interp(times, np.arange(1000), train)
    euler = {"timesteps": values(times), "sigmas": values([*plain, 0])}
    s, after = plain[1], plain[2]
    euler["prev"] = values(sample + output * (after - s))
    euler["scaled"] = values(sample / np.sqrt(s**2 + 1))
    ks = karras(np.linspace(0, 1, 5), low, high, 7.0)
    euler["karras_sigmas"] = values([*ks, 0])
    euler["karras_prev_of_sample"] = values(sample + (sample - output) / ks[1] * (ks[2] - ks[1]))

    cosine = lambda t: np.cos((t + 0.008) / 1.008 * np.pi / 2) ** 2
    i = np.arange(1000)
    ddpm = {
        "betas": values(betas[[0, 1, 500, 999]]),
        "alphas_cumprod": values(kept[[0, 1, 500, 999]]),
        "scaled_linear": values((np.linspace(1e-4**0.5, 0.02**0.5, 1000) ** 2)[[0, 1, 500, 999]]),
        "squaredcos_cap_v2": values(np.minimum(1 - cosine((i + 1) / 1000) / cosine(i / 1000), 0.999)[[0, 1, 500, 999]]),
        "timesteps": values((np.arange(0, 10) * 100)[::-1]),
        "noised": values(np.sqrt(kept[500]) * sample + np.sqrt(1 - kept[500]) * extra),
        "steps": [],
    }
    for t in [900, 500, 0]:
        a, b = kept[t], kept[t - 100] if t >= 100 else 1.0
        beta = 1 - a / b
        x0 = np.clip((sample - np.sqrt(1 - a) * output) / np.sqrt(a), -1, 1)
        mean = np.sqrt(b) * beta / (1 - a) * x0 + np.sqrt(a / b) * (1 - b) / (1 - a) * sample
        deviation = np.sqrt(max((1 - b) / (1 - a) * beta, 1e-20)) if t > 0 else 0.0
        ddpm["steps"].append({"timestep": t, "prev": values(mean + deviation * extra)})
    write("schedulers", {
        "sample": values(sample), "model_output": values(output), "noise": values(extra),
        "consistency": consistency, "euler": euler, "ddpm": ddpm,
    })


def sampling():
    """Repetition penalty, temperature, top-k, top-p: transformers' processors, in its order."""
    scores, before = (noise(60) * 2).astype(np.float32), [3, 7, 7, 11]
    cases = []
    for penalty, temperature, top_k, top_p in [
        (1.0, 1.0, 0, 1.0), (1.3, 1.0, 0, 1.0), (1.0, 0.7, 0, 1.0), (1.0, 1.0, 8, 1.0), (1.0, 1.0, 0, 0.8), (1.2, 1.5, 20, 0.9),
    ]:
        x = scores.astype(np.float64)
        for token in set(before):
            x[token] *= penalty if x[token] < 0 else 1 / penalty
        x /= temperature
        if top_k:
            x[x < np.sort(x)[-top_k]] = -np.inf
        softmax = lambda v: np.exp(v - v.max()) / np.exp(v - v.max()).sum()
        if top_p < 1:
            order = np.argsort(x)
            drop = softmax(x)[order].cumsum() <= 1 - top_p
            drop[-1] = False
            x[order[drop]] = -np.inf
        cases.append({
            "repetition_penalty": penalty, "temperature": temperature, "top_k": top_k, "top_p": top_p,
            "probabilities": [round(float(p), 8) for p in softmax(x)],
        })
    write("sampling", {"scores": [round(float(v), 6) for v in scores], "before": before, "cases": cases})


FORMULAS = {"sampling": sampling, "schedulers": schedulers}
MODELS = {
    "minilm": minilm,
    "bge-small-zh": bge,
    "minimind2-small": minimind,
    "stories15m": stories,
    "smollm2": smollm,
    "opus-mt-zh-en": opus,
    "uie-nano": uie,
    "terrain-unet": terrain,
    "mobilenetv2": mobilenet,
}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder, wanted = Path(sys.argv[1]), sys.argv[2:] or [*MODELS, *FORMULAS]
    for name in wanted:
        FORMULAS[name]() if name in FORMULAS else MODELS[name](folder)


if __name__ == "__main__":
    main()
