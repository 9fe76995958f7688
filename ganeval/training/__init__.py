"""In the loop, and what went wrong in it."""
