"""The command `minitorch`, also `python -m minitorch`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .command_line.help import Parser, nearest
from .program_files import PROGRAMS, program_file


@dataclass(frozen=True)
class Command:
    """A word after `minitorch`, and what `minitorch --help` says of it."""

    name: str
    takes: str
    summary: str
    main: Callable[[Sequence[str]], int]

    @property
    def form(self) -> str:
        """As it is typed."""
        return f"{self.name} {self.takes}".rstrip()


def refuse(message: str) -> int:
    print(f"minitorch: error: {message}", file=sys.stderr)
    return 2


# ---------------------------------------------------------------------------------------------- the commands of this file


def programs_parser() -> Parser:
    """What `minitorch programs` takes: nothing."""
    return Parser(
        "minitorch programs",
        usage="minitorch programs",
        description="List the programs and the files they are in. `minitorch NAME` trains one on both engines, side by "
        "side; `minitorch run NAME` and `minitorch compare NAME` take their names, too.",
        epilog="exit status: 0 done",
    )


def programs(argv: Sequence[str]) -> int:
    """`minitorch programs`."""
    programs_parser().parse_args(argv)
    for name in PROGRAMS:
        first = program_file(name).read_text(encoding="utf-8").split("\n", 1)[0].strip('"')
        print(f"{name:8s} {first}\n         {program_file(name)}")
    return 0


def run_parser() -> Parser:
    """What `minitorch run` takes."""
    made = Parser(
        "minitorch run",
        usage="minitorch run SCRIPT [ARGS…]",
        description="Run a PyTorch script on minitorch, unchanged: in that process `import torch` and `import "
        "torchvision` give minitorch. PyTorch need not be installed. What minitorch lacks fails by name at the line that "
        "uses it.",
        epilog="examples:\n"
        "  minitorch run train.py --epochs 3     a script of yours, with a flag of its own\n"
        "  minitorch run digits --epochs 3       a program\n\n"
        "exit status: the script's own; 0 it came to its end, 1 it failed, 2 there is no such script, 130 stopped by "
        "Ctrl-C",
    )
    made.add_argument("script", metavar="SCRIPT", help=f"a file, or the name of a program: {', '.join(PROGRAMS)}")
    made.add_argument("args", metavar="ARGS", nargs=argparse.REMAINDER, help="the script's own arguments")
    return made


def run(argv: Sequence[str]) -> int:
    """`minitorch run SCRIPT [ARGS…]`."""
    if not argv:
        run_parser().print_help(sys.stderr)
        return 2
    if argv[0].startswith("-"):
        run_parser().parse_args(argv[:1])
    script, *rest = argv
    if script in PROGRAMS and not os.path.isfile(script):
        script = str(program_file(script))
    elif not os.path.exists(script):
        return refuse(f"there is no file {script}, and no program of that name (programs: {', '.join(PROGRAMS)})")
    elif not os.path.isfile(script) or not os.access(script, os.R_OK):
        return refuse(f"cannot read {script} as a script")

    from .as_torch import as_torch, execute

    with as_torch():
        return execute(script, rest)


# ------------------------------------------------------------------------------------------- the commands of other rooms


def program(name: str) -> Callable[[Sequence[str]], int]:
    """`minitorch digits` and the others: what runs the program `name` on both engines."""

    def main(argv: Sequence[str]) -> int:
        from .compare import side_by_side

        return side_by_side.main(name, str(program_file(name)), list(argv))

    return main


def compare(argv: Sequence[str]) -> int:
    """`minitorch compare`."""
    from .compare import command

    return command.main(argv, {name: program_file(name) for name in PROGRAMS})


def check(argv: Sequence[str]) -> int:
    """`minitorch check`."""
    from .testing import command

    return command.main(argv)


def bench(argv: Sequence[str]) -> int:
    """`minitorch bench`."""
    from .bench import command

    return command.main(argv)


def lessons(argv: Sequence[str]) -> int:
    """`minitorch lessons`."""
    from .lessons import command

    return command.main(argv)


def completion(argv: Sequence[str]) -> int:
    """`minitorch completion`."""
    from .command_line import completion

    return completion.main(argv)


# ---------------------------------------------------------------------------------------------------------- all of them

GROUPS: dict[str, tuple[Command, ...]] = {
    "to begin with": (
        Command("digits", "", "train a small net on minitorch and on PyTorch, side by side", program("digits")),
        Command("lessons", "[COMMAND …]", "list the lessons, open one, run them, build the book", lessons),
    ),
    "your own scripts": (
        Command("run", "SCRIPT [ARGS…]", "run a PyTorch script on minitorch, unchanged", run),
        Command("compare", "SCRIPT [ARGS…]", "run it on both engines, and say whether they differ", compare),
    ),
    "the engine itself": (
        Command("check", "[OP…]", "hold the gradients of operations against numeric ones", check),
        Command("bench", "[WORKLOAD…]", "measure speed and peak memory beside PyTorch", bench),
    ),
    "more programs, on both engines as digits is": (
        Command("cifar10", "", "classify photographs; --download fetches them", program("cifar10")),
        Command("mnist", "", "a first lesson on networks; --download fetches the data", program("mnist")),
        Command("abalone", "", "classifiers and a regression on a table", program("abalone")),
        Command("programs", "", "list the programs and the files they are in", programs),
    ),
    "your shell": (Command("completion", "SHELL", "print what completes these words in bash, zsh, fish", completion),),
}
COMMANDS = {command.name: command for group in GROUPS.values() for command in group}
EXAMPLES = """\
examples:
  minitorch digits --epochs 3           ten seconds on each engine
  minitorch lessons open 01             the first lesson, in Jupyter
  minitorch run train.py --epochs 3     your script, with a flag of its own
  minitorch compare --locate train.py   where do the two engines part?
  minitorch check softmax conv2d        are these gradients right?

`minitorch COMMAND --help` says what a command takes.

exit status: 0 done, 1 it failed, or the answer is no, 2 unusable arguments or input, or something is not installed, 130
stopped by Ctrl-C. `minitorch run` passes a script's own exit status on. A command's help says what 1 means there.
"""


def root_parser() -> Parser:
    """What `minitorch` itself takes; the commands are dispatched by `main`."""
    from . import __version__

    lines = []
    for title, group in GROUPS.items():
        lines += [f"{title}:", *(f"  {command.form:23s} {command.summary}" for command in group), ""]
    made = Parser(
        "minitorch",
        usage="minitorch COMMAND [ARGS…]",
        description="A deep-learning engine on NumPy that speaks PyTorch's API, held against PyTorch.\n\n"
        + "\n".join(lines).rstrip(),
        epilog=EXAMPLES,
    )
    made.add_argument("--version", action="version", version=f"minitorch {__version__}", help="print the version")
    return made


def unknown(word: str) -> int:
    """The answer to a command that there is not."""
    if os.path.isfile(word):
        return refuse(f"{word} is no command; to run it: minitorch run {word}")
    hint = nearest(word, COMMANDS) or f"; there are {', '.join(COMMANDS)}"
    return refuse(f"there is no command {word}{hint}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own); the exit status."""
    words = sys.argv[1:] if argv is None else list(argv)
    try:
        if not words:
            root_parser().print_help(sys.stderr)
            return 2
        if words[0].startswith("-"):
            root_parser().parse_args(words)
        if words[0] not in COMMANDS:
            return unknown(words[0])
        status = COMMANDS[words[0]].main(words[1:])
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # whoever read the output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("\nstopped by Ctrl-C", file=sys.stderr)
        return 130
