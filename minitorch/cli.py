"""The command `minitorch`, also `python -m minitorch`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .program_files import PROGRAMS, program_file

USAGE = "minitorch COMMAND [ARGS…]"
COMMANDS = """\
commands:
  digits                 train a small convolutional net on handwritten digits, on minitorch and on PyTorch, from the
                         same weights and batches, and print the losses side by side; downloads nothing
  cifar10, mnist, abalone
                         the same with these programs; --data DIR names the folder of their data
  compare SCRIPT [ARGS…] run a training script of yours, unchanged, on minitorch and on PyTorch, say whether they differ
                         by more than rounding, and write a report; SCRIPT may also be the name of a program
  run SCRIPT [ARGS…]     run a PyTorch script on minitorch: `import torch` and `import torchvision` give minitorch;
                         SCRIPT may also be the name of a program
  check [OP…]            compare the gradients of minitorch's operations with numeric ones; --known-bad shows how it
                         finds mistakes in gradients, and what it says about them
  bench [WORKLOAD…]      measure minitorch against PyTorch: training steps, single operations, the input pipeline, peak
                         memory, and how cost grows
  lessons [COMMAND …]    list the lessons, with your progress; open one in Jupyter, run them, build the book
  programs               list the programs and the files they are in

`minitorch PROGRAM --help` lists a program's flags; `minitorch compare --help`, `minitorch check --help`, `minitorch
bench --help` and `minitorch lessons --help` theirs.

exit status: 0 done, 1 the script failed, 2 unusable arguments or input, 130 stopped by Ctrl-C; a script's own exit
status is passed on; compare: 0 the same but for rounding, 1 not, 2 it could not run; check: 0 all right, 1 a
gradient is wrong; bench: 0 measured, 1 the engines' results differ; lessons: 0 done, 1 a lesson failed
"""


def refuse(message: str) -> int:
    print(f"minitorch: error: {message}", file=sys.stderr)
    return 2


def programs() -> int:
    """`minitorch programs`."""
    for name in PROGRAMS:
        first = program_file(name).read_text(encoding="utf-8").split("\n", 1)[0].strip('"')
        print(f"{name:8s} {first}\n         {program_file(name)}")
    return 0


def run(args: Sequence[str]) -> int:
    """`minitorch run SCRIPT [ARGS…]`."""
    if not args or args[0] in ("-h", "--help"):
        print("usage: minitorch run SCRIPT [ARGS…]\n\nSCRIPT is a PyTorch script, or one of: " + ", ".join(PROGRAMS))
        return 0 if args else 2
    script, *rest = args
    if script in PROGRAMS and not os.path.isfile(script):
        script = str(program_file(script))
    elif not os.path.exists(script):
        return refuse(f"there is no file {script}, and no program of that name (programs: {', '.join(PROGRAMS)})")
    elif not os.path.isfile(script) or not os.access(script, os.R_OK):
        return refuse(f"cannot read {script} as a script")

    from .as_torch import as_torch, execute

    with as_torch():
        return execute(script, rest)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own); the exit status."""
    from . import __version__

    parser = argparse.ArgumentParser(
        prog="minitorch",
        usage=USAGE,
        description="A deep-learning engine on NumPy that speaks PyTorch's API, held against PyTorch.",
        epilog=COMMANDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"minitorch {__version__}")
    known = [*PROGRAMS, "compare", "run", "check", "bench", "lessons", "programs"]
    parser.add_argument("command", choices=known, metavar="COMMAND", help=argparse.SUPPRESS)
    parser.add_argument("args", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    argv = sys.argv[1:] if argv is None else argv
    if not argv:
        parser.print_help(sys.stderr)
        return 2
    args = parser.parse_args(argv)
    if args.command == "run":
        return run(args.args)
    if args.command == "programs":
        return programs()
    if args.command == "check":
        from .testing import command as check

        return check.main(args.args)
    if args.command == "bench":
        from .bench import command as bench

        return bench.main(args.args)
    if args.command == "lessons":
        from .lessons import command as lessons

        return lessons.main(args.args)
    if args.command == "compare":
        from .compare import command

        return command.main(args.args, {name: program_file(name) for name in PROGRAMS})

    from .compare import side_by_side

    return side_by_side.main(args.command, str(program_file(args.command)), args.args)
