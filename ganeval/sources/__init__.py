"""Where images come from; `opening.opened` finds the right reader, `decode.py` holds the one decode policy."""
