"""Solutions of lesson 5's exercises, and answers that are often given and are wrong."""

import math

import minitorch as torch
from minitorch import nn


def untrained_loss(classes):
    return math.log(classes)


def loss_is_the_probability(classes):
    return 1 / classes


def loss_without_minus(classes):
    return math.log(1 / classes)


def loss_with_another_logarithm(classes):
    return math.log10(classes)


def loss_of_ten_classes(classes):
    return math.log(10) + 0 * classes


def sgd_step(parameters, rate):
    with torch.no_grad():
        for p in parameters:
            p -= rate * p.grad
            p.grad = None


def step_for_a_new_tensor(parameters, rate):
    with torch.no_grad():
        for p in parameters:
            p = p - rate * p.grad


def step_uphill(parameters, rate):
    with torch.no_grad():
        for p in parameters:
            p += rate * p.grad
            p.grad = None


def step_that_keeps_gradients(parameters, rate):
    with torch.no_grad():
        for p in parameters:
            p -= rate * p.grad


def step_that_is_recorded(parameters, rate):
    for p in parameters:
        p -= rate * p.grad
        p.grad = None


def backward_in_parts(net, images, labels, parts):
    rows = len(images) // parts
    for i in range(parts):
        part = slice(i * rows, (i + 1) * rows)
        loss = nn.NLLLoss()(net(images[part]), labels[part]) / parts
        loss.backward()


def parts_summed(net, images, labels, parts):
    rows = len(images) // parts
    for i in range(parts):
        part = slice(i * rows, (i + 1) * rows)
        nn.NLLLoss()(net(images[part]), labels[part]).backward()


def parts_forgotten(net, images, labels, parts):
    rows = len(images) // parts
    for i in range(parts):
        part = slice(i * rows, (i + 1) * rows)
        net.zero_grad()
        loss = nn.NLLLoss()(net(images[part]), labels[part]) / parts
        loss.backward()


def parts_ignored(net, images, labels, parts):
    nn.NLLLoss()(net(images), labels).backward()


def squared_error_gradient(p, y):
    g = (p - y) / len(y)
    return p * (g - (g * p).sum(dim=1, keepdim=True))


def gradient_of_cross_entropy(p, y):
    return (p - y) / len(y)


def gradient_without_the_others(p, y):
    return p * (p - y) / len(y)


def gradient_without_mean(p, y):
    g = p - y
    return p * (g - (g * p).sum(dim=1, keepdim=True))


SOLUTIONS = {
    "05-1": untrained_loss,
    "05-2": ["4.bias"],
    "05-3": sgd_step,
    "05-4": backward_in_parts,
    "05-5": squared_error_gradient,
}

# With a part of what the check says to each.
WRONG = {
    "05-1": [
        (loss_is_the_probability, "the probability of the right class"),
        (loss_without_minus, "Where does the minus belong"),
        (loss_with_another_logarithm, "Which logarithm"),
        (loss_of_ten_classes, "Equal logits give equal probabilities"),
    ],
    "05-2": [
        (["4.weight", "4.bias"], "What comes in at the last layer"),
        (["0.bias", "2.bias", "4.bias"], "multiplied by the weights of each layer"),
        ([], "At the logits the gradient is p − y"),
        (["bias"], "The names are"),
    ],
    "05-3": [
        (step_for_a_new_tensor, "To change the tensor itself"),
        (step_uphill, "where the loss grows"),
        (step_that_keeps_gradients, "What does the second backward find"),
        (step_that_is_recorded, "in-place"),
    ],
    "05-4": [
        (parts_summed, "divides by the rows of that part"),
        (parts_forgotten, "have to add up"),
        (parts_ignored, "Each part is given to the network once"),
    ],
    "05-5": [
        (gradient_of_cross_entropy, "goes on through the softmax"),
        (gradient_without_the_others, "changes all the probabilities"),
        (gradient_without_mean, "a mean over n rows"),
    ],
}
