"""`minitorch completion`: the scripts, loaded into real shells and asked what they complete."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minitorch import cli
from minitorch.command_line import completion

ROOT = Path(__file__).resolve().parents[1]
ASK_BASH = """
source {script}
function=$(complete -p minitorch | sed 's/.*-F \\([^ ]*\\).*/\\1/')
while IFS= read -r line; do
  read -r -a COMP_WORDS <<< "$line"
  [[ "$line" == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMP_LINE=$line COMP_POINT=${{#line}} COMPREPLY=()
  "$function" minitorch "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}" 2>/dev/null
  echo "${{COMPREPLY[*]}}"
done
"""
ASK_FISH = """
source {script}
while read -l line
  complete -C "$line" | string split -m1 -f1 \\t | string join ' '
end
true
"""
LINES = {
    "minitorch ": set(cli.COMMANDS),
    "minitorch com": {"compare", "completion"},
    "minitorch compare --d": {"--dtype", "--device"},
    "minitorch compare --dtype ": {"float32", "float64"},
    "minitorch compare --steps 5 dig": {"digits"},
    "minitorch run tra": {"train.py"},
    "minitorch run di": {"digits"},
    "minitorch check leaky": {"leaky_relu", "leaky_relu_"},
    "minitorch bench --qui": {"--quick"},
    "minitorch lessons o": {"open"},
    "minitorch lessons open 01": {"01", "01_number"},
    "minitorch lessons open --language ": {"en", "pt", "zh"},
    "minitorch digits --ep": {"--epochs"},
    "minitorch abalone --variant ": {"two", "three", "sex", "l2", "dropout", "regression"},
    "minitorch completion ": {"bash", "zsh", "fish"},
    "minitorch compare --out fol": {"folder"},
}


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The scripts, as the command prints them, in a folder with a script and other files."""
    pytest.importorskip("shtab", reason="the extra 'completion' is not installed")
    folder = tmp_path_factory.mktemp("completion")
    for name in ("train.py", "trace.txt"):
        (folder / name).touch()
    (folder / "folder").mkdir()
    for shell in completion.SHELLS:
        command = [sys.executable, "-m", "minitorch", "completion", shell]
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": python_path()})
        assert (done.returncode, done.stderr) == (0, "")
        (folder / f"it.{shell}").write_text(done.stdout)
    return folder


def python_path():
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


@pytest.mark.parametrize("shell, ask", [("bash", ASK_BASH), ("fish", ASK_FISH)])
def test_a_shell_completes(shell, ask, scripts):
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    (scripts / f"ask.{shell}").write_text(ask.format(script=f"it.{shell}"))
    done = subprocess.run([shell, f"ask.{shell}"], input="".join(f"{line}\n" for line in LINES), cwd=scripts,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    answers = done.stdout.splitlines()
    assert done.returncode == 0 and len(answers) == len(LINES), done.stderr
    found = {line: {word.rstrip("/") for word in answer.split()} for line, answer in zip(LINES, answers, strict=True)}
    assert found == LINES


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_the_script_parses_and_knows_every_command(shell, scripts):
    text = (scripts / f"it.{shell}").read_text()
    assert all(name in text for name in cli.COMMANDS)
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here to parse it")
    subprocess.run([shell, "-n", scripts / f"it.{shell}"], check=True, timeout=60)


def test_without_shtab_the_error_names_the_extra(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "shtab", None)
    assert cli.main(["completion", "bash"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and 'pip install "minitorch-engine[completion]"' in err
