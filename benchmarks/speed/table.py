"""The Markdown table of a speed record. Loads nothing heavy: the README's freshness test reads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

RECORD = Path(__file__).parents[1] / "records" / "speed.json"
NOTHING = "Not measured here yet: `python -m benchmarks speed`.\n"


def recorded(path: Path = RECORD) -> str:
    """The table of the record that is kept, or that there is none."""
    return markdown(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else NOTHING


def markdown(record: Mapping[str, Any]) -> str:
    """The machine, a line for each pair of sides, and the notes."""
    lines = ["| | base | against | takes × as long | peak memory |", "|---|---|---|---|---|"]
    notes = []
    for name, case in record["cases"].items():
        lines += _lines(name, case)
        told = "; ".join(case["notes"])
        made = f" ({case['weights']})" if _by_network(case) else ""
        notes.append(f"* {name}{made}: {told}{_unequal_product(case, record['machine'])}.")
    return "\n".join([_machine(record["machine"]), "", *lines, "", *notes, ""])


def _machine(machine: Mapping[str, Any]) -> str:
    product = machine["product_gflops"]
    routes = ", ".join(f"{name} {speed:,.0f}" for name, speed in product.items() if name not in ("float32", "bf16"))
    bf16 = f"; bf16 {product['bf16']:,.0f}" if "bf16" in product else ""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, no GPU. Its own best float32 matrix product of "
        f"{machine['product_size']}² in the same run: {product['float32']:,.0f} GFLOP/s ({routes}{bf16}), "
        f"{machine['product_after']:,.0f} after the last case. "
        f"Percentages are of the product in the same precision. {versions}."
    )


def _lines(name: str, case: Mapping[str, Any]) -> list[str]:
    sides, what = case["sides"], f"**{name}** {case['what']}"
    if not case["ratios"]:
        return [f"| {what} | {_speed(side, held)} | – | – | {_peak(held)} |" for side, held in sides.items()]
    lines = []
    for ratio in case["ratios"]:
        base, other = sides[ratio["base"]], sides[ratio["side"]]
        left, right = _speed(ratio["base"], base), _speed(ratio["side"], other)
        memory = "–" if "–" in (_peak(base), _peak(other)) else f"{_peak(base)} against {_peak(other)}"
        lines.append(f"| {what} | {left} | {right} | {ratio['times']:.2f} | {memory} |")
        what = ""
    return lines


def _speed(name: str, side: Mapping[str, Any]) -> str:
    """`ganeval 12.3 images/s (61 %)`, or seconds where no images are counted."""
    if "images_per_s" not in side:
        return f"{name} {_seconds(side['median_s'])}"
    share = f" ({side['share_of_product']:.0%})" if "share_of_product" in side else ""
    speed = side["images_per_s"]
    return f"{name} {speed:,.{0 if speed >= 100 else 1}f} images/s{share}"


def _seconds(seconds: float) -> str:
    return f"{seconds:,.0f} s" if seconds >= 100 else f"{seconds:.3g} s"


def _peak(side: Mapping[str, Any]) -> str:
    return f"{side['peak_mb']:,.0f} MB" if "peak_mb" in side else "–"


def _by_network(case: Mapping[str, Any]) -> bool:
    return "Inception" in case["what"] or "reals once more" in case["what"]


def _unequal_product(case: Mapping[str, Any], machine: Mapping[str, Any]) -> str:
    """A case kept from an earlier run was judged by that run's product."""
    kept, now = case["product_gflops"], machine["product_gflops"]["float32"]
    return "" if kept == now else f"; measured when the product was {kept:,.0f} GFLOP/s"
