"""The encoder-decoder of Vaswani et al. (2017) at a small size, normalised after each part (as then) or before it."""

import math

import torch
from torch import nn

WIDTH, HEADS, LAYERS, INSIDE = 128, 4, 2, 512


def stamps(time):
    """Sines and cosines of each position, [time, WIDTH]."""
    angles = torch.arange(time)[:, None] / 10000 ** (torch.arange(0, WIDTH, 2) / WIDTH)
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)


class Attention(nn.Module):
    """Multi-head attention; also gives its weights."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x, other, mask):
        split = lambda part: part.unflatten(-1, (HEADS, -1)).transpose(1, 2)
        query, key, value = split(self.query(x)), split(self.key(other)), split(self.value(other))
        scores = query @ key.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
        weights = scores.masked_fill(~mask, -1e30).softmax(-1)
        return self.out((weights @ value).transpose(1, 2).flatten(2)), weights


class Layer(nn.Module):
    """Self-attention, attention to the source where `cross`, the feed-forward part; each with a residual path."""

    def __init__(self, before, cross):
        super().__init__()
        self.before, self.attention = before, Attention()
        self.cross = Attention() if cross else None
        self.feed_forward = nn.Sequential(nn.Linear(WIDTH, INSIDE), nn.ReLU(), nn.Linear(INSIDE, WIDTH))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3 if cross else 2))

    def around(self, norm, x, part):
        return x + part(norm(x)) if self.before else norm(x + part(x))

    def forward(self, x, mask, source=None, source_mask=None):
        kept = []

        def attend(attention, h, other, mask):
            mixed, weights = attention(h, other, mask)
            kept.append(weights)
            return mixed

        x = self.around(self.norms[0], x, lambda h: attend(self.attention, h, h, mask))
        if self.cross is not None:
            x = self.around(self.norms[1], x, lambda h: attend(self.cross, h, source, source_mask))
        return self.around(self.norms[-1], x, self.feed_forward), kept


class Stack(nn.Module):
    """An encoder or a decoder; normalised once more at the end where normalisation comes before the parts."""

    def __init__(self, before, cross):
        super().__init__()
        self.layers = nn.ModuleList(Layer(before, cross) for _ in range(LAYERS))
        self.last = nn.LayerNorm(WIDTH) if before else nn.Identity()

    def forward(self, x, mask, source=None, source_mask=None):
        kept = []
        for layer in self.layers:
            x, weights = layer(x, mask, source, source_mask)
            kept.append(weights)
        return self.last(x), [torch.stack(of_kind, 1) for of_kind in zip(*kept)]


class Encoder(nn.Module):
    """Source tokens to vectors."""

    def __init__(self, embedding, before):
        super().__init__()
        self.embedding, self.stack = embedding, Stack(before, cross=False)

    def forward(self, input_ids, attention_mask):
        """int64 [batch, source] twice -> last_hidden_state [batch, source, 128], attentions [batch, layers, heads, source, source]."""
        x = self.embedding(input_ids) * math.sqrt(WIDTH) + stamps(input_ids.shape[1])
        x, (weights,) = self.stack(x, (attention_mask > 0)[:, None, None])
        return x, weights


class Decoder(nn.Module):
    """Target tokens so far, and the source's vectors, to the next token; the head is the embedding."""

    def __init__(self, embedding, before):
        super().__init__()
        self.embedding, self.stack = embedding, Stack(before, cross=True)

    def forward(self, input_ids, encoder_hidden_states, encoder_attention_mask):
        """-> logits [batch, target, tokens], decoder_attentions and cross_attentions [batch, layers, heads, target, ..]."""
        time = input_ids.shape[1]
        x = self.embedding(input_ids) * math.sqrt(WIDTH) + stamps(time)
        past = torch.arange(time)[None] <= torch.arange(time)[:, None]
        x, (own, cross) = self.stack(x, past[None, None], encoder_hidden_states, (encoder_attention_mask > 0)[:, None, None])
        return x @ self.embedding.weight.T, own, cross


class Transformer(nn.Module):
    """Both, with one embedding."""

    def __init__(self, tokens, before):
        super().__init__()
        embedding = nn.Embedding(tokens, WIDTH)
        nn.init.normal_(embedding.weight, std=WIDTH**-0.5)
        self.encoder, self.decoder = Encoder(embedding, before), Decoder(embedding, before)

    def forward(self, source, target, pad):
        mask = (source != pad).long()
        return self.decoder(target, self.encoder(source, mask)[0], mask)[0]
