"""Failures of a training, one detector a file: each reads the numbers of a training, none reads images."""
