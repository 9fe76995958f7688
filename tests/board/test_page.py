"""The page and the Markdown: everything is there, and nothing that others wrote becomes markup."""

import html
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image
from reports import board, submission

from ganeval.leaderboard.checks import Checked
from ganeval.leaderboard.standings import standings
from ganeval.leaderboard.tables import board_html, board_markdown, escaped

NEAR = [0.010, 0.011, 0.012, 0.011, 0.010]
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "| a | b |\n\n# c",
    "[click](javascript:alert(1)) `x` *y* ![z](http://a)",
    "{{ 7 * 7 }} {% raw %} {#",
    "\x1b[31mred\u202eder",
    "</title></style></svg>",
    "모드 붕괴 🎲 ñ",
    "very-long-" * 60,
)


class Tags(HTMLParser):
    """Counts tags, and refuses attributes that act."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on"), (tag, name)
            if name in ("href", "src"):
                self.links.append(value or "")


def table(*models, rules=None, found=None):
    return standings(rules or board(), models, checks=found)


def parsed(text):
    tags = Tags()
    tags.feed(text)
    return tags


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(name):
    rules = board()
    told = {"cost": name, "extra_data": name, "links": ("https://example.org/?a=1&b=2",)}
    hostile, plain = (submission(n, NEAR, of=rules, digest="d", **t) for n, t in ((name, told), ("plain", {})))
    found = [Checked(alarms=(f"run-1 scores the same images as run-1 of {name}",))]
    page, fair = board_html(table(hostile, found=found)), board_html(table(plain))
    tags = parsed(page)
    assert "script" not in tags.tags and "img" not in tags.tags
    extra = {"a": 1, "small": 1}  # the link and the alarm
    for tag in set(tags.tags) | set(parsed(fair).tags):
        assert tags.tags.count(tag) == parsed(fair).tags.count(tag) + extra.get(tag, 0), tag
    assert tags.links == ["https://example.org/?a=1&b=2"]
    assert "\x1b" not in page and "\u202e" not in page
    markdown = board_markdown(table(hostile, found=found))
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
    assert not {"script", "img", "a", "em", "code"} & set(parsed(shown).tags)
    assert shown.count("<tr>") == 3  # header, model, floor
    assert shown.count("<h1>") == 1


def test_a_hostile_board_is_escaped_too():
    rules = board()
    hostile = type(rules)(**{**rules.__dict__, "name": HOSTILE[0] + HOSTILE[2]})
    page = board_html(table(submission("a", NEAR, of=hostile), rules=hostile))
    assert "script" not in parsed(page).tags
    assert board_markdown(table(rules=hostile)).startswith("# &lt;script&gt;")


def test_everything_is_on_the_page():
    rules = board(smallest_difference=0.002)
    models = [
        submission("A", NEAR, of=rules, cost="2 h on two cores", configurations_tried=1200, extra_data="ImageNet"),
        submission("B", [0.09, 0.091, 0.092, 0.093, 0.094], of=rules, drop="recall"),
        submission("C", NEAR[:2], of=rules),
    ]
    found = [Checked(level="recomputed from rows", recomputed=frozenset({"kid", "fd"})), Checked(), Checked()]
    for text in (
        board_html(table(*models, rules=rules, found=found)),
        board_markdown(table(*models, rules=rules, found=found)),
    ):
        for word in (
            "Test board, version 1", "KID", "10.80", "0.84", "sd over", "s.e. of", "recomputed from rows",
            "self-reported", "2 h on two cores", "1,200", "ImageNet", "unranked: 2 of 5 training seeds",
            "other real images, n = 50 a side", "by more than 2.00 in KID", "the test split", rules.fingerprint,
        ):  # fmt: skip
            assert word in text, word
    page = board_html(table(*models, rules=rules, found=found))
    assert "made again here: KID[pixels], FD[pixels]" in page
    assert page.count('<tbody class="tier">') == 3
    row = re.search(r"<bdi>B</bdi>.*?</tr>", page, re.S)
    assert row and len(re.findall(r"<td>–</td>", row[0])) == 2  # recall, and how many were tried


def test_the_page_needs_nothing_from_elsewhere():
    page = board_html(table(submission("A", NEAR, of=board())))
    assert not re.search(r"(src|href)=[\"']?https?:", page)
    assert "url(" not in page and "@import" not in page
    assert "default-src 'none'" in page


def test_plots_of_quality_against_diversity():
    rules = board()
    page = board_html(table(submission("A", NEAR, of=rules), submission("B <b>", NEAR, of=rules, digest="B")))
    svgs = re.findall(r"<svg.*?</svg>", page, re.S)
    assert len(svgs) == 2
    assert "precision →" in svgs[0] and "recall →" in svgs[0] and "clipped density →" in svgs[1]
    assert svgs[0].count("<circle") == 2 and "2 B &lt;b&gt;: 0.6, 0.8" in svgs[0] and ">FD</text>" in svgs[0]
    bare = board_html(table(submission("A", NEAR, of=rules, drop="recall")))
    assert len(re.findall("<svg", bare)) == 1


def test_samples_are_inside_the_page(tmp_path):
    picture = io.BytesIO()
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(picture, "PNG")
    model = submission("A", NEAR, of=board())
    shown = type(model)(model.description, model.runs, model.place, picture.getvalue())
    assert 'src="data:image/png;base64,iVBOR' in board_html(table(shown))


def test_a_board_without_submissions():
    assert "No submission yet" in board_html(table())
    assert board_markdown(table()).count("\n|") == 2


def test_escaping_shows_exactly_the_text():
    for text in ("a|b", r"a\|b", "<b>", "&amp;", "*_`~^$#[x](y)", "1. a"):
        shown = MarkdownIt("commonmark").enable("table").render(f"| a |\n|---|\n| {escaped(text)} |")
        cell = re.search(r"<td>(.*?)</td>", shown, re.S)
        assert cell is not None
        assert html.unescape(cell[1]) == text
