"""The tests; a package so that `python -m tests.recorder` means these and no other's."""
