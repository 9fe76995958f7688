"""The commands whose output is recorded, by group: a group is a file of `records/` and a test."""

from collections.abc import Iterator, Mapping, Sequence

import click
from recorder import calls
from recorder.recording import Call, Command, Step

from ganeval.cli import cli
from ganeval.core.protocol import PROTOCOLS
from ganeval.core.registry import entries


def every_command(group: click.Group, words: Sequence[str] = ()) -> Iterator[str]:
    """Every command and sub-command, as words."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield " ".join([*words, name])
        if isinstance(command, click.Group):
            yield from every_command(command, [*words, name])


def _lines(*lines: str) -> list[Step]:
    return [Command(line) for line in lines]


def _helped() -> list[Step]:
    names = [item.name for kind in ("extractor", "diagnostic") for item in entries(kind)]
    metrics = [item.name for item in entries("metric")]
    protocols = [f"protocol:{name}" for name in PROTOCOLS]
    return _lines(
        "--version", "--help", *(f"{name} --help" for name in every_command(cli)), "list",
        *(f"explain {name}" for name in [*metrics, *names, *protocols]), *(f"{name} --cite" for name in metrics),
    )  # fmt: skip


_METRICS = _lines(
    "kid real fake -x pixels",
    "fd real fake -x pixels --value",
    "pr real fake -x pixels --k 5 --n 50 --seed 3",
    "dc real fake.zip -x pixels --no-floor",
    "cdc real fake.npy -x pixels --held-out held_out",
    "copying real copies -x pixels",
    "copying real fake -x pixels --train train",
    "ed real far -x pixels --level 0.9",
    "nna real far -x pixels --fixed-real",
    "vendi real fake -x pixels",
    "modes labelled fake -x pixels",
    "is fake -x classifier:mnist",
    "sharpness real far",
    "sfid real fake -x pixels",
    "support-size real fake -x pixels",
    "kid real fake -x random-conv --device cpu --dry-run",
)
_EVALUATIONS = [
    Command("eval real fake far -x pixels --json reports.json --cite", ["reports.json"]),
    Command("eval rows.npy near-0.npy far-0.npy -x features -m all --json -"),
    *_lines(
        "eval real copies -x pixels",
        "eval real fake -x pixels -m pr:k=5 -m kid -m fd --no-interval --quiet",
        "eval real fake -x pixels -m kid --protocol clean-fid",
        "eval real fake -x pixels -m fd -m kid --verify",
        "eval broken fake -x pixels -m fd --on-error skip",
        "eval real fake --dry-run -x pixels",
    ),
]
_NETWORKS = _lines(
    "eval real fake -x efficientnet-lite0 --device cpu --n 30",
    "eval real far -x random-conv -m kid -m fd -m pr --device cpu",
    "doctor --check --device cpu",
)
_COMPARISONS = [
    Command("compare rows.npy near-0.npy far-0.npy -x features --json comparison.json", ["comparison.json"]),
    Command("compare real fake far copies -x pixels"),
    Command("compare rows.npy --a 'near-*.npy' --b 'far-*.npy' -x features -m fd -m kid --at-least fd=2%"),
    Command("compare rows.npy near-0.npy far-0.npy -x features --dry-run"),
    Command("tradeoff rows.npy 1.5=far-0.npy 1.0=near-0.npy 2.0=near-1.npy -x features --json tradeoff.json",
            ["tradeoff.json"]),
    Command("tradeoff real a=fake b=far -x pixels --quality density --diversity coverage --markdown"),
    Command("power rows.npy near-0.npy far-0.npy -x features --difference kid=0.01 --json power.json", ["power.json"]),
    Command("power real -x pixels --difference precision=0.05"),
]  # fmt: skip
_FILES = [
    Command("stats real -o moments.npz -x pixels", ["moments.npz"]),
    Command("stats rows.npy -o rows.npz -x features --rows", ["rows.npz"]),
    Command("stats labelled -o labelled.npz -x pixels --rows", ["labelled.npz"]),
    Command("stats real -o part1.npz -x pixels --shard 1/2", ["part1.npz"]),
    Command("stats real -o part2.npz -x pixels --shard 2/2"),
    Command("merge part1.npz part2.npz -o merged.npz", ["merged.npz"]),
    *_lines(
        "merge part1.npz -o half.npz",
        "merge part1.npz part1.npz -o twice.npz",
        "fd moments.npz fake -x pixels",
        "fd merged.npz fake -x pixels",
        "kid moments.npz fake -x pixels",
        "pr rows.npz near-0.npy -x features",
        "modes labelled.npz fake -x pixels",
        "cache info",
        "cache prune --max-size 0MB",
        "cache clear",
        "weights status",
        "weights verify none.pth",
    ),
    Command("doctor --device cpu"),
]
_BOARD = [
    *_lines(
        "stats rows.npy -o reference.npz -x features --rows",
        "eval reference.npz near-0.npy near-1.npy near-2.npy near-3.npy near-4.npy -x features -m kid -m fd -m pr "
        "--json near.json --quiet",
        "eval reference.npz far-0.npy far-1.npy far-2.npy far-3.npy far-4.npy -x features -m kid -m fd -m pr "
        "--json far.json --quiet",
        *(f"stats near-{i}.npy -o near-{i}.npz -x features --rows" for i in range(5)),
    ),
    Command("leaderboard init near.json --name Toy --rank-by kid --also fd --also recall --reference reference.npz "
            "--split 'test, 120'", ["BOARD.toml"]),
    Command("leaderboard pack boards/near near.json --name near --cost '1 minute' --tried 3 --rows near-0.npz "
            "--rows near-1.npz --rows near-2.npz --rows near-3.npz --rows near-4.npz",
            ["boards/near/submission.toml"]),
    Command("leaderboard pack boards/far far.json --name far --link https://example.org"),
    Command("leaderboard check BOARD.toml boards/near boards/far"),
    Command("leaderboard build BOARD.toml boards -o board.html -o board.md", ["board.md", "board.html"]),
    Command("leaderboard init near.json --name Toy --rank-by kid"),
    Command("leaderboard check BOARD.toml nowhere"),
]  # fmt: skip
_TRAINING = [
    Command("diagnose log.jsonl --json diagnosis.json", ["diagnosis.json"]),
    Command("diagnose log.jsonl -d strong-discriminator --signal 'G loss=errG'"),
    Command("diagnose none.jsonl"),
    Call(calls.history_of_an_evaluator),
    Command("diagnose metrics.jsonl log.jsonl"),
]
_ERRORS = _lines(
    "",
    "eval",
    "evla real fake",
    "fd real",
    "fd real fake far -x pixels",
    "fd real fake --kk 3",
    "fd nowhere fake -x pixels",
    "fd real fake -x pixles",
    "eval real fake -x pixels -m fdd",
    "eval real fake -x pixels -m kid:degre=2",
    "eval real fake -x pixels -m kid:degree=two",
    "fid real fake -x pixels",
    "fd broken fake -x pixels",
    "fd mixed fake -x pixels",
    "fd real float.npy -x pixels",
    "fd real few -x pixels",
    "kid real few -x pixels",
    "fd rows.npy nan.npy -x features",
    "fd real rows.npy -x pixels",
    "fd real fake --weights none.pth",
    "fd real fake -x pixels --protocol adn",
    "fd real fake -x pixels --level 2",
    "fd real fake -x pixels --json nowhere/report.json",
    "compare real fake -x pixels",
    "compare real fake far -x pixels --no-interval",
    "compare real --a 'none*' --b 'far*' -x pixels",
    "tradeoff real a=fake a=far -x pixels",
    "power real -x pixels --difference kdi=0.1",
    "stats real -x pixels",
    "stats real -o part.npz -x pixels --shard 3/2",
    "leaderboard new",
    "cache prune --max-size many",
    "explain kdi",
)
_CALLS: list[Step] = [Call(function) for function in calls.CALLS]

GROUPS: Mapping[str, Sequence[Step]] = {
    "help": _helped(),
    "metrics": _METRICS,
    "evaluations": _EVALUATIONS,
    "networks": _NETWORKS,
    "comparisons": _COMPARISONS,
    "files": _FILES,
    "board": _BOARD,
    "training": _TRAINING,
    "errors": _ERRORS,
    "calls": _CALLS,
}
LOOSE = frozenset({"networks"})
