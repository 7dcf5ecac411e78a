"""Solutions of lesson 6's exercises, and answers that are often given and are wrong."""

import minitorch as torch

shift = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
shift_left = torch.tensor([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
shift_down = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
shift_and_keep = torch.tensor([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]])


def size_after(size, layers):
    for kernel, stride, padding in layers:
        size = (size + 2 * padding - kernel) // stride + 1
    return size


def size_with_fractions(size, layers):
    for kernel, stride, padding in layers:
        size = (size + 2 * padding - kernel) / stride + 1
    return size


def size_padded_once(size, layers):
    for kernel, stride, padding in layers:
        size = (size + padding - kernel) // stride + 1
    return size


def size_without_the_first_place(size, layers):
    for kernel, stride, padding in layers:
        size = (size + 2 * padding - kernel) // stride
    return size


def size_of_the_last_layer(size, layers):
    for kernel, stride, padding in layers:
        out = (size + 2 * padding - kernel) // stride + 1
    return out


def matrix_of(kernel, size):
    places = size - len(kernel) + 1
    matrix = torch.zeros(places, size)
    for place in range(places):
        matrix[place, place : place + len(kernel)] = kernel
    return matrix


def matrix_transposed(kernel, size):
    return matrix_of(kernel, size).T


def matrix_turned(kernel, size):
    return matrix_of(kernel.flip(0), size)


def matrix_without_steps(kernel, size):
    matrix = torch.zeros(size - len(kernel) + 1, size)
    matrix[:, : len(kernel)] = kernel
    return matrix


def pool_gradient(x, g):
    out = torch.zeros_like(x)
    for y in range(g.shape[0]):
        for z in range(g.shape[1]):
            place = int(x[2 * y : 2 * y + 2, 2 * z : 2 * z + 2].argmax())
            out[2 * y + place // 2, 2 * z + place % 2] = g[y, z]
    return out


def pool_gradient_for_all(x, g):
    return g.repeat_interleave(2, 0).repeat_interleave(2, 1)


def pool_gradient_shared(x, g):
    return pool_gradient_for_all(x, g) / 4


def pool_gradient_for_every_largest(x, g):
    out = torch.zeros_like(x)
    for y in range(g.shape[0]):
        for z in range(g.shape[1]):
            window = x[2 * y : 2 * y + 2, 2 * z : 2 * z + 2]
            out[2 * y : 2 * y + 2, 2 * z : 2 * z + 2] = g[y, z] * (window == window.max())
    return out


def row_gradient(g, kernel, size):
    out = torch.zeros(size)
    for k in range(len(g)):
        out[2 * k : 2 * k + len(kernel)] += g[k] * kernel
    return out


def row_gradient_at_stride_1(g, kernel, size):
    out = torch.zeros(size)
    for k in range(len(g)):
        out[k : k + len(kernel)] += g[k] * kernel
    return out


def row_gradient_replaced(g, kernel, size):
    out = torch.zeros(size)
    for k in range(len(g)):
        out[2 * k : 2 * k + len(kernel)] = g[k] * kernel
    return out


def row_gradient_turned(g, kernel, size):
    return row_gradient(g, kernel.flip(0), size)


SOLUTIONS = {"06-1": shift, "06-2": size_after, "06-3": matrix_of, "06-4": pool_gradient, "06-5": row_gradient}

# With a part of what the check says to each.
WRONG = {
    "06-1": [
        (shift_left, "to the left"),
        (shift_down, "rows are up and down"),
        (shift_and_keep, "the other eight pixels"),
    ],
    "06-2": [
        (size_with_fractions, "fit in wholly"),
        (size_padded_once, "at both ends"),
        (size_without_the_first_place, "Count them"),
        (size_of_the_last_layer, "what the layer before it gives"),
    ],
    "06-3": [
        (matrix_transposed, "a row for each result"),
        (matrix_turned, "the wrong way round"),
        (matrix_without_steps, "In which columns"),
    ],
    "06-4": [
        (pool_gradient_for_all, "what does the result do"),
        (pool_gradient_shared, "what does the result do"),
        (pool_gradient_for_every_largest, "equally large"),
    ],
    "06-5": [
        (row_gradient_at_stride_1, "every second number"),
        (row_gradient_replaced, "is added up"),
        (row_gradient_turned, "Which number of the kernel"),
    ],
}
