"""What ganeval printed and wrote, kept as text: `python -m tests.recorder` compares, with `--update` it writes anew.

A record is a file in `records/`, one a group of `commands.GROUPS`. Paths, times, versions and speeds are blanked, and
numbers are compared with a tolerance. A change of an output is a change of a record: its commit says why.
"""
