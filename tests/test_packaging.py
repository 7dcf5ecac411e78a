"""What the wheel and the source distribution consist of, and what stands in two places and must agree."""

import email
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

import minitorch
from minitorch import program_files
from minitorch.lessons.places import all_lessons

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the source distribution, built from this tree without a connection."""
    pytest.importorskip("hatchling", reason="what builds them is not installed")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def files(*folders):
    """The files of the repository's folders, but for what running leaves there."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    return {str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts}


def test_the_wheel_has_the_package_the_lessons_and_the_programs_and_nothing_else(built):
    wheel, _ = built
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = email.message_from_bytes(
            archive.read(next(name for name in names if name.endswith(".dist-info/METADATA")))
        )
        scripts = archive.read(next(name for name in names if name.endswith("/entry_points.txt"))).decode()
    package = {name for name in names if ".dist-info/" not in name}
    expected = files("minitorch") | {f"minitorch/_{name}" for name in files("lessons")}
    expected |= {name.replace("reference/", "minitorch/_programs/", 1) for name in files("reference")}
    assert package == expected | {"minitorch/bench/_end_to_end.py"}
    assert {"minitorch/py.typed", *(f"minitorch/_programs/{name}.py" for name in program_files.PROGRAMS)} <= package
    assert {f"minitorch/_lessons/{lesson.name}/code.py" for lesson in all_lessons()} <= package
    assert metadata["Version"] == minitorch.__version__ and metadata["Name"] == "minitorch-engine"
    needed = [words for words in metadata.get_all("Requires-Dist") if "extra ==" not in words]
    assert len(needed) == 1 and needed[0].startswith("numpy")
    assert "minitorch = minitorch.cli:main" in scripts and "minitorch.testing.pytest_plugin" in scripts


def test_an_index_can_show_the_readme(built):
    wheel, _ = built
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        text = email.message_from_bytes(archive.read(name)).get_payload(decode=True).decode()
    assert text.startswith("# minitorch")
    prose = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)]+)\)|src=[\"']([^\"']+)", prose)
    assert all(re.match(r"https?:|#", "".join(link)) for link in links)


def test_links_and_pictures_of_the_repository_become_words():
    pytest.importorskip("hatchling", reason="the hook is one of its")
    from tools.package_readme import for_an_index as shown

    assert shown("see [docs/a.md](docs/a.md), [the page](docs/a.md#part).") == "see docs/a.md, the page (`docs/a.md`)."
    assert shown("[`lessons/`](lessons/README.md)") == "`lessons/`"
    assert shown("[web](https://example.org) [here](#part)") == "[web](https://example.org) [here](#part)"
    assert shown('![a picture](docs/a.svg)\n<img src="b.png" alt="b">\n[![c](c.svg)](docs/c.md)') == "\n\n"
    assert shown("![a](https://example.org/a.svg)") == "![a](https://example.org/a.svg)"
    assert shown("```\n[x](y)\n```\n[x](y)") == "```\n[x](y)\n```\nx (`y`)"


def test_the_source_distribution_is_complete(built):
    _, sdist = built
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2] for member in archive if member.isfile()}
    folders = ("minitorch", "lessons", "reference", "tests", "benchmarks", "docs", "requirements", "tools", ".ci")
    top = {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CITATION.cff", "Makefile"}
    assert files(*folders) | top | {"pyproject.toml", ".pre-commit-config.yaml"} <= names
    assert not [name for name in names if name.startswith(("packed/", "data/", "out/", ".venv/"))]


def test_the_version_and_the_pythons_agree_wherever_they_stand():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert "version" in project["dynamic"] and "version" not in project
    assert f"version: {minitorch.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    pythons = [line.rpartition(" ")[2] for line in project["classifiers"] if re.search(r"Python :: 3\.\d+$", line)]
    assert project["requires-python"] == f">={pythons[0]}"
    assert f"PYTHONS ?= {' '.join(f'python{number}' for number in pythons)}\n" in (ROOT / "Makefile").read_text()


def test_exact_versions_satisfy_what_the_extras_ask_for():
    """requirements/ci.txt pins what extras name, so that CI runs what users get."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = dict(
        line.split("==") for line in (ROOT / "requirements" / "ci.txt").read_text().splitlines() if line[:1] != "#"
    )
    requirement = pytest.importorskip("packaging.requirements").Requirement
    asked = [requirement(words) for words in sum(project["optional-dependencies"].values(), project["dependencies"])]
    assert all(one.specifier.contains(pins[one.name]) for one in asked if one.name in pins)
    assert {"numpy", "torch", "shtab", "safetensors"} <= {one.name for one in asked} & set(pins)
