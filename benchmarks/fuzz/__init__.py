"""Damaged and hostile files for every loader: what is fuzzed (targets), how files are damaged (mutations), and the command.

    python -m benchmarks.fuzz FORMAT --seconds 600
"""
