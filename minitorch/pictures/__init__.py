"""Pictures of backpropagation: `draw` shows a graph as SVG, `explain` writes a page to step through the walk back.

Nothing here is imported until one of the two is asked for, and nothing here is needed by the engine.
"""

from .drawing import Drawing, draw
from .page import explain
from .watching import watch

__all__ = ["Drawing", "draw", "explain", "watch"]
