"""Every error ganeval raises on purpose.

```
GanevalError                 one root: catch this
├── SpecError                a name, option or value that is not known
├── SourceError              images or rows that cannot be used as given
│   ├── DecodeError          one file that cannot be read as an image
│   └── TooFewError          not enough images or rows for what was asked
├── FeatureError             feature rows with the wrong shape or non-finite values
├── WeightsError             network weights missing, damaged or not the genuine ones
└── ProtocolError            two results made under unlike protocols
```

Each message says what was wrong, what was given, what is expected and what to do.
"""


class GanevalError(Exception):
    """Root of the tree above; its message is one readable line."""


class SpecError(GanevalError):
    """A name, option or value that is not known."""


class SourceError(GanevalError):
    """Images or rows that cannot be used as given."""


class DecodeError(SourceError):
    """One file or array entry that cannot be read as an image; the message starts with its place."""


class TooFewError(SourceError):
    """Not enough images or rows for what was asked."""


class FeatureError(GanevalError):
    """Feature rows with the wrong shape or with non-finite values."""


class WeightsError(GanevalError):
    """Network weights that are missing, damaged or not the genuine ones."""


class ProtocolError(GanevalError):
    """Two results made under unlike protocols; the message names the field."""
