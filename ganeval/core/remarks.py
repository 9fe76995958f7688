"""What a pass has to tell about its network, from where it happens to where the report is made."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_HEARD: ContextVar[list[str] | None] = ContextVar("remarks", default=None)


@contextmanager
def remarks() -> Iterator[list[str]]:
    """The sentences that `remark` is given while the block runs, each once.

    >>> with remarks() as heard:
    ...     remark("the network ran in torch")
    ...     remark("the network ran in torch")
    >>> heard
    ['the network ran in torch']
    """
    heard: list[str] = []
    token = _HEARD.set(heard)
    try:
        yield heard
    finally:
        _HEARD.reset(token)


def remark(sentence: str) -> None:
    """Tell it to the pass that runs; outside a pass it is a Python warning."""
    heard = _HEARD.get()
    if heard is None:
        warnings.warn(sentence, UserWarning, stacklevel=2)
    elif sentence not in heard:
        heard.append(sentence)
