"""The loop, and what it leaves behind: runs, checkpoints, pictures, files."""
