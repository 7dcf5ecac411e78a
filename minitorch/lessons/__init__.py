"""What the lessons in `lessons/` use, and what merges, runs and builds them.

A lesson's cells say ``from minitorch.lessons import check, show, pytorch``. `import minitorch` does not load this room,
and the packages that it needs beside NumPy (the extra `lessons`) are imported where they are used.
"""

from .aids import data_folder, digits, lesson_file, pictures, pytorch
from .checking import Result, check
from .showing import show

__all__ = ["Result", "check", "data_folder", "digits", "lesson_file", "pictures", "pytorch", "show"]
