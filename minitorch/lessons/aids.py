"""What several lessons need: PyTorch to compare with, pictures, data that is always there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .places import find, needed
from .showing import in_notebook


def pytorch() -> Any:
    """PyTorch, to hold a number against; None, and a line that says what to install, where it is missing.

    Errors: none of its own.

    Source: this project's own.

    >>> from minitorch.lessons import pytorch
    >>> torch = pytorch()
    """
    try:
        import torch
    except ImportError:
        print("PyTorch is not installed, so this comparison is left out. To make it: pip install torch")
        return None
    return torch


# Legible on white and on near-black alike, and white letters on them: figures have no background of their own. The
# size is a phone's width, so that no picture's letters shrink.
INK = "#7c7c7c"
COLOURS = ("#3a7fc8", "#d0691f", "#23895f", "#c14f8f", "#8466d0", "#8f7a14")


def pictures() -> Any:
    """matplotlib.pyplot, set up for the lessons: legible at phone width, on light and dark pages, sharp at any size.

    Errors: ImportError without matplotlib.

    Source: this project's own.

    >>> from minitorch.lessons import pictures
    >>> plt = pictures()
    >>> plt.rcParams["savefig.transparent"]
    True
    """
    needed("matplotlib")
    if in_notebook():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")  # type: ignore[no-untyped-call]  # it has no types
    import matplotlib.pyplot as plt
    from cycler import cycler

    plt.rcParams.update(
        {
            "axes.edgecolor": INK,
            "axes.facecolor": "none",
            "axes.labelcolor": INK,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.right": False,
            "axes.spines.top": False,
            "axes.titlecolor": INK,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "none",
            "figure.figsize": (4.4, 3.0),
            "font.size": 12,
            "grid.color": INK,
            "grid.alpha": 0.3,
            "legend.frameon": False,
            "legend.labelcolor": INK,
            "lines.linewidth": 2,
            "savefig.facecolor": "none",
            "savefig.transparent": True,
            "text.color": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )
    return plt


def data_folder() -> Path | None:
    """The folder with the real data sets: MINITORCH_DATA, or ./data, or ../data; None where there is none of these.

    Errors: FileNotFoundError if MINITORCH_DATA names no folder.

    Source: this project's own.

    >>> from minitorch.lessons import data_folder
    >>> folder = data_folder()
    """
    named = os.environ.get("MINITORCH_DATA")
    if named:
        if not Path(named).is_dir():
            raise FileNotFoundError(f"MINITORCH_DATA names {named}, which is no folder")
        return Path(named)
    for path in (Path("data"), Path("../data")):
        if path.is_dir():
            return path
    return None


def lesson_file(lesson: str, name: str) -> Path:
    """A file that lies in a lesson's folder beside its cells, wherever these run.

    Errors: FileNotFoundError if there is no such file.

    Source: this project's own.

    >>> from minitorch.lessons import lesson_file
    >>> lesson_file("12", "measured.json").name
    'measured.json'
    """
    path = find(lesson).folder / name
    if not path.is_file():
        raise FileNotFoundError(f"lesson {lesson} has no file {name}: looked for {path}")
    return path


def digits() -> tuple[Any, Any]:
    """The 1797 handwritten digits that scikit-learn brings along: images (1797, 1, 8, 8) from 0 to 1, and labels.

    Shapes: → (1797, 1, 8, 8) and (1797).
    Errors: ImportError without scikit-learn.

    Source: https://scikit-learn.org/stable/modules/generated/sklearn.datasets.load_digits.html; E. Alpaydin and C.
    Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998.

    >>> from minitorch.lessons import digits
    >>> images, labels = digits()
    >>> images.shape, images.dtype, labels.dtype
    (torch.Size([1797, 1, 8, 8]), torch.float32, torch.int64)
    """
    import minitorch

    found = needed("sklearn.datasets").load_digits()
    images = minitorch.tensor(found.images / 16, dtype=minitorch.float32).reshape(-1, 1, 8, 8)
    return images, minitorch.tensor(found.target)
