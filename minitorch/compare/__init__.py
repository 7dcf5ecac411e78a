"""Two engines side by side: one PyTorch script, run unchanged on minitorch and on PyTorch.

child.py is the process that one engine runs in; trace.py records the run while it happens, snapshots.py keeps
parameters and gradients of some steps on disk, and runs.py starts the process and follows it. On top of these,
command.py is `minitorch compare`: judge.py decides whether the runs differ by more than rounding, locate.py finds where,
report_html.py draws the report. side_by_side.py is `minitorch digits` and its like. Nothing here is needed to use
minitorch as a library.
"""
