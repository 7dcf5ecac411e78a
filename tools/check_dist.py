"""Install what `make dist` built, in clean environments of several Pythons, and use it.

    python tools/check_dist.py dist --pythons "python3.11 python3.12 python3.13"

For each Python: the wheel with NumPy alone, and nothing else imported; the command line; the doctests, and tests that
need no PyTorch; every extra resolves. Once: the source distribution has every file of the repository, and a wheel built
from it is the one built from the checkout. A Python that is not there is named and skipped. Packages come from wherever
pip is set up to look. Exit status: 0 all right, 1 something is not, 2 there is nothing to check.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TORCH = "torch==2.13.0"
# CUDA 12 beside CUDA 13, for which PyTorch's own wheels are, is no environment.
APART = ({"cuda"}, {"cuda13", "reference"})
# Tests that need NumPy and pytest alone; the doctests of all but what other packages are needed for.
TESTS = [
    *(f"tests/test_{name}.py" for name in (
        "public_api", "foreign_device", "graph", "nn_errors", "as_torch", "check_command", "compare_judge")),
    "minitorch",
    *(f"--ignore=minitorch/{name}" for name in ("vision", "lessons", "safetensors.py")),
]  # fmt: skip
NUMPY_ALONE = """
import sys
import numpy
before = set(sys.modules)
import minitorch
foreign = {name.partition(".")[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)
assert foreign == {"minitorch"}, foreign
from importlib.metadata import version
assert version("minitorch-engine") == minitorch.__version__, version("minitorch-engine")
assert "site-packages" in minitorch.__file__, minitorch.__file__
x = minitorch.tensor([1.0, 2.0], requires_grad=True)
(x**2).sum().backward()
assert x.grad.tolist() == [2.0, 4.0]
"""
SCRIPT = "import torch\nprint(torch.nn.Linear(2, 1)(torch.ones(3, 2)).shape)\n"


class Wrong(Exception):
    """A check that found something; the text says what."""


def call(*words: str | Path, cwd: Path | None = None) -> str:
    """Run a command to its end; what it printed, or Wrong with that."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run([str(x) for x in words], cwd=cwd, env=clean, capture_output=True, text=True, timeout=1200)
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()[-40:]
        raise Wrong("\n".join([f"{' '.join(map(str, words))}: exit status {done.returncode}", *said]))
    return done.stdout


def environment(python: str, folder: Path) -> Path:
    """A virtual environment; its Python."""
    call(python, "-m", "venv", folder)
    return folder / "bin" / "python"


def install(python: Path, *words: str | Path) -> None:
    call(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *words)


# ------------------------------------------------------------------------------------------------------------ the files


def contents(wheel: Path) -> dict[str, bytes]:
    """What is in a wheel, but for its list of itself."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith(".dist-info/RECORD")}


def same_from_source(wheel: Path, sdist: Path, folder: Path) -> str:
    """The wheel that pip builds of the source distribution is the checkout's."""
    call(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, sdist)
    (built,) = folder.glob("*.whl")
    ours, theirs = contents(wheel), contents(built)
    if differing := sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name)):
        raise Wrong(f"the wheels differ in {', '.join(differing)}")
    return f"{len(ours)} files"


def nothing_lacking(sdist: Path) -> str:
    """The source distribution has every file of the repository."""
    with tarfile.open(sdist) as archive:
        there = {member.name.partition("/")[2] for member in archive if member.isfile()}
    if not (ROOT / ".git").exists():
        return f"{len(there)} files; no repository here to hold them against"
    listed = set(call("git", "ls-files", cwd=ROOT).splitlines())
    if lacking := sorted(name for name in listed - there if (ROOT / name).exists()):
        raise Wrong(f"lacking: {', '.join(lacking)}")
    return f"{len(there)} files"


# ---------------------------------------------------------------------------------------------------------- one Python


def used(python: Path, wheel: Path, folder: Path) -> str:
    """Installed with NumPy alone: imported, and from the command line."""
    install(python, wheel)
    call(python, "-m", "pip", "check")
    call(python, "-I", "-W", "error", "-c", NUMPY_ALONE, cwd=folder)
    (folder / "script.py").write_text(SCRIPT)
    command = python.with_name("minitorch")
    for words, said in [
        ([python, "-m", "minitorch", "--help"], "usage: minitorch"),
        ([command, "--version"], "minitorch "),
        ([command, "run", "script.py"], "[3, 1]"),
        ([command, "lessons"], "minitorch lessons open 01"),
        ([command, "programs"], "_programs/digits.py"),
        ([command, "check", "softmax"], "all right"),
    ]:
        if said not in (printed := call(*words, cwd=folder)):
            raise Wrong(f"{' '.join(map(str, words))} does not say {said!r}:\n{printed}")
    listed = call(python, "-m", "pip", "list", "--format", "freeze")
    return " ".join(line for line in listed.split() if not line.startswith(("pip=", "setuptools=")))


def tested(python: Path, sdist: Path, folder: Path) -> str:
    """The source distribution's tests that need no more than NumPy."""
    install(python, "pytest>=8.2", "hypothesis>=6.100")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "source", filter="data")
    (source,) = (folder / "source").iterdir()
    return call(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, cwd=source).splitlines()[-1]


def resolved(python: Path, wheel: Path, folder: Path) -> str:
    """Every extra can be installed, with all others of which one environment can have both; of packages, only what they
    say of themselves is read, for PyTorch and CUDA's libraries are gigabytes."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = archive.read(name).decode().splitlines()
    extras = {line.removeprefix("Provides-Extra: ") for line in lines if line.startswith("Provides-Extra: ")}
    sets = [sorted(extras - without) for without in APART]
    if lacking := extras - {extra for together in sets for extra in together}:
        raise Wrong(f"in none of the sets: {', '.join(lacking)}")
    constraint = folder / "constraint.txt"
    constraint.write_text(TORCH + "\n")
    install(python, "--upgrade", "pip")
    dry = [python, "-m", "pip", "install", "--quiet", "--dry-run", "--use-feature", "fast-deps", "-c", constraint]
    for together in sets:
        call(*dry, f"minitorch-engine[{','.join(together)}] @ {wheel.as_uri()}")
    return "; ".join(",".join(together) for together in sets)


# -------------------------------------------------------------------------------------------------------------- the run


def check(title: str, what: Callable[[], str]) -> bool:
    """Run a check, and say in a line what came of it."""
    began = time.perf_counter()
    try:
        found, ok = what(), True
    except Wrong as error:
        found, ok = str(error), False
    print(f"{'ok   ' if ok else 'WRONG'} {title} ({time.perf_counter() - began:.0f} s): {found}", flush=True)
    return ok


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dist", type=Path, help="the folder with the wheel and the source distribution")
    parser.add_argument(
        "--pythons", default="python3.11 python3.12 python3.13", help="names or paths, with blanks between"
    )
    parser.add_argument("--no-tests", action="store_true", help="leave the tests out")
    parser.add_argument("--no-extras", action="store_true", help="leave the extras out")
    options = parser.parse_args()
    wheels, sdists = list(options.dist.glob("*.whl")), list(options.dist.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sdists) != 1:
        print(f"error: {options.dist} must hold one wheel and one .tar.gz: run `make dist`", file=sys.stderr)
        return 2
    wheel, sdist = wheels[0].resolve(), sdists[0].resolve()
    with tempfile.TemporaryDirectory(prefix="minitorch-dist-") as name:
        folder = Path(name)
        ok = check(f"{sdist.name} is complete", lambda: nothing_lacking(sdist))
        ok &= check("a wheel built from it is the same", lambda: same_from_source(wheel, sdist, folder / "built"))
        found = 0
        for number, python in enumerate(options.pythons.split()):
            if shutil.which(python) is None:
                print(f"skipped: there is no {python} here")
                continue
            found += 1
            place = folder / str(number)
            inside = environment(python, place / "venv")
            work = place / "work"
            work.mkdir()
            title = Path(python).name
            ok &= check(f"{title}: installed and used", lambda p=inside, w=work: used(p, wheel, w))
            if not options.no_tests:
                ok &= check(f"{title}: tests", lambda p=inside, w=work: tested(p, sdist, w))
            if not options.no_extras:
                ok &= check(f"{title}: extras", lambda p=inside, w=work: resolved(p, wheel, w))
            shutil.rmtree(place)
    if not found:
        print(f"error: none of these Pythons is here: {options.pythons}", file=sys.stderr)
        return 2
    print("all right" if ok else "something is WRONG")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
