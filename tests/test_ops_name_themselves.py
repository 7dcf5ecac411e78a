"""Every op that is given something else than a tensor says so, by its own name and the argument's place, as PyTorch does."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace

import pytest
import torch

import minitorch
from minitorch.testing.optable import OPS
from minitorch.testing.optable.core import Call, Entry, T, bare_name, resolve

# Another name of an op that speaks for it, or made of one that does.
SPEAKS_AS = {
    "absolute": "abs",
    "allclose": "isclose",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "argsort": "sort",
    "broadcast_to": "expand",
    "bucketize": "searchsorted",
    "clip": "clamp",
    "cross": "linalg.cross",
    "det": "linalg.det",
    "divide": "div",
    "fix": "trunc",
    "floor_divide": "div",
    "ger": "outer",
    "greater": "gt",
    "greater_equal": "ge",
    "inverse": "linalg.inv",
    "less": "lt",
    "less_equal": "le",
    "linalg.svdvals": "linalg.svd",
    "matrix_exp": "linalg.matrix_exp",
    "matrix_power": "linalg.matrix_power",
    "max_pool1d_with_indices": "max_pool1d",
    "moveaxis": "movedim",
    "msort": "sort",
    "multiply": "mul",
    "negative": "neg",
    "nn.functional.dropout2d": "feature_dropout",
    "nn.functional.triplet_margin_with_distance_loss": "triplet_margin_loss",
    "nn.functional.logsigmoid": "log_sigmoid",
    "nn.functional.max_pool1d_with_indices": "max_pool1d",
    "nn.functional.max_pool2d_with_indices": "max_pool2d",
    "nn.functional.multi_head_attention_forward": "linear",
    "not_equal": "ne",
    "pinverse": "linalg.pinv",
    "slogdet": "linalg.slogdet",
    "special.expit": "sigmoid",
    "special.gammaln": "lgamma",
    "special.multigammaln": "mvlgamma",
    "special.psi": "digamma",
    "split_with_sizes": "split",
    "subtract": "sub",
    "swapaxes": "transpose",
    "swapdims": "transpose",
    "trapz": "trapezoid",
    "true_divide": "div",
}

# Where both name the argument, they name the same place. (Its name is PyTorch's own in some: linalg has `A`.)
PLACE = re.compile(r"argument '(\w+)' \(position (\d+)\)")


def outcome(engine, entry: Entry, sample) -> Exception | None:
    try:
        Call(engine, entry, sample, entry.dtypes[0], 0)()
    except Exception as error:
        return error
    return None


def cases():
    """For every function the first sample, and each of its tensors."""
    seen = set()
    for entry in OPS:
        name = bare_name(entry)
        if entry.call is not None or name.startswith(("Tensor.", "operator.")) or name in seen:
            continue
        for _, sample in entry.usable(entry.dtypes[0]):
            places = [k for k, a in enumerate(sample.args) if isinstance(a, T)]
            if places:
                seen.add(name)
                yield pytest.param(entry, sample, places, id=name)
                break


@pytest.mark.parametrize(("entry", "sample", "places"), list(cases()))
def test_what_is_no_tensor_is_refused_by_name(entry, sample, places):
    name = bare_name(entry)
    for k in places:
        changed = replace(sample, args=tuple("word" if j == k else a for j, a in enumerate(sample.args)))
        theirs, ours = outcome(torch, entry, changed), outcome(minitorch, entry, changed)
        # Otherwise AttributeError, mostly: PyTorch's function is written in Python, and asks the word for its dim.
        if isinstance(theirs, TypeError):
            assert isinstance(ours, TypeError), f"{name} with a word in place {k}: {ours!r}, torch's {theirs!r}"
        elif not isinstance(ours, TypeError) or "(): " not in str(ours):
            continue
        speaker, their_speaker = (str(e).removeprefix("torch.").partition("(")[0] for e in (ours, theirs))
        allowed = {their_speaker, their_speaker.replace("_", ".", 1)} | names_of(name) | THROUGH.get(name, set())
        assert speaker in allowed, f"{name} speaks as {speaker}, PyTorch's as {their_speaker}: {ours}"
        said, expected = PLACE.search(str(ours)), PLACE.search(str(theirs))
        if said and expected and name != "nn.functional.multi_head_attention_forward":
            assert said[2] == expected[2], f"{name}: {ours}, torch's {theirs}"
        if said and speaker in {name, name.rpartition(".")[2]}:
            parameters = list(inspect.signature(resolve(minitorch, name)).parameters.values())
            if any(p.kind is p.VAR_POSITIONAL for p in parameters):
                continue
            own = parameters[int(said[2]) - 1].name
            assert said[1] == own or (said[1], own) in OTHER_ARGUMENTS, f"{name}: {ours}, and it is called {own}"


def names_of(name: str) -> set[str]:
    """Under which `name` may speak."""
    other = SPEAKS_AS.get(name, name)
    return {name, name + "_", name.replace(".", "_"), name.rpartition(".")[2], other, other.rpartition(".")[2]}


def numbers():
    """For every function each argument that is a whole number, or a tuple of them, in the first sample that has it."""
    found = {}
    for entry in OPS:
        name = bare_name(entry)
        if entry.call is not None or name.startswith(("Tensor.", "operator.")):
            continue
        for _, sample in entry.usable(entry.dtypes[0]):
            for place, value in [*enumerate(sample.args), *sample.kwargs.items()]:
                several = value if isinstance(value, tuple | list) else (value,)
                if place != 0 and several and all(type(v) is int for v in several):
                    found.setdefault((name, place, isinstance(value, tuple | list)), (entry, sample))
    return found


NUMBERS = numbers()


@pytest.mark.parametrize(("name", "place", "is_tuple"), list(NUMBERS), ids=str)
def test_what_is_no_number_is_refused_by_name(name, place, is_tuple):
    entry, sample = NUMBERS[name, place, is_tuple]
    word = ("word", "word") if is_tuple else "word"
    if isinstance(place, int):
        changed = replace(sample, args=tuple(word if k == place else a for k, a in enumerate(sample.args)))
    else:
        changed = replace(sample, kwargs={**sample.kwargs, place: word})
    theirs, ours = outcome(torch, entry, changed), outcome(minitorch, entry, changed)
    if not isinstance(theirs, TypeError):
        return
    if not isinstance(ours, TypeError):
        assert name in OTHER_ERRORS, f"{ours!r}, torch's {theirs!r}"
        return
    speaker, is_named, text = str(ours).partition("(): ")
    if not is_named:
        return  # Python's own words, or NumPy's: that a word is no number, not whose
    assert speaker in names_of(name) | THROUGH.get(name, set()), f"{name} speaks as {speaker}: {ours}, torch's {theirs}"
    said, expected = (re.search(r"argument '(\w+)'", str(error)) for error in (ours, theirs))
    if said and expected and said[1] != expected[1]:
        assert (said[1], expected[1]) in OTHER_ARGUMENTS, f"{ours}, torch's {theirs}"


# Both refuse a word there, with another type of error (a size that is no number is one of the wrong length, say).
OTHER_ERRORS = {
    "gradient",
    "nn.functional.adaptive_avg_pool3d",
    "nn.functional.adaptive_max_pool1d",
    "nn.functional.adaptive_max_pool1d_with_indices",
    "nn.functional.adaptive_max_pool3d",
    "nn.functional.adaptive_max_pool3d_with_indices",
    "nn.functional.layer_norm",
    "nn.functional.pairwise_distance",
    "nn.functional.rms_norm",
    "nn.functional.triplet_margin_loss",
    "repeat_interleave",
}

# (as the error calls it, as the function or PyTorch does) where the two differ.
OTHER_ARGUMENTS = {
    ("A", "input"),
    ("input", "A"),
    ("input", "logits"),
    ("input", "tensor"),
    ("dim0", "axis0"),
    ("dim1", "axis1"),
    ("offset", "diagonal"),
    ("split_size", "split_sizes"),
}

# The op inside that takes the argument, and speaks of it.
THROUGH = {
    "add": {"mul"},
    "as_strided": {"Tensor"},
    "concat": {"cat"},
    "concatenate": {"cat"},
    "constant_pad_nd": {"pad"},
    "copy_": {"fill_"},
    "diag": {"diag_embed"},
    "diagflat": {"diag_embed"},
    "diagonal_scatter": {"diagonal"},
    "dist": {"linalg.vector_norm", "sub"},
    "dsplit": {"tensor_split"},
    "float_power": {"pow"},
    "getitem": {"new"},
    "histc": {"histogram"},
    "histogram": {"histogramdd"},
    "hinge_embedding_loss": {"where"},
    "hsplit": {"tensor_split"},
    "inner": {"tensordot"},
    "kl_div": {"mul"},
    "linalg.cond": {"linalg.svd"},
    "linalg.matrix_power": {"linalg.inv"},
    "linalg.norm": {"linalg.matrix_norm", "linalg.vector_norm"},
    "linalg.tensorsolve": {"linalg.solve"},
    "linalg.vecdot": {"vdot"},
    "linalg.vector_norm": {"norm"},
    "margin_ranking_loss": {"sub"},
    "lshift": {"bitwise_left_shift"},
    "matrix_power": {"linalg.inv"},
    "max": {"maximum"},
    "min": {"minimum"},
    "nanmean": {"sum"},
    "nn.functional.adaptive_max_pool1d_with_indices": {"adaptive_max_pool1d"},
    "nn.functional.adaptive_max_pool2d_with_indices": {"adaptive_max_pool2d"},
    "nn.functional.adaptive_max_pool3d_with_indices": {"adaptive_max_pool3d"},
    "nn.functional.binary_cross_entropy_with_logits": {"mul"},
    "nn.functional.celu": {"ZeroDivisionError"},
    "nn.functional.cosine_similarity": {"norm"},
    "nn.functional.cross_entropy": {"cross_entropy_loss"},
    "nn.functional.hinge_embedding_loss": {"where"},
    "nn.functional.kl_div": {"reduction"},
    "nn.functional.lp_pool1d": {"avg_pool1d", "pow"},
    "nn.functional.lp_pool2d": {"avg_pool2d", "pow"},
    "nn.functional.lp_pool3d": {"avg_pool3d", "pow"},
    "nn.functional.margin_ranking_loss": {"sub"},
    "nn.functional.max_pool3d_with_indices": {"max_pool3d"},
    "nn.functional.multilabel_soft_margin_loss": {"mul"},
    "nn.functional.normalize": {"linalg.vector_norm", "norm"},
    "nn.functional.pairwise_distance": {"sub"},
    "nn.functional.poisson_nll_loss": {"mul"},
    "nn.functional.scaled_dot_product_attention": {"enable_gqa"},
    "nn.functional.triplet_margin_loss": {"sub"},
    "nn.functional.triplet_margin_with_distance_loss": {"sub"},
    "norm": {"linalg.matrix_norm", "linalg.vector_norm"},
    "poisson_nll_loss": {"mul"},
    "renorm": {"linalg.vector_norm"},
    "row_stack": {"vstack"},
    "rshift": {"bitwise_right_shift"},
    "rsub": {"mul"},
    "scatter_reduce": {"scatter"},
    "select_scatter": {"select"},
    "special.xlog1py": {"special_xlog1py"},
    "sub": {"mul"},
    "subtract": {"mul"},
    "svd": {"linalg.svd"},
    "trapezoid": {"mul"},
    "trapz": {"mul"},
    "triplet_margin_loss": {"sub"},
    "truediv": {"div"},
    "vsplit": {"tensor_split"},
}


QUOTED = re.compile(r"\"(\w+)\" not implemented for '(\w+)'")


@pytest.mark.parametrize("entry", [e for e in OPS if len(e.dtypes) < 4], ids=lambda e: e.name.replace(" ", "-"))
def test_a_refused_dtype_is_named_as_by_pytorch(entry):
    for dtype in sorted({"int64", "bool"} - set(entry.dtypes)):
        for i, sample in enumerate(entry.samples):
            if sample.dtypes is not None:
                continue
            theirs, ours = (refusal(engine, entry, sample, dtype, i) for engine in (torch, minitorch))
            if theirs and ours:
                (kernel, said), (their_kernel, expected) = ours[0], theirs[0]
                assert said == expected
                assert kernel == their_kernel or (kernel, their_kernel) in OTHER_KERNELS
                break


def refusal(engine, entry, sample, dtype, i):
    try:
        Call(engine, entry, sample, dtype, entry.seed(i))()
    except Exception as error:
        return QUOTED.findall(str(error))
    return None


# (minitorch's, PyTorch's) where PyTorch names the kernel that it came to, which is one of several, or another op's.
OTHER_KERNELS = {
    ("adaptive_avg_pool3d", "adaptive_avg_pool3d_cpu"),
    ("adaptive_max_pool3d", "adaptive_max_pool3d_cpu"),
    ("addmm_impl_cpu_", "addmv_impl_cpu"),
    ("addmm_impl_cpu_", "bmm"),
    ("addmm_impl_cpu_", "dot"),
    ("ceil_out", "ceil_vml_cpu"),
    ("conv1d", "slow_conv2d_cpu"),
    ("conv2d_plain", "slow_conv2d_cpu"),
    ("conv3d", "compute_columns3d"),
    ("conv_transpose1d", "slow_conv_transpose2d_out_cpu"),
    ("conv_transpose2d", "slow_conv_transpose2d_out_cpu"),
    ("conv_transpose3d", "slow_conv_transpose3d_out_cpu"),
    ("div_floor", "div_floor_cpu"),
    ("floor_out", "floor_vml_cpu"),
    ("grid_sample", "grid_sampler_2d_cpu_kernel_impl"),
    ("histogram_cpu", "linspace_cpu"),
    ("index_func_", "div_floor_cpu"),
    ("lerp_kernel", "lerp_kernel_scalar"),
    ("log_softmax_kernel_impl", "log_softmax_lastdim_kernel_impl"),
    ("max_pool1d_impl", "max_pool2d"),
    ("max_unpool1d", "max_unpool2d"),
    ("median_cpu", "median_out"),
    ("nanmedian_cpu", "median_out"),
    ("round_out", "round_cpu"),
    ("round_out", "round_vml_cpu"),
    ("softmax_kernel_impl", "softmax_lastdim_kernel_impl"),
    ("trunc_out", "trunc_vml_cpu"),
}


# How an error names the op: "add(): …", "add: …", "… (add: shapes …)".
SPEAKER = re.compile(r"^(?:torch\.)?([\w.]+)(?:\(\))?: |\(([\w.]+): (?:shapes|sizes)")


@pytest.mark.parametrize("entry", [e for e in OPS if e.errors], ids=lambda e: e.name.replace(" ", "-"))
def test_errors_name_the_op_that_was_called(entry):
    name = bare_name(entry).removeprefix("Tensor.").removeprefix("operator.")
    wrong = []
    for case in entry.errors:
        try:
            Call(minitorch, entry, case.sample, case.dtype, 0)()
        except Exception as error:
            found = SPEAKER.search(str(error))
            speaker = found and (found[1] or found[2])
            if speaker and speaker not in names_of(name) | names_of(name.rstrip("_")) | THROUGH.get(name, set()):
                wrong.append((name, speaker, str(error)[:80]))
    assert not wrong, wrong
