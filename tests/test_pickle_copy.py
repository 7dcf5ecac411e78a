"""Copies: `copy.copy`, `copy.deepcopy`, `pickle`, of tensors and of everything that holds some."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from snippets import both_raise, programs, same

import minitorch
from minitorch.copies import ENGINE_FIELDS

SAME = programs("""
pickle.loads(pickle.dumps(torch.ones(2, requires_grad=True))), pickle.loads(pickle.dumps(torch.tensor(True)))

pickle.loads(pickle.dumps(torch.ones(2, requires_grad=True) * 2)), copy.copy(torch.ones(2, requires_grad=True) * 2)

t = torch.arange(4.).reshape(2, 2).T
pickle.loads(pickle.dumps(t)), pickle.loads(pickle.dumps(t)).stride(), copy.deepcopy(t).stride()

t = torch.arange(24.).reshape(2, 3, 4).permute(2, 0, 1).clone()
copy.deepcopy(t), copy.deepcopy(t).stride()

t = torch.ones(1).expand(3)
copy.deepcopy(t).stride(), pickle.loads(pickle.dumps(t)).stride(), len(pickle.dumps(torch.ones(1).expand(10**6))) < 2000

t = torch.ones(2)
u = copy.copy(t)
u[0] = 5
t, u is t

t = torch.ones(2, requires_grad=True)
t.grad = torch.ones(2)
copy.copy(t).grad, copy.deepcopy(t).grad, copy.deepcopy(t).grad is t.grad, pickle.loads(pickle.dumps(t)).grad

t = torch.nn.Parameter(torch.ones(2))
t.grad = torch.ones(2)
u, v, w = copy.copy(t), copy.deepcopy(t), pickle.loads(pickle.dumps(t))
u, v, w, u.grad, v.grad, w.grad, u.data_ptr() == t.data_ptr(), v.data_ptr() == t.data_ptr()

t = torch.arange(6.)
a, b, c = copy.deepcopy((t, t[2:4], t.detach()[::2]))
b[0] = 9
a, b, c, t

t = torch.arange(6.)
a, b = copy.deepcopy((t[2:4], t))
a[0] = 9
a, b, t

a, b = copy.deepcopy([torch.ones(2), torch.ones(2)])
a[0] = 5
a, b

t = torch.arange(6.)
a, b = pickle.loads(pickle.dumps((t, t[2:4])))
b[0] = 9
a, b

t = torch.arange(6.)
a, b = copy.deepcopy([t, t])
a is b

t = torch.ones(3, requires_grad=True)
u = copy.deepcopy({"t": t, "list": [t]})
u["t"] is u["list"][0], u["t"].requires_grad, u["t"].is_leaf

t = torch.ones(2)
t.tag = [1]
u, v, w = copy.deepcopy(t), copy.copy(t), pickle.loads(pickle.dumps(t))
u.tag, u.tag is t.tag, v.tag is t.tag, w.tag

t = torch.nn.Parameter(torch.ones(2))
t.tag = [1]
hasattr(copy.deepcopy(t), "tag"), hasattr(pickle.loads(pickle.dumps(t)), "tag"), hasattr(copy.copy(t), "tag")

t = torch.ones(2, requires_grad=True)
h = t.register_hook(lambda g: g * 2)
u = copy.deepcopy(t)
(u * 1).sum().backward()
u.grad

b = torch.nn.Buffer(torch.ones(2), persistent=False)
u = copy.deepcopy(b)
u.tolist(), u.persistent

m = torch.nn.Linear(2, 2)
h = m.register_forward_hook(print)
pickle.loads(pickle.dumps(m)), len(copy.deepcopy(m)._forward_hooks)

m = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 2))
m[2].weight = m[0].weight
u, v = copy.deepcopy(m), pickle.loads(pickle.dumps(m))
u[0].weight is u[2].weight, v[0].weight is v[2].weight, [k for k in u.state_dict()], u[0].weight is m[0].weight

m = torch.nn.Linear(2, 2)
o = torch.optim.Adam(m.parameters())
m(torch.ones(1, 2)).sum().backward()
o.step()
m2, o2 = copy.deepcopy((m, o))
m3, o3 = pickle.loads(pickle.dumps((m, o)))
[list(o.state)[0] is m.weight and o.param_groups[0]["params"][0] is m.weight for m, o in ((m2, o2), (m3, o3))]

m = torch.nn.Linear(2, 2)
o = torch.optim.SGD(m.parameters(), 0.1)
s = pickle.loads(pickle.dumps(torch.optim.lr_scheduler.StepLR(o, 2)))
for _ in range(3): s.optimizer.step(); s.step()
s.get_last_lr(), s.last_epoch, o.param_groups[0]["lr"]

m = torch.nn.Linear(2, 2)
s = torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD(m.parameters(), 0.1), 10)
u = copy.deepcopy(s)
u.optimizer.step(); u.step()
u.last_epoch, s.last_epoch, u.optimizer is s.optimizer

g = torch.Generator().manual_seed(3)
h = torch.rand(2, generator=g)
u, v = pickle.loads(pickle.dumps(g)), g.clone_state()
torch.rand(2, generator=u), torch.rand(2, generator=v), torch.rand(2, generator=g), u.initial_seed()

d = torch.utils.data.TensorDataset(torch.ones(2), torch.zeros(2))
pickle.loads(pickle.dumps(d))[0], copy.deepcopy(d)[1], len(pickle.loads(pickle.dumps(torch.utils.data.Subset(d, [1]))))

pickle.loads(pickle.dumps(torch.float32)) is torch.float32, copy.deepcopy(torch.float32) is torch.float32

pickle.loads(pickle.dumps([torch.device("cpu"), torch.Size([1, 2])])), copy.copy(torch.Size([1]))

pickle.dumps((torch.ones(2, requires_grad=True) * 2).grad_fn)

copy.deepcopy((torch.ones(2, requires_grad=True) * 2).grad_fn)
""")


@pytest.mark.parametrize("program", SAME)
def test_as_pytorch(program: str) -> None:
    same(program)


def test_a_tensor_with_a_history_is_not_copied_deeply() -> None:
    words = "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol"
    both_raise("copy.deepcopy(torch.ones(2, requires_grad=True) * 2)", RuntimeError, words)
    both_raise("copy.deepcopy({'a': [torch.ones(2, requires_grad=True) * 2]})", RuntimeError, words)


def test_pickling_says_that_hooks_are_left_out() -> None:
    t = minitorch.ones(2, requires_grad=True)
    t.register_hook(print)
    with pytest.warns(UserWarning, match="backward hook <built-in function print> on tensor will not be serialized"):
        pickle.dumps(t)


def test_the_engine_knows_its_own_fields() -> None:
    """Whatever else is set on a tensor is the user's, and copied along."""
    assert set(minitorch.Tensor.__annotations__) == ENGINE_FIELDS
    x = minitorch.ones(3, requires_grad=True)
    y = x * 2
    y.retain_grad()
    y.sum().backward()
    z = minitorch.ones(4)
    z[:2].unsqueeze_(0).add_(1)
    for t in (x, y, z, z[1:], minitorch.nn.Parameter(z)):
        assert set(vars(t)) <= ENGINE_FIELDS


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol(protocol: int) -> None:
    net = minitorch.nn.Linear(2, 2)
    again = pickle.loads(pickle.dumps(net, protocol))
    assert np.array_equal(again.weight.detach(), net.weight.detach()) and again.weight.requires_grad


def test_views_of_large_results_keep_their_memory_together() -> None:
    """Large arrays lie in blocks that are used again (arena.py), under another shape and dtype."""
    t = minitorch.ones(300, 300) * 2
    a, b = copy.deepcopy((t, t[10:20]))
    b.zero_()
    assert a[10:20].sum().item() == 0 and t.sum().item() == 180000


def test_changes_of_copied_memory_are_counted_together() -> None:
    t = minitorch.arange(4.0)
    a, b = copy.deepcopy((t, t[1:3]))
    w = minitorch.ones(4, requires_grad=True)
    y = (w * a).sum()
    b.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    t = minitorch.arange(4.0)
    y = (w * t).sum()
    copy.copy(t).mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_memory_that_is_no_row_of_elements() -> None:
    """Every second element of somebody's array, memory that is not NumPy's, a subclass."""
    raw = np.arange(10.0)
    t = minitorch.from_numpy(raw[::2])
    a, b = copy.deepcopy((t, minitorch.from_numpy(raw)))
    b[2] = 9
    assert a.tolist() == [0, 9, 4, 6, 8] and raw[2] == 2
    f = minitorch.frombuffer(bytearray(8), dtype=minitorch.float32)
    assert copy.deepcopy(f).add_(1).tolist() == [1, 1] and f.tolist() == [0, 0]

    class Own(minitorch.Tensor):
        pass

    for made in (copy.copy(Own([1.0, 2.0])), copy.deepcopy(Own([1.0, 2.0]))):
        assert type(made) is Own and made.tolist() == [1, 2]


def test_graphs_are_not_held_by_copies() -> None:
    x = minitorch.ones(2, requires_grad=True)
    y = x * 2
    for made in (copy.copy(y), pickle.loads(pickle.dumps(y))):
        assert made.is_leaf and made.grad_fn is None and made.requires_grad


def test_on_a_gpu(gpu: Any) -> None:
    t = minitorch.arange(4.0, device="cuda")
    for made in (copy.deepcopy(t), pickle.loads(pickle.dumps(t)), copy.copy(t)):
        assert made.device == t.device and made.tolist() == [0, 1, 2, 3]


def test_parameters_without_a_shape() -> None:
    net = minitorch.nn.LazyLinear(2)
    for made in (copy.copy(net.weight), copy.deepcopy(net.weight), pickle.loads(pickle.dumps(net.weight))):
        assert type(made) is minitorch.nn.UninitializedParameter and made.requires_grad
    assert copy.deepcopy(net)(minitorch.ones(1, 3)).shape == (1, 2) and pickle.loads(pickle.dumps(net)) is not None


def test_deep_copies_of_a_net_are_its_own() -> None:
    net = minitorch.nn.Sequential(minitorch.nn.Linear(3, 4), minitorch.nn.Linear(4, 2))
    x = minitorch.ones(1, 3)
    net(x).sum().backward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        twin = copy.deepcopy(net)
    assert all(p.grad is None for p in twin.parameters())
    before = net[0].weight.detach().clone()
    minitorch.optim.SGD(twin.parameters(), 1.0).zero_grad()
    twin(x).sum().backward()
    with minitorch.no_grad():
        twin[0].weight.sub_(1)
    assert np.array_equal(net[0].weight.detach(), before)
