"""The programs that come along, and where their files lie."""

from pathlib import Path

PROGRAMS = ("digits", "cifar10", "mnist", "abalone")


def program_folder() -> Path:
    """Where the programs lie: inside an installed package, beside the package in a checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "_programs"
    return installed if installed.is_dir() else package.parent / "reference"


def program_file(name: str) -> Path:
    """The file of the program `name`."""
    return program_folder() / f"{name}.py"
