"""`minitorch completion SHELL`: the script that completes the commands in bash, zsh and fish.

shtab writes it from the parsers themselves, so that it knows every command, option and choice. It is a file for the shell:
pressing TAB starts no Python.
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from .. import cli, program_files
from .help import Parser

DESCRIPTION = """\
Print the script that completes minitorch's commands, options, programs, lessons, operations and workloads. It needs
shtab, which the extra `completion` brings: pip install "minitorch-engine[completion]".
"""
EPILOG = """\
examples:
  minitorch completion bash > ~/.local/share/bash-completion/completions/minitorch
  minitorch completion zsh > ~/.zfunc/_minitorch           (a folder of $fpath)
  minitorch completion fish > ~/.config/fish/completions/minitorch.fish

A shell reads it when it starts anew. Write it again after an update.

exit status: 0 done, 2 it could not run
"""
SHELLS = ("bash", "zsh", "fish")
NO_SHTAB = 'this needs shtab, which is not installed; the extra brings it: pip install "minitorch-engine[completion]"'
NAMES = " ".join(program_files.PROGRAMS)
# A script of the user's, or the name of a program.
SCRIPT = {
    "bash": "_minitorch_script_files",
    "zsh": "_minitorch_script_files",
    "fish": "(_minitorch_script_files)",
    "preamble": {
        "bash": f"""
_minitorch_script_files() {{
  compgen -W "{NAMES}" -- "$1"
  compgen -f -X '!*.py' -- "$1"
  compgen -d -- "$1"
}}
""",
        "zsh": f"""
_minitorch_script_files() {{
  _alternative 'programs:program:({NAMES})' 'scripts:script:_files -g "*.py"'
}}
""",
        "fish": f"""
function _minitorch_script_files
  printf '%s\\n' {NAMES}
  for found in (__fish_complete_path (commandline -ct))
    string match -q -r '(\\.py|/)$' -- (string split -m1 \\t -- $found)[1]; and printf '%s\\n' $found
  end
end
""",
    },
}


def parser() -> Parser:
    """What the command takes."""
    usage = "minitorch completion SHELL"
    made = Parser("minitorch completion", usage=usage, description=DESCRIPTION, epilog=EPILOG)
    made.add_argument("shell", metavar="SHELL", choices=SHELLS, help="bash, zsh or fish")
    return made


def main(argv: Sequence[str]) -> int:
    """Print the script; the exit status."""
    options = parser().parse_args(argv)
    try:
        import shtab
    except ModuleNotFoundError:
        print(f"minitorch completion: error: {NO_SHTAB}", file=sys.stderr)
        return 2
    print(shtab.complete(whole_parser(shtab), shell=options.shell))
    return 0


def whole_parser(shtab: ModuleType) -> argparse.ArgumentParser:
    """One parser of all commands, as shtab wants it: each says what completes its arguments."""
    made = {name: parser_of(name)() for name in cli.COMMANDS}
    root = cli.root_parser()

    def ready(prog: str, **_: Any) -> argparse.ArgumentParser:
        return made[prog.split()[-1]]

    commands: Any = root.add_subparsers(parser_class=ready)  # type: ignore[call-overload]  # it is only ever called
    for command in cli.COMMANDS.values():
        commands.add_parser(command.name, help=command.summary)
        made[command.name].description = command.summary  # what zsh and fish show beside it
        complete(made[command.name], command.name, shtab)
    return root


def parser_of(name: str) -> Callable[[], argparse.ArgumentParser]:
    """What makes a command's parser."""
    if name in program_files.PROGRAMS:
        return lambda: program_parser(name)
    if name in ("run", "programs"):
        return {"run": cli.run_parser, "programs": cli.programs_parser}[name]
    from ..bench import command as bench
    from ..compare import command as compare
    from ..lessons import command as lessons
    from ..testing import command as check

    return {
        "compare": compare,
        "check": check,
        "bench": bench,
        "lessons": lessons,
        "completion": sys.modules[__name__],
    }[name].parser


def program_parser(name: str) -> argparse.ArgumentParser:
    """A program's own parser: its file is read on minitorch, and not run."""
    from ..as_torch import as_torch

    folder = str(program_files.program_folder())
    sys.path.insert(0, folder)
    try:
        with as_torch():
            return runpy.run_path(str(program_files.program_file(name)), run_name=name)["parser"]()
    finally:
        sys.path.remove(folder)


def complete(parser: argparse.ArgumentParser, name: str, shtab: ModuleType) -> None:
    """Note on each argument what completes it: files, folders, scripts, or names that a command has."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            action.help = None  # shtab passes over what the help does not list
            for word, inner in action.choices.items():
                complete(inner, f"{name} {word}", shtab)
        elif action.metavar == "SCRIPT":
            action.complete = SCRIPT  # type: ignore[attr-defined]
        elif action.metavar in ("FILE", "FILE.png", "PATH", "ARGS"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar == "DIR":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        elif action.metavar in WORDS:
            action.choices = WORDS[str(action.metavar)]()


def ops() -> list[str]:
    """The names that `minitorch check` takes."""
    from ..testing.known_bad import KNOWN_BAD
    from ..testing.table import find_entries

    full = [entry.name.partition(" ")[0] for entry in find_entries([])]
    names = [*full, *(name.rpartition(".")[2] for name in full), *(bad.name for bad in KNOWN_BAD)]
    return sorted(set(names))


def workloads() -> list[str]:
    """The names that `minitorch bench` takes."""
    from ..bench import catalogue

    return [*catalogue.groups(), *catalogue.by_name()]


def lesson_names() -> list[str]:
    """The names that `minitorch lessons` takes."""
    from ..lessons.places import all_lessons

    return [name for lesson in all_lessons() for name in (lesson.number, lesson.name)]


WORDS: dict[str, Callable[[], list[str]]] = {"OP": ops, "WORKLOAD": workloads, "LESSON": lesson_names}
