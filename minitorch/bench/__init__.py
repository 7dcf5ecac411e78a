"""`minitorch bench`: minitorch and PyTorch in turn, on the same lines, weights and batches.

`engines.py` the two contenders · `workload.py` what a workload is · `training.py`, `operations.py`, `growth.py`,
`pipeline.py`, `processes.py` the workloads, and `catalogue.py` all of them by name · `measure.py` the taking of turns ·
`memory.py` and `child.py` peak memory, in a process for each · `card.py` and `roofline.py` the same on a GPU, beside what
it could do at best · `report.py` and `plot.py` what comes out · `command.py` the command line.
"""
