"""What `minitorch.compile` and `Module.compile` are told: which of it PyTorch would refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

MODES = ("default", "lite", "reduce-overhead", "max-autotune-no-cudagraphs", "max-autotune")
BACKENDS = ("inductor", "eager", "eager_debug", "eager_noexcept", "aot_eager", "aot_ts", "cudagraphs", "openxla", "ts", "tvm")


def refuse_mode_beside_options(mode: str | None, options: dict[str, Any] | None) -> None:
    """RuntimeError for both."""
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")


def check_compile_options(
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str | Callable[..., Any] | None = None,
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    name: str | None = None,
    disable: bool = False,
    recompile_limit: int | None = None,
    isolate_recompiles: bool = False,
    shapes_spec: Any = None,
) -> None:
    """RuntimeError for names of a mode or a backend that there are not, and for a mode beside options."""
    refuse_mode_beside_options(mode, options)
    if isinstance(backend, str) and backend not in BACKENDS:
        raise RuntimeError(f"Invalid backend: {backend!r}, should be a function or one of: {', '.join(BACKENDS)}")
    if mode is not None and mode not in MODES and backend in (None, "inductor"):  # others look at no mode
        raise RuntimeError(f"Unrecognized mode={mode}, should be one of: {', '.join(MODES)}")
