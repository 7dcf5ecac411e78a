"""The optimizers against PyTorch's: the same parameters and gradients must lead to the same parameters and state."""

import copy
import io
import itertools
import warnings

import numpy as np
import pytest
import torch
from twins import message, raised, twin

import minitorch
from minitorch.optim import flat as flat_module

# 50 steps over numbers around 1 leave rounding of at most 1e-15 in float64 and 5e-7 in float32 (PyTorch uses fused
# multiply-adds where NumPy has none); ten and four times that are allowed, for other processors.
TOLERANCE = {"float64": {"rtol": 1e-14, "atol": 1e-14}, "float32": {"rtol": 2e-6, "atol": 2e-6}}

SHAPES = [(7, 5), (5,), (), (0, 3), (2, 3, 1, 4)]


def start_values(rng, dtype, shapes=SHAPES):
    return [np.asarray(rng.standard_normal(s), dtype) for s in shapes]


def gradients(rng, values, steps, missing=0.0):
    """For every step one gradient for each parameter; some are None."""
    return [[None if rng.random() < missing else np.asarray(rng.standard_normal(v.shape), v.dtype) for v in values]
            for _ in range(steps)]  # fmt: skip


def parameters(engine, values):
    return [engine.tensor(v, requires_grad=True) for v in values]


def follow(engine, optimizer, params, grads):
    for step in grads:
        for p, g in zip(params, step, strict=True):
            p.grad = None if g is None else engine.tensor(g)
        optimizer.step()


def arrays(tensors):
    return [t.detach().numpy() for t in tensors]


def close(ours, theirs, dtype, what=""):
    assert len(ours) == len(theirs)
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, **TOLERANCE[dtype], err_msg=f"{what} {i}")


def same_state(ours, theirs, dtype):
    """Two optimizers' state dicts: the same options, numbers and names, and close tensors."""
    ours, theirs = ours.state_dict(), theirs.state_dict()
    assert ours["param_groups"] == theirs["param_groups"]
    assert sorted(ours["state"]) == sorted(theirs["state"])
    for number, entry in theirs["state"].items():
        assert list(ours["state"][number]) == list(entry)
        for name, tensor in entry.items():
            mine = ours["state"][number][name]
            assert str(mine.dtype) == str(tensor.dtype) and tuple(mine.shape) == tuple(tensor.shape)
            np.testing.assert_allclose(mine.numpy(), tensor.numpy(), **TOLERANCE[dtype], err_msg=f"{number} {name}")


def compare(rng, name, options, dtype, steps=50, shapes=SHAPES, missing=0.0):
    values = start_values(rng, dtype, shapes)
    grads = gradients(rng, values, steps, missing)
    results = []
    for engine in (minitorch, torch):
        params = parameters(engine, values)
        optimizer = getattr(engine.optim, name)(params, **options)
        follow(engine, optimizer, params, grads)
        results.append((params, optimizer))
    (ours, optimizer), (theirs, reference) = results
    close(arrays(ours), arrays(theirs), dtype)
    same_state(optimizer, reference, dtype)


def choices(**options):
    """Every combination, as dicts, with a name for the test's title."""
    for values in itertools.product(*options.values()):
        yield dict(zip(options, values, strict=True))


SGD_OPTIONS = [
    o
    for o in choices(
        momentum=[0, 0.9], dampening=[0, 0.3], weight_decay=[0, 0.1], nesterov=[False, True], maximize=[False, True]
    )
    if not (o["nesterov"] and (o["momentum"] == 0 or o["dampening"] != 0))
]
ADAM_OPTIONS = list(
    choices(
        betas=[(0.9, 0.999), (0.3, 0.6), (0.0, 0.0)],
        weight_decay=[0, 0.1],
        amsgrad=[False, True],
        maximize=[False, True],
    )
)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("options", SGD_OPTIONS, ids=str)
def test_sgd(rng, options, dtype):
    compare(rng, "SGD", {"lr": 0.05, **options}, dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize("options", ADAM_OPTIONS, ids=str)
def test_adam(rng, name, options, dtype):
    compare(rng, name, {"lr": 0.02, "eps": 1e-6, **options}, dtype)


def test_adam_with_decoupled_weight_decay_is_adamw(rng):
    compare(rng, "Adam", {"weight_decay": 0.1, "decoupled_weight_decay": True}, "float64")


@pytest.mark.parametrize(
    "name, options", [("SGD", {"momentum": 0.9}), ("SGD", {}), ("Adam", {"amsgrad": True})], ids=str
)
def test_defaults_and_missing_gradients(rng, name, options):
    """A parameter without a gradient keeps still and does not count the step, while others go on."""
    compare(rng, name, options, "float64", missing=0.4)


@pytest.mark.parametrize("name, options", [("SGD", {"momentum": 0.9, "weight_decay": 0.1}), ("Adam", {})], ids=str)
def test_large_parameters_in_pieces(rng, name, options, monkeypatch):
    """Ends of pieces, of bundles and of parameters in every order."""
    monkeypatch.setattr(flat_module, "PIECE", 16)
    compare(
        rng,
        name,
        options,
        "float64",
        shapes=[(3,), (2,), (50,), (16,), (17,), (4, 4), (1,), (2, 16), (2, 2), (4,), (3,)],
    )


def test_several_dtypes_and_strided_parameters(rng):
    results = []
    values = [rng.standard_normal((4, 6)), rng.standard_normal((6, 4)).astype(np.float32), rng.standard_normal((5, 2))]
    grads = [[rng.standard_normal((6, 4)), rng.standard_normal((6, 4)).astype(np.float32), np.ones((3, 2))]
             for _ in range(5)]  # fmt: skip
    for engine in (minitorch, torch):
        a, b, c = (engine.tensor(v) for v in values)
        whole = [a, b, c]
        params = [t.requires_grad_() for t in (a.t(), b, c[::2])]  # a view that is written through to its base
        optimizer = engine.optim.Adam(params, lr=0.1)
        follow(engine, optimizer, params, grads)
        results.append([t.detach().numpy() for t in whole])
        assert optimizer.state[params[0]]["exp_avg"].shape == (6, 4)
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6)
        assert ours.dtype == theirs.dtype
    assert (results[0][2][1::2] == values[2][1::2]).all()


def test_parameters_that_share_memory_get_both_updates():
    @twin
    def check(torch):
        a = torch.zeros(3, requires_grad=True)
        b = torch.nn.Parameter(torch.zeros(3))
        b.data = a.data
        c = torch.zeros(2, requires_grad=True)
        optimizer = torch.optim.SGD([a, c, b], lr=1.0)
        for p in (a, b, c):
            p.grad = torch.ones(p.shape)
        optimizer.step()
        return a, b, c

    check()


def test_a_parameter_listed_twice_is_updated_twice():
    @twin
    def check(torch):
        a = torch.ones(3, requires_grad=True)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            optimizer = torch.optim.Adam([a, a], lr=0.5)
        a.grad = torch.ones(3)
        optimizer.step()
        return a, [w.message.args[0] for w in caught], optimizer.state[a]["step"]

    check()


@twin
def test_groups_have_their_own_options(torch):
    a, b, c = (torch.full((2,), 3.0, requires_grad=True) for _ in range(3))
    optimizer = torch.optim.SGD([{"params": [a], "lr": 0.1}, {"params": b, "momentum": 0.5}], lr=0.01)
    optimizer.add_param_group({"params": iter([c]), "weight_decay": 0.1})
    for _ in range(3):
        for p in (a, b, c):
            p.grad = torch.ones(2)
        optimizer.step()
    return a, b, c, repr(optimizer), [len(g["params"]) for g in optimizer.param_groups], optimizer.state_dict()


@twin
def test_options_may_change_between_steps(torch):
    w = torch.tensor([1.0, -2.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    for changes in ({}, {"momentum": 0.9}, {"lr": 0.3}, {"momentum": 0.0}, {"momentum": 0.5, "nesterov": True}):
        optimizer.param_groups[0].update(changes)
        w.grad = torch.tensor([0.5, 0.25])
        optimizer.step()
    return w, optimizer.state[w]["momentum_buffer"]


@twin
def test_changed_state_and_exchanged_memory_are_seen(torch):
    """Writing into the state, replacing it, and giving a parameter other memory all count at the next step."""
    w = torch.tensor([1.0, -2.0], requires_grad=True)
    v = torch.tensor([3.0], requires_grad=True)
    optimizer = torch.optim.Adam([w, v], lr=0.1)

    def step():
        w.grad, v.grad = torch.tensor([0.5, 0.25]), torch.tensor([1.0])
        optimizer.step()

    step()
    kept = optimizer.state[w]["exp_avg"]
    kept.mul_(2)
    step()
    optimizer.state[w]["exp_avg_sq"] = torch.tensor([0.5, 0.5])
    w.data = torch.tensor([10.0, 20.0])
    step()
    optimizer.state[v]["step"].fill_(10.0)
    step()
    v.requires_grad_(False)
    v.grad = None
    w.grad = torch.tensor([1.0, 1.0])
    optimizer.step()
    assert kept is optimizer.state[w]["exp_avg"]
    return w, v, kept, optimizer.state_dict()


@pytest.mark.parametrize(
    "name, options", [("SGD", {"momentum": 0.9, "lr": 0.05}), ("AdamW", {"amsgrad": True})], ids=str
)
@pytest.mark.parametrize("origin, goal", [(minitorch, torch), (torch, minitorch), (minitorch, minitorch)])
def test_checkpoint_taken_over_in_mid_run(rng, name, options, origin, goal):
    """20 steps, state dict through a file to the other engine, 20 more: as 40 steps of PyTorch."""
    values = start_values(rng, "float64")
    grads = gradients(rng, values, 40, missing=0.1)
    params = parameters(origin, values)
    optimizer = getattr(origin.optim, name)(params, **options)
    follow(origin, optimizer, params, grads[:20])
    file = io.BytesIO()
    origin.save({"optimizer": optimizer.state_dict(), "params": [p.detach() for p in params]}, file)
    file.seek(0)
    loaded = goal.load(file, weights_only=True)
    continued = [p.clone().requires_grad_() for p in loaded["params"]]
    optimizer = getattr(goal.optim, name)(continued, lr=99.0)  # the file's options must win
    optimizer.load_state_dict(loaded["optimizer"])
    follow(goal, optimizer, continued, grads[20:])
    whole = parameters(torch, values)
    reference = getattr(torch.optim, name)(whole, **options)
    follow(torch, reference, whole, grads)
    close(arrays(continued), arrays(whole), "float64")
    ours, theirs = optimizer.state_dict(), reference.state_dict()
    assert ours["param_groups"] == theirs["param_groups"] and sorted(ours["state"]) == sorted(theirs["state"])


def test_loading_copies_and_casts(rng):
    a = minitorch.ones(3, requires_grad=True)
    first = minitorch.optim.Adam([a])
    a.grad = minitorch.ones(3)
    first.step()
    b = minitorch.ones(3, dtype=minitorch.float64, requires_grad=True)
    second = minitorch.optim.Adam([b])
    second.load_state_dict(first.state_dict())
    assert second.state[b]["exp_avg"].dtype == minitorch.float64
    assert second.state[b]["step"].dtype == minitorch.float32
    b.grad = minitorch.ones(3, dtype=minitorch.float64)
    second.step()
    assert first.state[a]["step"].item() == 1 and second.state[b]["step"].item() == 2


def test_state_dict_of_an_older_pytorch_gets_the_missing_options():
    w = minitorch.ones(2, requires_grad=True)
    optimizer = minitorch.optim.AdamW([w])
    saved = optimizer.state_dict()
    for option in ("maximize", "fused", "decoupled_weight_decay", "foreach"):
        del saved["param_groups"][0][option]
    saved["state"] = {0: {"step": 4, "exp_avg": minitorch.ones(2), "exp_avg_sq": minitorch.ones(2)}}
    optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["decoupled_weight_decay"] is True
    w.grad = minitorch.ones(2)
    optimizer.step()
    assert optimizer.state[w]["step"].item() == 5.0


def test_state_of_another_model_is_named():
    w = minitorch.ones(2, requires_grad=True)
    optimizer = minitorch.optim.SGD([w], momentum=0.9)
    saved = optimizer.state_dict()
    saved["state"] = {0: {"momentum_buffer": minitorch.ones(1)}}
    optimizer.load_state_dict(saved)
    w.grad = minitorch.ones(2)
    with pytest.raises(RuntimeError, match=r"'momentum_buffer' has shape \[1\], but its parameter needs \[2\]"):
        optimizer.step()


def test_the_gradient_is_left_alone_and_the_change_is_counted():
    w = minitorch.ones(3, requires_grad=True)
    y = (w * w).sum()
    w.grad = minitorch.full((3,), 2.0)
    for options in ({"weight_decay": 0.1}, {"maximize": True}, {"momentum": 0.5, "nesterov": True}):
        minitorch.optim.SGD([w], lr=0.1, **options).step()
    minitorch.optim.Adam([w], weight_decay=0.1, maximize=True).step()
    assert w.grad.tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_training_reaches_the_minimum():
    target = minitorch.tensor([1.0, -2.0, 3.0])
    for make in (lambda p: minitorch.optim.SGD(p, lr=0.1, momentum=0.5), lambda p: minitorch.optim.Adam(p, lr=0.1)):
        w = minitorch.zeros(3, requires_grad=True)
        optimizer = make([w])
        for _ in range(300):
            optimizer.zero_grad()
            ((w - target) ** 2).sum().backward()
            optimizer.step()
        np.testing.assert_allclose(w.detach().numpy(), target.numpy(), atol=1e-2)


@twin
def test_infinite_and_missing_numbers_pass_through(torch):
    results = []
    for make in (lambda p: torch.optim.SGD(p, momentum=0.9), lambda p: torch.optim.Adam(p, amsgrad=True)):
        w = torch.ones(4, requires_grad=True)
        optimizer = make([w])
        for _ in range(2):
            w.grad = torch.tensor([float("inf"), float("nan"), 3e38, 0.0])
            optimizer.step()
        results.append(w)
    return results


@twin
def test_closure(torch):
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    results = []
    for optimizer in (torch.optim.SGD([w], lr=0.1), torch.optim.Adam([w], lr=0.1)):

        def closure(optimizer=optimizer):
            optimizer.zero_grad()
            loss = (w**2).sum()
            loss.backward()
            return loss

        with torch.no_grad():  # the closure records all the same
            results.append(optimizer.step(closure).item())
        results.append(optimizer.step())
    return results, w


@twin
def test_zero_grad(torch):
    w, unused = torch.tensor([1.0, 2.0], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([w, unused], lr=0.1)
    (w**2).sum().backward()
    grad = w.grad
    optimizer.zero_grad(set_to_none=False)
    zeroed = w.grad is grad, grad.tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's advice against create_graph with backward
        (w**2).sum().backward(create_graph=True)
    optimizer.zero_grad(set_to_none=False)
    detached = w.grad.requires_grad, w.grad.grad_fn
    optimizer.zero_grad()
    return zeroed, detached, w.grad, unused.grad


@twin
def test_hooks(torch):
    from importlib import import_module

    module = import_module(torch.__name__ + ".optim.optimizer")
    w = torch.tensor([1.0], requires_grad=True)
    w.grad = torch.tensor([1.0])
    optimizer = torch.optim.SGD([w], lr=0.5)
    seen = []
    handles = [
        optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(("pre", w.item(), len(args), kwargs))),
        optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(("post", w.item(), o is optimizer))),
        module.register_optimizer_step_pre_hook(lambda o, args, kwargs: seen.append("global pre")),
        module.register_optimizer_step_post_hook(lambda o, args, kwargs: seen.append("global post")),
        optimizer.register_step_pre_hook(lambda o, args, kwargs: ((*args, lambda: seen.append("closure")), {})),
    ]
    optimizer.step()
    for handle in handles:
        handle.remove()
    optimizer.step()
    wrong = optimizer.register_step_pre_hook(lambda o, args, kwargs: 1)
    seen.append(raised(optimizer.step))
    wrong.remove()
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("state pre"))
    optimizer.register_state_dict_post_hook(lambda o, d: {**d, "note": 1})
    optimizer.register_state_dict_post_hook(lambda o, d: seen.append("state post"), prepend=True)
    saved = optimizer.state_dict()
    optimizer.register_load_state_dict_pre_hook(lambda o, d: seen.append(sorted(d)))
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append("loaded"))
    optimizer.load_state_dict(saved)
    return seen, saved


def test_an_optimizer_of_ones_own_has_its_hooks_called_once():
    """PyTorch calls them once or twice, depending on whether an SGD was made before."""
    calls = []

    class Own(minitorch.optim.SGD):
        def step(self, closure=None):
            calls.append("own")
            return super().step(closure)

    w = minitorch.tensor([1.0], requires_grad=True)
    w.grad = minitorch.tensor([1.0])
    optimizer = Own([w], lr=0.5)
    optimizer.register_step_post_hook(lambda *_: calls.append("hook"))
    optimizer.step()
    assert w.tolist() == [0.5] and calls == ["own", "hook"]
    with pytest.raises(NotImplementedError):
        minitorch.optim.Optimizer([w], {}).step()


@twin
def test_named_parameters(torch):
    w, b = torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([("w", w), ("b", b)], lr=0.1)
    other = torch.optim.SGD([w, b], lr=0.3)
    optimizer.load_state_dict(other.state_dict())
    errors = [
        message(torch.optim.SGD, [("w", w), b], lr=0.1),
        message(optimizer.add_param_group, {"params": [torch.zeros(1)]}),
        message(other.add_param_group, {"params": [("c", torch.zeros(1))]}),
    ]
    return repr(optimizer), optimizer.state_dict(), errors


BAD = {
    "empty": lambda t: t.optim.SGD([], lr=0.1),
    "a tensor": lambda t: t.optim.SGD(t.zeros(2), lr=0.1),
    "a number": lambda t: t.optim.SGD([1], lr=0.1),
    "a non-leaf": lambda t: t.optim.SGD([t.zeros(2, requires_grad=True) * 2], lr=0.1),
    "a set": lambda t: t.optim.SGD([{"params": {t.zeros(2)}}], lr=0.1),
    "no dict": lambda t: t.optim.SGD([{"params": [t.zeros(2)]}, t.zeros(2)], lr=0.1),
    "sgd lr": lambda t: t.optim.SGD([t.zeros(2)], lr=-1),
    "sgd momentum": lambda t: t.optim.SGD([t.zeros(2)], momentum=-0.5),
    "sgd decay": lambda t: t.optim.SGD([t.zeros(2)], weight_decay=-0.5),
    "nesterov": lambda t: t.optim.SGD([t.zeros(2)], nesterov=True),
    "nesterov with dampening": lambda t: t.optim.SGD([t.zeros(2)], momentum=0.9, dampening=0.1, nesterov=True),
    "adam lr": lambda t: t.optim.Adam([t.zeros(2)], lr=-1),
    "adam eps": lambda t: t.optim.Adam([t.zeros(2)], eps=-1),
    "beta 0": lambda t: t.optim.Adam([t.zeros(2)], betas=(1.0, 0.9)),
    "beta 1": lambda t: t.optim.AdamW([t.zeros(2)], betas=(0.9, -0.1)),
    "integer beta": lambda t: t.optim.Adam([t.zeros(2)], betas=(0, 0.9)),
    "adam decay": lambda t: t.optim.AdamW([t.zeros(2)], weight_decay=-0.1),
    "unknown option": lambda t: t.optim.SGD([t.zeros(2)], speed=1),
}


@pytest.mark.parametrize("call", BAD.values(), ids=BAD)
def test_errors_are_pytorchs(call):
    with pytest.raises(Exception) as theirs:
        call(torch)
    with pytest.raises(type(theirs.value)) as ours:
        call(minitorch)
    assert str(ours.value).replace("minitorch.tensor.", "torch.") == str(theirs.value)


@twin
def test_errors_of_groups_and_state_dicts(torch):
    w, v = torch.zeros(2, requires_grad=True), torch.zeros(3, requires_grad=True)
    one, two = torch.optim.SGD([w], lr=0.1), torch.optim.SGD([{"params": [w]}, {"params": [v]}], lr=0.1)
    both = torch.optim.SGD([w, v], lr=0.1)
    return [
        message(one.add_param_group, {"params": [w]}),
        message(one.add_param_group, [w]),
        message(one.load_state_dict, two.state_dict()),
        message(one.load_state_dict, both.state_dict()),
    ]


@pytest.mark.parametrize(
    "make",
    [
        lambda p: minitorch.optim.SGD(p, lr=minitorch.tensor(0.1)),
        lambda p: minitorch.optim.SGD(p, differentiable=True),
        lambda p: minitorch.optim.Adam(p, lr=minitorch.tensor(0.1)),
        lambda p: minitorch.optim.Adam(p, betas=(minitorch.tensor(0.1), minitorch.tensor(0.1))),
        lambda p: minitorch.optim.Adam(p, capturable=True),
        lambda p: minitorch.optim.Adam([{"params": p, "differentiable": True}]),
    ],
)
def test_what_is_not_supported_is_named(make):
    w = minitorch.zeros(2, requires_grad=True)
    with pytest.raises(NotImplementedError, match="Tensor|differentiable|capturable"):
        make([w])


def test_unsupported_options_in_a_loaded_state_dict_change_nothing():
    w = minitorch.zeros(2, requires_grad=True)
    optimizer = minitorch.optim.SGD([w], lr=0.25)
    saved = optimizer.state_dict()
    saved["param_groups"][0].update(differentiable=True, lr=1.0)
    with pytest.raises(NotImplementedError, match="differentiable"):
        optimizer.load_state_dict(saved)
    assert optimizer.param_groups[0]["lr"] == 0.25 and optimizer.param_groups[0]["params"][0] is w


@pytest.mark.parametrize("option", ["foreach", "fused"])
def test_another_implementation_may_be_chosen(rng, option):
    compare(rng, "SGD", {option: True, "momentum": 0.9}, "float64", steps=3)
    compare(rng, "AdamW", {option: True, "weight_decay": 0.1}, "float64", steps=3)


def test_deepcopy_goes_its_own_way():
    w = minitorch.ones(2, requires_grad=True)
    optimizer = minitorch.optim.Adam([w], lr=0.1)
    w.grad = minitorch.ones(2)
    optimizer.step()
    twin_w, twin_optimizer = copy.deepcopy((w, optimizer))
    assert twin_optimizer.param_groups[0]["params"][0] is twin_w
    for p, o in ((twin_w, twin_optimizer), (w, optimizer)):
        p.grad = minitorch.ones(2)
        o.step()
    assert twin_w.tolist() == w.tolist() and twin_optimizer.state[twin_w]["step"].item() == 2
