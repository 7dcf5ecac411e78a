"""Shapes, views, indexing and reductions against torch: what the table of ops does not reach.

The heart of it are random programs, run on both engines step by step: indices of every kind read and assigned; views of
views, changed in place and used before and after. Values, errors and gradients must be the same.
"""

import math
import random
import warnings

import numpy as np
import pytest
import torch

import minitorch

ENGINES = (minitorch, torch)

# Both engines do the same float64 additions and multiplications, in another order at most.
CLOSE = {"rtol": 1e-12, "atol": 1e-12}


def array(t):
    return t.detach().numpy()


def same(ours, theirs):
    assert tuple(ours.shape) == tuple(theirs.shape)
    assert str(ours.dtype) == str(theirs.dtype)
    np.testing.assert_allclose(array(ours), array(theirs), **CLOSE)


def node(t):
    return type(t.grad_fn).__name__


def on_both(run):
    """What `run(engine)` gives on each: ("ok", result) or ("error", type name, text)."""
    results = []
    for engine in ENGINES:
        try:
            results.append(("ok", run(engine)))
        except Exception as error:
            results.append(("error", type(error).__name__, str(error)))
    return results


# ---- random indices --------------------------------------------------------------------------------------------------


def random_shape(r, low=0, high=4):
    return tuple(r.choice([1, 2, 3, 4, 5, 0 if r.random() < 0.1 else 3]) for _ in range(r.randint(low, high)))


def random_item(r, npr, n):
    """An index into a dimension of size n, rarely out of range; arrays stand for index tensors."""
    kind = r.choice(["int", "slice", "all", "tensor", "list", "0-d"])
    slip = r.random() < 0.04
    if kind == "int" and n:
        return r.randint(-n - slip, n - 1 + slip)
    if kind == "slice":
        ends = [r.choice([None, r.randint(-n - 2, n + 2)]) for _ in range(2)]
        return slice(*ends, r.choice([None, 1, 2, 3]))
    if kind in ("tensor", "list"):
        size = r.choice([(2,), (1,), (3,), (2, 1), (0,)]) if n else (0,)
        picked = npr.integers(-n, max(n + slip, 1), size)
        return picked.tolist() if kind == "list" else picked.astype(r.choice([np.int64, np.int64, np.int32]))
    if kind == "0-d" and n:
        return np.array(r.randint(-n, n - 1))
    return slice(None)


def random_index(r, npr, shape):
    items = []
    d = 0
    while d < len(shape) and r.random() < 0.9:
        kind = r.random()
        if kind < 0.1:
            items.append(None)
        elif kind < 0.13:
            items.append(r.random() < 0.7)
        elif kind < 0.28:
            width = r.randint(1, min(2, len(shape) - d))
            sizes = [n + (r.random() < 0.03) for n in shape[d : d + width]]
            items.append(npr.random(sizes) < 0.5)
            d += width
        elif kind < 0.38 and Ellipsis not in [i for i in items if i is Ellipsis]:
            items.append(Ellipsis)
            d += r.randint(0, len(shape) - d)
            items += [random_item(r, npr, n) for n in shape[d:]]
            break
        else:
            items.append(random_item(r, npr, shape[d]))
            d += 1
    return items[0] if len(items) == 1 and r.random() < 0.5 else tuple(items)


def as_index(engine, index):
    if isinstance(index, tuple):
        return tuple(as_index(engine, i) for i in index)
    return engine.tensor(index) if isinstance(index, np.ndarray) else index


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
@pytest.mark.parametrize("seed", range(5))
def test_random_indices_read(seed):
    r, npr = random.Random(seed), np.random.default_rng(seed)
    count = 0
    for _ in range(150):
        shape = random_shape(r)
        x = np.asarray(npr.standard_normal(shape))
        index = random_index(r, npr, shape)

        def read(engine, x=x, index=index):
            leaf = engine.tensor(x, requires_grad=True)
            return leaf, leaf[as_index(engine, index)]

        ours, theirs = on_both(read)
        if theirs[0] == "error" or ours[0] == "error":
            if theirs[0] == "ok" and theirs[1][1].numel() == 0:
                continue  # torch does not look at the numbers of an index that picks nothing; minitorch does
            assert ours[0] == theirs[0] == "error", f"x of {shape}[{index}]: {ours} against {theirs}"
            assert ours[1] == theirs[1], f"x of {shape}[{index}]"
            continue
        (leaf, y), (their_leaf, their_y) = ours[1], theirs[1]
        same(y, their_y)
        assert node(y) == node(their_y), f"x of {shape}[{index}]"
        assert y._is_view() == their_y._is_view()
        assert y.is_contiguous() == their_y.is_contiguous()
        g = np.asarray(npr.standard_normal(y.shape))
        same(
            minitorch.autograd.grad(y, leaf, minitorch.tensor(g))[0],
            torch.autograd.grad(their_y, their_leaf, torch.tensor(g))[0],
        )
        count += 1
    assert count > 80


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
@pytest.mark.parametrize("seed", range(5))
def test_random_indices_assigned(seed):
    r, npr = random.Random(100 + seed), np.random.default_rng(100 + seed)
    count = 0
    for _ in range(120):
        shape = random_shape(r)
        x = np.asarray(npr.standard_normal(shape))
        index = random_index(r, npr, shape)
        places = np.arange(x.size).reshape(shape)
        try:
            target = torch.tensor(places)[as_index(torch, index)]
        except Exception:
            target = None
        wanted = () if target is None else tuple(target.shape)
        twice = target is not None and target.unique().numel() != target.numel()
        kind = r.choice(["number", "same", "broadcast", "extra", "wrong"])
        if twice or target is None:
            kind = "number"  # which of several values a place keeps is left open
        if kind == "broadcast":
            wanted = tuple(1 if r.random() < 0.3 else n for n in wanted[r.randint(0, len(wanted)) :])
        elif kind == "extra":
            wanted = (1,) * r.randint(1, 2) + wanted
        elif kind == "wrong":
            wanted = (*wanted, 7)
        value = 2.5 if kind == "number" else np.asarray(npr.standard_normal(wanted))
        g = np.asarray(npr.standard_normal(shape))

        def assign(engine, x=x, index=index, value=value, g=g):
            leaf = engine.tensor(x, requires_grad=True)
            changed = leaf * 2
            new = value if isinstance(value, float) else engine.tensor(value, requires_grad=True)
            changed[as_index(engine, index)] = new
            wanted = [leaf] if isinstance(value, float) else [leaf, new]
            grads = engine.autograd.grad(changed, wanted, engine.tensor(g), allow_unused=True, materialize_grads=True)
            return changed, grads

        ours, theirs = on_both(assign)
        if "error" in (ours[0], theirs[0]):
            if target is not None and target.numel() == 0 and ours[1] == "IndexError":
                continue  # as above
            assert ours[:2] == theirs[:2], f"x of {shape}[{index}] = {wanted}: {ours[2]}"
            continue
        same(ours[1][0], theirs[1][0])
        for a, b in zip(ours[1][1], theirs[1][1], strict=True):
            same(a, b)
        count += 1
    assert count > 50


# ---- random programs of views and in-place changes -------------------------------------------------------------------


def view_steps(shape, r):
    """View operations that fit a tensor of `shape`: functions of (engine, tensor)."""
    n = len(shape)
    steps = [
        lambda e, t: t.unsqueeze(r_dim),
        lambda e, t: t[...],
        lambda e, t: t.squeeze(),
        lambda e, t: t.reshape(-1),
        lambda e, t: t.view(t.shape),
        lambda e, t: t.T if t.ndim == 2 else t[None],
    ]
    r_dim = r.randint(-n - 1, n)
    if n:
        d, other, size = r.randrange(n), r.randrange(n), 0
        size = shape[d]
        start = r.randint(0, size)
        length = r.randint(0, size - start)
        order = list(range(n))
        r.shuffle(order)
        i = r.randrange(size) if size else 0
        steps += [
            lambda e, t: t.transpose(d, other),
            lambda e, t: t.permute(order),
            lambda e, t: t.narrow(d, start, length),
            lambda e, t: t.select(d, i),
            lambda e, t: t[i],
            lambda e, t: t[..., ::2],
            lambda e, t: t[..., -1:],
            lambda e, t: t.flatten(),
        ]
    return steps


def run_program(engine, seed):
    """A random program: its errors, its values, and the gradients of two leaves."""
    r, npr = random.Random(seed), np.random.default_rng(seed)
    shape = tuple(r.choice([1, 2, 3, 4]) for _ in range(r.randint(1, 3)))
    a = engine.tensor(npr.standard_normal(shape), requires_grad=True)
    b = engine.tensor(np.asarray(npr.standard_normal(())), requires_grad=True)
    pool = [a * 1.5, engine.tensor(npr.standard_normal(shape))]
    loss = engine.zeros((), dtype=engine.float64)
    log = []
    for step in range(r.randint(4, 12)):
        t = r.choice(pool)
        kind = r.random()
        rest = random.Random(r.random())  # equal on both engines whatever happens below
        number = npr.uniform(0.5, 2)
        try:
            if kind < 0.5:
                pool.append(rest.choice(view_steps(tuple(t.shape), rest))(engine, t))
            elif kind < 0.8:
                change = rest.randrange(7)
                if change == 0:
                    t.mul_(number)
                elif change == 1:
                    t.add_(b)
                elif change == 2:
                    t.mul_(b * number)
                elif change == 3:
                    t[...] = number
                elif change == 4:
                    t[..., 0] = b * 3 if t.ndim else b
                elif change == 5:
                    t.copy_(t.detach() * number)
                else:
                    t[t.detach() > 0] = number
            else:
                loss = loss + (t * t * number).sum()
        except Exception as error:
            log.append((step, type(error).__name__, str(error)))
    total = loss + sum((t.sin() * (i + 1)).sum() for i, t in enumerate(pool))
    try:
        grads = engine.autograd.grad(total, [a, b], allow_unused=True, materialize_grads=True)
    except Exception as error:
        grads = []
        log.append(("backward", type(error).__name__, str(error)))
    return log, [array(t) for t in (total, *pool, *grads)]


@pytest.mark.parametrize("block", range(6))
def test_random_programs_of_views_and_in_place_changes(block):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        finished = 0
        for seed in range(100 * block, 100 * block + 60):
            log, values = run_program(minitorch, seed)
            their_log, their_values = run_program(torch, seed)
            if any("a leaf Variable that requires grad" in text for *_, text in their_log):
                continue  # no tensor of the pool is one: torch has a view in mind whose base got its history later
            assert [entry[:2] for entry in log] == [entry[:2] for entry in their_log], f"program {seed}: {log}"
            for value, theirs in zip(values, their_values, strict=True):
                np.testing.assert_allclose(value, theirs, rtol=1e-9, atol=1e-9, err_msg=f"program {seed}")
            finished += not any(where == "backward" for where, *_ in log)
        assert finished > 20


def test_in_place_change_of_a_view_reaches_the_base():
    for engine in ENGINES:
        a = engine.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        x = a * 1
        x.T[0].mul_(10)
        x[:, 1] += a[:, 0]
        (x * x).sum().backward()
        # x = [[10a00, a01 + a00], [10a10, a11 + a10]]
        np.testing.assert_allclose(array(a.grad), [[200 + 6, 6], [600 + 14, 14]])


def test_view_made_before_the_base_changed():
    for engine in ENGINES:
        a = engine.tensor([1.0, 2.0, 3.0], requires_grad=True)
        x = a * 1
        v = x[1:]
        x.mul_(2)
        (v * v).sum().backward()
        np.testing.assert_allclose(array(a.grad), [0, 16, 24])


# ---- memory ----------------------------------------------------------------------------------------------------------

VIEWS = {
    "view": lambda x: x.view(6, 2),
    "reshape": lambda x: x.reshape(2, 6),
    "flatten": lambda x: x.flatten(),
    "unflatten": lambda x: x.unflatten(1, (2, 2)),
    "squeeze": lambda x: x.unsqueeze(0).squeeze(),
    "transpose": lambda x: x.transpose(0, 1),
    "T": lambda x: x.T,
    "permute": lambda x: x.permute(1, 0),
    "movedim": lambda x: x.movedim(0, 1),
    "expand": lambda x: x.expand(2, 3, 4),
    "int": lambda x: x[1],
    "element": lambda x: x[1, 2],
    "slice": lambda x: x[1:, ::2],
    "none": lambda x: x[:, None],
    "ellipsis": lambda x: x[..., 0],
    "select": lambda x: x.select(1, 1),
    "narrow": lambda x: x.narrow(1, 1, 2),
    "split": lambda x: x.split(2)[0],
    "chunk": lambda x: x.chunk(2, 1)[1],
    "unbind": lambda x: x.unbind()[2],
    "view of a view": lambda x: x.T[1:].unsqueeze(0)[..., 1],
}


@pytest.mark.parametrize("name", VIEWS)
def test_views_share_memory(name):
    ours, theirs = (VIEWS[name](engine.arange(12.0).reshape(3, 4)) for engine in ENGINES)
    # How far it is to the next element of a dimension that has one only means nothing.
    assert [s for s, n in zip(ours.stride(), ours.shape, strict=True) if n > 1] == [
        s for s, n in zip(theirs.stride(), theirs.shape, strict=True) if n > 1
    ]
    assert ours.storage_offset() == theirs.storage_offset()
    x = minitorch.arange(12.0).reshape(3, 4)
    v = VIEWS[name](x)
    assert np.shares_memory(array(x), array(v))
    before = v._version
    x.fill_(7)
    assert (array(v) == 7).all()
    assert v._version == before + 1


def test_what_copies_shares_no_memory():
    x = minitorch.arange(12.0).reshape(3, 4)
    copies = [x.T.reshape(-1), x[[0, 1]], x[x > 3], x.clone(), x.T.contiguous(), x.flip(0), x.repeat(1, 1), x.roll(1)]
    copies += [minitorch.cat([x]), minitorch.stack([x]), x.gather(0, minitorch.zeros(1, 4, dtype=minitorch.int64))]
    for y in copies:
        assert not np.shares_memory(array(x), array(y))


def test_reshape_of_a_transposed_tensor_is_a_view_where_strides_allow():
    for engine in ENGINES:
        x = engine.zeros(2, 3, 4, requires_grad=True).transpose(0, 1)
        assert node(x.reshape(3, 2, 2, 2)) == "ReshapeAliasBackward0"
        assert node(x.reshape(6, 4)) == "UnsafeViewBackward0"
        with pytest.raises(RuntimeError, match="not compatible with input tensor's size and stride"):
            x.view(6, 4)


def test_expanded_tensors_cannot_be_written():
    for engine in ENGINES:
        x = engine.zeros(3, 1).expand(3, 4)
        with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
            x.add_(1)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        minitorch.zeros(3, 1).expand(3, 4)[0] = 1.0


# ---- what would go wrong silently ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pick",
    [
        lambda e, x, i: x[i],
        lambda e, x, i: x[:, i],
        lambda e, x, i: e.index_select(x, 0, i),
        lambda e, x, i: e.gather(x, 0, i.reshape(3, 1)),
        lambda e, x, i: e.scatter_add(x, 0, i.reshape(3, 1), x * 2),
        lambda e, x, i: e.take_along_dim(x, i.reshape(3, 1), 0),
        lambda e, x, i: x.masked_fill(i == 1, 0.0),
        lambda e, x, i: e.where(i == 1, x, x * 2),
    ],
)
def test_an_index_changed_after_its_use_raises_or_changes_nothing(pick):
    engine = minitorch
    x = engine.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], requires_grad=True)
    i = engine.tensor([0, 2, 0])
    expected = engine.autograd.grad(pick(engine, x, i).square().sum(), x)[0]
    y = pick(engine, x, i).square().sum()
    i.fill_(1)
    try:
        found = engine.autograd.grad(y, x)[0]
    except RuntimeError as error:
        assert "modified by an inplace operation" in str(error)
    else:
        np.testing.assert_array_equal(array(found), array(expected))


@pytest.mark.parametrize("op", ["max", "min", "sort", "topk"])
def test_changing_the_returned_indices_does_not_change_the_gradient(op):
    x = minitorch.tensor([[3.0, 1.0, 2.0], [0.0, 5.0, 4.0]], requires_grad=True)
    values, indices = x.topk(1) if op == "topk" else getattr(x, op)(dim=1)
    indices.zero_()
    (grad,) = minitorch.autograd.grad(values.sum(), x)
    t = torch.tensor(array(x), requires_grad=True)
    values = (t.topk(1) if op == "topk" else getattr(t, op)(dim=1))[0]
    np.testing.assert_array_equal(array(grad), array(torch.autograd.grad(values.sum(), t)[0]))


def test_some_outputs_of_split_unused():
    for engine in ENGINES:
        x = engine.arange(6.0).reshape(2, 3).requires_grad_()
        _, b, _ = x.unbind(1)
        c, _ = x.split([1, 1])
        (b.sum() * 2 + (c * c).sum()).backward()
        np.testing.assert_array_equal(array(x.grad), [[0, 4, 4], [0, 2, 0]])


# ---- numbers that need care ------------------------------------------------------------------------------------------

INF, NAN = math.inf, math.nan
SPECIAL = [
    [1.0, 1.0, 1.0],
    [0.0, 0.0, 0.0],
    [0.0, 2.0, 3.0],
    [0.0, 0.0, 3.0],
    [NAN, 1.0, NAN],
    [1.0, NAN, 2.0],
    [INF, 1.0, -INF],
    [INF, INF, 1.0],
    [-INF, -INF, -INF],
    [-INF, 0.0, 1.0],
    [1000.0, 1000.0, -1000.0],
    [-3.0, 3.0, 2.0],
]
CAREFUL = {
    "sum": lambda e, x: x.sum(1),
    "mean": lambda e, x: x.mean(1),
    "var": lambda e, x: x.var(1),
    "std": lambda e, x: x.std(1, correction=0),
    "prod": lambda e, x: x.prod(1),
    "max": lambda e, x: x.max(1)[0],
    "min": lambda e, x: x.min(1)[0],
    "amax": lambda e, x: x.amax(1),
    "amin": lambda e, x: x.amin(1),
    "max of all": lambda e, x: e.stack([row.max() for row in x]),
    "min of all": lambda e, x: e.stack([row.min() for row in x]),
    "logsumexp": lambda e, x: x.logsumexp(1),
    "norm 1": lambda e, x: x.norm(1, 1),
    "norm 2": lambda e, x: x.norm(2, 1),
    "norm 3": lambda e, x: x.norm(3, 1),
    "norm 1.5": lambda e, x: x.norm(1.5, 1),
    "norm inf": lambda e, x: x.norm(INF, 1),
    "cumsum": lambda e, x: x.cumsum(1),
    "sort": lambda e, x: x.sort(1)[0],
    "sort down": lambda e, x: x.sort(1, descending=True)[0],
    "topk": lambda e, x: x.topk(2, 1)[0],
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", CAREFUL)
def test_ties_zeros_infinities_and_nan(name):
    results = []
    for engine in ENGINES:
        x = engine.tensor(SPECIAL, dtype=engine.float64, requires_grad=True)
        y = CAREFUL[name](engine, x)
        weights = engine.arange(1.0, y.numel() + 1, dtype=engine.float64).reshape(y.shape)
        results.append((array(y), array(engine.autograd.grad(y, x, weights)[0])))
    (y, g), (their_y, their_g) = results
    np.testing.assert_allclose(y, their_y, **CLOSE)
    np.testing.assert_allclose(g, their_g, **CLOSE)


@pytest.mark.parametrize("op", ["argmax", "argmin", "max", "min", "sort", "argsort"])
def test_places_of_equal_and_nan_elements(op):
    results = []
    for engine in ENGINES:
        out = getattr(engine.tensor(SPECIAL), op)(1)
        results.append(array(out if op.startswith("arg") else out[1]))
    stable = [i for i, row in enumerate(SPECIAL) if op not in ("sort", "argsort") or len(set(map(str, row))) == 3]
    np.testing.assert_array_equal(results[0][stable], results[1][stable])


def test_float16_adds_up_in_float32():
    x = np.full(4096, 0.1, dtype=np.float16)
    for reduce in ("sum", "mean", "var", "norm"):
        ours, theirs = (array(getattr(engine.tensor(x), reduce)()) for engine in ENGINES)
        assert ours.dtype == theirs.dtype == np.float16
        # One rounding to float16 on either side.
        np.testing.assert_allclose(ours.astype(float), theirs.astype(float), rtol=2e-3, atol=1e-6)


def test_variance_of_numbers_far_from_zero():
    x = np.array([1e6, 1e6 + 1, 1e6 + 2], dtype=np.float32)
    assert minitorch.tensor(x).var().item() == torch.tensor(x).var().item() == 1.0


def test_product_with_zeros_twice_differentiated():
    for values in ([2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0], [0.0, 0.0, 0.0]):
        results = []
        for engine in ENGINES:
            x = engine.tensor(values, dtype=engine.float64, requires_grad=True)
            (g,) = engine.autograd.grad(x.prod(), x, create_graph=True)
            weights = engine.tensor([1.0, 2.0, 3.0], dtype=engine.float64)
            results.append((array(g), array(engine.autograd.grad((g * weights).sum(), x)[0])))
        np.testing.assert_allclose(results[0], results[1], **CLOSE)


# ---- repeated places, second derivatives -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_of_repeated_places_add_up(dtype, rng):
    i = rng.integers(0, 20, 500)
    weights = rng.standard_normal((500, 7)).astype(dtype)
    results = []
    for engine in ENGINES:
        x = engine.zeros(20, 7, dtype=getattr(engine, dtype), requires_grad=True)
        (x[engine.tensor(i)] * engine.tensor(weights)).sum().backward()
        results.append(array(x.grad))
    # 25 numbers of size 1 a place: their float32 sum depends on the order by some 25 · 6e-8.
    np.testing.assert_allclose(results[0], results[1], rtol=0, atol=5e-6 if dtype == "float32" else 1e-13)


TWICE = {
    "getitem": lambda e, x, i: x[i, 1:] ** 3,
    "take": lambda e, x, i: x[:, i] ** 3,
    "gather": lambda e, x, i: e.gather(x, 1, i.reshape(1, 4).expand(4, 4)) ** 3,
    "scatter_add": lambda e, x, i: e.scatter_add(x, 0, i.reshape(1, 4), x[:1] ** 2) ** 2,
    "scatter": lambda e, x, i: e.scatter(x, 0, e.arange(4).reshape(1, 4), x[:1] ** 2) ** 2,
    "index_select": lambda e, x, i: e.index_select(x, 1, i) ** 3,
    "masked": lambda e, x, i: x[x > 0] ** 3 * (x.masked_fill(x < 0, 2.0) ** 2).sum(),
    "max": lambda e, x, i: x.max(1)[0] ** 3,
    "amax": lambda e, x, i: x.amax(0) ** 3,
    "sort": lambda e, x, i: x.sort(1)[0] ** 3 * e.arange(4.0, dtype=e.float64),
    "std": lambda e, x, i: x.std(0),
    "logsumexp": lambda e, x, i: x.logsumexp(1),
    "norm": lambda e, x, i: x.norm(dim=1) + x.norm(3, 1) + x.norm(1.5, 1),
    "cat": lambda e, x, i: e.cat([x, x[:2] ** 2, x.T], 0) ** 2,
    "stack": lambda e, x, i: e.stack([x, x.T], 1) ** 3,
    "split": lambda e, x, i: e.cat([p**n for n, p in enumerate(x.split(1, 1), 1)]),
    "repeat": lambda e, x, i: x.repeat(2, 1, 3) ** 3,
    "roll and flip": lambda e, x, i: x.roll(1, 0) ** 2 * x.flip(1) * x.cumsum(0),
    "tril": lambda e, x, i: x.tril() ** 2 * x.triu(-1),
}


@pytest.mark.parametrize("name", TWICE)
def test_second_derivatives(name, rng):
    x0, g0, h0 = rng.standard_normal((4, 4)), None, rng.standard_normal((4, 4))
    results = []
    for engine in ENGINES:
        x = engine.tensor(x0, requires_grad=True)
        y = TWICE[name](engine, x, engine.tensor([1, 3, 1, 0]))
        g0 = rng.standard_normal(y.shape) if g0 is None else g0
        cotangent = engine.tensor(g0, requires_grad=True)
        (g,) = engine.autograd.grad(y, x, cotangent, create_graph=True)
        results.append((g, *engine.autograd.grad(g, [x, cotangent], engine.tensor(h0))))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(array(ours), array(theirs), rtol=1e-10, atol=1e-10)
