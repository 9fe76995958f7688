"""Where ganeval keeps files of its own: `$GANEVAL_CACHE`, else the platform's cache folder of this user."""

import os
from pathlib import Path

VARIABLE = "GANEVAL_CACHE"


def cache_folder() -> Path:
    """The folder of cached features and graphs; it need not exist yet."""
    stated = os.environ.get(VARIABLE)
    if stated:
        return Path(stated).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("ganeval", appauthor=False)
