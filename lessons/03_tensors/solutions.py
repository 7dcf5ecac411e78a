"""Solutions of lesson 3's exercises, and answers that are often given and are wrong."""

import minitorch as torch


def broadcast_shape(one, other):
    dims = max(len(one), len(other))
    one = (1,) * (dims - len(one)) + tuple(one)
    other = (1,) * (dims - len(other)) + tuple(other)
    for m, n in zip(one, other, strict=True):
        if m != n and m != 1 and n != 1:
            return None
    return tuple(max(m, n) for m, n in zip(one, other, strict=True))


def aligned_at_the_left(one, other):
    dims = max(len(one), len(other))
    return broadcast_shape(one + (1,) * (dims - len(one)), other + (1,) * (dims - len(other)))


def larger_always(one, other):
    dims = max(len(one), len(other))
    one = (1,) * (dims - len(one)) + tuple(one)
    other = (1,) * (dims - len(other)) + tuple(other)
    return tuple(max(m, n) for m, n in zip(one, other, strict=True))


def shorter_of_both(one, other):
    short = min(len(one), len(other))
    return broadcast_shape(one[-short:], other[-short:])


def undo_broadcast(g, shape):
    while g.ndim > len(shape):
        g = g.sum(0)
    for i, n in enumerate(shape):
        if n == 1:
            g = g.sum(i, keepdim=True)
    return g


def mean_of_the_copies(g, shape):
    while g.ndim > len(shape):
        g = g.mean(0)
    for i, n in enumerate(shape):
        if n == 1:
            g = g.mean(i, keepdim=True)
    return g


def missing_dimensions_alone(g, shape):
    while g.ndim > len(shape):
        g = g.sum(0)
    return g


def one_of_the_copies(g, shape):
    while g.ndim > len(shape):
        g = g[0]
    for i, n in enumerate(shape):
        if n == 1:
            g = g.narrow(i, 0, 1)
    return g


def gradients_of_product(g, a, b):
    return g @ b, g.T @ a


def second_one_transposed(g, a, b):
    return g @ b, a.T @ g


def exchanged(g, a, b):
    return g.T @ a, g @ b


def only_the_first(g, a, b):
    return g @ b


def centre_backward(g):
    return g - g.mean(0)


def direct_way_alone(g):
    return g


def mean_of_all(g):
    return g - g.mean()


def own_share_alone(g):
    return g - g / len(g)


def nothing_left(g):
    return torch.zeros_like(g)


SOLUTIONS = {
    "03-1": broadcast_shape,
    "03-2": undo_broadcast,
    "03-3": gradients_of_product,
    "03-4": centre_backward,
}

# With a part of what the check says to each.
WRONG = {
    "03-1": [
        (aligned_at_the_left, "right"),
        (larger_always, "if one of them is 1"),
        (shorter_of_both, "as many dimensions as the longer"),
    ],
    "03-2": [
        (mean_of_the_copies, "along several ways"),
        (one_of_the_copies, "along several ways"),
        (missing_dimensions_alone, "those of size 1"),
    ],
    "03-3": [
        (second_one_transposed, "has the shape of its tensor"),
        (exchanged, "has the shape of its tensor"),
        (only_the_first, "not a pair"),
    ],
    "03-4": [
        (direct_way_alone, "directly, and through the mean"),
        (mean_of_all, "its own column"),
        (own_share_alone, "goes to all rows"),
        (nothing_left, "one operation at a time"),
    ],
}
