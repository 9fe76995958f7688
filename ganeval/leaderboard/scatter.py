"""Points in a plane as SVG, coloured by a third number: quality against diversity on a leaderboard."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

_WIDTH, _HEIGHT = 440, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 86, 12, 46
_STOPS = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))  # viridis, at its quarters


@dataclass(frozen=True)
class Point:
    """A model: its mark in the table, its name, where it lies, how far runs spread, and its colour's value."""

    mark: str
    name: str
    x: float
    y: float
    spread: tuple[float, float] = (0.0, 0.0)
    colour: float | None = None


@dataclass(frozen=True)
class _Axis:
    """A range of values over a range of pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    @property
    def ticks(self) -> list[float]:
        step = _step(self.high - self.low)
        return [i * step for i in range(ceil(self.low / step - 1e-9), floor(self.high / step + 1e-9) + 1)]


def scatter(points: Sequence[Point], *, x: str, y: str, colour: str | None) -> str:
    """The picture, with the axes' and the colour's names; hovering shows a model's name and numbers.

    >>> scatter([Point("1", "a<b", 0.5, 0.25)], x="recall", y="precision", colour=None).count("a&lt;b")
    1
    """
    across = _axis([p.x for p in points], [p.spread[0] for p in points], _LEFT, _WIDTH - _RIGHT)
    up = _axis([p.y for p in points], [p.spread[1] for p in points], _HEIGHT - _BOTTOM, _TOP)
    known = [p.colour for p in points if p.colour is not None]
    shades = (min(known), max(known)) if known and colour else None
    marks = [_point(point, across, up, shades) for point in points]
    label = html.escape(f"{y} against {x}")
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{label}" xmlns="http://www.w3.org/2000/svg">',
        *_axes(across, up, x, y),
        *marks,
        *(_legend(shades, colour) if shades and colour else []),
        "</svg>",
    ]
    return "\n".join(parts)


def _axis(values: Sequence[float], spreads: Sequence[float], start: float, end: float) -> _Axis:
    low = min(value - spread for value, spread in zip(values, spreads, strict=True))
    high = max(value + spread for value, spread in zip(values, spreads, strict=True))
    margin = max((high - low) * 0.1, abs(high) * 0.02, 1e-9)
    return _Axis(low - margin, high + margin, start, end)


def _step(width: float) -> float:
    """A round step that parts a width into about five.

    >>> _step(1.0), _step(0.37)
    (0.2, 0.1)
    """
    rough = width / 5
    power = 10.0 ** floor(log10(rough))
    return min((m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9)), default=10 * power)


def _axes(across: _Axis, up: _Axis, x: str, y: str) -> list[str]:
    bottom, left = up.start, across.start
    elements = [f'<path class="axis" d="M{left} {up.end}V{bottom}H{across.end}"/>']
    for value in across.ticks:
        at = f"{across.at(value):.1f}"
        elements.append(f'<path class="grid" d="M{at} {bottom}V{up.end}"/>')
        elements.append(f'<text x="{at}" y="{bottom + 16}" text-anchor="middle">{value:.4g}</text>')
    for value in up.ticks:
        at = up.at(value)
        elements.append(f'<path class="grid" d="M{left} {at:.1f}H{across.end}"/>')
        elements.append(f'<text x="{left - 6}" y="{at + 4:.1f}" text-anchor="end">{value:.4g}</text>')
    middle, height = (across.start + across.end) / 2, (up.start + up.end) / 2
    elements.append(f'<text x="{middle}" y="{bottom + 36}" text-anchor="middle">{html.escape(x)} →</text>')
    turn = f'transform="rotate(-90 13 {height})"'
    elements.append(f'<text x="13" y="{height}" {turn} text-anchor="middle">{html.escape(y)} →</text>')
    return elements


def _point(point: Point, across: _Axis, up: _Axis, shades: tuple[float, float] | None) -> str:
    x, y = across.at(point.x), up.at(point.y)
    dx = abs(across.at(point.x + point.spread[0]) - x)
    dy = abs(up.at(point.y + point.spread[1]) - y)
    red, green, blue = _shade(point.colour, shades)
    ink = "#000" if 0.3 * red + 0.6 * green + 0.1 * blue > 120 else "#fff"
    title = f"{point.mark} {point.name}: {point.x:.4g}, {point.y:.4g}"
    return (
        f"<g><title>{html.escape(title)}</title>"
        f'<path class="spread" d="M{x - dx:.1f} {y:.1f}H{x + dx:.1f}M{x:.1f} {y - dy:.1f}V{y + dy:.1f}"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="rgb({red},{green},{blue})"/>'
        f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" style="fill:{ink}" class="mark">'
        f"{html.escape(point.mark)}</text></g>"
    )


def _shade(value: float | None, shades: tuple[float, float] | None) -> tuple[int, int, int]:
    """The colour of a value, by its logarithm where all are positive; grey where there is none. The lowest is yellow.

    >>> _shade(1.0, (1.0, 3.0)), _shade(10.0, (1.0, 100.0)), _shade(None, None)
    ((253, 231, 37), (33, 145, 140), (119, 119, 119))
    """
    if value is None or shades is None:
        return 119, 119, 119
    low, high, at = (log10(v) for v in (*shades, value)) if shades[0] > 0 else (*shades, value)
    return _colour((at - low) / (high - low) if high > low else 0.0)


def _colour(share: float) -> tuple[int, int, int]:
    """The colour at a share of the way from yellow to violet."""
    place = (1 - share) * (len(_STOPS) - 1)
    i = min(max(int(place), 0), len(_STOPS) - 2)
    red, green, blue = (round(a + (b - a) * (place - i)) for a, b in zip(_STOPS[i], _STOPS[i + 1], strict=True))
    return red, green, blue


def _legend(shades: tuple[float, float], name: str) -> list[str]:
    """A bar of colours, the lowest value at its top."""
    left, top, height, parts = _WIDTH - 66, _TOP + 26, 140, 20
    bar = []
    for i in range(parts):
        red, green, blue = _colour((i + 0.5) / parts)
        place = f'x="{left}" y="{top + i * height / parts:.1f}" width="12" height="{height / parts + 0.5:.1f}"'
        bar.append(f'<rect {place} fill="rgb({red},{green},{blue})"/>')
    ends = [(shades[0], top + 10), (shades[1], top + height)] if shades[1] > shades[0] else [(shades[0], top + 10)]
    labels = [f'<text x="{left + 17}" y="{y}">{value:.3g}</text>' for value, y in ends]
    return [f'<text x="{left}" y="{top - 8}">{html.escape(name)}</text>', *bar, *labels]
