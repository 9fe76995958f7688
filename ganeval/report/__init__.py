"""A report as a value, and how it is shown."""
