"""Module's own behaviour, PyTorch's as the model: attributes, names, traversal, conversion, repr, copies."""

import copy
import pickle

import pytest
import torch
from nn_twins import assert_same

import minitorch


def net_class(torch):
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(3, 2)
            self.scale = nn.Parameter(torch.ones(2))
            self.register_buffer("seen", torch.zeros(1))
            self.register_buffer("scratch", torch.zeros(2), persistent=False)

        def forward(self, x):
            return self.fc(x) * self.scale

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = Block()
            self.act = nn.ReLU()
            self.second = self.first  # the same module twice
            self.tail = nn.Sequential(nn.Linear(2, 2, bias=False), nn.Tanh())
            self.gone = None
            self.register_parameter("absent", None)
            self.register_module("nothing", None)

        def forward(self, x):
            return self.tail(self.act(self.first(x)))

    return Net


# ---- attributes --------------------------------------------------------------------------------------------------------


def assign_before_init(value):
    def scenario(torch):
        class Net(torch.nn.Module):
            def __init__(self):
                self.x = value(torch)

        return Net()

    return scenario


def missing_attribute(torch):
    return net_class(torch)().foo


def missing_attribute_before_init(torch):
    class Net(torch.nn.Module):
        def __init__(self):
            _ = self.late

    return Net()


def tensor_into_parameter_slot(torch):
    torch.nn.Linear(1, 1).weight = torch.zeros(1, 1)


def number_into_parameter_slot(torch):
    torch.nn.Linear(1, 1).weight = 3


def number_into_module_slot(torch):
    torch.nn.Sequential(torch.nn.ReLU()).__setattr__("0", 3)


def list_into_buffer_slot(torch):
    torch.nn.BatchNorm1d(1).running_mean = [0.0]


def module_into_parameter_slot(torch):
    torch.nn.Linear(1, 1).weight = torch.nn.ReLU()


def none_into_each_slot(torch):
    net = net_class(torch)()
    net.first.scale = None
    net.first.seen = None
    net.tail = None
    return list(net.state_dict()), net, net.first.scale, net.first.seen, net.tail


def parameter_over_module_and_back(torch):
    net = net_class(torch)()
    net.act = torch.nn.Parameter(torch.zeros(1))
    after = list(net._parameters), list(net._modules)
    net.act = torch.nn.Linear(1, 1)  # refused: PyTorch keeps a parameter's slot for parameters
    return after


def attribute_becomes_module(torch):
    net = net_class(torch)()
    net.note = "text"
    net.note = torch.nn.ReLU()
    net.note2 = torch.nn.ReLU()
    net.note2 = torch.nn.Tanh()
    return "note" in net.__dict__, net


def tensor_over_buffer_keeps_persistence(torch):
    net = net_class(torch)()
    net.first.seen = torch.ones(3)
    net.first.scratch = torch.ones(3)
    return net.first.state_dict(), net.first.scratch


def buffer_class(torch):
    net = torch.nn.Module()
    net.a = torch.nn.Buffer(torch.ones(2))
    net.b = torch.nn.Buffer(torch.ones(2), persistent=False)
    return net.state_dict(), dict(net.named_buffers())


def deleting(torch):
    net = net_class(torch)()
    del net.first.scale, net.first.scratch, net.tail
    net.first.scratch = torch.zeros(1)  # now an ordinary attribute
    return list(net.state_dict()), list(dict(net.named_buffers())), sorted(net.first._non_persistent_buffers_set)


def deleting_what_is_not_there(torch):
    del torch.nn.ReLU().foo


def dir_of(torch):
    names = dir(net_class(torch)())
    return [name for name in names if name in ("first", "act", "tail", "absent", "forward", "training", "0")]


def constructor_positional(torch):
    return torch.nn.Module(1)


def constructor_keyword(torch):
    return torch.nn.Module(size=1)


def no_forward(torch):
    class Empty(torch.nn.Module):
        pass

    return Empty()(1)


def call_module_list(torch):
    return torch.nn.ModuleList()(1)


def scenario_of_register(kind, *args):
    def scenario(torch):
        net = net_class(torch)()
        values = [a(torch) if callable(a) else a for a in args]
        getattr(net, f"register_{kind}")(*values)
        return net.state_dict(), net

    return scenario


def a_tensor(torch):
    return torch.zeros(2)


def a_parameter(torch):
    return torch.nn.Parameter(torch.zeros(2))


def a_computed_parameter(torch):
    p = torch.nn.Parameter(torch.zeros(2))
    p.requires_grad_(False)
    return torch.zeros(2, requires_grad=True) * 2


def a_module(torch):
    return torch.nn.ReLU()


ATTRIBUTES = [
    assign_before_init(a_module),
    assign_before_init(a_parameter),
    missing_attribute,
    missing_attribute_before_init,
    tensor_into_parameter_slot,
    number_into_parameter_slot,
    number_into_module_slot,
    list_into_buffer_slot,
    module_into_parameter_slot,
    none_into_each_slot,
    parameter_over_module_and_back,
    attribute_becomes_module,
    tensor_over_buffer_keeps_persistence,
    buffer_class,
    deleting,
    deleting_what_is_not_there,
    dir_of,
    constructor_positional,
    constructor_keyword,
    no_forward,
    call_module_list,
    *[
        scenario_of_register(kind, *args)
        for kind, args in [
            ("parameter", ("new", a_parameter)),
            ("parameter", ("new", a_tensor)),
            ("parameter", ("new", 3)),
            ("parameter", ("new", a_computed_parameter)),
            ("parameter", ("a.b", a_parameter)),
            ("parameter", ("", a_parameter)),
            ("parameter", (3, a_parameter)),
            ("parameter", ("forward", a_parameter)),
            ("parameter", ("act", a_parameter)),
            ("buffer", ("new", a_tensor)),
            ("buffer", ("new", a_tensor, False)),
            ("buffer", ("new", None)),
            ("buffer", ("new", [1.0])),
            ("buffer", ("a.b", a_tensor)),
            ("buffer", ("", a_tensor)),
            ("buffer", (3, a_tensor)),
            ("buffer", ("act", a_tensor)),
            ("module", ("new", a_module)),
            ("module", ("new", None)),
            ("module", ("new", a_tensor)),
            ("module", ("new", [1])),
            ("module", ("a.b", a_module)),
            ("module", ("", a_module)),
            ("module", (3, a_module)),
            ("module", ("forward", a_module)),
        ]
    ],
]


@pytest.mark.parametrize("scenario", ATTRIBUTES, ids=lambda s: s.__qualname__.split(".")[0])
def test_attributes(scenario):
    assert_same(scenario)


def test_every_scenario_of_an_error_raises_one():
    """The twin test would also pass if both engines did nothing: see that the refused ones are refused."""
    for scenario in (tensor_into_parameter_slot, missing_attribute, list_into_buffer_slot, constructor_keyword):
        with pytest.raises((TypeError, AttributeError)):
            scenario(minitorch)


# ---- what belongs to it ------------------------------------------------------------------------------------------------


TRAVERSALS = {
    "named_parameters": lambda net: [name for name, _ in net.named_parameters()],
    "named_parameters duplicates": lambda net: [n for n, _ in net.named_parameters(remove_duplicate=False)],
    "named_parameters prefix": lambda net: [n for n, _ in net.named_parameters(prefix="net")],
    "named_parameters own": lambda net: [n for n, _ in net.first.named_parameters(recurse=False)],
    "named_parameters own prefix": lambda net: [n for n, _ in net.first.named_parameters("p", recurse=False)],
    "parameters": lambda net: list(net.parameters()),
    "parameters own": lambda net: list(net.parameters(recurse=False)),
    "named_buffers": lambda net: list(net.named_buffers()),
    "named_buffers duplicates": lambda net: list(net.named_buffers("q", remove_duplicate=False)),
    "buffers": lambda net: list(net.buffers()),
    "buffers own": lambda net: list(net.buffers(recurse=False)),
    "named_modules": lambda net: list(net.named_modules()),
    "named_modules prefix": lambda net: [n for n, _ in net.named_modules(prefix="net")],
    "named_modules duplicates": lambda net: [n for n, _ in net.named_modules(remove_duplicate=False)],
    "modules": lambda net: list(net.modules()),
    "modules duplicates": lambda net: len(list(net.modules(remove_duplicate=False))),
    "named_children": lambda net: list(net.named_children()),
    "children": lambda net: list(net.children()),
    "get_submodule": lambda net: [net.get_submodule(n) for n in ("", "tail.0", "second.fc")],
    "get_submodule missing": lambda net: net.get_submodule("tail.7"),
    "get_submodule not a module": lambda net: net.get_submodule("first.scale"),
    "get_parameter": lambda net: [net.get_parameter("first.fc.weight"), net.get_parameter("second.scale")],
    "get_parameter missing": lambda net: net.get_parameter("first.foo"),
    "get_parameter of a buffer": lambda net: net.get_parameter("first.seen"),
    "get_buffer": lambda net: net.get_buffer("first.seen"),
    "get_buffer missing": lambda net: net.get_buffer("foo"),
    "get_buffer of a parameter": lambda net: net.get_buffer("first.scale"),
    "set_submodule nowhere": lambda net: net.set_submodule("", net),
    "set_submodule not a module": lambda net: net.set_submodule("act", 3),
    "set_submodule over a tensor": lambda net: net.set_submodule("first.scale", net.act),
    "set_submodule strict": lambda net: net.set_submodule("first.new", net.act, strict=True),
    "set_submodule": lambda net: (net.set_submodule("tail.0", net.act), net)[1],
    "repr": repr,
    "train": lambda net: [m.training for m in net.eval().modules()] + [m.training for m in net.train().modules()],
    "train not a bool": lambda net: net.train(1),
    "requires_grad_": lambda net: [p.requires_grad for p in net.requires_grad_(False).parameters()],
    "apply": lambda net: (seen := [], net.apply(lambda m: seen.append(type(m).__name__)), seen)[2],
    "extra_state": lambda net: net.get_submodule("act").extra_repr(),
}


@pytest.mark.parametrize("name", TRAVERSALS)
def test_traversal(name):
    assert_same(lambda torch: TRAVERSALS[name](net_class(torch)()))


def test_zero_grad():
    def gradients(torch, set_to_none):
        net = torch.nn.Linear(2, 1)
        net(torch.ones(1, 2)).sum().backward()
        kept = net.weight.grad
        net.zero_grad(set_to_none)
        return net.weight.grad, kept, net.weight.grad is kept

    assert_same(lambda torch: gradients(torch, True))
    assert_same(lambda torch: gradients(torch, False))


# ---- conversion --------------------------------------------------------------------------------------------------------

CONVERSIONS = {
    "double": lambda torch, net: net.double(),
    "float": lambda torch, net: net.double().float(),
    "half": lambda torch, net: net.half(),
    "to dtype": lambda torch, net: net.to(torch.float64),
    "to dtype keyword": lambda torch, net: net.to(dtype=torch.float64),
    "to device": lambda torch, net: net.to("cpu"),
    "to device and dtype": lambda torch, net: net.to("cpu", torch.float64),
    "to device object": lambda torch, net: net.to(torch.device("cpu"), non_blocking=True),
    "to tensor": lambda torch, net: net.to(torch.zeros(1, dtype=torch.float64)),
    "to integer": lambda torch, net: net.to(torch.int64),
    "type": lambda torch, net: net.type(torch.float64),
    "cpu": lambda torch, net: net.cpu(),
}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_conversion(name):
    def scenario(torch):
        net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2))
        net(torch.ones(3, 2) * torch.arange(3.0).reshape(3, 1)).sum().backward()
        before = list(net.parameters())
        returned = CONVERSIONS[name](torch, net)
        after = list(net.parameters())
        return (
            returned is net,
            [a is b for a, b in zip(before, after, strict=True)],  # an optimizer may hold them
            [(str(p.dtype), str(p.grad.dtype), p.requires_grad, p.is_leaf) for p in after],
            [(name, str(b.dtype)) for name, b in net.named_buffers()],
        )

    assert_same(scenario)


def test_bfloat16_is_refused_by_name():
    with pytest.raises(NotImplementedError, match="bfloat16"):
        minitorch.nn.Linear(1, 1).bfloat16()


# ---- copies ------------------------------------------------------------------------------------------------------------


class Portable(minitorch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = minitorch.nn.Linear(3, 2)
        self.bn = minitorch.nn.BatchNorm1d(2)
        self.tied = self.fc
        self.note = {"words": ["a"]}

    def forward(self, x):
        return self.bn(self.tied(x))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"])
def test_copies_are_independent_and_equal(duplicate):
    net = Portable()
    x = minitorch.rand(4, 3)
    net(x).sum().backward()
    twin = duplicate(net)
    assert repr(twin) == repr(net)
    assert twin.tied is twin.fc and twin.fc is not net.fc
    assert list(twin.state_dict()) == list(net.state_dict())
    assert all(isinstance(p, minitorch.nn.Parameter) and p.requires_grad for p in twin.parameters())
    assert all(p.grad is None for p in twin.parameters())  # as in PyTorch
    assert (twin.eval()(x) == net.eval()(x)).all()
    with minitorch.no_grad():
        twin.fc.weight.fill_(7.0)
        twin.bn.running_mean.fill_(7.0)
    assert not (net.fc.weight == 7.0).any() and not (net.bn.running_mean == 7.0).any()
    twin.note["words"].append("b")
    assert net.note == {"words": ["a"]}


def test_deepcopy_keeps_hooks():
    net = minitorch.nn.Identity()
    net.register_forward_hook(lambda module, args, output: output + 1)
    twin = copy.deepcopy(net)
    net._forward_hooks.clear()
    assert net(minitorch.zeros(1)).item() == 0 and twin(minitorch.zeros(1)).item() == 1


def test_parameter():
    def scenario(torch):
        source = torch.ones(2)
        p = torch.nn.Parameter(source)
        with torch.no_grad():
            p.add_(1)
            made_without_grad = torch.nn.Parameter(source)
        q = copy.deepcopy(p)
        r = pickle.loads(pickle.dumps(p))
        return [
            p,
            source,
            made_without_grad,
            q,
            r,
            p.is_leaf,
            isinstance(p, torch.Tensor),
            repr(p),
            torch.nn.Parameter(),
        ]

    assert_same(scenario)
    assert_same(lambda torch: type(torch.nn.Parameter(torch.ones(2)) * 1).__name__)
    assert_same(lambda torch: torch.nn.Parameter(torch.ones(2), requires_grad=False))
    for engine in (torch, minitorch):
        with pytest.raises(RuntimeError):
            engine.nn.Parameter(engine.tensor([1, 2]))
