"""The command line, each call a process of its own."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

import minitorch
from minitorch import cli, program_files

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}


def call(*words, cwd=None, **environment):
    """`minitorch words…`: exit status, stdout, stderr."""
    command = [sys.executable, "-m", "minitorch", *map(str, words)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=ENVIRONMENT | environment, timeout=120)
    return done.returncode, done.stdout, done.stderr


def script(folder, text):
    path = folder / "script.py"
    path.write_text(textwrap.dedent(text))
    return path


def test_version():
    assert call("--version") == (0, f"minitorch {minitorch.__version__}\n", "")


def test_help_names_every_command_and_exit_status():
    status, out, err = call("--help")
    assert (status, err) == (0, "")
    assert all(command.form in out for command in cli.COMMANDS.values())
    assert "exit status: 0 done, 1" in out and "130" in out


def test_no_command_is_help_and_status_2():
    status, out, err = call()
    assert (status, out) == (2, "") and err.startswith("usage: minitorch COMMAND")


def test_unknown_command_names_the_nearest():
    assert call("digit") == (2, "", "minitorch: error: there is no command digit; did you mean digits?\n")


def test_programs_are_listed_with_files_that_are_there():
    status, out, _ = call("programs")
    assert status == 0
    files = [line.strip() for line in out.splitlines() if line.startswith(" ")]
    assert [Path(file).stem for file in files] == list(program_files.PROGRAMS)
    assert all(Path(file).is_file() for file in files)


@pytest.mark.parametrize("name", ["nope.py", "digit", "folder/nope.py"])
def test_run_without_such_a_script_lists_the_programs(name, tmp_path):
    status, out, err = call("run", name, cwd=tmp_path)
    assert (status, out) == (2, "")
    assert err == (
        f"minitorch: error: there is no file {name}, and no program of that name "
        "(programs: digits, cifar10, mnist, abalone)\n"
    )


def test_run_of_a_folder(tmp_path):
    assert call("run", tmp_path) == (2, "", f"minitorch: error: cannot read {tmp_path} as a script\n")


def test_run_without_a_script():
    status, out, err = call("run")
    assert (status, out) == (2, "") and err.startswith("usage: minitorch run SCRIPT")


def test_run_passes_arguments_and_output_and_needs_no_pytorch(tmp_path):
    path = script(
        tmp_path,
        """
        import sys
        import torch
        x = torch.tensor([1.0, 2.0], requires_grad=True)
        (x**2).sum().backward()
        print(torch.__name__, sys.argv[1:], x.grad)
        """,
    )
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['torch'] = None")  # as if not installed
    path_list = os.pathsep.join([str(tmp_path), str(ROOT)])
    status, out, err = call("run", path, "--epochs", "2", "-h", PYTHONPATH=path_list)
    assert (status, out, err) == (0, "minitorch ['--epochs', '2', '-h'] tensor([2., 4.])\n", "")


@pytest.mark.parametrize("ending, status", [("sys.exit(7)", 7), ("sys.exit('no')", 1), ("1 / 0", 1), ("pass", 0)])
def test_run_passes_the_scripts_status(tmp_path, ending, status):
    returned, _, err = call("run", script(tmp_path, f"import sys\n{ending}"))
    assert returned == status
    assert ("no\n" == err) == ("'no'" in ending)
    assert ("ZeroDivisionError: division by zero" in err) == ("1 / 0" in ending)
    assert "minitorch/" not in err.replace(str(tmp_path), "")  # the traceback has the script's lines alone


def test_run_stopped_by_ctrl_c(tmp_path):
    path = script(tmp_path, "import time\nprint('ready', flush=True)\ntime.sleep(60)")
    command = [sys.executable, "-m", "minitorch", "run", str(path)]
    with subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=30)
    assert child.returncode == 130 and "stopped by Ctrl-C" in err and time.monotonic() - began < 10


def test_run_knows_programs_by_name(tmp_path):
    pytest.importorskip("sklearn", reason="the program reads scikit-learn's digits")
    status, out, err = call("run", "digits", "--steps", "3", "--no-progress", cwd=tmp_path)
    assert status == 0, err
    assert "epoch  1: loss 2.3" in out and (tmp_path / "out" / "digits_net.pth").is_file()


def test_a_file_of_that_name_comes_first(tmp_path):
    (tmp_path / "digits").write_text("print('mine')")
    (tmp_path / "mnist").mkdir()  # a folder of that name does not: it may well be the data
    assert call("run", "digits", cwd=tmp_path) == (0, "mine\n", "")
    status, _, err = call("run", "mnist", "--epochs", "0", cwd=tmp_path)
    assert status == 2 and "must be at least 1" in err
