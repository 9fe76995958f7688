"""One file, one metric. `ganeval list` shows the folder; CONTRIBUTING.md tells how to add to it."""
