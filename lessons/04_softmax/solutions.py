"""Solutions of lesson 4's exercises, and answers that are often given and are wrong."""

import minitorch as torch
import minitorch.nn.functional as F


def softmax(z):
    powers = torch.exp(z - z.max(1, keepdim=True).values)
    return powers / powers.sum(1, keepdim=True)


def softmax_that_overflows(z):
    powers = torch.exp(z)
    return powers / powers.sum(1, keepdim=True)


def softmax_of_columns(z):
    powers = torch.exp(z - z.max())
    return powers / powers.sum(0)


def softmax_of_everything(z):
    powers = torch.exp(z - z.max())
    return powers / powers.sum()


def softmax_with_one_maximum(z):
    powers = torch.exp(z - z.max())
    return powers / powers.sum(1, keepdim=True)


def share_of_scores(z):
    return z / z.sum(1, keepdim=True)


def gradient_at_temperature(z, t, T):
    y = F.one_hot(torch.tensor(t), len(z))
    return (torch.softmax(z / T, 0) - y) / T


def gradient_of_what_softmax_gets(z, t, T):
    y = F.one_hot(torch.tensor(t), len(z))
    return torch.softmax(z / T, 0) - y


def gradient_without_temperature(z, t, T):
    y = F.one_hot(torch.tensor(t), len(z))
    return torch.softmax(z, 0) - y


def gradient_times_temperature(z, t, T):
    y = F.one_hot(torch.tensor(t), len(z))
    return (torch.softmax(z / T, 0) - y) * T


def difference(W, b, x, labels):
    return torch.softmax(x @ W.T + b, 1) - F.one_hot(labels, 10)


def step(W, b, x, labels, rate):
    G = difference(W, b, x, labels) / len(x)
    return W - rate * G.T @ x, b - rate * G.sum(0)


def step_of_the_sum(W, b, x, labels, rate):
    G = difference(W, b, x, labels)
    return W - rate * G.T @ x, b - rate * G.sum(0)


def step_uphill(W, b, x, labels, rate):
    G = difference(W, b, x, labels) / len(x)
    return W + rate * G.T @ x, b + rate * G.sum(0)


def step_without_b(W, b, x, labels, rate):
    G = difference(W, b, x, labels) / len(x)
    return W - rate * G.T @ x, b


def step_without_answers(W, b, x, labels, rate):
    G = torch.softmax(x @ W.T + b, 1) / len(x)
    return W - rate * G.T @ x, b - rate * G.sum(0)


P_MINUS_Y = "gx = (p - q) * g.reshape(-1, 1)"
OF_W = "gw = matmul(g.T, x)"

SOLUTIONS = {
    "04-1": softmax,
    "04-2": gradient_at_temperature,
    "04-3": step,
    "04-4": [P_MINUS_Y, OF_W],
}

# With a part of what the check says to each.
WRONG = {
    "04-1": [
        (softmax_that_overflows, "without changing its probabilities"),
        (softmax_with_one_maximum, "Each row needs its own"),
        (softmax_of_columns, "divided by its own sum"),
        (softmax_of_everything, "divided by its own sum"),
        (share_of_scores, "First the powers"),
    ],
    "04-2": [
        (gradient_of_what_softmax_gets, "How fast does z / T change"),
        (gradient_without_temperature, "Which scores"),
        (gradient_times_temperature, "go from u back to z"),
    ],
    "04-3": [
        (step_of_the_sum, "a mean over the images"),
        (step_uphill, "the loss would rise"),
        (step_without_b, "so both have a gradient"),
        (step_without_answers, "the right answers Y"),
    ],
    "04-4": [
        (["gx = gx + p * (gp - (gp * p).sum(1, keepdims=True))", OF_W], "engine's name for y"),
        ([P_MINUS_Y, "gx = matmul(g, weight)"], "g is the gradient of the scores"),
        ([P_MINUS_Y, "gw = g.T @ x"], "Copy the whole line"),
        (P_MINUS_Y, "Copy two lines"),
    ],
}
