"""torch.distributions: the same samples from the same seed, the same densities, gradients and refusals."""

import pytest
import torch
from twins import raised, twin

import minitorch

BUILD = {
    "normal": lambda t, d: d.Normal(t.tensor([0.5, -1.0]), t.tensor([[1.0], [0.3]])),
    "normal of numbers": lambda t, d: d.Normal(0.5, 2),
    "normal, mixed": lambda t, d: d.Normal(t.zeros(3, dtype=t.float64), 0.5),
    "uniform": lambda t, d: d.Uniform(t.tensor([-1.0, 0.0]), 2.0),
    "bernoulli": lambda t, d: d.Bernoulli(t.tensor([[0.1, 0.9], [0.0, 1.0]])),
    "bernoulli, logits": lambda t, d: d.Bernoulli(logits=t.tensor([0.3, -2.0, 0.0])),
    "bernoulli of a number": lambda t, d: d.Bernoulli(0.5),
    "categorical": lambda t, d: d.Categorical(t.tensor([[1.0, 2.0, 1.0], [0.0, 5.0, 1.0]])),
    "categorical, logits": lambda t, d: d.Categorical(logits=t.tensor([0.5, -1.0, 3.0, 0.1])),
}


@pytest.mark.parametrize("name", BUILD)
def test_samples_and_densities(name):
    @twin
    def check(torch):
        torch.manual_seed(3)
        d = BUILD[name](torch, torch.distributions)
        samples = [d.sample(), d.sample((5,)), d.sample((2, 3))]
        optional = ("mode",) if "uniform" not in name else ()
        return (
            repr(d),
            list(d.batch_shape),
            list(d.event_shape),
            d.has_rsample,
            samples,
            [d.log_prob(x) for x in samples],
            d.entropy(),
            [getattr(d, field) for field in ("mean", "variance", "stddev", *optional) if "categorical" not in name],
            torch.rand(2),
        )

    check()


@twin
def test_gradients_of_samples_and_densities(torch):
    d = torch.distributions
    loc, scale = torch.tensor([0.5, 1.0], requires_grad=True), torch.tensor(0.7, requires_grad=True)
    normal = d.Normal(loc, scale)
    density = normal.log_prob(torch.tensor([0.1, 2.0])).sum()
    (normal.rsample((4,)).pow(2).sum() + density + normal.entropy().sum()).backward()
    logits = torch.tensor([[0.1, 2.0, -1.0]], requires_grad=True)
    categorical = d.Categorical(logits=logits)
    (categorical.log_prob(torch.tensor([[2], [0]])).sum() + categorical.entropy().sum()).backward()
    probs = torch.tensor([0.2, 0.6], requires_grad=True)
    bernoulli = d.Bernoulli(probs)
    (bernoulli.log_prob(torch.tensor([1.0, 0.0])) * 2 + bernoulli.entropy()).sum().backward()
    weights = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    d.Categorical(weights).log_prob(torch.tensor(1)).backward()
    low = torch.tensor([0.0, -1.0], requires_grad=True)
    uniform = d.Uniform(low, 2.0)
    (uniform.rsample((3,)).sum() + uniform.log_prob(torch.tensor([1.0, 0.5])).sum()).backward()
    return loc.grad, scale.grad, logits.grad, probs.grad, weights.grad, low.grad, normal.sample().requires_grad


@twin
def test_divergences(torch):
    d = torch.distributions
    third = torch.tensor([0.2, 0.0, 0.8])
    pairs = [
        (d.Normal(torch.tensor([0.0, 1.0]), 2.0), d.Normal(0.5, torch.tensor([1.0, 3.0]))),
        (d.Uniform(0.0, 1.0), d.Uniform(torch.tensor([-1.0, 0.5]), 2.0)),
        (d.Bernoulli(torch.tensor([0.3, 0.0, 1.0])), d.Bernoulli(torch.tensor([0.6, 0.5, 0.25]))),
        (d.Categorical(third), d.Categorical(torch.tensor([[0.3, 0.3, 0.4], [0.0, 0.5, 0.5]]))),
    ]
    return [d.kl_divergence(p, q) for p, q in pairs]


@twin
def test_classes_and_shapes_of_categorical(torch):
    d = torch.distributions.Categorical(torch.ones(2, 3))
    return (
        d.enumerate_support(),
        d.enumerate_support(expand=False),
        list(d.param_shape),
        d.mode,
        d.mean,
        d.log_prob(torch.tensor([[0], [2]])),
        d.log_prob(torch.tensor(1.0)),
    )


@twin
def test_what_is_refused(torch):
    d, t = torch.distributions, torch.tensor
    return [
        raised(d.Normal, 0.0, -1.0),
        raised(d.Normal, 0.0, t([1.0, float("nan")])),
        raised(d.Normal, "0", 1.0),
        raised(d.Normal, 0.0, -1.0, validate_args=False),
        raised(d.Uniform, 1.0, 1.0),
        raised(d.Bernoulli),
        raised(d.Bernoulli, 0.5, 0.1),
        raised(d.Bernoulli, 1.5),
        raised(d.Categorical),
        raised(d.Categorical, t(1.0)),
        raised(d.Categorical, t([-1.0, 2.0])),
        raised(d.Categorical(t([1.0, 2.0])).log_prob, t(2)),
        raised(d.Categorical(t([1.0, 2.0])).log_prob, t(0.5)),
        raised(d.Bernoulli(0.5).log_prob, t(0.5)),
        raised(d.Uniform(0.0, 1.0).log_prob, t(3.0)),
        raised(d.Bernoulli(0.5).rsample),
        raised(d.kl_divergence, d.Normal(0.0, 1.0), d.Bernoulli(0.5)) if torch is minitorch else "NotImplementedError",
    ]


def test_pytorch_has_no_divergence_of_a_normal_from_a_bernoulli_either():
    with pytest.raises(NotImplementedError):
        torch.distributions.kl_divergence(torch.distributions.Normal(0.0, 1.0), torch.distributions.Bernoulli(0.5))
