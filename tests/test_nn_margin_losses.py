"""The losses with a margin and the losses of distributions, as layers, against PyTorch's."""

import numpy as np
import pytest
import torch
from layer_twins import close, normal
from nn_twins import assert_same, outcome

import minitorch

POSITIVE = np.abs(normal(3, 4, seed=1)) + 0.2
PROBABILITIES = POSITIVE / POSITIVE.sum(1, keepdims=True)
SIGNS = np.array([1, -1, 1])
CLASSES = np.array([0, 3, 1])
LISTED = np.array([[0, 1, -1, 2], [3, -1, 1, 0], [-1, 0, 0, 0]])
HOT = np.array([[1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 1, 1]])
A, B, C = normal(3, 4, seed=2), normal(3, 4, seed=3), normal(3, 4, seed=4)
LOGS = np.log(np.exp(normal(6, 2, 3)) / np.exp(normal(6, 2, 3)).sum(-1, keepdims=True))

# name: (build, inputs)
LOSSES = {
    "KLDivLoss": (lambda t: t.nn.KLDivLoss(reduction="batchmean"), (A, PROBABILITIES)),
    "KLDivLoss of logs": (lambda t: t.nn.KLDivLoss(reduction="sum", log_target=True), (A, B)),
    "PoissonNLLLoss": (lambda t: t.nn.PoissonNLLLoss(), (A, POSITIVE)),
    "PoissonNLLLoss options": (
        lambda t: t.nn.PoissonNLLLoss(log_input=False, full=True, eps=0.1, reduction="none"),
        (POSITIVE, POSITIVE * 3),
    ),
    "GaussianNLLLoss": (lambda t: t.nn.GaussianNLLLoss(), (A, B, POSITIVE)),
    "GaussianNLLLoss options": (lambda t: t.nn.GaussianNLLLoss(full=True, eps=0.5, reduction="sum"), (A, B, POSITIVE)),
    "GaussianNLLLoss of one variance": (lambda t: t.nn.GaussianNLLLoss(reduction="none"), (A, B, 0.5)),
    "CTCLoss": (lambda t: t.nn.CTCLoss(), (LOGS, np.array([[1, 2], [2, 2]]), np.array([6, 5]), np.array([2, 2]))),
    "CTCLoss options": (
        lambda t: t.nn.CTCLoss(blank=2, reduction="none", zero_infinity=True),
        (LOGS, np.array([1, 1, 0, 0, 0, 1]), np.array([6, 3]), np.array([3, 3])),
    ),
    "HingeEmbeddingLoss": (lambda t: t.nn.HingeEmbeddingLoss(0.7), (POSITIVE[0, :3], SIGNS)),
    "CosineEmbeddingLoss": (lambda t: t.nn.CosineEmbeddingLoss(-0.8, reduction="none"), (A, B, SIGNS)),
    "MarginRankingLoss": (lambda t: t.nn.MarginRankingLoss(0.5, reduction="sum"), (A[:, 0], B[:, 0], SIGNS)),
    "MultiMarginLoss": (lambda t: t.nn.MultiMarginLoss(), (A, CLASSES)),
    "MultiMarginLoss options": (
        lambda t: t.nn.MultiMarginLoss(2, 0.6, t.tensor([0.5, 1.0, 1.5, 2.0], dtype=t.float64), reduction="none"),
        (A, CLASSES),
    ),
    "MultiLabelMarginLoss": (lambda t: t.nn.MultiLabelMarginLoss(reduction="sum"), (A, LISTED)),
    "MultiLabelSoftMarginLoss": (lambda t: t.nn.MultiLabelSoftMarginLoss(), (A, HOT)),
    "SoftMarginLoss": (lambda t: t.nn.SoftMarginLoss(reduction="none"), (A[:, 0], SIGNS)),
    "TripletMarginLoss": (lambda t: t.nn.TripletMarginLoss(), (A, B, C)),
    "TripletMarginLoss options": (
        lambda t: t.nn.TripletMarginLoss(2.5, p=1.0, eps=0.01, swap=True, reduction="none"),
        (A, B, C),
    ),
    "TripletMarginWithDistanceLoss": (lambda t: t.nn.TripletMarginWithDistanceLoss(margin=3.0), (A, B, C)),
    "TripletMarginWithDistanceLoss of a function": (
        lambda t: t.nn.TripletMarginWithDistanceLoss(
            distance_function=lambda x, y: (x - y).abs().sum(-1), margin=3.0, swap=True, reduction="sum"
        ),
        (A, B, C),
    ),
}


@pytest.mark.filterwarnings("ignore:reduction. 'mean' divides")
@pytest.mark.parametrize("name", LOSSES)
def test_loss(name):
    build, arrays = LOSSES[name]
    results = []
    for engine in (minitorch, torch):
        inputs = [engine.tensor(a) if isinstance(a, np.ndarray) else a for a in arrays]
        leaves = [x.requires_grad_() for x in inputs[:1]]
        y = build(engine)(*inputs)
        y.backward(engine.tensor(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)) + 0.5))
        results.append([y, *(x.grad for x in leaves)])
    for ours, theirs in zip(*results, strict=True):
        close(ours, theirs, "float64", name)


@pytest.mark.parametrize("name", LOSSES)
def test_repr_and_state(name):
    build = LOSSES[name][0]
    assert_same(lambda torch: (build(torch), build(torch).state_dict()))


REFUSED = {
    "multi margin of power 3": lambda t: t.nn.MultiMarginLoss(p=3),
    "multi margin of a weight matrix": lambda t: t.nn.MultiMarginLoss(weight=t.zeros(2, 2)),
    "triplets without a margin": lambda t: t.nn.TripletMarginLoss(margin=0.0),
    "triplets of a distance without a margin": lambda t: t.nn.TripletMarginWithDistanceLoss(margin=-1.0),
    "negative variance": lambda t: t.nn.GaussianNLLLoss()(t.zeros(2), t.zeros(2), t.tensor([1.0, -1.0])),
    "positional full": lambda t: t.nn.GaussianNLLLoss(True),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    ours, theirs = (outcome(REFUSED[name], engine)[0] for engine in (minitorch, torch))
    assert ours[0] == theirs[0] == "error"
    assert ours[1] == theirs[1]


def test_the_mean_of_a_divergence_is_warned_about():
    def scenario(torch):
        return torch.nn.KLDivLoss()(torch.tensor([[-1.0, -2.0]]), torch.tensor([[0.25, 0.75]]))

    assert outcome(scenario, minitorch)[1] == outcome(scenario, torch)[1] == ["UserWarning"]


@pytest.mark.parametrize("name", ["PoissonNLLLoss", "HingeEmbeddingLoss", "SoftMarginLoss", "TripletMarginLoss"])
def test_the_old_spelling_of_reduction(name):
    assert_same(lambda torch: getattr(torch.nn, name)(size_average=False, reduce=True).reduction)
    with pytest.warns(UserWarning, match="reduction='sum'") as caught:
        getattr(minitorch.nn, name)(size_average=False)
    assert [w.filename for w in caught] == [__file__]


# ---- what the losses of network.py's table leave to say -------------------------------------------------------------


def numbers(t, n=3, dtype="float32"):
    return t.ones(n, dtype=getattr(t, dtype))


CORNERS = {
    "mse of another size": lambda t, f: f.mse_loss(numbers(t), numbers(t, 1)),
    "l1 of another size": lambda t, f: f.l1_loss(numbers(t), numbers(t, 1)),
    "smooth l1 of another size": lambda t, f: f.smooth_l1_loss(numbers(t), numbers(t, 1)),
    "huber of another size": lambda t, f: f.huber_loss(numbers(t), numbers(t, 1)),
    "mse of integers": lambda t, f: f.mse_loss(numbers(t, dtype="int64"), numbers(t)),
    "huber keeps the input's dtype": lambda t, f: f.huber_loss(numbers(t), numbers(t, dtype="float64")).dtype,
    "bce keeps the target's dtype": lambda t, f: (
        f.binary_cross_entropy_with_logits(numbers(t, dtype="float64"), numbers(t)).dtype
    ),
    "sum in the old spelling": lambda t, f: f.nll_loss(t.ones(3, 4), t.tensor([0, 1, 2]), size_average=False),
    "bytes as classes": lambda t, f: f.cross_entropy(t.ones(3, 4), t.tensor([0, 1, 2], dtype=t.uint8)),
}
CORNERS_REFUSED = {
    "int32 as classes": lambda t, f: f.nll_loss(t.ones(3, 4), t.tensor([0, 1, 2], dtype=t.int32)),
    "booleans as classes": lambda t, f: f.cross_entropy(t.ones(2, 4), t.tensor([True, False])),
    "one class for all": lambda t, f: f.nll_loss(t.ones(3, 4), t.tensor(0)),
    "a weight of another dtype": lambda t, f: f.cross_entropy(
        t.ones(2, 4), t.tensor([0, 1]), numbers(t, 4, dtype="float64")
    ),
    "ignored probabilities": lambda t, f: f.cross_entropy(t.ones(3, 4), t.ones(3, 4), ignore_index=1),
    "integers as probabilities": lambda t, f: f.binary_cross_entropy_with_logits(numbers(t), numbers(t, 3, "int64")),
    "huber of integers": lambda t, f: f.huber_loss(numbers(t, dtype="int64"), numbers(t)),
    "smooth l1 of integers": lambda t, f: f.smooth_l1_loss(numbers(t, 3, "int64"), numbers(t, 3, "int64")),
    "l1 of booleans": lambda t, f: f.l1_loss(numbers(t, dtype="bool"), numbers(t)),
}


@pytest.mark.parametrize("name", CORNERS)
def test_corner(name):
    assert_same(lambda t: CORNERS[name](t, t.nn.functional))


@pytest.mark.parametrize("name", CORNERS_REFUSED)
def test_refused_corner(name):
    ours, theirs = (outcome(lambda t: CORNERS_REFUSED[name](t, t.nn.functional), e)[0] for e in (minitorch, torch))
    assert ours[0] == theirs[0] == "error"
    assert ours[1] == theirs[1]
