"""How much the tests that draw their inputs draw: a little, the same each time; or, with MINITORCH_FUZZ=5000 in the
environment, 5000 inputs for each, new ones each time."""

import os

from hypothesis import HealthCheck, Phase, settings

LONG = int(os.environ.get("MINITORCH_FUZZ") or 0)


def examples(count):
    """Settings for a test with `count` inputs in CI."""
    return settings(
        max_examples=LONG or count,
        derandomize=not LONG,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.target, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
