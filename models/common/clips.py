"""Little films of one thing that moves, for a diffusion transformer, and patches of space and time."""

import torch

SHAPES, DIRECTIONS = ("disc", "square", "cross"), ("right", "left", "down", "up")
STEPS = torch.tensor([[0.0, 1.0], [0.0, -1.0], [1.0, 0.0], [-1.0, 0.0]])  # (y, x) per frame
PATCH = (2, 4, 4)  # frames, rows, columns
REACH = 2.5  # half the size of a thing, in pixels
SIZES = [(8, 16, 16)] * 4 + [(8, 16, 24), (8, 24, 16), (4, 16, 16)]  # frames, rows, columns; drawn evenly
HELD_OUT = (1, 3)  # no film to learn from shows a square that goes up


def films(shape, direction, size):
    """Films [n, frames, rows, columns] in -1..1 of the things `shape` [n] that go where `direction` [n] says."""
    frames, rows, columns = size
    way = STEPS[direction] * (frames - 1)
    room = torch.tensor([rows - 1.0, columns - 1.0]) - 2 * REACH - way.abs()
    start = REACH + torch.rand(len(shape), 2) * room - way.clamp(max=0)  # nothing leaves the picture
    place = start[:, None] + STEPS[direction][:, None] * torch.arange(frames)[None, :, None]
    dy = (torch.arange(rows)[None, None, :, None] - place[..., 0, None, None]).expand(-1, -1, -1, columns)
    dx = (torch.arange(columns)[None, None, None, :] - place[..., 1, None, None]).expand(-1, -1, rows, -1)
    far = torch.maximum(dx.abs(), dy.abs())
    disc = REACH - (dx**2 + dy**2).sqrt()
    square = REACH - 0.3 - far
    cross = torch.minimum(0.8 - torch.minimum(dx.abs(), dy.abs()), REACH - far)
    inside = torch.stack([disc, square, cross])[shape, torch.arange(len(shape))]
    return (inside + 0.5).clamp(0, 1) * 2 - 1


def kinds(count, held_out=False):
    """Shapes and directions at random; the combination `HELD_OUT` only on request."""
    shape, direction = torch.randint(len(SHAPES), (count,)), torch.randint(len(DIRECTIONS), (count,))
    again = (shape == HELD_OUT[0]) & (direction == HELD_OUT[1])
    return (shape, direction) if held_out else (shape, torch.where(again, 0, direction))


def patchify(films):
    """Films [n, frames, rows, columns] as tokens [n, patches, 32], frames outermost."""
    n, (t, h, w) = len(films), PATCH
    frames, rows, columns = (size // part for size, part in zip(films.shape[1:], PATCH))
    parts = films.reshape(n, frames, t, rows, h, columns, w).permute(0, 1, 3, 5, 2, 4, 6)
    return parts.reshape(n, frames * rows * columns, t * h * w)


def unpatchify(tokens, size):
    """The inverse: films of `size` from tokens."""
    n, (t, h, w) = len(tokens), PATCH
    frames, rows, columns = (whole // part for whole, part in zip(size, PATCH))
    parts = tokens.reshape(n, frames, rows, columns, t, h, w).permute(0, 1, 4, 2, 5, 3, 6)
    return parts.reshape(n, *size)


def positions(size):
    """Where each token is, int64 [patches, 3]: frame, row and column of its patch."""
    axes = [torch.arange(whole // part) for whole, part in zip(size, PATCH)]
    return torch.stack([axis.flatten() for axis in torch.meshgrid(*axes, indexing="ij")], 1)


def motion(films):
    """(y, x) by which the middle of what is bright moves per frame, [n, 2]: a line through its places."""
    light = (films.clamp(-1, 1) + 1) / 2
    light = torch.where(light > 0.3, light, 0.0)
    mass = light.sum((2, 3)).clamp(min=1e-6)
    y = (light.sum(3) * torch.arange(films.shape[2])).sum(2) / mass
    x = (light.sum(2) * torch.arange(films.shape[3])).sum(2) / mass
    time = torch.arange(films.shape[1]) - (films.shape[1] - 1) / 2
    return torch.stack([(y * time).sum(1), (x * time).sum(1)], 1) / time.square().sum()


def as_asked(films, direction):
    """Whether each film moves as asked: most of a step along, less than a third of one across."""
    return (motion(films) - STEPS[direction]).abs().amax(1) < 0.3
