"""Checkpoints as tests want them: good ones of PyTorch's, with records changed, and whether what comes back is the same."""

import io
import zipfile

import torch

import minitorch


def same(a, b):
    """`a` and `b`, of one engine, are equal in every respect; dicts also in their order."""
    if isinstance(a, minitorch.Tensor | torch.Tensor):
        described = [(type(t), t.dtype, t.shape, t.requires_grad, t.tolist()) for t in (a, b)]
        assert described[0] == described[1]
    elif isinstance(a, dict):
        assert list(a) == list(b) and type(a) is type(b)
        for key in a:
            same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b) and type(a).__name__ == type(b).__name__
        for x, y in zip(a, b, strict=True):
            same(x, y)
    else:
        assert type(a) is type(b) and (a == b or (a != a and b != b))


def good(obj=None):
    file = io.BytesIO()
    torch.save({"w": torch.ones(40), "n": "text"} if obj is None else obj, file)
    return file.getvalue()


def with_records(**changes):
    """A good file with records replaced, left out (None) or added; 'data/0' is written data__0."""
    changes = {name.replace("__", "/"): content for name, content in changes.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good())) as old, zipfile.ZipFile(file, "w") as new:
        records = {name.partition("/")[2]: old.read(name) for name in old.namelist()} | changes
        for name, content in records.items():
            if content is not None:
                new.writestr(f"archive/{name}", content)
    return file.getvalue()
