"""What a run of the lab says at its end, as lines, and its figure as a file."""

import math
from pathlib import Path

from reference_models.errors import ModelsError
from reference_models.lab.preset import Language, Numbers, Preset, Said, Score, Seen
from reference_models.lab.verdicts import SEEDS, Verdict, verdicts

_WORDS = {
    "numbers": Said("numbers", "수치"),
    "seen": Said("what was seen", "관찰"),
    "claims": Said("what this preset is meant to show", "이 실험이 보이려는 것"),
    "here": Said("here", "이번 실행"),
    "yes": Said("yes", "예"),
    "no": Said("no", "아니요"),
    "beat": Said("score to beat", "넘어야 할 점수"),
    "yours": Said("yours", "당신의 점수"),
    "beaten": Said("beaten!", "넘었다!"),
    "not beaten": Said("not beaten", "아직 넘지 못했다"),
    "unmeasured": Said("not measured over seeds yet", "아직 여러 시드로 측정하지 않음"),
    "figure": Said("figure", "그림"),
}


def lines(name: str, preset: Preset, *, seen: Seen, language: Language) -> list[str]:
    """Title, numbers, three sentences, claims, score."""
    verdict = verdicts().get(name, Verdict())
    text = [f"{name}: {preset.title.spoken(language)}", "", f"{_word('numbers', language)}"]
    wide = max(map(len, seen.numbers))
    text += [f"  {key:<{wide}}  {number(value)}" for key, value in seen.numbers.items()]
    text += ["", _word("seen", language)]
    text += [f"  {n}. {said.spoken(language)}" for n, said in enumerate(preset.sentences(seen.numbers), 1)]
    text += ["", _word("claims", language)]
    text += claim_lines(preset, verdict, numbers=seen.numbers, language=language)
    return [*text, "", score_line(preset.score, verdict, numbers=seen.numbers, language=language)]


def claim_lines(preset: Preset, verdict: Verdict, *, numbers: Numbers, language: Language) -> list[str]:
    """Every claim: whether this run shows it, and what five seeds showed."""
    held = preset.held(numbers)
    here, text = _word("here", language), []
    for key, claim in preset.claims.items():
        answer = _word("yes" if held[key] else "no", language)
        text.append(f"  {claim.told.spoken(language)}")
        text.append(f"    {here}: {answer}; {_counted(verdict, key, language)}")
    return text


def score_line(score: Score, verdict: Verdict, *, numbers: Numbers, language: Language) -> str:
    """The score to beat, and whether it was."""
    yours = numbers[score.key]
    told = f"{_word('beat', language)}: {score.told.spoken(language)}"
    if verdict.score is None:
        return f"{told}: {_word('yours', language)} {number(yours)}"
    ahead = yours > verdict.score if score.better == "higher" else yours < verdict.score
    ending = _word("beaten" if ahead else "not beaten", language)
    return f"{told}: {number(verdict.score)}; {_word('yours', language)} {number(yours)}, {ending}"


def number(value: float) -> str:
    """A number with four digits.

    >>> number(0.123456), number(1500.0), number(float("nan"))
    ('0.1235', '1500', '-')
    """
    return "-" if math.isnan(value) else f"{value:.4g}"


def drawn(preset: Preset, seen: Seen, *, path: Path, dpi: int = 110) -> Path:
    """The figure as PNG, under a temporary name and renamed."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise ModelsError("the lab draws with matplotlib: pip install matplotlib, or ganeval[lab]") from error
    figure = Figure(figsize=preset.size, layout="constrained")
    preset.draw(seen, figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    figure.savefig(partial, dpi=dpi, format="png")
    partial.replace(path)
    return path


def _counted(verdict: Verdict, claim: str, language: Language) -> str:
    if claim not in verdict.held:
        return _word("unmeasured", language)
    held = verdict.held[claim]
    if language == "ko":
        ending = "재현됨" if verdict.reproduced(claim) else "재현되지 않음"
        return f"기본 설정의 시드 {SEEDS}개 중 {held}개에서 나타남: {ending}"
    ending = "reproduced" if verdict.reproduced(claim) else "NOT REPRODUCED"
    return f"in {held} of {SEEDS} seeds at the preset's own knobs: {ending}"


def _word(key: str, language: Language) -> str:
    return _WORDS[key].spoken(language)
