"""The divergence finder: which piece of a training step is it that two engines compute differently?

Once two runs differ anywhere, everything after differs too: what is propagated must be told from what is new. The rule
here is that every piece starts from the same numbers. PyTorch runs freely and records each tensor that its training
steps pass through; minitorch then runs the same script, and each tensor is compared as minitorch computed it and at
once overwritten with PyTorch's (locate_child.py tells where). So each comparison concerns one piece alone: one module's
forward, one module's backward, the lines between two modules, one parameter's update. No difference is passed on, none
can be amplified, and the first tensor that differs is at the place of the fault: batch, weights and buffers before the
model is called, then forward, loss, backward and update, in the order in which PyTorch went through them.

Two results of one piece differ beyond rounding when their largest difference exceeds both

- 256 units of relative rounding (2⁻²³ for float32, 2⁻⁵² for float64; 8 for float16) of the tensor's largest value. For
  an updated parameter it is of the largest change, plus 3 units of its value, which is what subtracting costs;
- 32 times what PyTorch's own result moves by when every number that went into the piece is moved by one unit in the
  last place. That is measured, by a third run, where the first test finds something: some pieces cancel nearly
  everything (a bias's gradient before batch normalisation is nothing but rounding), and no fixed factor fits them.

Tensors of whole numbers and truth values must be equal. Since nothing accumulates, the rule is the same at step 1 and
at step 25,000. What is looked at: the first steps, where nearly every fault shows, and if they are sound the steps from
the last snapshot that agreed to the step that is known to differ. State that a script keeps outside modules and
optimizers is not overwritten: where it has drifted, the finder points at the first place where it enters. Of a module
that works in place the gradient of the input is not seen: a fault in its backward is told of the lines around it.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

import numpy as np

from ..program_files import PROGRAMS, program_file
from .locate_child import Recording, key
from .locate_files import write_files
from .runs import ENGINES

FACTORS = {2: 8, 4: 256, 8: 256}  # units of relative rounding, by bytes of the dtype
SUBTRACTING = 3
RULER = 32
AT_FIRST = 8  # steps looked at in the first place
ROOM = 1 << 30  # bytes that a recording of further steps may take
MUST_BE = ("batch", "loss", "gradient", "update")  # whereas one engine's modules may call others that the other's don't

Event = dict[str, Any]


def locate(
    script: str, args: Sequence[str], comparison: dict[str, Any], out: str | Path, step: int | None
) -> dict[str, Any] | None:
    """The first thing that the engines compute differently in the steps up to `step`; None if there is none.

    `script` and `args` are run as `minitorch compare` ran them; of `comparison`, "options" say how and
    "snapshot_steps" where the runs still agreed. The answer holds: step; kind, one of "batch", "buffer",
    "initial weight", "module output", "gradient", "update", "loss"; name, a module's path or a parameter's name; part,
    such as "grad_input 0" or "exp_avg"; module, its repr, and modules, both engines' where they differ; shape, index of
    the worst element, minitorch and pytorch, the two values; absolute, relative (None where PyTorch's is 0) and ulp,
    their difference; wrong, how many elements differ beyond `tolerance`; explanation, a sentence; files, the paths of
    what `out`/located then holds. Where the shapes differ or one engine has nothing, the numbers are None.

    Errors: RuntimeError if an engine could not be run, with the end of what it printed.
    """
    if step is None or step < 1:
        return None
    options = {name: value for name, value in (comparison.get("options") or {}).items()
               if name in ("dtype", "seed", "threads", "device")}  # fmt: skip
    agreed = max((at for at in comparison.get("snapshot_steps") or [] if at < step), default=0)
    folder = Path(out) / "located"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Engines(script, list(args), options) as engines:
        first, last = 1, min(AT_FIRST, step)
        while first <= step:
            found = engines.search(first, last)
            if found:
                again = {"script": os.path.abspath(script), "args": list(args), "options": options}
                return write_files(folder, found, again)
            first = max(agreed, last) + 1
            last = min(step, first - 1 + max(1, ROOM // engines.bytes_per_step))
    return None


def again(path: str | Path) -> str:
    """Run both engines once more up to the step of a located.json, and tell what is found there now."""
    saved = json.loads(Path(path).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as out:
        options = {"options": saved["again"]["options"]}
        found = locate(saved["again"]["script"], saved["again"]["args"], options, out, saved["step"])
    return text(found and found | {"files": None})  # which are gone


# ------------------------------------------------------------------------------------------------------ both engines


class Engines:
    """A process for each engine, and the recordings they make, which are gone on leaving."""

    script: str
    args: list[str]
    options: dict[str, Any]
    runs: int

    def __init__(self, script: str, args: list[str], options: dict[str, Any]) -> None:
        self.script, self.args, self.options = script, args, options
        self.children: dict[str, subprocess.Popen[str]] = {}
        self.runs = 0
        self.bytes_per_step: int = 1

    def __enter__(self) -> Engines:
        self.scratch: Path = Path(tempfile.mkdtemp(prefix="minitorch-locate-"))
        return self

    def __exit__(self, *error: Any) -> None:
        for child in self.children.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)  # a session of its own: with its runs and their workers
            for pipe in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):
                    pipe and pipe.close()
            child.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def child(self, engine: str) -> subprocess.Popen[str]:
        if engine not in self.children:
            environment = dict(os.environ)
            if self.options.get("threads"):
                for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
                    environment[name] = str(self.options["threads"])
            if self.options.get("device") == "cpu":
                environment["CUDA_VISIBLE_DEVICES"] = ""
            self.children[engine] = subprocess.Popen(
                [sys.executable, "-m", "minitorch.compare.locate_child", engine],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True,
            )  # fmt: skip
        return self.children[engine]

    def run(
        self, engine: str, first: int, last: int, forced: Recording | None = None, noise: bool = False
    ) -> Recording:
        """Record steps `first` to `last`."""
        self.runs += 1
        folder = self.scratch / str(self.runs)
        folder.mkdir()
        args = list(self.args)
        if os.path.abspath(self.script) in {str(program_file(name)) for name in PROGRAMS}:
            args += ["--out", str(folder), "--json", str(folder / "figures.json"), "--no-progress"]
        spec = {"script": self.script, "args": args, "options": self.options, "first": first, "last": last,
                "folder": str(folder), "forced": forced and str(forced.folder), "noise": noise}  # fmt: skip
        child = self.child(engine)
        stdin, stdout = pipes(child)
        try:
            stdin.write(json.dumps(spec) + "\n")
            stdin.flush()
            status = stdout.readline()
        except BrokenPipeError:
            status = ""
        recorded = (folder / "events.jsonl").exists()
        return Recording(folder, status.strip() or "it was killed") if recorded else refuse(engine, folder, status)

    def search(self, first: int, last: int) -> Found | None:
        """The first difference in these steps."""
        self.child("minitorch")  # both start at the same time
        theirs = self.run("pytorch", first, last)
        ours = self.run("minitorch", first, last, theirs)
        self.bytes_per_step = max(1, theirs.bytes.size // (last - first + 1))
        pair = Pair(ours, theirs)
        suspect = next(pair.walk(), None)
        if suspect and suspect.tolerance > 0:  # else it is no matter of rounding
            pair.ruler = self.run("pytorch", first, last, theirs, noise=True)
            suspect = next(pair.walk(), None)
        for engine, recording in (("pytorch", theirs), ("minitorch", ours)):
            if suspect is None and recording.status != "0":
                refuse(engine, recording.folder, recording.status)
        return suspect


def refuse(engine: str, folder: Path, status: str) -> NoReturn:
    printed = folder / "output.txt"
    end = printed.read_text(errors="replace").strip().splitlines()[-5:] if printed.exists() else []
    raise RuntimeError("\n".join([f"the script failed on {ENGINES[engine]} (exit status {status.strip()})", *end]))


def pipes(child: subprocess.Popen[str]) -> tuple[IO[str], IO[str]]:
    assert child.stdin and child.stdout
    return child.stdin, child.stdout


# ------------------------------------------------------------------------------------------------------ the comparison


class Found:
    """A tensor that differs, and the recordings that it lies in."""

    pair: Pair
    ours: Event | None
    theirs: Event
    tolerance: float

    def __init__(self, pair: Pair, ours: Event | None, theirs: Event, tolerance: float) -> None:
        self.pair, self.ours, self.theirs, self.tolerance = pair, ours, theirs, tolerance

    def describe(self) -> dict[str, Any]:
        """What `locate` answers, but for the files."""
        b = self.pair.theirs.value(self.theirs)
        a = self.pair.ours.value(self.ours) if self.ours else None
        kind, name = named(self.theirs)
        result: dict[str, Any] = {"step": self.theirs["step"], "kind": kind, "name": name, "part": part(self.theirs)}
        owner = self.pair.module_of(self.theirs)
        result |= {"module": owner and owner[1], "modules": None, "shape": list(b.shape)}
        if owner and owner[0] != owner[1]:
            result["modules"] = {"minitorch": owner[0], "pytorch": owner[1]}
        fields = ("index", "minitorch", "pytorch", "absolute", "relative", "ulp", "wrong")
        result |= dict.fromkeys(fields) | {"tolerance": self.tolerance}
        if a is None:
            result["explanation"] = f"At step {self.theirs['step']}, PyTorch has a {kind} {name}, minitorch has none."
            return result
        if a.shape == b.shape:
            far = distances(a, b)
            index = np.unravel_index(int(np.argmax(far)), far.shape) if far.ndim else ()
            x, y, d = a[index].item(), b[index].item(), float(far[index])
            unit = float(np.spacing(np.abs(b[index]))) if b.dtype.kind == "f" and np.isfinite(b[index]) else 1.0
            result |= {"index": [int(i) for i in index], "minitorch": x, "pytorch": y, "absolute": d,
                       "relative": d / abs(y) if y and math.isfinite(y) else None, "ulp": d / unit,
                       "wrong": int((far > self.tolerance).sum())}  # fmt: skip
        else:
            result["shapes"] = {"minitorch": list(a.shape), "pytorch": list(b.shape)}
        result["explanation"] = explanation(self, result)
        return result


class Pair:
    """Two recordings of the same steps, and perhaps PyTorch's own with noise."""

    ours: Recording
    theirs: Recording
    ruler: Recording | None

    def __init__(self, ours: Recording, theirs: Recording, ruler: Recording | None = None) -> None:
        self.ours, self.theirs, self.ruler = ours, theirs, ruler

    def walk(self) -> Iterator[Found]:
        """Everything that differs, in PyTorch's order."""
        complete = max((event["step"] for event in self.ours.events if event["kind"] == "update"), default=0)
        for event in self.theirs.events:
            ours = self.ours.by_key.get(key(event))
            if event["kind"] == "start":
                continue
            if ours is None:
                if event["kind"] in MUST_BE and event["step"] <= complete:
                    yield Found(self, None, event, 0.0)
                continue
            tolerance = self.tolerance(event, ours)
            if tolerance is not None:
                yield Found(self, ours, event, tolerance)

    def tolerance(self, event: Event, ours: Event) -> float | None:
        """The tolerance that these two exceed; None if they don't."""
        a, b = self.ours.value(ours), self.theirs.value(event)
        if a.shape != b.shape:
            return 0.0
        if not b.size:
            return None
        largest = float(np.max(distances(a, b)))
        if largest == 0:
            return None
        if b.dtype.kind != "f" or a.dtype.kind != "f":
            return 0.0
        kind = min(a.dtype, b.dtype, key=lambda dtype: dtype.itemsize)  # the coarser one
        unit = float(np.finfo(kind).eps)
        factor = FACTORS[kind.itemsize] * unit
        before = None
        if event["kind"] == "update" and event["part"] == "value":
            before = self.theirs.by_key.get((*key(event)[:1], "before", *key(event)[2:]))
        if before is not None:
            change = b.astype(np.float64) - self.theirs.value(before)
            tolerance = factor * size(change) + SUBTRACTING * unit * size(b)
        else:
            tolerance = factor * size(b)
        tolerance += float(np.finfo(kind).tiny)
        other = self.ruler and self.ruler.by_key.get(key(event))
        if other:
            moved = self.ruler.value(other)  # type: ignore[union-attr]  # `other` is of it
            if moved.shape == b.shape:
                tolerance = max(tolerance, RULER * float(np.max(distances(moved, b))))
        return tolerance if largest > tolerance else None

    def module_of(self, event: Event) -> tuple[str, str] | None:
        """Both engines' reprs of the module that an event belongs to, or that a parameter or buffer lies in."""
        _, name = named(event)
        while True:
            found = [
                next((e["repr"] for e in recording.events if e["name"] == name and "repr" in e), None)
                for recording in (self.ours, self.theirs)
            ]
            if found[0] and found[1]:
                return found[0], found[1]
            if "." not in name:
                return None
            name = name.rpartition(".")[0]


def distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """|a − b| of each element in float64; NaN and NaN agree, as infinities do, NaN and a number are infinitely far."""
    x, y = np.asarray(a).astype(np.float64), np.asarray(b).astype(np.float64)
    with np.errstate(invalid="ignore"):
        far = np.abs(x - y)
    return np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, np.where(np.isnan(far), np.inf, far))


def size(values: np.ndarray) -> float:
    """The largest absolute value that is a number."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


# ------------------------------------------------------------------------------------------------------ what it means


def named(event: Event) -> tuple[str, str]:
    """The kind and the name that a difference in this event is reported under."""
    kind, name, parent = event["kind"], event["name"], event.get("parent")
    if kind == "weight":
        return ("initial weight" if event["step"] == 1 else "update"), name
    if kind == "before":
        return "update", name
    if kind == "input":  # the module is not to blame, but the lines before its call
        if parent is not None:
            return "module output", parent
        return ("loss" if event["bare"] else "batch"), name
    if kind == "output":
        lone = parent is None and event["bare"] and not event["shape"]
        return ("loss" if lone else "module output"), name
    if kind == "grad_output":  # nor is this one: what uses its output is
        return "gradient", parent or name
    if kind == "grad_input":
        return "gradient", name
    return kind, name


def part(event: Event) -> str:
    """What of it differs."""
    kind, where = event["kind"], event["part"]
    if kind in ("input", "grad_output"):
        return f"{kind} of {event['name']}"
    if kind == "output":
        return f"output{where}"
    if kind in ("grad_input", "gradient"):
        return f"{kind} {where}".strip()
    return where


def explanation(found: Found, result: dict[str, Any]) -> str:
    """One sentence that says what differs though everything before agreed."""
    assert found.ours
    event, step = found.theirs, found.theirs["step"]
    kind, name, where, parent = event["kind"], event["name"], event["part"], event.get("parent")
    inside = f"the forward of {parent}" if parent else "the script"
    what = {
        "batch": f"the DataLoader hands out another {name}",
        "weight": f"{name} differs before the first forward"
        if step == 1
        else f"{name} was changed after step {step - 1}",
        "before": f"{name if where == 'value' else f'{where} of {name}'} was changed between backward() and step()",
        "buffer": f"{name} differs "
        + {"start": "when the model is called", "before": "before the module's forward"}.get(
            where, "after the module's forward, whose input was the same"
        ),
        "input": f"from the same numbers, what {inside} computes before it calls {name} differs",
        "output": f"from the same input and weights, {name} gives another output",
        "loss": "from the same outputs, the script computes another loss",
        "grad_output": f"from the same gradients, the backward of what {inside} does with the output of {name} differs",
        "grad_input": f"from the same gradient of its output, {name} passes another gradient to its input",
        "update": f"from the same value, gradient and state, the optimizer computes another {where} of {name}",
    }
    if kind == "gradient":
        sentence = (
            f"the gradients of all module outputs agree, but that of {name} differs"
            if where == "backward"
            else f"the gradient of {name} was changed between backward() and step()"
        )
    else:
        sentence = what[kind]
    if result.get("shapes"):
        ours, theirs = result["shapes"]["minitorch"], result["shapes"]["pytorch"]
        sentence += f": shape {ours} on minitorch, {theirs} on PyTorch"
    if result["modules"]:
        sentence += "; the two modules are not configured alike"
    ours, theirs = found.ours.get("options"), event.get("options")
    if ours and theirs:
        unlike = [name for name in theirs if name in ours and ours[name] != theirs[name]]
        sentence += "".join(
            f"; option {name} is {ours[name]} on minitorch, {theirs[name]} on PyTorch" for name in unlike
        )
    return f"At step {step}, {sentence}."


# ------------------------------------------------------------------------------------------------------ the text


def text(located: dict[str, Any] | None) -> str:
    """What was found, for the terminal."""
    if located is None:
        return "No piece of the steps looked at differs beyond rounding."
    rows = [("first difference", f"step {located['step']}, {located['kind']}: {located['name']}")]
    if located["part"]:
        rows.append(("what of it", located["part"]))
    modules = located["modules"] or ({"": located["module"]} if located["module"] else {})
    for engine, module in modules.items():
        lines = module.splitlines()
        rows.append((f"module {ENGINES.get(engine, '')}".strip(), lines[0] + (" …" if len(lines) > 1 else "")))
    if located["index"] is not None:
        relative = "" if located["relative"] is None else f"{located['relative']:.3g} relative, "
        rows += [
            ("shape", f"{located['shape']}, {located['wrong']:,} of {math.prod(located['shape']):,} elements differ"),
            ("worst element", str(located["index"])),
            ("minitorch", f"{located['minitorch']:.9g}"),
            ("PyTorch", f"{located['pytorch']:.9g}"),
            ("difference", f"{located['absolute']:.3g} absolute, {relative}"
                           f"{located['ulp']:.3g} units in the last place (tolerance {located['tolerance']:.3g})"),
        ]  # fmt: skip
    if located.get("files"):
        rows += [("inputs", located["files"]["inputs"]), ("to reproduce it", f"python {located['files']['reproduce']}")]
    width = max(len(title) for title, _ in rows)
    return "\n".join([located["explanation"], *(f"  {title.ljust(width)}  {value}" for title, value in rows)])
