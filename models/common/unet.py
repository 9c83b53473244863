"""A small class-conditional U-Net with self-attention, in the manner of Ho, Jain and Abbeel (2020)."""

import math

import torch
from torch import nn

CHANNELS, CLASSES, HEADS, WIDE = (16, 48, 96), 10, 4, 192  # of the three resolutions: 28, 14 and 7 pixels


def norm(channels):
    return nn.GroupNorm(8, channels)


class Block(nn.Module):
    """Two convolutions around a residual path; the time and the class are added in between."""

    def __init__(self, inside, out):
        super().__init__()
        self.norm1, self.conv1 = norm(inside), nn.Conv2d(inside, out, 3, padding=1)
        self.condition = nn.Linear(WIDE, out)
        self.norm2, self.conv2 = norm(out), nn.Conv2d(out, out, 3, padding=1)
        self.shortcut = nn.Conv2d(inside, out, 1) if inside != out else nn.Identity()
        nn.init.zeros_(self.conv2.weight)  # at first a block changes nothing
        nn.init.zeros_(self.conv2.bias)

    def forward(self, x, condition):
        h = self.conv1(nn.functional.silu(self.norm1(x))) + self.condition(condition)[:, :, None, None]
        return self.shortcut(x) + self.conv2(nn.functional.silu(self.norm2(h)))


class Attention(nn.Module):
    """Self-attention between all places of a picture of `channels` channels."""

    def __init__(self, channels):
        super().__init__()
        self.norm = norm(channels)
        self.to_qkv, self.to_out = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)

    def forward(self, x):
        """[batch, channels, height, width] -> the same, and weights [batch, heads, places, places]."""
        rows = self.norm(x).flatten(2).transpose(1, 2)  # [batch, places, channels]
        batch, places, channels = rows.shape
        heads = self.to_qkv(rows).reshape(batch, places, 3, HEADS, channels // HEADS).permute(2, 0, 3, 1, 4)
        query, key, value = heads.unbind(0)
        weights = (query @ key.transpose(-1, -2) * (channels // HEADS) ** -0.5).softmax(-1)
        mixed = (weights @ value).transpose(1, 2).reshape(batch, places, channels)
        return x + self.to_out(mixed).transpose(1, 2).reshape(x.shape), weights


class Up(nn.Module):
    """Every pixel becomes four, then a convolution."""

    def __init__(self, inside, out):
        super().__init__()
        self.conv = nn.Conv2d(inside, out, 3, padding=1)

    def forward(self, x):
        return self.conv(nn.functional.interpolate(x, scale_factor=2.0, mode="nearest"))


class UNet(nn.Module):
    """Says which noise is in a noisy picture. Class 10 means that no class is given."""

    def __init__(self):
        super().__init__()
        a, b, c = CHANNELS
        self.time = nn.Sequential(nn.Linear(64, WIDE), nn.SiLU(), nn.Linear(WIDE, WIDE))
        self.label = nn.Embedding(CLASSES + 1, WIDE)
        self.enter = nn.Conv2d(1, a, 3, padding=1)
        self.down1, self.half1 = Block(a, a), nn.Conv2d(a, a, 3, stride=2, padding=1)
        self.down2, self.half2 = Block(a, b), nn.Conv2d(b, b, 3, stride=2, padding=1)
        self.down3, self.middle1, self.attention, self.middle2 = Block(b, c), Block(c, c), Attention(c), Block(c, c)
        self.up3, self.double2 = Block(2 * c, c), Up(c, b)
        self.up2, self.double1 = Block(2 * b, b), Up(b, a)
        self.up1 = Block(2 * a, a)
        self.leave = nn.Sequential(norm(a), nn.SiLU(), nn.Conv2d(a, 1, 3, padding=1))
        frequencies = torch.exp(-math.log(10000.0) * torch.arange(32) / 32)
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, sample, timestep, class_labels):
        """[batch, 1, 28, 28], int64 [1 or batch], int64 [batch] -> noise [batch, 1, 28, 28], weights [batch, heads, 49, 49]."""
        angles = timestep[:, None].float() * self.frequencies
        time = self.time(torch.cat([angles.cos(), angles.sin()], 1))
        condition = nn.functional.silu(time + self.label(class_labels))
        skip1 = self.down1(self.enter(sample), condition)
        skip2 = self.down2(self.half1(skip1), condition)
        skip3 = self.down3(self.half2(skip2), condition)
        x, weights = self.attention(self.middle1(skip3, condition))
        x = self.middle2(x, condition)
        x = self.double2(self.up3(torch.cat([x, skip3], 1), condition))
        x = self.double1(self.up2(torch.cat([x, skip2], 1), condition))
        x = self.up1(torch.cat([x, skip1], 1), condition)
        return self.leave(x), weights
