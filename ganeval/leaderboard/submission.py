"""What somebody hands in to a leaderboard: a folder with a description, one report a training seed, and more if wanted.

```
dcgan/
  submission.toml      name, links, extra data, configurations tried, cost; the board's name, version, fingerprint
  run-1.json …         one report of `ganeval eval --json` a training seed
  run-1.npz …          optional: the rows or moments of that run's fakes, a file of `ganeval stats`
  samples.png          optional: a grid of images
```
"""

import io
import json
import shutil
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from ganeval.core.errors import ProtocolError, SourceError, SpecError
from ganeval.core.protocol import Protocol
from ganeval.core.records import one_line, read_text, read_toml, record_of, require_fitting, toml_text
from ganeval.leaderboard.rules import Board
from ganeval.report.report import SCHEMA, Floor, Report, Result, Side

DESCRIPTION, SAMPLES = "submission.toml", "samples.png"
_LARGEST_PICTURE = 4_000_000  # bytes, and pixels below
_MOST_PIXELS = 16_000_000
_MOST_DIGITS = 12


@dataclass(frozen=True)
class Run:
    """One training seed: its report, and the statistics file of its fakes where there is one."""

    name: str
    report: Report
    statistics: Path | None = None


@dataclass(frozen=True)
class BoardNamed:
    """The board that a submission was made for."""

    name: str
    version: int
    fingerprint: str


@dataclass(frozen=True)
class Description:
    """What `submission.toml` says. `cost` is of one training run, in words; `extra_data` what else was learnt from."""

    name: str
    board: BoardNamed
    links: tuple[str, ...] = ()
    extra_data: str = ""
    configurations_tried: int | None = None
    cost: str = ""


@dataclass(frozen=True)
class Submission:
    """A model on a board. `place` tells two of one name apart; `samples` is a PNG."""

    description: Description
    runs: tuple[Run, ...]
    place: str
    samples: bytes | None = None

    @property
    def name(self) -> str:
        """The model's name, in one line."""
        return one_line(self.description.name) or self.place

    @property
    def reports(self) -> tuple[Report, ...]:
        """The report of each run."""
        return tuple(run.report for run in self.runs)


def read_submission(folder: Path) -> Submission:
    """The submission in a folder; GanevalError naming the file and field that cannot be used."""
    if not folder.is_dir():
        raise SourceError(f"{folder}: is no folder: a submission is one, made by `ganeval leaderboard pack`")
    description = _description(folder / DESCRIPTION)
    files = sorted(folder.glob("*.json"), key=lambda path: (len(path.stem), path.stem))
    if not files:
        raise SourceError(
            f"{folder}: holds no report: put one JSON file of `ganeval eval --json` a training seed there"
        )
    runs = []
    for path in files:
        reports = read_reports(path)
        if len(reports) != 1:
            raise SourceError(
                f"{path}: holds {len(reports)} reports, expected one: `ganeval leaderboard pack` parts them"
            )
        rows = path.with_suffix(".npz")
        runs.append(Run(path.stem, reports[0], rows if rows.exists() else None))
    picture = folder / SAMPLES
    return Submission(description, tuple(runs), str(folder), png_bytes(picture) if picture.exists() else None)


def submissions_in(folder: Path) -> list[Submission]:
    """The submissions in `folder`: every sub-folder is one, by name."""
    if not folder.is_dir():
        raise SourceError(f"{folder}: is no folder: give the one that holds the submissions, each a folder")
    folders = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not folders:
        raise SourceError(f"{folder}: there is no submission in it: `ganeval leaderboard pack` makes one")
    return [read_submission(path) for path in folders]


def _description(path: Path) -> Description:
    fields = read_toml(path)
    board = fields.get("board")
    if not isinstance(board, dict):
        raise SpecError(f"{path}: the table [board] (name, version, fingerprint) is missing")
    values = {**fields, "board": record_of(BoardNamed, board, where=f"{path}: board")}
    return record_of(Description, values, where=str(path))


def read_reports(path: Path) -> list[Report]:
    """The report, or the list of reports, in a JSON file; SourceError when a field is missing or of another type."""
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path}: is not JSON: {error}") from None
    listed = content if isinstance(content, list) else [content]
    return [_report(one, where=str(path) if one is content else f"{path}[{i}]") for i, one in enumerate(listed)]


def _report(fields: Any, *, where: str) -> Report:
    try:
        if isinstance(fields, dict) and fields.get("schema") == SCHEMA:
            _require_typed(fields, where)
        report = Report.from_json(json.dumps(fields))
    except ProtocolError as error:
        raise ProtocolError(f"{where}: {error}") from error
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise SourceError(f"{where}: is no report of `ganeval eval --json` ({type(error).__name__}: {error})") from None
    if len(set(report)) < len(report):
        raise SourceError(f"{where}: a score comes twice")
    _require_own_fingerprint(fields, report.protocol, where)
    return report


def _require_typed(fields: Mapping[str, Any], where: str) -> None:
    """SourceError for a number, text or list of another type than the report's; findings are not read closely."""
    plain = {name: fields[name] for name in ("seed", "created", "warnings")}
    require_fitting(plain, Report, where=where)
    require_fitting(fields["protocol"], Protocol, where=f"{where}: protocol")
    for role, side in fields["sides"].items():
        require_fitting(side, Side, where=f"{where}: sides.{role}")
    for result in fields["results"]:
        place, floor = f"{where}: {result['key']!r}", result.get("floor")
        require_fitting({name: value for name, value in result.items() if name != "floor"}, Result, where=place)
        require_fitting({} if floor is None else floor, Floor, where=f"{place}: floor")
        if not (0 <= result["decimals"] <= _MOST_DIGITS and abs(result["exponent"]) <= _MOST_DIGITS):
            raise SourceError(f"{place}: decimals and exponent are at most {_MOST_DIGITS}")


def _require_own_fingerprint(fields: Mapping[str, Any], protocol: Protocol, where: str) -> None:
    stated = fields["protocol"].get("fingerprint", protocol.fingerprint)
    if stated != protocol.fingerprint:
        raise SourceError(f"{where}: protocol: the fingerprint {stated!r} is not that of the fields: it was changed")


def png_bytes(path: Path) -> bytes:
    """A picture's bytes; SourceError unless it is a PNG of a bearable size."""
    if path.stat().st_size > _LARGEST_PICTURE:
        raise SourceError(f"{path}: larger than {_LARGEST_PICTURE // 10**6} MB: make the grid smaller")
    data = path.read_bytes()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            with Pillow.open(io.BytesIO(data), formats=["PNG"]) as image:
                size = image.size
                image.verify()
    except Exception as error:  # Pillow raises many kinds
        raise SourceError(f"{path}: is no readable PNG ({error})") from None
    if size[0] * size[1] > _MOST_PIXELS:
        raise SourceError(f"{path}: {size[0]} × {size[1]} pixels: make the grid smaller than {_MOST_PIXELS:,}")
    return data


def assembled(
    board: Board, reports: Sequence[Report], *, description: Mapping[str, Any], samples: bytes | None = None
) -> Submission:
    """A submission that never was a folder, from reports in memory; `description` as in `pack`."""
    record = _described(board, description)
    return Submission(
        record, tuple(Run(f"run-{i}", report) for i, report in enumerate(reports, 1)), record.name, samples
    )


def _described(board: Board, description: Mapping[str, Any]) -> Description:
    named = BoardNamed(board.name, board.version, board.fingerprint)
    return record_of(Description, {**description, "board": named}, where=DESCRIPTION)


def pack(
    folder: Path,
    board: Board,
    *,
    description: Mapping[str, Any],
    reports: Sequence[Report],
    statistics: Sequence[Path] = (),
    samples: Path | None = None,
) -> Submission:
    """Write a submission into a folder that is new or empty, and read it again.

    `description` holds the fields of `submission.toml` but for the board; `statistics` are as many files as
    reports, in their order, or none.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SourceError(f"{folder}: is there already and not empty: give a new folder")
    if not reports:
        raise SourceError("no report was given: give one a training seed")
    if statistics and len(statistics) != len(reports):
        raise SpecError(f"{len(statistics)} files of rows for {len(reports)} reports: give one a report, in order")
    for path in (*statistics, *([samples] if samples else [])):
        if not path.is_file():
            raise SourceError(f"{path}: no such file")
    record = _described(board, description)
    folder.mkdir(parents=True, exist_ok=True)
    for i, report in enumerate(reports, 1):
        (folder / f"run-{i}.json").write_text(report.to_json() + "\n", encoding="utf-8", errors="backslashreplace")
    for i, path in enumerate(statistics, 1):
        shutil.copyfile(path, folder / f"run-{i}.npz")
    if samples is not None:
        shutil.copyfile(samples, folder / SAMPLES)
    (folder / DESCRIPTION).write_text(toml_text(asdict(record)), encoding="utf-8")
    return read_submission(folder)
