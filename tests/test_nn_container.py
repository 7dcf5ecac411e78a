"""Containers: each scenario on minitorch and on PyTorch, results and error texts compared."""

from collections import OrderedDict

import pytest
from nn_twins import assert_same

import minitorch


def sequential(torch, n=3):
    return torch.nn.Sequential(*[torch.nn.Linear(2, 2, bias=i % 2 == 0) for i in range(n)], torch.nn.ReLU())


def named(torch):
    return torch.nn.Sequential(OrderedDict([("fc", torch.nn.Linear(2, 3)), ("act", torch.nn.Tanh())]))


def changed(make, change):
    """The container after `change(container, torch)`, and what that returned."""

    def scenario(torch):
        container = make(torch)
        answer = change(container, torch)
        return answer if not isinstance(answer, torch.nn.Module) else repr(answer), container, len(container)

    return scenario


SEQUENTIAL = {
    "index": lambda s, t: [s[0], s[-1]],
    "index beyond": lambda s, t: s[9],
    "index before": lambda s, t: s[-9],
    "index no number": lambda s, t: s["0"],
    "slice": lambda s, t: s[1:3],
    "slice keys": lambda s, t: list(s[1:].state_dict()),
    "slice backwards": lambda s, t: list(s[::-2].state_dict()),
    "set": lambda s, t: s.__setitem__(-1, t.nn.Tanh()),
    "set beyond": lambda s, t: s.__setitem__(9, t.nn.Tanh()),
    "set a number": lambda s, t: s.__setitem__(0, 1),
    "delete": lambda s, t: s.__delitem__(1),
    "delete slice": lambda s, t: s.__delitem__(slice(0, 2)),
    "append": lambda s, t: s.append(t.nn.Tanh()),
    "append a number": lambda s, t: s.append(1),
    "insert": lambda s, t: s.insert(1, t.nn.Tanh()),
    "insert from the end": lambda s, t: s.insert(-1, t.nn.Tanh()),
    "insert at the end": lambda s, t: s.insert(4, t.nn.Tanh()),
    "insert beyond": lambda s, t: s.insert(5, t.nn.Tanh()),
    "extend": lambda s, t: s.extend(named(t)),
    "extend by itself": lambda s, t: s.extend(list(s)),
    "pop": lambda s, t: s.pop(0),
    "pop slice": lambda s, t: s.pop(slice(0, 2)),
    "add": lambda s, t: s + named(t),
    "iadd": lambda s, t: s.__iadd__(named(t)),
    "add a list": lambda s, t: s + [1],
    "times": lambda s, t: s * 2,
    "times left": lambda s, t: 2 * s,
    "times in place": lambda s, t: s.__imul__(2),
    "times zero": lambda s, t: repr_of_error(lambda: s * 0),
    "times a string": lambda s, t: repr_of_error(lambda: s * "a"),
    "iteration": lambda s, t: [type(m).__name__ for m in s],
    "forward": lambda s, t: tuple(s(t.ones(5, 2)).shape),
    "dir": lambda s, t: [n for n in dir(s) if n[0].isdigit()],
}


def repr_of_error(function):
    try:
        function()
    except Exception as error:  # the classes' own names (torch…/minitorch…) are in these texts
        return type(error).__name__, str(error).replace("minitorch.", "torch.")
    raise AssertionError("no error")


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential(name):
    assert_same(changed(sequential, SEQUENTIAL[name]))


def test_insert_of_a_number_is_refused():
    with pytest.raises(AssertionError, match="module should be of type"):
        sequential(minitorch).insert(0, 1)


def test_sequential_of_names():
    assert_same(lambda torch: (named(torch), named(torch).state_dict(), named(torch)[0], named(torch)[1:]))
    assert_same(lambda torch: torch.nn.Sequential({"a": torch.nn.ReLU()}))  # only an OrderedDict names them
    assert_same(lambda torch: torch.nn.Sequential())
    assert_same(lambda torch: torch.nn.Sequential()(3))


def module_list(torch):
    return torch.nn.ModuleList([torch.nn.Linear(2, 2), torch.nn.Linear(2, 2), torch.nn.ReLU()])


MODULE_LIST = {
    "index": lambda s, t: [s[0], s[-1]],
    "index beyond": lambda s, t: s[3],
    "slice": lambda s, t: s[:2],
    "set": lambda s, t: s.__setitem__(1, t.nn.Tanh()),
    "delete": lambda s, t: s.__delitem__(0),
    "delete slice": lambda s, t: s.__delitem__(slice(0, 2)),
    "append": lambda s, t: s.append(t.nn.Tanh()),
    "insert": lambda s, t: s.insert(1, t.nn.Tanh()),
    "extend": lambda s, t: s.extend([t.nn.Tanh(), t.nn.Tanh()]),
    "extend by a number": lambda s, t: s.extend(3),
    "extend by numbers": lambda s, t: s.extend([3]),
    "pop": lambda s, t: s.pop(-1),
    "add": lambda s, t: s + [t.nn.Tanh()],
    "iadd": lambda s, t: s.__iadd__([t.nn.Tanh()]),
    "iteration": lambda s, t: list(s),
    "state": lambda s, t: list(s.state_dict()),
    "empty": lambda s, t: t.nn.ModuleList(),
    "nested": lambda s, t: t.nn.ModuleList([sequential(t), sequential(t), t.nn.ModuleList()]),
}


@pytest.mark.parametrize("name", MODULE_LIST)
def test_module_list(name):
    assert_same(changed(module_list, MODULE_LIST[name]))


def module_dict(torch):
    return torch.nn.ModuleDict({"b": torch.nn.Linear(2, 1), "a": torch.nn.ReLU()})


MODULE_DICT = {
    "get": lambda s, t: s["a"],
    "get missing": lambda s, t: s["c"],
    "set": lambda s, t: s.__setitem__("c", t.nn.Tanh()),
    "set over": lambda s, t: s.__setitem__("b", t.nn.Tanh()),
    "set a method's name": lambda s, t: s.__setitem__("forward", t.nn.Tanh()),
    "set a number": lambda s, t: s.__setitem__("c", 1),
    "set under a number": lambda s, t: s.__setitem__(1, t.nn.Tanh()),
    "delete": lambda s, t: s.__delitem__("a"),
    "pop": lambda s, t: s.pop("b"),
    "pop missing": lambda s, t: s.pop("c"),
    "clear": lambda s, t: s.clear(),
    "contains": lambda s, t: ["a" in s, "c" in s],
    "views": lambda s, t: [list(s), list(s.keys()), list(s.values()), list(s.items())],
    "update": lambda s, t: s.update({"z": t.nn.Tanh(), "c": t.nn.Tanh()}),
    "update pairs": lambda s, t: s.update([("z", t.nn.Tanh()), ["c", t.nn.Tanh()]]),
    "update from another": lambda s, t: s.update(module_dict(t)),
    "update by a number": lambda s, t: s.update(3),
    "update by triples": lambda s, t: s.update([(1, 2, 3)]),
    "state": lambda s, t: s.state_dict(),
    "from pairs": lambda s, t: t.nn.ModuleDict([("x", t.nn.ReLU())]),
    "empty": lambda s, t: t.nn.ModuleDict(),
}


@pytest.mark.parametrize("name", MODULE_DICT)
def test_module_dict(name):
    assert_same(changed(module_dict, MODULE_DICT[name]))


def parameter_list(torch):
    return torch.nn.ParameterList([torch.nn.Parameter(torch.ones(2, 3)), torch.zeros(1), "text"])


PARAMETER_LIST = {
    "index": lambda s, t: [s[0], s[1], s[-1]],
    "index beyond": lambda s, t: s[3],
    "slice": lambda s, t: s[:2],
    "set": lambda s, t: s.__setitem__(0, t.ones(4)),
    "append": lambda s, t: s.append(t.ones(())),
    "extend": lambda s, t: s.extend([t.ones(1), t.nn.Parameter(t.ones(2))]),
    "extend by a tensor": lambda s, t: s.extend(t.ones(2)),
    "extend by a number": lambda s, t: s.extend(2),
    "iadd": lambda s, t: s.__iadd__([t.ones(1)]),
    "iteration": lambda s, t: list(s),
    "state": lambda s, t: s.state_dict(),
    "call": lambda s, t: s(1),
    "one": lambda s, t: t.nn.ParameterList([t.ones(2)]),
    "empty": lambda s, t: t.nn.ParameterList(),
}


@pytest.mark.parametrize("name", PARAMETER_LIST)
def test_parameter_list(name):
    assert_same(changed(parameter_list, PARAMETER_LIST[name]))


def parameter_dict(torch):
    return torch.nn.ParameterDict({"b": torch.nn.Parameter(torch.ones(2, 3)), "a": torch.zeros(1), "c": 3})


PARAMETER_DICT = {
    "get": lambda s, t: [s["a"], s.get("b"), s.get("z"), s.get("z", 5)],
    "get missing": lambda s, t: s["z"],
    "get a number": lambda s, t: repr_of_error(lambda: s[1])[0],
    "set": lambda s, t: s.__setitem__("a", t.ones(3)),
    "delete": lambda s, t: s.__delitem__("a"),
    "pop": lambda s, t: s.pop("a"),
    "popitem": lambda s, t: s.popitem(),
    "popitem of nothing": lambda s, t: t.nn.ParameterDict().popitem(),
    "clear": lambda s, t: s.clear(),
    "setdefault": lambda s, t: [s.setdefault("a", t.ones(9)), s.setdefault("z", t.ones(2))],
    "views": lambda s, t: [list(s), list(s.keys()), list(s.values()), list(s.items()), list(reversed(s)), "a" in s],
    "copy": lambda s, t: s.copy(),
    "fromkeys": lambda s, t: s.fromkeys(["x", "y"], t.ones(1)),
    "update": lambda s, t: s.update({"z": t.ones(1), "q": t.ones(1)}),
    "update ordered": lambda s, t: s.update(OrderedDict([("z", t.ones(1)), ("q", t.ones(1))])),
    "update by a number": lambda s, t: repr_of_error(lambda: s.update(3))[0],
    "or": lambda s, t: s | t.nn.ParameterDict({"z": t.ones(1)}),
    "ior": lambda s, t: s.__ior__({"z": t.ones(1)}),
    "call": lambda s, t: s(1),
    "state": lambda s, t: s.state_dict(),
}


@pytest.mark.parametrize("name", PARAMETER_DICT)
def test_parameter_dict(name):
    assert_same(changed(parameter_dict, PARAMETER_DICT[name]))
