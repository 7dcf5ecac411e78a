"""Two engines side by side: one PyTorch script, run unchanged on minitorch and on PyTorch.

trace.py records a run while it happens, child.py is the process that one engine runs in, side_by_side.py starts the
two, one after the other, and reports how far they part. Nothing here is needed to use minitorch as a library.
"""
