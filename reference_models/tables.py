"""Rows as a Markdown table that can be read as it stands."""

from collections.abc import Mapping, Sequence


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """A table with a column for each key of the first row.

    >>> print(table([{"k": "1", "success": "0.5"}]))
    | k | success |
    |---|---------|
    | 1 | 0.5     |
    """
    heads = list(rows[0])
    wide = {head: max(len(head), *(len(row[head]) for row in rows)) for head in heads}
    lines = [[head.ljust(wide[head]) for head in heads]]
    lines += [[row[head].ljust(wide[head]) for head in heads] for row in rows]
    text = ["| " + " | ".join(line) + " |" for line in lines]
    rule = "|" + "|".join("-" * (wide[head] + 2) for head in heads) + "|"
    return "\n".join([text[0], rule, *text[1:]])
