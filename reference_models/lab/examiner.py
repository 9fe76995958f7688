"""Judges the exercise: runs the filled-in file on 8 × 8 digits and looks at what it draws with ganeval's metrics.

Passed: precision and energy distance to held-out digits, in pixels, lie on the right side of limits that separate
right fillings (precision 0.17 or more, distance 1.0 or less over three seeds) from wrong ones (swapped labels: 0 and 17.5).
Recall is told, not judged: a plain GAN of this size hardly has any. Where it fails, a hint names the likely blank: blanks left, an error in the
training, a G that never moved, a D that believes in fakes more than in reals, a G that D sees through.
"""

import ast
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch

from reference_models.data.sets import examples
from reference_models.errors import ModelsError
from reference_models.lab import exercise
from reference_models.lab.preset import Said
from reference_models.training.runs import reproducible

STEPS = 2000
_JUDGED = 800
LEAST_PRECISION, MOST_DISTANCE = 0.05, 3.0
_BLANKS = {"for_real": 1, "for_fake": 1, "fake_for_d": 2, "g_loss": 3}


@dataclass(frozen=True)
class Mark:
    """Whether it passed, and what is to be said."""

    passed: bool
    told: tuple[Said, ...]


def copied(path: Path) -> Path:
    """The file with the blanks at another place; ModelsError when there is something."""
    if path.exists():
        raise ModelsError(f"{path} is there already: choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Path(exercise.__file__).read_text(encoding="utf-8"), encoding="utf-8")
    return path


def examined(path: Path, *, seed: int = 0, steps: int = STEPS) -> Mark:
    """Read, run and judge a filled-in file, which is a program."""
    if not path.is_file():
        raise ModelsError(f"{path}: no such file; `exercise --copy {path}` writes it")
    left = _blanks_left(path)
    if left:
        told = " ".join(map(str, left))
        return Mark(
            False, (Said(f"Blank {told} is still `...`: fill it in.", f"빈칸 {told}이(가) 아직 `...`이다. 채워 넣자."),)
        )
    real = _digits("training")
    try:
        with reproducible(seed):
            generator, judge = _loaded(path).train(real, seed=seed, steps=steps)
            begun, _ = _loaded(path).train(real, seed=seed, steps=0)
    except Exception as error:  # whatever a beginner's program raises is told, not passed on
        return Mark(False, (_said_of(error), *_hint_of(error)))
    return _judged(generator, judge, begun)


def _judged(generator: Any, judge: Any, begun: Any) -> Mark:
    import ganeval

    real = _digits("reference")
    with torch.no_grad(), reproducible(1):
        fake = generator(torch.randn(_JUDGED, exercise.LATENT))
        beliefs = [float(judge(side).sigmoid().mean()) for side in (real, fake)]
    precision, recall = ganeval.precision_recall(real.numpy(), fake.numpy())
    distance = ganeval.energy_distance(real.numpy(), fake.numpy())
    passed = precision >= LEAST_PRECISION and distance <= MOST_DISTANCE
    numbers = (
        f"precision {precision:.2f} (≥ {LEAST_PRECISION}), recall {recall:.2f} (not judged), "
        f"energy distance {distance:.2f} (≤ {MOST_DISTANCE})"
    )
    scores = Said(
        numbers,
        numbers.replace("precision", "정밀도")
        .replace("recall", "재현율")
        .replace("not judged", "채점하지 않음")
        .replace("energy distance", "에너지 거리"),
    )
    if passed:
        return Mark(True, (scores, Said("Passed: your GAN draws digits.", "통과: 당신의 GAN이 숫자를 그린다.")))
    unmoved = all(
        torch.equal(one, other) for one, other in zip(generator.parameters(), begun.parameters(), strict=True)
    )
    return Mark(False, (scores, _hint(beliefs, unmoved=unmoved)))


def _hint(beliefs: list[float], *, unmoved: bool) -> Said:
    """The likely blank, by what D believes (mean σ of its logit on reals and fakes) and whether G moved."""
    real, fake = beliefs
    if unmoved:
        return Said(
            "Not yet: G never moved. Blank 3 must let gradients through: use `fake`, not the detached fakes.",
            "아직이다: 생성자가 전혀 움직이지 않았다. 빈칸 3에는 기울기가 흘러야 하니 detach한 가짜가 아니라 `fake`를 쓰자.",
        )
    if fake > real + 0.2:
        return Said(
            f"Not yet: D believes in fakes ({fake:.2f}) more than in reals ({real:.2f}). Are the labels of blank 1 swapped?",
            f"아직이다: 판별자가 진짜({real:.2f})보다 가짜({fake:.2f})를 더 믿는다. 빈칸 1의 레이블이 뒤바뀌지 않았는가?",
        )
    if real > fake + 0.2:
        return Said(
            f"Not yet: D sees through the fakes ({fake:.2f} against {real:.2f}). Does G's loss in blank 3 pull the wrong way? "
            "G wants D to say ones.",
            f"아직이다: 판별자가 가짜({fake:.2f})를 진짜({real:.2f})와 쉽게 가려낸다. 빈칸 3의 손실이 반대 방향은 아닌가? "
            "생성자는 판별자가 1이라고 답하기를 바란다.",
        )
    return Said(
        "Not yet, and D cannot tell fakes from reals: does D learn in blank 1 (one answer for reals, the other for fakes)?",
        "아직이다. 판별자가 가짜와 진짜를 구별하지 못한다: 빈칸 1에서 진짜와 가짜에 서로 다른 답을 주었는가?",
    )


def _said_of(error: Exception) -> Said:
    told = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return Said(f"The training stopped with {told}", f"학습이 오류로 멈췄다: {told}")


def _hint_of(error: Exception) -> tuple[Said, ...]:
    if "second time" in str(error) or "inplace operation" in str(error):
        return (
            Said(
                "D's loss has already used up the graph that leads into G: blank 2 is `fake.detach()`.",
                "생성자로 이어지는 계산 그래프를 판별자의 손실이 이미 써 버렸다: 빈칸 2는 `fake.detach()`이다.",
            ),
        )
    return ()


def _blanks_left(path: Path) -> list[int]:
    """The numbers of the blanks that are still `...`."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ModelsError(f"{path}, line {error.lineno}: {error.msg}") from error
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(_is_blank(part) for part in ast.walk(node.value)):
            names = {part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name)}
            found |= {_BLANKS[name] for name in names if name in _BLANKS}
    return sorted(found)


def _is_blank(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis


def _loaded(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("filled_in_exercise", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "train"):
        raise ModelsError(f"{path}: the function `train` is gone; `exercise --copy` writes it anew")
    return module


def _digits(part: Any) -> torch.Tensor:
    values = examples("digits", part).values
    return torch.from_numpy(values.reshape(len(values), -1).astype(np.float32) / 127.5 - 1)
