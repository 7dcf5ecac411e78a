"""The real data sets, for tests that want them: MNIST, CIFAR-10 and Abalone as their official downloads lie on disk.

Looked for in the folder that MINITORCH_DATA names; else laid out once, in a temporary folder, by the `prepare` program
of a `shared/data` folder beside the project, where there is one; else the test is skipped.
"""

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PREPARE = Path(__file__).resolve().parents[2] / "shared" / "data" / "prepare"


@functools.cache
def prepared_data():
    """(folder or None, why there is none). Cached: several test modules share one prepared folder."""
    named = os.environ.get("MINITORCH_DATA")
    if named:
        return Path(named), ""
    if not PREPARE.exists():
        return None, "no real data: MINITORCH_DATA is not set and ../shared/data/prepare is not there"
    # Kept on the function, so that the folder lives as long as the process and goes with it.
    prepared_data.folder = tempfile.TemporaryDirectory(prefix="minitorch-data-")
    folder = prepared_data.folder.name
    done = subprocess.run([sys.executable, str(PREPARE), folder], capture_output=True, text=True)
    if done.returncode:
        return None, f"no real data: {PREPARE.name} failed: {done.stderr.strip().splitlines()[-1]}"
    return Path(folder), ""


@pytest.fixture(scope="session")
def data_dir():
    """The folder that holds MNIST/raw, cifar-10-batches-py and abalone/abalone.data."""
    folder, reason = prepared_data()
    if folder is None:
        pytest.skip(reason)
    if not folder.is_dir():  # the user named it: a typing error must not look like a passing run
        pytest.fail(f"MINITORCH_DATA names {folder}, which is not a folder")
    return folder
