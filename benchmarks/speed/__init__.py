"""Speed: ganeval and its peers side by side, in one run, on the same images, weights and cores.

Sides take turns, A B A B …, after a warm-up; medians count. Without `--weights` the networks carry
stand-in weights: the genuine ones' architecture and cost, not their numbers, which are never called FID.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.speed.table import RECORD, markdown

# name: module and function; each returns its record, or None where it does not apply
CASES = {
    "inception": "extraction:inception",
    "bf16": "extraction:bf16",
    "efficientnet-lite0": "extraction:efficientnet",
    "frechet": "distances:frechet",
    "frechet-few": "distances:frechet_few",
    "frechet-interval": "distances:frechet_interval",
    "prdc": "neighbours:prdc",
    "prdc-large": "neighbours:prdc_large",
    "kid": "distances:kid",
    "process": "commands:process",
    "again": "commands:again",
    "memory": "commands:memory",
    "decoding": "decoding:decoding",
    "identity": "identity:identity",
}


def main(arguments: Sequence[str]) -> int:
    """Run the cases, write the record and the README's table, print the table."""
    options = _options(arguments)
    out = options.out or (None if options.quick else RECORD)
    found = _existing(out) if options.only and out else {}
    with tempfile.TemporaryDirectory(prefix="ganeval-speed-") as folder:
        found = measured(options, Path(folder), before=found)
    if out:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if out == RECORD:
        import_module("benchmarks.readme").main([])
    print(markdown(found))
    return 0


def measured(options: argparse.Namespace, folder: Path, *, before: Mapping[str, Any]) -> dict[str, Any]:
    """The record of a run: its own cases, and those of `before` that it left out."""
    from benchmarks.speed.machine import FLOAT32, described, products
    from benchmarks.speed.setting import Setting
    from benchmarks.stand_in import for_peers, stand_in

    home = folder / "torch_home"
    home.mkdir()
    weights = stand_in(home) if options.weights is None else for_peers(options.weights.resolve(), home)
    own = folder / "own-cache"
    own.mkdir()
    os.environ.update(TORCH_HOME=str(home), GANEVAL_CACHE=str(own))  # neither the user's weights nor their cache
    os.environ.pop("GANEVAL_WEIGHTS", None)
    size = 1024 if options.quick else 4096
    by = FLOAT32 if options.only and "bf16" not in options.only else (*FLOAT32, "bf16")
    product = products(size=size, times=2 if options.quick else 5, progress=_progress, by=by)
    weights_are = "stand-in weights" if options.weights is None else f"weights sha256 {weights.digest[:8]}"
    setting = Setting(weights, weights_are, folder, options.quick, options.large, product, _progress)
    cases = dict(before.get("cases", {}))
    for name in options.only or CASES:
        _progress(f"{name} ({weights_are})")
        module, _, function = CASES[name].partition(":")
        case = getattr(import_module(f"benchmarks.speed.{module}"), function)(setting)
        if case is not None:
            stamp = {"product_gflops": product["float32"], "weights": weights_are, "quick": options.quick}
            cases[name] = {**case, **stamp, "created": datetime.now(UTC).isoformat(timespec="seconds")}
    after = products(size=size, times=1, progress=_progress, by=FLOAT32)["float32"]
    return {
        "machine": {**described(), "product_size": size, "product_gflops": product, "product_after": after},
        "cases": {name: cases[name] for name in CASES if name in cases},
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks speed", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few images, one turn; writes no record, to try it out")
    parser.add_argument("--large", action="store_true", help="also 50,000 × 2,048 rows, ganeval alone")
    parser.add_argument("--only", type=_names, metavar="NAME,…", help=f"some of {', '.join(CASES)}; others are kept")
    parser.add_argument("--weights", type=Path, help="the FID Inception's weights, if you have them")
    parser.add_argument("--out", type=Path, help=f"the record to write; default {RECORD.name} in benchmarks/records")
    return parser.parse_args(arguments)


def _names(text: str) -> list[str]:
    wanted = text.split(",")
    unknown = [name for name in wanted if name not in CASES]
    if unknown:
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; known: {', '.join(CASES)}")
    return wanted


def _existing(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
