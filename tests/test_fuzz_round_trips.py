"""What is written is read back, equal in every respect, for inputs drawn by hypothesis."""

import gzip
import io
import json
import pickle
import zipfile

import numpy as np
import pytest
from fuzzing import examples
from hypothesis import given
from hypothesis import strategies as st
from vision_files import idx_bytes, python2_pickle

import minitorch
from benchmarks.fuzz.targets import _abalone
from minitorch.compare import runs
from minitorch.compare.array_files import read_arrays
from minitorch.lessons import progress
from minitorch.vision.datasets import batch_pickles
from minitorch.vision.datasets.mnist import read_idx

TEXT = st.text(max_size=8)
SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)
NUMBERS = ["uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64", "bool"]


@st.composite
def arrays(draw, shapes=SHAPES, kinds=tuple(NUMBERS)):
    """An array of any numbers, nan and infinities among them, in any layout."""
    shape, kind = draw(shapes), np.dtype(draw(st.sampled_from(kinds)))
    size = int(np.prod(shape)) * kind.itemsize
    raw = draw(st.binary(min_size=size, max_size=size))
    array = np.frombuffer(raw, np.uint8) % 2 == 1 if kind.kind == "b" else np.frombuffer(raw, kind)
    return array.reshape(shape, order=draw(st.sampled_from("CF")))


def same(a, b):
    """Equal in type, dtype, shape and bits, through all containers."""
    assert type(a) is type(b)
    if isinstance(a, np.ndarray):
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    elif isinstance(a, minitorch.Tensor):
        steps = [[s for s, n in zip(t.stride(), t.shape, strict=True) if n > 1] for t in (a, b)]  # the others lead nowhere
        assert a.requires_grad == b.requires_grad and (steps[0] == steps[1] or not a.numel())
        same(a.detach().numpy(), b.detach().numpy())
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            same(x, y)
    else:
        assert a == b or (a != a and b != b)


def plain(leaves, keys=TEXT):
    """Containers of them, some of which occur twice."""
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(keys, inner, max_size=4),
            st.tuples(inner, inner),
            inner.map(lambda value: [value, value]),
        ),
        max_leaves=10,
    )


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(1 << 63), (1 << 63) - 1), st.floats(), TEXT, st.binary(max_size=9))


@examples(150)
@given(plain(st.one_of(SCALARS, arrays())), st.integers(2, 5))
def test_batch_pickles_are_read_as_python_reads_them(value, protocol):
    """What Python's own machine builds of plain data and arrays, ours builds too."""
    content = pickle.dumps(value, protocol)
    same(batch_pickles.loads(content), pickle.loads(content, encoding="latin1"))


@examples(60)
@given(plain(st.one_of(st.binary(max_size=300), arrays(kinds=("uint8",))), st.binary(max_size=5)))
def test_batch_pickles_of_python_2_are_read(value):
    """Its strings become str, a character for each byte."""
    content = python2_pickle(value)
    same(batch_pickles.loads(content), pickle.loads(content, encoding="latin1"))


@examples(80)
@given(arrays(st.lists(st.integers(0, 4), min_size=1, max_size=3).map(tuple), ("uint8", "int8", "int16", "int32", "float32", "float64")),
       st.booleans())  # fmt: skip
def test_idx_files(tmp_path_factory, array, packed):
    path = tmp_path_factory.mktemp("idx") / ("x.gz" if packed else "x")
    path.write_bytes(gzip.compress(idx_bytes(array), 1) if packed else idx_bytes(array))
    same(read_idx(path), np.ascontiguousarray(array))


@examples(80)
@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), arrays(), max_size=4))
def test_arrays_of_snapshots(tmp_path_factory, named):
    path = tmp_path_factory.mktemp("npz") / "x.npz"
    np.savez(path, **named)
    with np.load(path) as expected:
        same(read_arrays(path), dict(expected))


@st.composite
def tensors(draw):
    """A tensor, perhaps a part or a transposed one of another, perhaps a leaf that needs a gradient."""
    tensor = minitorch.tensor(draw(arrays()).copy())
    if tensor.ndim > 1 and draw(st.booleans()):
        tensor = tensor.transpose(0, draw(st.integers(1, tensor.ndim - 1)))
    if tensor.ndim and len(tensor) > 1 and draw(st.booleans()):
        tensor = tensor[draw(st.integers(0, len(tensor) - 1)) :: draw(st.integers(1, 2))]
    return tensor


@examples(100)
@given(plain(st.one_of(SCALARS, tensors()), st.one_of(TEXT, st.integers(), st.tuples(TEXT, st.booleans()))))
def test_checkpoints(value):
    file = io.BytesIO()
    minitorch.save(value, file)
    file.seek(0)
    same(minitorch.load(file), value)
    assert zipfile.ZipFile(file).testzip() is None


@examples(60)
@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_progress(tmp_path_factory, solved):
    path = tmp_path_factory.mktemp("progress") / "lessons.json"
    path.write_text(json.dumps({"solved": solved}))
    assert progress.read(path) == solved
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(progress.VARIABLE, str(path))
        progress.note_solved("new one")
    assert progress.read(path).keys() == {*solved, "new one"}


STEPS = st.lists(st.fixed_dictionaries({
    "event": st.just("step"), "run": st.integers(0, 3), "pass": st.integers(0, 1 << 31), "loss": st.one_of(st.none(), st.floats()),
    "seconds": st.floats(0, 1e9), "batch": st.one_of(st.none(), TEXT), "content": st.lists(st.floats(allow_nan=False), max_size=2),
}), max_size=6)  # fmt: skip


@examples(60)
@given(STEPS, st.data())
def test_traces_however_they_arrive(steps, data):
    """Cut anywhere, as a file is that is still being written, a trace is taken event by event."""
    whole = "".join(json.dumps(step) + "\n" for step in steps).encode()
    run = runs.Run("minitorch")
    for end in sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4))) + [len(whole)]:
        run.take_lines(io.BytesIO(whole[:end]), "trace.jsonl")
    same(list(run.losses), [float("nan") if step["loss"] is None else step["loss"] for step in steps])
    assert [list(run.runs), list(run.passes), run.batches] == [[s[key] for s in steps] for key in ("run", "pass", "batch")]
    assert run.contents == [tuple(step["content"]) or None for step in steps]


ROWS = st.lists(
    st.tuples(st.sampled_from("MFI"), *[st.floats(-1e6, 1e6)] * 7, st.integers(-1000, 1_000_000)), min_size=20, max_size=22
)


@examples(30)
@given(ROWS, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_the_abalone_table(tmp_path_factory, rows, end, quoted):
    path = tmp_path_factory.mktemp("abalone") / "abalone.data"
    quote = '"' if quoted else ""
    path.write_bytes("".join(f"{quote}{row[0]}{quote}," + ",".join(map(repr, row[1:])) + end for row in rows).encode())
    frame = _abalone().read_table(str(path))
    assert [tuple(row) for row in frame.itertuples(index=False)] == rows
