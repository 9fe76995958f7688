"""What an evaluator found, by step of training."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

from ganeval.core.errors import ProtocolError, SourceError, SpecError
from ganeval.core.files import replacing, require_writable
from ganeval.core.spec import nearest_name
from ganeval.report.report import Report


@final
@dataclass(frozen=True)
class Point:
    """A step of training and the report on the generator as it was then."""

    step: int
    report: Report


@final
@dataclass(frozen=True)
class History:
    """Reports by step, in order."""

    points: tuple[Point, ...] = ()

    def with_point(self, step: int, report: Report) -> "History":
        """The history with one more report; a step that is evaluated again takes the place of the former."""
        others = [point for point in self.points if point.step != step]
        return History(tuple(sorted([*others, Point(step, report)], key=lambda point: point.step)))

    @property
    def last(self) -> Point:
        """The latest step; SourceError without any."""
        return self._known()[-1]

    def _known(self) -> tuple[Point, ...]:
        if not self.points:
            raise SourceError("nothing has been evaluated yet: call the evaluator with a generator first")
        return self.points

    def best(self, key: str) -> Point:
        """The step with the best value of a score, the earliest of equals; SpecError where no step has a value.

        The best of many steps was lucky too: its value is better than that of other images of the same generator
        would be. Judge it by fresh ones (another seed) before claiming anything.
        """
        scores = self.last.report
        known = [(point.report[key].value, point) for point in self.points if key in point.report]
        valued = [(value, point) for value, point in known if value is not None]
        if not valued:
            raise SpecError(f"no step has a value of {key!r}{nearest_name(key, scores)} (scores: {', '.join(scores)})")
        sign = 1 if valued[0][1].report[key].better == "lower" else -1
        return min(valued, key=lambda pair: sign * pair[0])[1]

    def save(self, path: str | Path) -> None:
        """One JSON line a step, `{"step": …, "report": …}`; `History.load` reads them back."""
        lines = [
            json.dumps({"step": point.step, "report": json.loads(point.report.to_json())}) for point in self.points
        ]
        require_writable(Path(path))
        with replacing(Path(path)) as file:
            file.write("".join(f"{line}\n" for line in lines).encode())

    @classmethod
    def load(cls, path: str | Path) -> "History":
        """The history in a file that `save` wrote; ProtocolError where a line is none of its."""
        history = cls()
        for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
            try:
                fields = json.loads(line)
                history = history.with_point(int(fields["step"]), Report.from_json(json.dumps(fields["report"])))
            except (ValueError, KeyError, TypeError) as error:
                raise ProtocolError(f"{path}, line {number}: no step and report of ganeval's ({error})") from error
            except ProtocolError as error:
                raise ProtocolError(f"{path}, line {number}: {error}") from error
        return history

    def curves(self, path: str | Path, *, keys: Sequence[str] | None = None) -> Path:
        """Draw the scores over the steps (`keys`, else all but secondary and legacy ones) into a .png, .svg or .pdf.

        Bands are intervals, dashed lines what other reals score at the same n, a star is the best step and a square
        the last. Needs matplotlib (`ganeval[plots]`).
        """
        from ganeval.training.curves import drawn

        return drawn([(point.step, point.report) for point in self._known()], Path(path), keys=keys)
