"""Arithmetic with latents, judged: does (man with glasses) − (man) + (woman) give a woman with glasses?

Exemplars are samples that the classifier puts into a cell, chosen at random anew for each of many trials; Y = Ā − B̄ + C̄
of k exemplars each, as it is or rescaled to the prior's typical length. A trial succeeds when the classifier is more
sure than not that G(Y) has all of D's values. Four controls say what would have come out anyway:

| control | latent |
|---|---|
| C alone | C̄ of the same exemplars |
| C + random | C̄ plus a random direction as long as Ā − B̄ |
| shuffled | the same 3k exemplars in roles dealt at random |
| prior | a sample of the prior, as long as Y |

`lift` is the success beyond the best control. A cell with too few samples makes the analogy untestable: where a
generator never draws women with glasses, its failure would look like one of the arithmetic.

Norms: means of k have variance 1/k, so Y's is 3/k: with three exemplars it has the prior's length as it is. Whether
averaging does more than that is told by one exemplar, rescaled.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.spatial.distance import cdist

from reference_models.errors import ModelsError
from reference_models.latent_space.cells import Analogy, Cell, Seen, Values, said
from reference_models.latent_space.decoder import Decoder
from reference_models.latent_space.latent import analogy, rescaled, typical_norm

Scale = Literal["raw", "rescaled"]
KS = (1, 2, 3, 5, 10, 30)
CONTROLS = ("C alone", "C + random", "shuffled", "prior")
SURE = 0.5
_Z = 1.959964  # 95 %


@dataclass(frozen=True)
class Share:
    """A number of successes in n trials."""

    hits: int
    n: int

    @property
    def value(self) -> float:
        """The share."""
        return self.hits / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's, at 95 %.

        >>> tuple(round(end, 4) for end in Share(95, 100).interval)
        (0.8882, 0.9785)
        """
        spread = _Z**2 / self.n
        middle = (self.value + spread / 2) / (1 + spread)
        half = _Z * math.sqrt(self.value * (1 - self.value) / self.n + spread / (4 * self.n)) / (1 + spread)
        return middle - half, middle + half

    def minus(self, other: "Share") -> tuple[float, float, float]:
        """The difference and its interval by Newcombe's square-and-add (Statistics in Medicine 17, 1998, method 10).

        >>> tuple(round(x, 4) for x in Share(56, 70).minus(Share(48, 80)))
        (0.2, 0.0524, 0.3339)
        """
        gap, (low, high), (least, most) = self.value - other.value, self.interval, other.interval
        down = math.hypot(self.value - low, most - other.value)
        up = math.hypot(high - self.value, other.value - least)
        return gap, gap - down, gap + up


@dataclass(frozen=True)
class Pool:
    """Samples of a generator with what is seen in them."""

    latents: np.ndarray
    seen: Seen

    def members(self, cell: Cell) -> np.ndarray:
        """Positions of the samples that belong to a cell, more sure than not."""
        return np.flatnonzero(self.seen.confidence(cell) > SURE)


@dataclass(frozen=True)
class Trials:
    """The outcome for k exemplars at one scale. `norm` is Y's mean length, 1 being typical.

    `nearest` is how far G(Y) lies from the nearest sample of D's cell, as a rule, 1 being how far such samples lie from
    one another: near 0 the sums repeat samples that there were. None where all of them are one.
    """

    k: int
    scale: Scale
    success: Share
    controls: Mapping[str, Share]
    norm: float
    precision: float
    nearest: float | None

    @property
    def lift(self) -> float:
        """Success beyond the best control."""
        return self.success.value - max(share.value for share in self.controls.values())

    @property
    def beats(self) -> bool:
        """Whether success is higher than every control beyond chance: Newcombe's interval lies above 0."""
        return all(self.success.minus(share)[1] > 0 for share in self.controls.values())

    def told(self) -> dict[str, str]:
        """A row of a table."""
        low, high = self.success.interval
        return {
            "k": str(self.k),
            "scale": self.scale,
            "norm of Y": f"{self.norm:.2f}",
            "success": f"{self.success.value:.3f} [{low:.3f}, {high:.3f}]",
            **{name: f"{share.value:.3f}" for name, share in self.controls.items()},
            "lift": f"{self.lift:+.3f}",
            "precision": f"{self.precision:.3f}",
            "nearest": "–" if self.nearest is None else f"{self.nearest:.2f}",
        }


def pool(decoder: Decoder, look: Callable[[np.ndarray], Seen], *, n: int = 4096, seed: int = 0) -> Pool:
    """`n` samples, those of `sample RUN --seed SEED`, and what is seen in them."""
    latents = decoder.latents(n, seed=seed)
    return Pool(latents, look(decoder.images(latents)))


def untestable(samples: Pool, cells: Analogy, *, values: Values, least: int = 100) -> str | None:
    """Why an analogy cannot be judged: the cells with fewer than `least` samples; None where all have them."""
    counts = {name: (cell, len(samples.members(cell))) for name, cell in cells.named().items()}
    missing = [f"{name} ({said(cell, values)}): {n}" for name, (cell, n) in counts.items() if n < least]
    if not missing:
        return None
    return f"untestable: of {len(samples.latents)} samples fewer than {least} are in {', '.join(missing)}"


def trials(
    decoder: Decoder,
    samples: Pool,
    *,
    cells: Analogy,
    look: Callable[[np.ndarray], Seen],
    precision: Callable[[np.ndarray], float],
    ks: Sequence[int] = KS,
    n: int = 200,
    seed: int = 0,
) -> list[Trials]:
    """`n` trials for every k and scale; the exemplars of one k are the same at both scales."""
    found, target = [], samples.seen.features[samples.members(cells.d)]
    for k in ks:
        rng = np.random.default_rng([seed, k])
        chosen = [exemplars(samples, cell, k=k, n=n, rng=rng) for cell in (cells.a, cells.b, cells.c)]
        made = {"Y": analogy(chosen[0], chosen[1], other=chosen[2]), **_controls(chosen, decoder, rng)}
        for scale in ("raw", "rescaled"):
            latents = _scaled(made, scale, typical_norm(decoder.prior))
            seen = {name: look(decoder.images(each)) for name, each in latents.items()}
            shares = {name: Share(int((each.confidence(cells.d) > SURE).sum()), n) for name, each in seen.items()}
            norm = float(np.linalg.norm(latents["Y"], axis=1).mean() / typical_norm(decoder.prior))
            controls = {name: shares[name] for name in CONTROLS}
            rows = seen["Y"].features
            found.append(
                Trials(
                    k=k,
                    scale=scale,
                    success=shares["Y"],
                    controls=controls,
                    norm=norm,
                    precision=precision(rows),
                    nearest=_nearest(rows, target),
                )
            )
    return found


def _nearest(rows: np.ndarray, target: np.ndarray) -> float | None:
    """The median distance of rows (n, d) to the nearest of `target` (m, d), over that of those to each other.

    >>> _nearest(np.array([[0.0], [1.5]]), np.array([[0.0], [1.0], [2.0]]))
    0.25
    """
    among = np.median(np.sort(cdist(target, target), axis=1)[:, 1]) if len(target) > 1 else 0.0
    return float(np.median(cdist(rows, target).min(axis=1)) / among) if among > 0 else None


def exemplars(samples: Pool, cell: Cell, *, k: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Latents (n, k, d): for each of n trials k different members of a cell."""
    members = samples.members(cell)
    if len(members) < k:
        raise ModelsError(f"{k} exemplars are wanted, and only {len(members)} samples are in the cell: draw more")
    return samples.latents[np.stack([rng.choice(members, k, replace=False) for _ in range(n)])]


def averaging(found: Sequence[Trials]) -> tuple[float, float, float] | None:
    """Success of three exemplars as they are less that of one at the same length, with an interval."""
    by = {(each.k, each.scale): each.success for each in found}
    three, one = by.get((3, "raw")), by.get((1, "rescaled"))
    return None if three is None or one is None else three.minus(one)


def verdict(found: Sequence[Trials]) -> str:
    """What the trials say, in words."""
    best = max(found, key=lambda each: each.lift)
    lines = [
        f"best: k = {best.k}, {best.scale}, lift {best.lift:+.3f}: "
        + ("beyond every control" if best.beats else "not beyond every control, by chance")
    ]
    gap = averaging(found)
    if gap is not None:
        value, low, high = gap
        told = "more than fix the norm" if low > 0 else "no more than fix the norm, as far as these trials show"
        told = "less than rescaling one does" if high < 0 else told
        lines.append(
            f"three exemplars less one rescaled: {value:+.3f} [{low:+.3f}, {high:+.3f}]: averaging does {told}"
        )
    return "\n".join(lines)


def shown(samples: Pool, cells: Analogy, *, k: int = 3, seed: int = 0) -> list[np.ndarray]:
    """Three exemplars (k, d) of A, B and C for a figure."""
    rng = np.random.default_rng([seed, k])
    return [exemplars(samples, cell, k=k, n=1, rng=rng)[0] for cell in (cells.a, cells.b, cells.c)]


def _controls(chosen: Sequence[np.ndarray], decoder: Decoder, rng: np.random.Generator) -> dict[str, np.ndarray]:
    plus, minus, other = chosen
    n, k, d = plus.shape
    step = np.linalg.norm(plus.mean(axis=1) - minus.mean(axis=1), axis=1, keepdims=True)
    dealt = rng.permuted(np.broadcast_to(np.arange(3 * k), (n, 3 * k)), axis=1)
    mixed = np.concatenate(chosen, axis=1)[np.arange(n)[:, None], dealt].reshape(n, 3, k, d)
    return {
        "C alone": other.mean(axis=1),
        "C + random": other.mean(axis=1) + rescaled(rng.standard_normal((n, d)), step),
        "shuffled": analogy(mixed[:, 0], mixed[:, 1], other=mixed[:, 2]),
        "prior": decoder.latents(n, seed=int(rng.integers(2**31))).astype(np.float64),
    }


def _scaled(made: Mapping[str, np.ndarray], scale: Scale, typical: float) -> dict[str, np.ndarray]:
    """All latents as they are, or all at the prior's length; the prior's own always as long as Y."""
    found = {name: each if scale == "raw" else rescaled(each, typical) for name, each in made.items()}
    found["prior"] = rescaled(made["prior"], np.linalg.norm(found["Y"], axis=1, keepdims=True))
    return found
