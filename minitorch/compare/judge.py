"""Whether two runs differ by rounding alone, and where they part if not.

Nothing but rounding is to differ between two engines that do the same arithmetic. But training amplifies rounding,
roughly exponentially until the runs have nothing in common, at a rate that depends on the network, the data and the
learning rate. A fixed limit is therefore either blind or wrong, and two limits are offered.

**The ruler**, `--ruler`: PyTorch runs a second time, rounded otherwise. It has another number of threads, so that sums
are added in another order, and its weights are nudged before every update: each is multiplied by 1 − ε, 1 or 1 + ε at
random, where ε is the spacing of the numbers at 1 in its dtype (1.2·10⁻⁷ in float32, 2.2·10⁻¹⁶ in float64). What the
same engine then differs from itself is what rounding does to this training. Threads alone would not do: they change the
few operations that are split among them, and a small net's two runs can stay the same bit for bit for a thousand steps,
while an engine rounds every operation in its own way in every step. Nor would one nudge at the beginning. What makes
two runs part is some activation that lies so close to a kink of ReLU or to a tie in max-pooling that rounding decides
on which side it falls, and whether one nudge meets such a place is chance: of five such runs of the CIFAR-10 program
the first was 10⁻⁶ apart in step 229, the last not within 1,500 steps, while three that were nudged before every update
were so in steps 227, 237 and 267, and 10⁻³ apart in steps 840, 847 and 870. Each step's difference is held against the
largest that the ruler has shown until half as many steps again have gone by (single steps cross zero by chance, and the
same kink is met some steps sooner or later), times 10, but not less than 100·ε·(1 + k/100) in an optimizer's step k:
the exponential growth is measured, its first steps are a matter of luck. Where PyTorch's two runs are bit for bit the
same throughout, the ruler has measured nothing, and the tolerance below holds.

**The tolerance**, without a ruler: √ε·(1 + k/100). Half of the digits agree at the start, and the share of rounding
grows with the steps: 3·10⁻⁴ in float32 and 1.5·10⁻⁸ in float64 at first, ten times that after 900 steps. It is a rule
of thumb, which a sound run may cross. So unless `--no-ruler` forbids it, the ruler is fetched when that happens, and decides.

What is held against the limit:

- the loss of every step, its difference relative to PyTorch's mean loss up to there (a loss near zero has no
  relative precision of its own);
- in every snapshot each parameter, ‖a − b‖ relative to ‖b‖, with 8·ε of all parameters' norm beside it, for those that
  are all but zero. With a ruler, a parameter's limit is the larger of its own and the middle one of all parameters';
- in each optimizer's first step, where there is no history yet, the gradients, likewise;
- the batches and the number of steps, which must be the same.

A parameter whose gradient is nothing but rounding (less than 100·ε of all gradients' norm, and different on both
engines in the first two digits) is not judged: a bias before a batch normalisation is an example, which Adam moves
at full speed in a random direction, with no effect on the loss.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import snapshots
from .runs import Run

FACTOR = 10.0
LEAD = 1.5  # up to which multiple of a step's number the ruler counts for it
RULER_FLOOR = 100.0  # of ε
GROWTH = 100.0  # steps after which the allowance for rounding has doubled
BESIDE = 8.0  # of ε, relative to all parameters together
NOISE, NOISE_APART = 100.0, 0.01
MOST_POINTS = 2000
ORDER = {"batch": 0, "loss": 1, "gradient": 2, "value": 3}

Finding = dict[str, Any]


class Limits:
    """What is allowed; step numbers are the optimizer's own."""

    def __init__(self, dtype: str, ruler_moved: bool) -> None:
        self.epsilon: float = float(np.finfo(dtype).eps)
        self.ruler = ruler_moved

    def rounding(self, number: int) -> float:
        """Allowed in an optimizer's step `number`, whatever the ruler shows."""
        start = RULER_FLOOR * self.epsilon if self.ruler else math.sqrt(self.epsilon)
        return start * (1 + number / GROWTH)

    def text(self, dtype: str) -> str:
        """In words, for the verdict."""
        if self.ruler:
            return f"allowed: {FACTOR:g} × what PyTorch, rounded otherwise, differs from itself"
        return f"allowed in {dtype}: {math.sqrt(self.epsilon):.1e} × (1 + step/{GROWTH:g})"


def judge(runs: dict[str, Run], folders: dict[str, Path]) -> dict[str, Any]:
    """Everything in comparison.json that is computed from the runs "minitorch" and "pytorch", and perhaps "ruler"."""
    ours, theirs, ruler = runs["minitorch"], runs["pytorch"], runs.get("ruler")
    count = min(len(ours), len(theirs))
    dtype = dtype_of(theirs)
    own = own_numbers(theirs)
    losses = [np.array(run.losses[:count]) for run in (ours, theirs)]
    apart = distances(*losses)
    ruler_losses = ruler_apart = None
    if ruler is not None:
        known = min(count, len(ruler))
        ruler_losses = np.full(count, math.nan)
        ruler_losses[:known] = ruler.losses[:known]
        ruler_apart = np.zeros(count)
        ruler_apart[:known] = distances(losses[1][:known], ruler_losses[:known])

    folders = {key: folder / "snapshots" for key, folder in folders.items()}
    steps = sorted(set(snapshots.steps_in(folders["minitorch"])) & set(snapshots.steps_in(folders["pytorch"])))
    steps = [step for step in steps if step <= count]
    ruler_steps = set(snapshots.steps_in(folders["ruler"])) if ruler is not None else set()
    tensors = _Tensors(theirs)
    for position, step in enumerate(steps):
        third = snapshots.read(folders["ruler"], step) if step in ruler_steps else None
        ours_then, theirs_then = (snapshots.read(folders[key], step) for key in ("minitorch", "pytorch"))
        tensors.take(position, step, ours_then, theirs_then, third)

    moved = bool(ruler_apart is not None and (ruler_apart.any() or tensors.ruler_moved))
    limits = Limits(dtype, moved)
    allowed = allowed_losses(losses[1], ruler_apart if moved else None, own, limits)
    findings = loss_findings(losses, apart, allowed, dtype)
    findings += tensors.findings(limits, own)
    batch = first_batch(ours, theirs, count)
    if batch["first_different"]:
        findings.append({"step": batch["first_different"], "what": "batch", "name": None, "absolute": None,
                         "relative": None, "ulp": None, "within_ruler": False, "decides": True})  # fmt: skip
    beyond = sorted((f for f in findings if not f["within_ruler"]), key=_place)
    within = not any(f["decides"] for f in beyond)
    first = (beyond if not within else sorted(findings, key=_place))[:1]
    if within and first:
        first = [first[0] | {"within_ruler": True}]

    chosen = thinned(count)
    keep = [step - 1 for step in chosen]
    return {
        "initial_weights": {
            "identical": ours.digests == theirs.digests,
            "tensors": sum(event["tensors"] for event in theirs.weights.values()),
            "numbers": sum(event["numbers"] for event in theirs.weights.values()),
        },
        "batches": batch,
        "dtype": dtype,
        "steps": chosen,
        "loss": {
            "minitorch": losses[0][keep].tolist(),
            "pytorch": losses[1][keep].tolist(),
            "ruler": None if ruler_losses is None else ruler_losses[keep].tolist(),
        },
        "difference": {
            "loss": apart[keep].tolist(),
            "ruler": None if ruler_apart is None else ruler_apart[keep].tolist(),
            "allowed": allowed[keep].tolist(),
        },
        "snapshot_steps": steps,
        "parameters": tensors.series(len(steps), ruler is not None),
        "largest": {"loss": largest_loss(losses[1], apart), "value": tensors.largest()},
        "first_divergence": {key: value for key, value in first[0].items() if key != "decides"} if first else None,
        "ruler_moved": moved if ruler is not None else None,
        "allowed": limits.text(dtype),
        "within": within and len(ours) == len(theirs),
    }


def _place(finding: Finding) -> tuple[int, int]:
    return finding["step"], ORDER[finding["what"]]


def dtype_of(run: Run) -> str:
    """The coarsest dtype of the weights: it sets what can be expected."""
    found = [event["dtype"] for event in run.weights.values()]
    for name in ("float16", "float32"):
        if name in found:
            return name
    return "float16" if "bfloat16" in found else "float64" if "float64" in found else "float32"


def own_numbers(run: Run) -> list[int]:
    """For each step its number among its optimizer's."""
    counts: dict[int, int] = {}
    numbers = []
    for optimizer in run.runs:
        counts[optimizer] = counts.get(optimizer, 0) + 1
        numbers.append(counts[optimizer])
    return numbers


def distances(a: Any, b: Any) -> Any:
    """|a − b|, where equal infinities and two NaNs are equal and one NaN is infinitely far from any number."""
    with np.errstate(invalid="ignore"):
        apart = np.abs(a - b)
    apart[(a == b) | (np.isnan(a) & np.isnan(b))] = 0.0
    apart[np.isnan(apart)] = math.inf
    return apart


def scales(losses: Any) -> Any:
    """The mean absolute loss up to each step, of those that are numbers."""
    finite = np.isfinite(losses)
    return np.cumsum(np.where(finite, np.abs(losses), 0.0)) / np.maximum(1, np.cumsum(finite))


def allowed_losses(theirs: Any, ruler: Any | None, own: list[int], limits: Limits) -> Any:
    """What each step's loss may differ by."""
    scale = scales(theirs)
    rounding = np.array([limits.rounding(number) for number in own[: len(theirs)]])
    if ruler is not None and len(ruler):
        relative = np.divide(ruler, scale, out=np.zeros_like(ruler), where=(ruler > 0) & (scale > 0))
        last = np.minimum(LEAD * np.arange(1, len(ruler) + 1), len(ruler)).astype(int) - 1
        rounding = np.maximum(rounding, FACTOR * np.maximum.accumulate(relative)[last])
    return rounding * scale


def loss_findings(losses: list[Any], apart: Any, allowed: Any, dtype: str) -> list[Finding]:
    """The first loss that differs at all, and the first that differs by more than is allowed."""
    beyond = ~(apart <= allowed)
    found = []
    for index in dict.fromkeys(int(np.argmax(flags)) for flags in (apart > 0, beyond) if flags.any()):
        a, b = float(losses[0][index]), float(losses[1][index])
        found.append({"step": index + 1, "what": "loss", "name": None, "absolute": float(apart[index]),
                      "relative": ratio(float(apart[index]), abs(b)), "ulp": ulps(a, b, dtype),
                      "within_ruler": not beyond[index], "decides": True})  # fmt: skip
    return found


def largest_loss(theirs: Any, apart: Any) -> dict[str, Any]:
    if not len(apart):
        return {"absolute": None, "relative": None, "step": None}
    relative = [ratio(float(d), abs(float(b))) for d, b in zip(apart, theirs, strict=True)]
    step = max(range(len(relative)), key=relative.__getitem__)
    return {"absolute": float(apart.max()), "relative": relative[step], "step": step + 1}


def first_batch(ours: Run, theirs: Run, count: int) -> dict[str, Any]:
    """The first step whose batch was not the same, rounding apart (`randn`'s last digit is the processor's)."""
    first, bits = None, False
    for index in range(count):
        if ours.batches[index] == theirs.batches[index]:
            continue
        bits = True
        if not same_content(ours.contents[index], theirs.contents[index]):
            first = index + 1
            break
    return {"recorded": any(theirs.batches), "first_different": first, "rounded_differently": bits and first is None}


def same_content(a: Sequence[float] | None, b: Sequence[float] | None) -> bool:
    """Whether two batches with different bits are the same but for rounding, by trace.content."""
    if not a or not b:
        return False
    return all(abs(x - y) <= 1e-5 * max(a[1], b[1]) for x, y in zip(a, b, strict=True))


class _Tensors:
    """Every parameter's and gradient's difference in every snapshot."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.names: dict[tuple[int, int], str] = {}
        self.shapes: dict[tuple[int, int], list[int]] = {}
        for number, event in sorted(run.weights.items()):
            taken = set(self.names.values())
            for index, (name, shape) in enumerate(zip(event["names"], event["shapes"], strict=True)):
                self.names[number, index] = f"{name} (training {number + 1})" if name in taken else name
                self.shapes[number, index] = shape
        self.rows: list[dict[str, Any]] = []
        self.noise: set[tuple[int, int]] = set()
        self.ruler_moved = False

    def take(self, position: int, step: int, ours: Any, theirs: Any, ruler: Any | None) -> None:
        """Compare one snapshot's arrays."""
        run = self.run.runs[step - 1]
        totals = {kind: math.sqrt(sum(norm(theirs[name]) ** 2 for name in theirs if name[0] == letter))
                  for kind, letter in snapshots.KINDS.items()}  # fmt: skip
        for number, index in self.names:
            if number != run:
                continue
            for kind, letter in snapshots.KINDS.items():
                name = f"{letter}{index}"
                if name not in theirs and name not in ours:
                    continue
                row: dict[str, Any] = {
                    "position": position, "step": step, "key": (run, index), "what": kind, "total": totals[kind]
                }
                row |= tensor_difference(ours.get(name), theirs.get(name))
                row["ruler"] = None
                if ruler is not None and name in ruler and name in theirs:
                    row["ruler"] = tensor_difference(theirs[name], ruler[name])["apart"]
                    row["ruler_relative"] = ratio(row["ruler"], row["norm"])
                    self.ruler_moved |= row["ruler"] > 0
                self.rows.append(row)
                epsilon = np.finfo(theirs[name].dtype).eps if name in theirs and theirs[name].dtype.kind == "f" else 0.0
                if kind == "gradient" and row["norm"] <= NOISE * epsilon * row["total"]:
                    if row["relative"] > NOISE_APART:
                        self.noise.add((run, index))

    def findings(self, limits: Limits, own: list[int]) -> list[Finding]:
        """The differences in order, each with whether it is allowed; a noisy parameter's are left out."""
        envelopes: dict[tuple[Any, str], float] = {}
        found = []
        measured = sorted((row for row in self.rows if row["ruler"] is not None), key=lambda row: -row["step"])
        for step in sorted({row["step"] for row in self.rows}):
            rows = [row for row in self.rows if row["step"] == step]
            while measured and measured[-1]["step"] <= LEAD * step:
                row = measured.pop()
                place = row["key"], row["what"]
                envelopes[place] = max(envelopes.get(place, 0.0), row["ruler_relative"])
            middles = {kind: median([value for (key, what), value in envelopes.items()
                                    if what == kind and key not in self.noise])
                       for kind in snapshots.KINDS}  # fmt: skip
            for row in rows:
                allowed = limits.rounding(own[step - 1])
                if limits.ruler:
                    own_envelope = envelopes.get((row["key"], row["what"]), 0.0)
                    allowed = max(allowed, FACTOR * own_envelope, FACTOR * middles[row["what"]])
                room = allowed * row["norm"] + BESIDE * limits.epsilon * row["total"]
                row["allowed"] = ratio(room, row["norm"])
                if not row["apart"] or row["key"] in self.noise:
                    continue
                found.append({"step": step, "what": row["what"], "name": self.names[row["key"]],
                              "absolute": row["worst"], "relative": row["relative"], "ulp": row["ulp"],
                              "within_ruler": row["apart"] <= room,
                              "decides": row["what"] == "value" or own[step - 1] == 1})  # fmt: skip
        return found

    def series(self, positions: int, ruler: bool) -> list[dict[str, Any]]:
        """For each parameter its differences at the snapshots; None where a snapshot does not hold it."""
        empty: dict[tuple[Any, str], list[Any]] = {}
        for key in self.names:
            for what in snapshots.KINDS:
                for prefix in ("", "ruler_", "allowed_"):
                    empty[key, prefix + what] = [None] * positions
        for row in self.rows:
            empty[row["key"], row["what"]][row["position"]] = row["relative"]
            empty[row["key"], "allowed_" + row["what"]][row["position"]] = row["allowed"]
            if row["ruler"] is not None:
                empty[row["key"], "ruler_" + row["what"]][row["position"]] = row["ruler_relative"]
        return [
            {
                "name": name,
                "shape": self.shapes[key],
                "value": empty[key, "value"],
                "gradient": empty[key, "gradient"],
                "ruler_value": empty[key, "ruler_value"] if ruler else None,
                "ruler_gradient": empty[key, "ruler_gradient"] if ruler else None,
                "allowed_value": empty[key, "allowed_value"],
                "allowed_gradient": empty[key, "allowed_gradient"],
                "judged": key not in self.noise,
            }
            for key, name in self.names.items()
        ]

    def largest(self) -> dict[str, Any]:
        """The largest relative difference of a parameter that is judged."""
        values = [row for row in self.rows if row["what"] == "value" and row["key"] not in self.noise]
        if not values:
            return {"relative": None, "name": None, "step": None}
        row = max(values, key=lambda row: row["relative"])
        return {"relative": row["relative"], "name": self.names[row["key"]], "step": row["step"]}


def tensor_difference(a: Any | None, b: Any | None) -> dict[str, Any]:
    """How far `a` is from `b`: norms in float64, and the worst element's distance in units in the last place."""
    if a is None or b is None or a.shape != b.shape:
        size = 0.0 if b is None else norm(b)
        return {"apart": math.inf, "norm": size, "relative": math.inf, "worst": None, "ulp": None}
    size = norm(b)
    if np.array_equal(a, b) or (a.dtype.kind in "fc" and np.array_equal(a, b, equal_nan=True)):
        return {"apart": 0.0, "norm": size, "relative": 0.0, "worst": 0.0, "ulp": 0}
    if a.dtype.kind == "c":
        apart = np.abs(a - b)
    else:
        apart = distances(a.astype(np.float64), b.astype(np.float64))
    worst = np.unravel_index(int(np.argmax(apart)), apart.shape)
    total = norm(apart)
    distance = ulps(float(a[worst]), float(b[worst]), b.dtype.name) if b.dtype.kind == "f" else None
    return {"apart": total, "norm": size, "relative": ratio(total, size), "worst": float(apart[worst]), "ulp": distance}


def norm(array: Any) -> float:
    """The square root of the sum of squares, in float64; infinite if an element is not finite."""
    flat = np.abs(array).astype(np.float64).reshape(-1)
    size = float(np.linalg.norm(flat))
    return size if math.isfinite(size) else math.inf


def ratio(apart: float, size: float) -> float:
    """apart/size, 0 for no difference at all, infinite where there is nothing to relate it to."""
    if apart == 0:
        return 0.0
    return apart / size if size and math.isfinite(apart) and math.isfinite(size) else math.inf


def ulps(a: float, b: float, dtype: str) -> int | None:
    """How many numbers of `dtype` lie from one to the other; None where one is not a number."""
    if not (math.isfinite(a) and math.isfinite(b)):
        return None
    places = []
    for value in (a, b):
        with np.errstate(over="ignore"):
            bits = np.array(value, dtype).view({"float16": np.int16, "float32": np.int32}.get(dtype, np.int64))
        place = int(bits)
        places.append(place if place >= 0 else -(place & (2 ** (8 * bits.itemsize - 1) - 1)))
    return abs(places[0] - places[1])


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0


def thinned(count: int) -> list[int]:
    """At most MOST_POINTS of the steps 1 … count, evenly, the first and the last among them."""
    if count <= MOST_POINTS:
        return list(range(1, count + 1))
    return sorted({1 + round(i * (count - 1) / (MOST_POINTS - 1)) for i in range(MOST_POINTS)})


BARS = 60


def timed(run: Run) -> Any:
    """The seconds of a run's steps, the first of each optimizer left out: it warms up."""
    firsts = {run.runs.index(number) for number in set(run.runs)}
    return np.array([value for index, value in enumerate(run.seconds) if index not in firsts])


def time_edges(runs: Sequence[Run]) -> list[float]:
    """Edges of the bars in which step times are counted: the same for all runs, each bar as many times as long.

    The last bar takes in the longest steps, at most one in a hundred of a run, which would push all others together.
    """
    seconds = np.concatenate([timed(run) for run in runs]) if runs else np.empty(0)
    if not len(seconds):
        return []
    low = max(float(seconds.min()), 1e-9)
    high = max(float(np.quantile(timed(run), 0.99, method="higher")) for run in runs if len(timed(run)))
    return np.geomspace(low, max(high, 1.01 * low), BARS + 1).tolist()


def timing(run: Run, edges: list[float]) -> dict[str, Any]:
    """Median, tenth and ninetieth percentile and histogram over `edges` of a step's seconds."""
    seconds = timed(run)
    if not len(seconds):
        return {"median": None, "p10": None, "p90": None, "histogram": {"edges": [], "counts": []}}
    p10, middle, p90 = (float(value) for value in np.percentile(seconds, (10, 50, 90)))
    places = np.clip(np.searchsorted(edges, seconds, side="right") - 1, 0, len(edges) - 2)
    return {"median": middle, "p10": p10, "p90": p90,
            "histogram": {"edges": edges, "counts": np.bincount(places, minlength=len(edges) - 1).tolist()}}  # fmt: skip
