"""What the commands share: how their help reads (help.py), and what completes them in a shell (completion.py)."""
