"""The checks of lesson 3's exercises."""

import minitorch as torch
from minitorch.lessons.checking import close, exercise, function, require, tensor


def shown(shape):
    return str(tuple(shape))


@exercise("03-1", "Which shape a sum has")
def broadcast_shape(answer, rng):
    function(answer, 2)
    for case in range(40):
        whole = rng.integers(2, 6, rng.integers(1, 4)).tolist()
        pair = []
        for _ in range(2):
            shape = [n if rng.random() < 0.6 else 1 for n in whole]
            pair.append(shape[int(rng.integers(0, len(shape))) if case % 4 == 1 else 0 :])
        if case % 2:
            spot = int(rng.integers(0, len(pair[0])))
            pair[0][spot] += 1
        if case % 3 == 2:
            pair.reverse()
        one, other = map(tuple, pair)
        try:
            expected = tuple((torch.zeros(one) + torch.zeros(other)).shape)
        except RuntimeError:
            expected = None
        found = answer(one, other)
        if isinstance(found, list | tuple | torch.Size):
            found = tuple(found)
        if expected is None:
            require(
                found is None,
                f"{shown(one)} and {shown(other)} don't fit, and you return {found}.",
                "Two sizes at one place fit if they are equal, or if one of them is 1.",
            )
            continue
        require(
            isinstance(found, tuple),
            f"{shown(one)} and {shown(other)} give {shown(expected)}, and you return {found!r}.",
            "Lay the shapes above each other so that they end at the right. What is missing at the left counts as 1.",
        )
        require(
            len(found) == len(expected),
            f"{shown(one)} and {shown(other)} give {shown(expected)}, and you return {shown(found)}.",
            "The result has as many dimensions as the longer of the two shapes.",
        )
        require(
            found == expected,
            f"{shown(one)} and {shown(other)} give {shown(expected)}, and you return {shown(found)}.",
            "Begin at the right end of both. Where one size is 1, the other counts.",
        )


@exercise("03-2", "Broadcasting undone")
def undo_broadcast(answer, rng):
    function(answer, 2)
    for shape, whole in [((4,), (3, 4)), ((3, 1), (3, 4)), ((2, 3), (2, 3)), ((3, 1), (2, 3, 4)), ((), (2, 2)), ((1, 4), (3, 4))]:
        g = torch.tensor(rng.normal(size=whole))
        x = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
        x.expand(whole).backward(g)
        found = tensor(answer(g, shape), what="What you return")
        what = f"A tensor of shape {shown(shape)} was stretched to {shown(whole)}."
        require(
            tuple(found.shape) == shape,
            f"{what} Your gradient has the shape {shown(found.shape)}.",
            "A gradient has the shape of the tensor. There are two kinds of dimensions to be summed: those that are missing "
            "at the left, and those of size 1, which have to stay, with size 1.",
        )
        require(
            close(found, x.grad),
            f"{what} Your gradient has the right shape and wrong numbers, by up to {(found - x.grad).abs().max().item():.3f}.",
            "Each copy is a way of its own. What do you do with what arrives along several ways?",
        )


@exercise("03-3", "The gradients of A · Bᵀ")
def gradients_of_product(answer, rng):
    function(answer, 3)
    for n, m, d in [(2, 4, 3), (3, 3, 3), (1, 5, 2)]:
        a = torch.tensor(rng.normal(size=(n, d)), requires_grad=True)
        b = torch.tensor(rng.normal(size=(m, d)), requires_grad=True)
        g = torch.tensor(rng.normal(size=(n, m)))
        (a @ b.T).backward(g)
        result = answer(g, a.detach(), b.detach())
        require(
            isinstance(result, tuple | list) and len(result) == 2,
            f"You return {type(result).__name__}, not a pair.",
            "Return the gradient of A and the gradient of B, with a comma between them.",
        )
        for name, found, t in zip("AB", result, (a, b), strict=True):
            found = tensor(found, what=f"Your gradient of {name}")
            require(
                found.shape == t.shape,
                f"With G {shown(g.shape)}, A {shown(a.shape)} and B {shown(b.shape)} your gradient of {name} has the "
                f"shape {shown(found.shape)}.",
                "A gradient has the shape of its tensor. Which product of G and the other matrix has it?",
            )
            require(
                close(found, t.grad),
                f"The shape of your gradient of {name} is right, its numbers are not.",
                "Write it with indices: the entry C[i, j] is the sum over k of A[i, k] · B[j, k].",
            )


@exercise("03-4", "The way back through centring")
def centre_backward(answer, rng):
    function(answer, 1)
    for n, d in [(3, 2), (5, 4), (2, 1)]:
        g = torch.tensor(rng.normal(size=(n, d)))
        x = torch.tensor(rng.normal(size=(n, d)), requires_grad=True)
        (x - x.mean(0)).backward(g)
        found = tensor(answer(g), (n, d), "What you return")
        require(
            not close(found, g),
            "That is the gradient along the direct way alone.",
            "x is used twice: directly, and through the mean.",
        )
        require(
            close(found, x.grad),
            f"For a matrix of shape {shown((n, d))} your gradient is wrong by up to "
            f"{(found - x.grad).abs().max().item():.3f}.",
            "Go back one operation at a time: the difference, the broadcasting of the row, then the mean of each column. "
            "Each element is in the mean of its own column, and that mean goes to all rows.",
        )
