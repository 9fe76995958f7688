"""The one error of this package, and the one warning."""


class ModelsError(Exception):
    """What was asked for cannot be done; the text says what was given and what to do instead."""


class ResumeWarning(UserWarning):
    """A run goes on under other conditions than it began: its weights may differ in the last bits."""
