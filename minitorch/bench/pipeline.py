"""The input pipeline alone: CIFAR-10's files through ToTensor, Normalize and a shuffling DataLoader.

Without --data the files are made up, in the form that both engines' CIFAR10 class reads.
"""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .engines import Engine
from .workload import SEED, Running, Workload

FOLDER = "cifar-10-batches-py"
IMAGES = 2000  # in each of the made-up files
_datasets: dict[tuple[str, Path], Any] = {}  # reading the files is no part of the pipeline


def make_images(folder: Path) -> Path:
    """Write files as CIFAR-10's, with random pixels; the folder."""
    rng = np.random.default_rng(SEED)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, count in [*((f"data_batch_{n}", IMAGES) for n in range(1, 6)), ("test_batch", 10)]:
        pixels = rng.integers(0, 256, (count, 3 * 32 * 32), dtype=np.uint8)
        _write(folder / FOLDER / name, {"data": pixels, "labels": rng.integers(0, 10, count).tolist()})
    _write(folder / FOLDER / "batches.meta", {"label_names": [f"class {n}" for n in range(10)]})
    return folder


def _write(path: Path, entry: dict[str, Any]) -> None:
    with open(path, "wb") as file:
        pickle.dump(entry, file, protocol=2)


def dataset(engine: Engine, folder: Path) -> Any:
    """The training images on one engine, read once."""
    key = engine.name, folder
    if key not in _datasets:
        vision = engine.vision

        class Images(vision.datasets.CIFAR10):  # type: ignore[misc,name-defined]  # of either engine's
            """Without md5 sums: the files may be a copy that another program wrote."""

            meta = {"filename": "batches.meta", "key": "label_names", "md5": None}

            def _check_integrity(self) -> bool:
                return True

        pixels = vision.transforms
        transform = pixels.Compose([pixels.ToTensor(), pixels.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))])
        _datasets[key] = Images(str(folder), train=True, transform=transform)
    return _datasets[key]


def build(batch: int, workers: int, engine: Engine, folder: Path | None) -> Running:
    """A step is the next batch of the loader."""
    assert folder is not None
    torch = engine.torch
    images = dataset(engine, folder)
    torch.manual_seed(SEED)
    loader = torch.utils.data.DataLoader(images, batch_size=batch, shuffle=True, num_workers=workers, drop_last=True)
    state = {"batches": iter(loader)}

    def step() -> Any:
        try:
            return next(state["batches"])
        except StopIteration:
            state["batches"] = iter(loader)
            return next(state["batches"])

    # A loader of either engine ends its workers when nothing holds its iterator any more.
    return Running(step, [images.data[:100]], outcome=list, close=state.clear)


PIPELINE = [
    Workload(
        f"input-{batch}-workers-{workers}",
        "input",
        f"batches of {batch} CIFAR-10 images through ToTensor and Normalize, {workers or 'no'} workers",
        partial(build, batch, workers),
        family="input",
        needs_images=True,
        bursts=workers > 0,
        memory=workers == 0,
    )
    for batch in (4, 64)
    for workers in (0, 2)
]
