"""A small diffusion transformer with adaLN-zero, in the manner of Peebles and Xie (2023), over patches of films."""

import math

import torch
from torch import nn

from .clips import DIRECTIONS, PATCH, SHAPES

WIDTH, LAYERS, HEADS = 64, 4, 4


def waves(values, count):
    """Sines and cosines of `values` [...] at `count` frequencies: [..., 2 count]."""
    frequencies = torch.exp(-math.log(10000.0) * torch.arange(count) / count)
    angles = values[..., None].float() * frequencies
    return torch.cat([angles.cos(), angles.sin()], -1)


def modulated(x, shift, scale):
    return nn.functional.layer_norm(x, (WIDTH,)) * (1 + scale[:, None]) + shift[:, None]


class Linear(nn.Linear):
    """A linear layer whose weight is kept as [inputs, outputs], so that its name is still there in the graph."""

    def __init__(self, inside, out):
        super().__init__(inside, out)
        self.weight = nn.Parameter(self.weight.detach().T.contiguous())

    def forward(self, x):
        return x @ self.weight + self.bias


class Block(nn.Module):
    """Attention and a feed-forward layer; shift, scale and gate of both come from the condition. The gates begin at 0."""

    def __init__(self):
        super().__init__()
        self.qkv, self.out = Linear(WIDTH, 3 * WIDTH), Linear(WIDTH, WIDTH)
        self.mlp = nn.Sequential(Linear(WIDTH, 4 * WIDTH), nn.GELU(), Linear(4 * WIDTH, WIDTH))
        self.modulation = Linear(WIDTH, 6 * WIDTH)
        nn.init.zeros_(self.modulation.weight)  # at first a block changes nothing
        nn.init.zeros_(self.modulation.bias)

    def forward(self, x, condition):
        """[batch, n, width], [batch, width] -> the same as x, and weights [batch, heads, n, n]."""
        shift1, scale1, gate1, shift2, scale2, gate2 = self.modulation(condition).chunk(6, -1)
        batch, n, _ = x.shape
        heads = self.qkv(modulated(x, shift1, scale1)).reshape(batch, n, 3, HEADS, WIDTH // HEADS)
        query, key, value = heads.permute(2, 0, 3, 1, 4).unbind(0)
        weights = (query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5).softmax(-1)
        mixed = (weights @ value).transpose(1, 2).reshape(batch, n, WIDTH)
        x = x + gate1[:, None] * self.out(mixed)
        return x + gate2[:, None] * self.mlp(modulated(x, shift2, scale2)), weights


class DiT(nn.Module):
    """Says which clean film is in a noisy one. Shape 3 and direction 4 mean that nothing is asked."""

    def __init__(self):
        super().__init__()
        self.enter = Linear(math.prod(PATCH), WIDTH)
        self.place = Linear(3 * 16, WIDTH)
        self.time = nn.Sequential(Linear(64, WIDTH), nn.SiLU(), Linear(WIDTH, WIDTH))
        self.shape, self.direction = nn.Embedding(len(SHAPES) + 1, WIDTH), nn.Embedding(len(DIRECTIONS) + 1, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.modulation, self.leave = Linear(WIDTH, 2 * WIDTH), Linear(WIDTH, math.prod(PATCH))
        for layer in (self.modulation, self.leave):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, tokens, positions, timestep, shape, direction):
        """[batch, n, 32], int64 [n, 3], int64 [1 or batch], int64 [batch] twice -> clean tokens, the stream before and
        after the blocks [batch, n, width], and the attention of the last block [batch, heads, n, n]."""
        condition = nn.functional.silu(self.time(waves(timestep, 32)) + self.shape(shape) + self.direction(direction))
        before = self.enter(tokens) + self.place(waves(positions, 8).flatten(1))
        x = before
        for block in self.blocks:
            x, weights = block(x, condition)
        shift, scale = self.modulation(condition).chunk(2, -1)
        return self.leave(modulated(x, shift, scale)), before, x, weights
