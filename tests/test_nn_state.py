"""state_dict and load_state_dict: keys, order, metadata, hooks and error texts as in PyTorch."""

import warnings
from collections import OrderedDict

import pytest
from nn_twins import assert_same, outcome

import minitorch


def net(torch, width=3):
    nn = torch.nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(2, width, 3, bias=False)
            self.blocks = nn.ModuleList([nn.Sequential(nn.Linear(width, 2), nn.BatchNorm1d(2)), nn.Identity()])
            self.scale = nn.Parameter(torch.tensor(2.0))
            self.register_buffer("offset", torch.ones(2))
            self.register_buffer("scratch", torch.ones(2), persistent=False)
            self.register_parameter("absent", None)
            self.twin = self.blocks[0]

    return Net()


class Extra:
    """Mixed into a Module: state that is no tensor."""

    def get_extra_state(self):
        return {"count": self.count}

    def set_extra_state(self, state):
        self.count = state["count"]


def with_extra(torch, count):
    module = type("WithExtra", (Extra, torch.nn.Linear), {})(1, 1)
    module.count = count
    return module


# ---- out ---------------------------------------------------------------------------------------------------------------


def test_keys_values_and_order():
    assert_same(lambda torch: net(torch).state_dict())
    assert_same(lambda torch: net(torch).state_dict(prefix="model."))
    assert_same(lambda torch: net(torch).state_dict()._metadata)
    assert_same(lambda torch: [type(v).__name__ for v in net(torch).state_dict(keep_vars=True).values()])
    assert_same(lambda torch: net(torch).state_dict(destination={"kept": 1}))
    assert_same(lambda torch: net(torch).state_dict(OrderedDict(kept=1), "p."))  # positional: with a warning
    assert_same(lambda torch: torch.nn.CrossEntropyLoss(weight=torch.ones(3)).state_dict())
    assert_same(lambda torch: torch.nn.BCEWithLogitsLoss(pos_weight=torch.ones(3)).state_dict())


def test_values_share_memory():
    module = minitorch.nn.Linear(2, 2)
    module.state_dict()["weight"].fill_(5.0)
    assert (module.weight == 5.0).all()


def test_extra_state():
    def scenario(torch):
        source, target = with_extra(torch, 3), with_extra(torch, 0)
        state = source.state_dict()
        answer = target.load_state_dict(state)
        return list(state), state["_extra_state"], target.count, answer

    assert_same(scenario)
    assert_same(lambda torch: with_extra(torch, 1).load_state_dict(torch.nn.Linear(1, 1).state_dict()))
    assert_same(lambda torch: torch.nn.Linear(1, 1).load_state_dict(with_extra(torch, 1).state_dict()))


# ---- in ----------------------------------------------------------------------------------------------------------------


def altered(change, strict=True, assign=False):
    """What loading says after `change(state)`."""

    def scenario(torch):
        torch.manual_seed(5)
        target, state = net(torch), net(torch).state_dict()
        change(state, torch)
        answer = target.load_state_dict(state, strict, assign)
        return answer, repr(answer), str(answer), target.state_dict()

    return scenario


def nothing(state, torch):
    pass


def missing(state, torch):
    del state["conv.weight"], state["blocks.0.1.running_mean"], state["offset"]


def unexpected(state, torch):
    state["foo"] = torch.ones(1)
    state["blocks.0.0.foo"] = torch.ones(1)
    state["blocks.7.weight"] = torch.ones(1)
    state["scratch"] = torch.ones(2)
    state["_extra_state"] = 3


def misshapen(state, torch):
    state["conv.weight"] = torch.ones(3, 2, 5, 3)
    state["blocks.0.0.bias"] = torch.ones(())
    state["scale"] = torch.ones(2)


def everything_wrong(state, torch):
    missing(state, torch)
    unexpected(state, torch)
    state["scale"] = torch.ones(2)


def scalar_as_vector(state, torch):
    state["scale"] = torch.ones(1) * 7


def no_tensor(state, torch):
    state["offset"] = [1.0, 2.0]


def other_dtype(state, torch):
    state["conv.weight"] = (state["conv.weight"] * 100).to(torch.int64)
    state["scale"] = state["scale"].double()


def transposed(state, torch):
    state["blocks.0.0.weight"] = torch.arange(6.0).reshape(3, 2).t()


def old_batch_norm(state, torch):
    del state["blocks.0.1.num_batches_tracked"], state["twin.1.num_batches_tracked"]
    for metadata in state._metadata.values():
        metadata["version"] = 1


CHANGES = [
    nothing,
    missing,
    unexpected,
    misshapen,
    everything_wrong,
    scalar_as_vector,
    no_tensor,
    other_dtype,
    transposed,
    old_batch_norm,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
def test_load(change, strict):
    assert_same(altered(change, strict))


def doubles(state, torch):
    for key in state:
        state[key] = state[key].double()


@pytest.mark.parametrize("change", [nothing, missing, doubles, transposed], ids=lambda f: f.__name__)
def test_load_with_assign(change):
    assert_same(altered(change, strict=False, assign=True))


def test_assign_takes_the_tensors_themselves():
    def scenario(torch):
        module = torch.nn.BatchNorm1d(2)
        module.weight.requires_grad_(False)
        state = torch.nn.BatchNorm1d(2).double().state_dict()
        module.load_state_dict(state, assign=True)
        state["weight"].fill_(3.0)
        return module.weight, module.running_mean, module.running_mean is state["running_mean"]

    assert_same(scenario)


def test_success_prints_as_in_pytorch():
    module = minitorch.nn.Linear(1, 1)
    assert repr(module.load_state_dict(module.state_dict())) == "<All keys matched successfully>"
    (kind, *_), _ = outcome(altered(missing), minitorch)
    assert kind == "error"  # the twin tests above compare errors, not two successes


@pytest.mark.parametrize("change", [missing, unexpected, misshapen, everything_wrong, no_tensor])
def test_nothing_changes_when_a_load_fails(change):
    module, state = net(minitorch), net(minitorch).state_dict()
    change(state, minitorch)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    with pytest.raises(RuntimeError, match="loading state_dict for Net"):
        module.load_state_dict(state)
    assert all((before[key] == value).all() for key, value in module.state_dict().items())


def test_no_mapping():
    assert_same(lambda torch: net(torch).load_state_dict([1]))
    assert_same(lambda torch: net(torch).load_state_dict(OrderedDict(), strict=False))


def test_of_another_model():
    assert_same(lambda torch: net(torch, 3).load_state_dict(net(torch, 4).state_dict()))
    assert_same(lambda torch: net(torch).load_state_dict(torch.nn.Linear(2, 2).state_dict()))


def test_shared_layers_load_once_more_without_harm():
    module = net(minitorch)
    other = net(minitorch)
    module.load_state_dict(other.state_dict())
    assert module.twin is module.blocks[0]
    assert (module.twin[0].weight == other.blocks[0][0].weight).all()


def test_loading_is_not_recorded_and_bumps_versions():
    module = minitorch.nn.Linear(2, 1)
    y = (module.weight * module.weight).sum()
    module.load_state_dict(minitorch.nn.Linear(2, 1).state_dict())
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    assert module.weight.is_leaf


# ---- hooks -------------------------------------------------------------------------------------------------------------


def test_hooks_on_the_way_out():
    def scenario(torch):
        seen = []
        module = torch.nn.Sequential(torch.nn.Linear(1, 1))
        child = module[0]
        child.register_state_dict_pre_hook(lambda m, prefix, keep: seen.append(("pre", prefix, keep)))
        child.register_state_dict_post_hook(lambda m, d, prefix, meta: seen.append(("post", prefix, list(d), meta)))
        module.register_state_dict_post_hook(lambda m, d, prefix, meta: d.pop("0.bias") and None)
        return module.state_dict(), seen

    assert_same(scenario)

    def answering(torch):
        module = torch.nn.Linear(1, 1)
        module.register_state_dict_post_hook(lambda m, d, prefix, meta: d)
        module.state_dict()

    assert_same(answering)

    def replacing(torch):
        module = torch.nn.Linear(1, 1)
        handle = module._register_state_dict_hook(lambda m, d, prefix, meta: {"other": 1})
        first = module.state_dict()
        handle.remove()
        return first, list(module.state_dict())

    assert_same(replacing)


def test_hooks_on_the_way_in():
    def scenario(torch):
        seen = []
        module = torch.nn.Sequential(torch.nn.Linear(1, 1))

        def rename(m, state, prefix, meta, strict, missing, unexpected, errors):
            seen.append((type(m).__name__, prefix, strict, list(missing)))
            state[prefix + "bias"] = state.pop(prefix + "offset")

        def forgive(m, keys):
            seen.append((m[0].bias.item(), list(keys.missing_keys), list(keys.unexpected_keys)))
            keys.unexpected_keys.clear()

        module[0].register_load_state_dict_pre_hook(rename)
        module.register_load_state_dict_post_hook(forgive)
        state = {"0.weight": torch.ones(1, 1), "0.offset": torch.ones(1), "more": torch.ones(1)}
        return module.load_state_dict(state), seen, module.state_dict()

    assert_same(scenario)

    def answering(torch):
        module = torch.nn.Linear(1, 1)
        module.register_load_state_dict_post_hook(lambda m, keys: keys)
        module.load_state_dict(module.state_dict())

    assert_same(answering)


def test_overridden_load_from_state_dict_is_used():
    def scenario(torch):
        class Renamed(torch.nn.Linear):
            def _load_from_state_dict(self, state_dict, prefix, *args):
                state_dict[prefix + "weight"] = state_dict.pop(prefix + "kernel")
                super()._load_from_state_dict(state_dict, prefix, *args)

        module = torch.nn.Sequential(Renamed(1, 1, bias=False))
        return module.load_state_dict({"0.kernel": torch.ones(1, 1)}), module.state_dict()

    assert_same(scenario)


def test_no_warning_in_the_ordinary_case():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module = net(minitorch)
        module.load_state_dict(module.state_dict())
