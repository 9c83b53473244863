"""Training and judging digit classifiers."""

import numpy as np
import torch
from torch import nn

from .data import mnist, overlap


def tensors(split, count=None):
    """Pixels in 0..1, float [n, 1, 28, 28], and labels, int64 [n]."""
    images, labels = mnist(split)
    pixels = torch.from_numpy(images[:count].astype(np.float32) / 255)[:, None]
    return pixels, torch.from_numpy(labels[:count])


def permutation(seed=0):
    """A fixed order of the 784 pixels: NumPy's `default_rng(seed).permutation(784)`."""
    return torch.from_numpy(np.random.default_rng(seed).permutation(784))


def shuffled(pixels, order=None):
    """The same pixels in another order, the same for all pictures; [n, 1, 28, 28] both."""
    return pixels.flatten(1)[:, permutation() if order is None else order].reshape(pixels.shape)


class Shuffled(nn.Module):
    """A classifier that sees every picture with its pixels in another, fixed order."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner
        self.register_buffer("permutation", permutation())

    def forward(self, pixel_values):
        return self.inner(shuffled(pixel_values, self.permutation))


def fit(run, model, pixels, labels, epochs, batch=128, rate=2e-3):
    """Adam with the rate falling to nothing along a cosine; cross-entropy of the first output."""
    steps = epochs * (len(pixels) // batch)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    model.train()
    for epoch in range(epochs):
        total = 0.0
        for rows in torch.randperm(len(pixels))[: len(pixels) // batch * batch].split(batch):
            loss = nn.functional.cross_entropy(model(pixels[rows])[0], labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        run.say(f"epoch {epoch + 1}: loss {total / (len(pixels) // batch):.4f}")
    return model.eval()


def accuracy(model, pixels, labels):
    """Share of digits that `model` names rightly."""
    with torch.no_grad():
        found = torch.cat([model(part)[0].argmax(1) for part in pixels.split(1000)])
    return (found == labels).double().mean().item()


def report_overlap(run):
    """Prints how many held-out digits also occur in the training set."""
    run.say(f"held-out digits that occur in the training set: {overlap(mnist('train')[0], mnist('t10k')[0])}")
