"""A report as a value, and how it is shown."""

from ganeval.report.report import Report, Result

__all__ = ["Report", "Result"]
