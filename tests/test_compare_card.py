"""Comparing and running programs on a card, as far as it can be tested without one."""

import argparse
import subprocess
import sys

import pytest
import torch

import minitorch
from minitorch.compare import card, command
from minitorch.compare.child import prepare

no_card = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a card")


class Far:
    """Something that looks like a tensor on a device, and knows what was done to it."""

    def __init__(self, place, done=()):
        self.device, self.done = argparse.Namespace(type=place), [*done]

    def cpu(self):
        return Far("cpu", [*self.done, "fetched"])

    def to(self, device):
        return Far(device.type, [*self.done, "sent"])

    def copy_(self, other):
        self.done += ["overwritten", *other.done]
        return self


def original(input, p=0.5, training=True, inplace=False):
    return Far(input.device.type, [*input.done, f"dropped {p} {training} {inplace}"])


def test_torchs_dropout_draws_on_the_cpu_for_what_lies_on_a_card():
    dropout = card._through_cpu(original)
    there = dropout(Far("cuda"), 0.3)
    assert (there.device.type, there.done) == ("cuda", ["fetched", "dropped 0.3 True False", "sent"])
    kept = Far("cuda")
    assert dropout(kept, 0.3, inplace=True) is kept and kept.done[:2] == ["overwritten", "fetched"]
    assert dropout(Far("cuda"), 0.3, False).done == ["dropped 0.3 False False"]  # it draws nothing
    assert dropout(Far("cpu"), 0.3, True, True).done == ["dropped 0.3 True True"]

    def alpha_dropout(*words):
        return original(*words)

    assert card._through_cpu(alpha_dropout)(Far("cuda")).done == ["dropped 0.5 False False"]  # its default


def test_masks_on_the_cpu_are_left_as_they_are():
    """With the functions replaced, the same numbers from the same stream, by every way to call them."""
    F, found = torch.nn.functional, []
    for replaced in (False, True):
        torch.manual_seed(3)
        with card.cpu_masks(torch) if replaced else torch.enable_grad():
            ones = torch.ones(4, 5, 3)
            found.append([F.dropout(ones, 0.2), torch.nn.Dropout(0.4)(ones), F.dropout1d(ones), torch.rand(2),
                          F.alpha_dropout(ones, 0.1, training=True), F.feature_alpha_dropout(ones)])  # fmt: skip
    assert all(map(torch.equal, *found))


def test_minitorch_is_left_alone():
    before = minitorch.nn.functional.dropout
    with card.cpu_masks(minitorch):
        assert minitorch.nn.functional.dropout is before


def test_full_precision():
    for engine in (torch, minitorch):
        switches = engine.backends.cudnn, engine.backends.cuda.matmul
        before = [switch.allow_tf32 for switch in switches]
        try:
            for switch in switches:
                switch.allow_tf32 = True
            card.full_precision(engine)
            assert [switch.allow_tf32 for switch in switches] == [False, False]
        finally:
            for switch, value in zip(switches, before, strict=True):
                switch.allow_tf32 = value


@no_card
@pytest.mark.parametrize("engine", [torch, minitorch])
def test_why_there_is_none(engine):
    reason = card.why_no_cuda(engine)
    assert reason and ("CuPy" in reason) == (engine is minitorch)
    with pytest.raises(SystemExit, match="--device cuda, but some finds no CUDA device: "):
        prepare(engine, "some", {"device": "cuda"})


@pytest.mark.parametrize("words", [[], ["--device", "cpu"], ["--device", "cuda"]])
def test_a_program_is_told_the_device_and_a_script_is_not(words, tmp_path):
    options = command.parser().parse_args([*words, "--out", str(tmp_path), "digits", "--epochs", "1"])
    program, script = (command.Comparing(options, "digits", kind, []).args for kind in (True, False))
    assert program == ["--seed", "0", *words, "--epochs", "1"] and script == ["--epochs", "1"]


@no_card
@pytest.mark.parametrize("words", [["run", "digits"], ["digits", "--no-progress"]])
def test_without_a_card_programs_say_so(words, tmp_path):
    words = [sys.executable, "-m", "minitorch", *words, "--device", "cuda", "--out", tmp_path / "out"]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode in (1, 2) and "error: --device cuda, but minitorch finds no CUDA device" in done.stderr
    assert "loss" not in done.stdout and "Traceback" not in done.stderr
