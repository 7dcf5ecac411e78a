"""Fuzz one format: many damaged files for its loader, guided by the branches that they take.

    python -m benchmarks.fuzz FORMAT --seconds 600        with atheris (pip install atheris; Linux, Python 3.11 to 3.13)
    python -m benchmarks.fuzz FORMAT --blind              without: changes to the valid files, drawn by chance
    python -m benchmarks.fuzz --list

Prints how many files were tried, how many of them were read, the branches reached, and the findings, each with the
shortest file that was found to show it, which is kept under out/fuzz/FORMAT/findings. The corpus beside them, begun with
small valid files made on the spot, is gone on from the next time. Exit status: 0 without findings, 1 with, 2 where
FORMAT or atheris is not there.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from .mutations import damaged
from .targets import TARGETS, Finding, Target, minimal, probe

SECONDS_FOR_A_FILE = 20  # the process is ended after it
MOST_BYTES = 16384  # of a file that the guided fuzzer makes


@dataclass
class Result:
    tried: int = 0
    read: int = 0
    branches: int = 0
    findings: dict[str, tuple[str, Path]] = field(default_factory=dict)  # kind: (what happened, the file that shows it)


def blind(target: Target, seconds: float, seed: int, findings: Path, most: int | None = None) -> Result:
    """Damage the valid files at random, for so long or so many times."""
    result, seeds, choose = Result(), target.seeds(), random.Random(seed).randrange
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        for data in seeds:  # what is imported late is imported now, not at the cost of a file
            if not probe(target, data, Path(folder), memory=False):
                raise AssertionError(f"a valid file is refused: {data[:200]!r}")
        end = time.monotonic() + seconds
        while time.monotonic() < end and (most is None or result.tried < most):
            data = damaged(seeds[choose(len(seeds))], target.fields, choose)
            result.tried += 1
            try:
                result.read += probe(target, data, Path(folder))
            except Finding as found:
                if found.key not in result.findings:
                    small = minimal(target, data, Path(folder), found.key)
                    path = findings / f"{len(result.findings):03}.bin"
                    path.write_bytes(small)
                    result.findings[found.key] = (str(found), path)
    return result


def guided(name: str, seconds: float, seed: int, corpus: Path, findings: Path) -> Result:
    """Atheris in a process of its own, started again where a file ends it, until the time is over."""
    for data in TARGETS[name].seeds():
        (corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)
    result, end = Result(), time.monotonic() + seconds
    while (left := end - time.monotonic()) > 5:
        words = [sys.executable, "-m", "benchmarks.fuzz.guided", name, str(corpus), str(findings),
                 f"-max_total_time={int(left)}", f"-timeout={SECONDS_FOR_A_FILE}", f"-max_len={MOST_BYTES}", f"-seed={seed}",
                 "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={findings}/"]  # fmt: skip
        done = subprocess.run(words, stderr=subprocess.PIPE, text=True, errors="replace")
        tries = re.findall(r"^#(\d+)|executed_units: (\d+)", done.stderr, re.MULTILINE)
        result.tried += max((int(a or b) for a, b in tries), default=0)
        branches = re.findall(r"cov: (\d+)", done.stderr)
        result.branches = max([result.branches, *map(int, branches)])
        if (findings / "taken").exists():
            result.read += int((findings / "taken").read_text().split()[0])
            (findings / "taken").unlink()
        for path in findings.glob("*.txt"):
            key, why = path.read_text().split("\n")[:2]
            result.findings[key] = (why, path.with_suffix(".bin"))
        if done.returncode:
            said = re.findall(r"^==\d+== (?:ERROR|libFuzzer).*", done.stderr, re.MULTILINE) or [done.stderr[-500:]]
            artifacts = [path for path in findings.iterdir() if re.match("(crash|oom|timeout|leak|slow)", path.name)]
            if not artifacts:
                raise RuntimeError(f"atheris failed: {done.stderr[-2000:]}")
            newest = max(artifacts, key=lambda path: path.stat().st_mtime)
            result.findings[f"process ended: {said[0][:100]}"] = (f"exit status {done.returncode}", newest)
        seed += 1
    return result


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("format", nargs="?", metavar="FORMAT")
    parser.add_argument("--list", action="store_true", help="the formats")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blind", action="store_true", help="without atheris")
    parser.add_argument("--out", type=Path, default=Path("out/fuzz"), help="where corpus and findings are kept")
    options = parser.parse_args(argv)
    if options.list or options.format not in TARGETS:
        print("\n".join(f"{name:<18} {target.about}" for name, target in TARGETS.items()))
        return 0 if options.list else 2
    if not options.blind and importlib.util.find_spec("atheris") is None:
        print("error: atheris is not installed: pip install atheris, or give --blind", file=sys.stderr)
        return 2
    corpus, findings = (options.out / options.format / part for part in ("corpus", "findings"))
    for folder in (corpus, findings):
        folder.mkdir(parents=True, exist_ok=True)
    for old in findings.iterdir():
        old.unlink()
    if options.blind:
        result = blind(TARGETS[options.format], options.seconds, options.seed, findings)
    else:
        result = guided(options.format, options.seconds, options.seed, corpus, findings)
    branches = f", {result.branches:,} branches reached" if result.branches else ""
    print(f"{options.format}: {result.tried:,} files tried, {result.read:,} of them read{branches}, "
          f"{len(result.findings)} findings")  # fmt: skip
    for key, (why, path) in result.findings.items():
        print(f"\n{key}\n  {why}\n  {path}: {path.read_bytes()[:100]!r}")
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
