"""The picture: a bar for each ratio, and the families that grow as curves."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from ..files import replacing
from .engines import TITLES
from .measure import Result
from .report import measured

NO_MATPLOTLIB = '--plot needs matplotlib: pip install "minitorch-engine[lessons]"'
COLOURS = {"minitorch": "#1f6f8b", "pytorch": "#c8553d"}


def is_possible() -> bool:
    """Whether matplotlib is there."""
    try:
        return importlib.util.find_spec("matplotlib") is not None
    except ValueError:  # somebody keeps it from being imported
        return False


def plot(results: Sequence[Result], path: Path) -> None:
    """Write the picture; its form is the file's suffix's."""
    from matplotlib.figure import Figure  # not pyplot: no window, no global state

    shown = [result for result in results if measured(result)]
    families: dict[str, list[Result]] = {}
    for result in shown:
        if result.workload.size and not result.workload.family.startswith("op-"):
            families.setdefault(result.workload.family, []).append(result)
    families = {name: members for name, members in families.items() if len(members) > 1}
    bars = [result for result in shown if not result.workload.size] or shown
    columns = 1 + bool(families)
    figure = Figure(figsize=(7 * columns, max(2.5, 0.26 * len(bars) + 1.2)), layout="constrained")
    grid = figure.add_gridspec(max(1, len(families)), columns)

    axes = figure.add_subplot(grid[:, 0])
    ratios = [result.ratio for result in bars]
    colours = [COLOURS["minitorch"] if ratio <= 1 else COLOURS["pytorch"] for ratio in ratios]
    places = range(len(bars))
    # From 1, to the left where minitorch is faster and to the right where PyTorch is.
    axes.barh(places, [ratio - 1 for ratio in ratios], left=1, color=colours)
    axes.set_yticks(places, [result.workload.name for result in bars], fontsize=8)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.margins(y=0.01)
    axes.invert_yaxis()
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel("minitorch's time ÷ PyTorch's (left of 1: minitorch is faster)")

    for number, (family, members) in enumerate(families.items()):
        axes = figure.add_subplot(grid[number, 1])
        sizes = [member.workload.size for member in members]
        for name, title in TITLES.items():
            times = [1e3 * member.times[name].percentile(50) for member in members]
            axes.plot(sizes, times, "o-", color=COLOURS[name], label=title)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_xlabel({"image": "pixels of an image", "batch": "images in a batch", "depth": "layers"}[family])
        axes.set_ylabel("ms a step")
        axes.legend(fontsize=8)
    with replacing(path) as file:
        figure.savefig(file, dpi=110, format=path.suffix[1:] or None)
