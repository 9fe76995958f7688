"""Tables of any names and values: 80 columns, and never a digit lost."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from ganeval.core.protocol import Protocol
from ganeval.report.report import Report, Result, Side
from ganeval.report.text import score_tables, single_lines

EXTRACTORS = ("pixels", "efficientnet-lite0", "inception@1a2b3c4d", "random-conv:net=12345678", "pixels:size=299")
OPTIONS = ("", "(k=5)", "(k=5,ball=open)", "(degree=2,gamma=0.123456789,coef0=0.5,subsets=100,subset_size=1000)")
LABELS = ("precision", "FD", "IS", "KID", "coverage")


def results() -> st.SearchStrategy[list[Result]]:
    one = st.builds(
        lambda label, extractor, options, value, group, exponent: Result(
            key=label,
            name=f"{label}[{extractor}]{options}",
            metric="m",
            value=value,
            better="lower",
            group=group,
            decimals=3,
            exponent=exponent,
        ),
        st.sampled_from(LABELS),
        st.sampled_from(EXTRACTORS),
        st.sampled_from(OPTIONS),
        st.floats(-1e12, 1e12),
        st.sampled_from(("quality-diversity", "distance", "legacy")),
        st.sampled_from((0, 3)),
    )
    return st.lists(one, min_size=1, max_size=9, unique_by=lambda result: result.key)


def report(found: list[Result]) -> Report:
    side = Side("fake", 40, 40, 0, (), "0")
    return Report(
        tuple(found), {"fake": side}, Protocol("pixels", None, "none", "ignore"), 0, (), {"ganeval": "1"}, "now"
    )


def printed(renderable, width: int) -> str:
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, highlight=False).print(renderable)
    return out.getvalue()


@settings(max_examples=60, deadline=None)
@given(
    found=results(), name=st.sampled_from(["fake", "a/very/long/path/to/some/generated/images", "[red]x", "한글 이름"])
)
def test_no_digit_is_lost(found, name):
    text = printed(score_tables({name: report(found)}, plain=True), 80)
    assert max(map(len, text.splitlines())) <= 80
    for result in found:
        assert re.search(rf"(^|\s){re.escape(result.printed())}(\s|$)", text, re.MULTILINE)
    if cell_len(name) <= 8:
        assert name in text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_headings_are_whole(width):
    one = Result("kid", f"KID[efficientnet-lite0]{OPTIONS[3]}", "kid", 0.5, "lower", "distance", 2, 3)
    text = printed(score_tables({"fake": report([one])}, plain=True, width=width), width)
    for part in (
        "KID x1e3",
        "[efficientnet-",
        "lite0]",
        "(degree=2,",
        "coef0=0.5,",
        "subsets=100,",
        "(lower)",
        "500.00",
    ):
        assert part in text


def test_lines_of_a_single_metric():
    one = Result("fd", "FID", "fd", 12.31424999, "lower", "distance", 2, 0)
    assert single_lines(report([one]), keys=["fd"]).startswith("FID 12.3142\nganeval:1|protocol:default.1#")
    tiny = Result("fd", "FID", "fd", -1e-9, "lower", "distance", 2, 0)
    assert single_lines(report([tiny]), keys=["fd"]).startswith("FID 0.0000\n")
