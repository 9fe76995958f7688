"""One command per metric file: its dataclass fields are its options."""

import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import click
import numpy as np

from ganeval.cli.command import Command
from ganeval.cli.options import Common, beside_options, file_option, report_options, shared_options
from ganeval.cli.output import Target, columns, show, show_plan, show_warnings, write_json
from ganeval.cli.plain import is_plain, told
from ganeval.core.errors import SourceError
from ganeval.core.files import replacing, require_writable
from ganeval.core.registry import Entry
from ganeval.core.spec import Spec, built, option_notes, option_types
from ganeval.evaluation.engine import pictures
from ganeval.evaluation.evaluate import evaluated
from ganeval.evaluation.settings import Settings
from ganeval.evaluation.sides import OpenedSide, open_side
from ganeval.metrics.base import Metric
from ganeval.report.pairs import pair_sheet
from ganeval.report.report import Report, Result
from ganeval.report.text import floor_lines, pair_lines, score_tables, sentences, single_lines

_OFFLINE_VIEWS = ("features", "probs")  # efficientnet-lite0's, which help must not import


def metric_command(item: Entry) -> click.Command:
    """The click command of a metric."""
    cls = item.load()
    fields = {name: kind for name, kind in option_types(cls).items() if name != "seed"}

    def command(
        common: Common,
        beside: Mapping[str, str | None],
        given_sides: tuple[str, ...],
        json_file: Target | None,
        dry_run: bool,
        value: bool,
        pairs: Target | None = None,
        **values: Any,
    ) -> None:
        options = {name: str(v) for name, v in values.items() if v is not None}
        spec = str(Spec(item.name, None, options))
        sides = _by_role(built(cls, Spec.parse(spec)).roles, given_sides)
        if dry_run:
            return show_plan(common.settled([spec]), sides)
        with common.running([spec], () if cls.fallback is None else (cls.fallback,)) as settings:
            report = next(evaluated(sides.get("real"), [sides.get("fake")], settings=settings, beside=beside))
            if pairs is not None:
                _draw(report, pairs, sides={**sides, **beside}, settings=settings)
        show_warnings(report.warnings, quiet=common.quiet)
        try:
            if json_file is not None:
                write_json(report.to_json(), json_file)
        finally:  # a disk that is full must not cost the result
            if json_file != "-":
                _print(report, sides.get("fake", ""), item.name if value else None)
        return None

    command = beside_options(report_options(shared_options(command)))
    if cls.shows_pairs:
        command = file_option("--pairs", metavar="FILE", help="Draw the closest pairs into a PNG picture.")(command)
    command = _brief_options(command, cls)
    for name, kind in reversed(fields.items()):
        command = click.option(f"--{name.replace('_', '-')}", name, **_option(cls, name, kind))(command)
    usage = " ".join(role.upper() for role in cls().roles)
    command = click.argument("given_sides", nargs=-1, metavar=usage)(command)
    return click.command(item.name, cls=Command, help=_help(item, cls), short_help=item.summary)(command)


def _brief_options(command: Any, cls: type[Metric]) -> Any:
    command = click.option("--value", is_flag=True, help="Print the number alone, in full precision.")(command)
    return click.option(
        "--cite", is_flag=True, is_eager=True, expose_value=False, callback=_cite(cls), help="What to cite."
    )(command)


def _by_role(roles: Sequence[str], sides: Sequence[str]) -> dict[str, str]:
    """The sides by role; a usage error when there are more or fewer."""
    if len(sides) != len(roles):
        wanted = " and ".join(role.upper() for role in roles)
        got = f"got {len(sides)}: {' '.join(sides)}" if sides else "got none"
        raise click.UsageError(f"expected {wanted} with these options, {got}")
    return dict(zip(roles, sides, strict=True))


def _print(report: Report, fake: str, value_of: str | None) -> None:
    """Lines or a table; the values alone of the metric `value_of`."""
    if value_of is not None:
        asked = [result for result in report.results if Spec.parse(result.metric).name == value_of]
        click.echo("\n".join(map(_plain_value, asked)))
    elif is_plain():
        click.echo(single_lines(report, keys=report))
    else:
        show(score_tables({fake: report}, plain=False, width=columns(), secondary=True))
        reports = {fake: report}
        lines = [*floor_lines(reports, width=columns()), *sentences(reports, width=columns())]
        click.echo("\n".join([*lines, *pair_lines(report, most=12), report.signature]))


def _draw(report: Report, target: Target, *, sides: Mapping[str, str | None], settings: Settings) -> None:
    """Draw the report's closest pairs into a file; their few images are read again."""
    pairs = [pair for finding in report.findings for pair in finding.pairs]
    if not pairs:
        return click.echo(f"warning: {target}: not drawn, there are no closest pairs", err=True)
    wanted = {"fake": [pair.fake for pair in pairs]}
    wanted |= {role: [pair.other for pair in pairs if pair.role == role] for role in {pair.role for pair in pairs}}
    images = {}
    for role, numbers in wanted.items():
        plan = open_side(sides[role], settings)
        if not isinstance(plan, OpenedSide):
            raise SourceError(f"{sides[role]}: holds no images to draw: give a folder, an archive or an array")
        images[role] = pictures(plan.source, np.unique(np.array(numbers, dtype=np.int64)))
    drawn = pair_sheet([(images["fake"][p.fake], images[p.role][p.other], f"{p.share:.3f}") for p in pairs])
    require_writable(Path(target))
    with replacing(Path(target)) as file:
        drawn.save(file, "PNG")
    return None


def _plain_value(result: Result) -> str:
    return repr(result.value) if result.value is not None else "nan"


def _option(cls: type, name: str, kind: Any) -> dict[str, Any]:
    default, note = cls.__dataclass_fields__[name].default, option_notes(cls).get(name, "See ganeval explain.")
    shown: dict[str, Any] = {"help": told(note) if default is None else f"{told(note)}  [default: {default}]".lstrip()}
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(k for k in get_args(kind) if k is not type(None))
    if get_origin(kind) is Literal:
        return {**shown, "type": click.Choice([str(choice) for choice in get_args(kind)])}
    return {**shown, "type": {int: int, float: float, bool: bool, Path: Path}.get(kind, str)}


def _cite(cls: type[Metric]):
    def callback(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            click.echo(cls.citation)
            ctx.exit()

    return callback


def _help(item: Entry, cls: type[Metric]) -> str:
    roles = " ".join(f"{role}/" for role in cls().roles)
    first = item.docstring().partition("\n\n")
    offline = f"  ganeval {item.initials or item.name} {roles} -x efficientnet-lite0"
    plain = f"  ganeval {item.name} {roles}"
    return told(
        f"{first[0]}\n\n{' and '.join(r.upper() for r in cls().roles)}: a folder, .zip, .tar, .npy or .npz.\n\n"
        f"\b\nExamples:\n{plain}\n{plain} --n 1000 --json report.json\n"
        + ("" if cls.insists_on_fid_inception or cls.view not in _OFFLINE_VIEWS else offline + "\n")
        + f"\nMore: ganeval explain {item.name}"
    )
