"""Reference models and their data. ganeval imports nothing of this."""
