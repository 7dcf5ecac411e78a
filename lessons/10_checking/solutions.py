"""Solutions of lesson 10's exercises, and answers that are often given and are wrong."""

import io
from contextlib import redirect_stdout

import minitorch as torch
from minitorch.lessons.checking import cells

Function = torch.autograd.Function


def best_step(size, second, eps):
    return (2 * eps * size / second) ** 0.5


def best_step_of_two_sides(size, second, eps):
    return (3 * eps * size / (2 * second)) ** (1 / 3)


def as_small_as_possible(size, second, eps):
    return eps


def blind(x):
    y = x.softmax(1)
    g = torch.rand_like(x)
    return g - (g * y).sum(1, keepdim=True)


def blind_ones(x):
    return torch.ones_like(x)


def blind_zeros(x):
    return torch.zeros_like(x)


def blind_sum_zero(x):
    g = torch.rand_like(x)
    return g - g.mean(1, keepdim=True)


def blind_number(x):
    return 0.5


def as_given(*names):
    """The broken Functions of the exercises, as they stand in the lesson."""
    with redirect_stdout(io.StringIO()):  # the cells check them, too
        return [getattr(cells("10", "setup", f"exercise-{3 + i}"), name) for i, name in enumerate(names)]


BrokenDifferences, BrokenClip, BrokenShares = as_given("Differences", "Clip", "Shares")


class Differences(BrokenDifferences):
    @staticmethod
    def backward(ctx, g):
        gx = torch.zeros(ctx.shape, dtype=g.dtype)
        gx[:, :-1] -= g
        gx[:, 1:] += g
        return gx


class DifferencesInOneLine(BrokenDifferences):
    @staticmethod
    def backward(ctx, g):
        return torch.cat([-g, g[:, -1:]], 1)


class DifferencesTurned(BrokenDifferences):
    @staticmethod
    def backward(ctx, g):
        gx = torch.zeros(ctx.shape, dtype=g.dtype)
        gx[:, :-1] += g
        gx[:, 1:] -= g
        return gx


class Clip(BrokenClip):
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * ((x > -1) & (x < 1))


class ClipOfTheGradient(BrokenClip):
    @staticmethod
    def backward(ctx, g):
        return g.clamp(-1, 1)


class ClipNoMask(BrokenClip):
    @staticmethod
    def backward(ctx, g):
        return g.clone()


class Shares(BrokenShares):
    @staticmethod
    def backward(ctx, g):
        x, s = ctx.saved_tensors
        return (g - (g * x / s).sum(1, keepdim=True)) / s


class SharesMinusMean(BrokenShares):
    @staticmethod
    def backward(ctx, g):
        x, s = ctx.saved_tensors
        return (g - g.mean(1, keepdim=True)) / s


class SharesOwnOnly(BrokenShares):
    """As if each element were divided by a sum of its own: (s − x)/s²."""

    @staticmethod
    def backward(ctx, g):
        x, s = ctx.saved_tensors
        return g * (s - x) / s**2


class SharesForwardChanged(BrokenShares):
    @staticmethod
    def forward(ctx, x):
        s = x.sum(1, keepdim=True).detach()
        ctx.save_for_backward(x, s)
        return x * s


SOLUTIONS = {"10-1": best_step, "10-2": blind, "10-3": Differences, "10-4": Clip, "10-5": Shares}

# With a part of what the check says to each.
WRONG = {
    "10-1": [(best_step_of_two_sides, "not with h²"), (as_small_as_possible, "with a larger step")],
    "10-2": [
        (blind_ones, "Subtract the two formulas"),
        (blind_zeros, "other numbers than zero"),
        (blind_sum_zero, "one sum for each row"),
        (blind_number, "one number for each element"),
    ],
    "10-3": [
        (BrokenDifferences, "only [:, 4] is wrong"),
        (DifferencesInOneLine, "sums to zero along axis 1"),
        (DifferencesTurned, "wrong sign"),
    ],
    "10-4": [
        (BrokenClip, "-1"),
        (ClipOfTheGradient, "not linear in it"),
        (ClipNoMask, "the mask in backward"),
    ],
    "10-5": [
        (BrokenShares, "orthogonal to the input"),
        (SharesMinusMean, "backward treats it as a constant"),
        (SharesOwnOnly, "backward treats it as a constant"),
        (SharesForwardChanged, "in backward alone"),
    ],
}
