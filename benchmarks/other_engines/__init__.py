"""The same training steps on minitorch, PyTorch and other engines."""
