"""Levels, rank sets and words: what may be said from numbers that are given."""

import numpy as np
import pytest

from ganeval.comparison.margins import margins
from ganeval.comparison.verdicts import Row, conclusion, judged, scope
from ganeval.core.errors import SpecError
from ganeval.evaluation.settings import settings_for
from ganeval.intervals.multiplicity import holm_levels, rank_sets


def row(aspect="overall", difference=0.0, error=1.0, *, key="kid", **further) -> Row:
    better = "lower" if aspect == "overall" else "higher"
    given = {"decimals": 2, "exponent": 0, "values": (0.0, 0.0), "difference": difference, "error": error, **further}
    return Row(aspect, "A", "B", key, key, better, **given)


def test_holm_by_hand():
    """Holm 1979 on p = .01, .04, .03, .005 at 5 %: .005 and .01 are rejected, .03 stops at .05/2."""
    levels = holm_levels([0.01, 0.04, 0.03, 0.005], level=0.95)
    assert [round(1 - level, 6) for level in levels] == [round(0.05 / 3, 6), 0.025, 0.025, 0.0125]


def test_interval_and_verdict_never_contradict(rng):
    """Over many random tables an interval leaves 0 out exactly where there is a verdict."""
    for _ in range(200):
        rows = [
            row(difference=float(x), error=1.0, degrees=d)
            for x, d in zip(rng.normal(0, 2.5, 6), [None, 4] * 3, strict=True)
        ]
        found = judged(rows, level=0.95)
        assert all((one.low > 0 or one.high < 0) == (one.ahead is not None) for one in found)
        by_p = sorted(found, key=lambda one: one.p_value)
        seen = [one.ahead is not None for one in by_p]
        assert seen == sorted(seen, reverse=True), "a smaller p-value never has less of a verdict"


def test_the_better_side_is_ahead():
    closer, better = judged([row(difference=-9.0), row("quality", -9.0)], level=0.95)
    assert (closer.words, better.words) == ("B closer", "A better")


def test_no_difference_says_what_would_have_been_seen():
    (found,) = judged([row(difference=0.1, error=1e-4, exponent=3, smallest=None)], level=0.95)
    assert found.seen is None
    (found,) = judged([row(difference=0.0, error=0.4e-3 / 2.8016, exponent=3)], level=0.95)
    assert found.words == "no difference"
    assert found.seen == "no difference in kid was seen: one of 0.4e-3 or more would have been seen 4 times in 5"


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (-5.0, "B closer"),
        (-2.2, "B closer, perhaps by less than retraining noise"),
        (-0.6, "B closer, by less than retraining noise"),
    ],
)
def test_differences_too_small_to_matter(difference, words):
    (found,) = judged([row(difference=difference, error=0.1, smallest=2.1, noise="retraining noise")], level=0.95)
    assert found.words == words


def test_no_praise_for_a_side_that_copies():
    found = judged([row(difference=-9.0), row("diversity", -9.0)], level=0.95, alarms=frozenset({"B"}))
    assert [one.words for one in found] == ["not judged", "A better"]
    said = conclusion(found, copying=["B"])
    assert said == "B looks copied, so nothing of it is called better. A more diverse."


def test_a_side_that_deceives_a_distance_is_not_called_closer():
    found = judged([row(difference=-9.0), row("diversity", 9.0)], level=0.95, doubted=frozenset({"B"}))
    assert [one.words for one in found] == ["not judged", "B better"]
    assert conclusion(found, doubted=["B"]) == "B deceives a distance, so it is not called closer. B more diverse."
    assert conclusion(found, copying=["B"], doubted=["B"]).startswith("B looks copied, so nothing of it is")
    both = verdicts(overall="alarm", quality="none")
    told = "A and B look copied: neither is called better. No difference in quality was seen."
    assert conclusion(both, copying=["A", "B"]) == told
    alone = "B looks copied, so nothing of it is called better. No difference was seen."
    assert conclusion(verdicts(overall="none"), copying=["B"]) == alone


def test_no_verdict_says_why_and_what_the_scores_are():
    withheld = row("quality", None, None, reason="B: too few images", values=(0.25, None))
    (found,) = judged([withheld], level=0.95)
    assert (found.words, found.seen) == ("no verdict", None)
    assert found.unsaid == "no verdict on kid (0.25 for A, none for B): B: too few images"


@pytest.mark.parametrize(
    ("detectable", "exponent", "shown"),
    [(0.0996, 3, "0.1"), (0.0994, 3, "99e-3"), (123.4, 0, "120"), (0.0123, 0, "0.012"), (4e-6, 3, "4e-06")],
)
def test_sizes_are_readable(detectable, exponent, shown):
    found = row(verdict="none", detectable=detectable, exponent=exponent)
    assert f"one of {shown} or more" in found.seen


def verdicts(**winners) -> list[Row]:
    return [row(aspect, verdict=verdict) for aspect, verdict in winners.items()]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (verdicts(overall="second", quality="none", diversity="first"),
         "a trade-off: B closer overall, A more diverse."),
        (verdicts(overall="first", quality="first", diversity="first"),
         "A closer overall and of better quality and more diverse."),
        (verdicts(overall="first", quality="none", diversity="none"),
         "A closer overall; no difference in quality or diversity was seen."),
        (verdicts(quality="second", overall="none"), "B of better quality; no difference overall was seen."),
        (verdicts(overall="none", quality="none"), "no difference was seen."),
        ([*verdicts(overall="first"), *verdicts(overall="second")], "the metrics of overall disagree."),
        (verdicts(overall="unknown"), "nothing can be said."),
        (verdicts(overall="second", quality="unknown", diversity="unknown"),
         "B closer overall; nothing can be said of quality or diversity."),
        (verdicts(overall="none", quality="unknown"),
         "no difference was seen; nothing can be said of quality."),
    ],
)  # fmt: skip
def test_one_sentence(rows, sentence):
    assert conclusion(rows) == sentence


def test_what_the_sentence_is_about():
    assert scope(("A", 1), ("B", 1)) == "This is about these images."
    assert "methods" in scope(("A", 5), ("B", 5))
    assert scope(("A", 3), ("B", 5)).startswith("Only 3 runs of A and 5 of B: fewer than five")


def test_margins_are_stated_or_the_noise_of_training():
    settings = settings_for(metrics=["kid", "fd"], extractor="features")
    assert margins(settings, {}, several=False)["fd"].of(200.0) == pytest.approx(2.6)
    assert not margins(settings, {}, several=True)
    stated = margins(settings, {"fd": "2%", "kid": 0.001}, several=True)
    assert (stated["fd"].of(200.0), stated["kid"].of(5.0)) == (4.0, 0.001)
    with pytest.raises(SpecError, match=r"no score 'kidd' here, did you mean 'kid'|no score 'kidd' here.*kid"):
        margins(settings, {"kidd": 1}, several=False)
    for wrong in ("much", "-1", "1%%", "nan"):
        with pytest.raises(SpecError, match="is no size"):
            margins(settings, {"fd": wrong}, several=False)


def test_rank_sets_far_apart_are_exact_and_equal_ones_are_everything():
    far = {name: np.array([0.0, 0.1, -0.1, 0.05, -0.05]) + 10 * i for i, name in enumerate("xyz")}
    assert [(s.name, s.best, s.worst) for s in rank_sets(far, better="higher")] == [
        ("z", 1, 1), ("y", 2, 2), ("x", 3, 3),
    ]  # fmt: skip
    same = {name: [1.0, 2.0, 3.0, 4.0, 5.0] for name in "xyz"}
    assert {(s.best, s.worst) for s in rank_sets(same, better="lower")} == {(1, 3)}
    constant = {"x": [1.0] * 5, "y": [1.0] * 5, "z": [2.0] * 5}
    assert [(s.best, s.worst) for s in rank_sets(constant, better="lower")] == [(1, 2), (1, 2), (3, 3)]


def test_few_seeds_are_listed_and_not_ranked():
    found = rank_sets({"a": [1, 2, 1, 2, 1], "b": [0, 0, 0, 0]}, better="lower")
    assert [(s.name, s.best, s.worst) for s in found] == [("b", None, None), ("a", 1, 1)]


def test_stepping_down_finds_more_than_one_step():
    """One model far off makes the first step's limit; without its pairs the limit for the rest is lower."""
    rng = np.random.default_rng(3)
    noise = rng.standard_normal(5)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    close = {name: noise + shift for name, shift in (("a", 0.0), ("b", 2.6), ("far", 90.0))}
    sets = {s.name: (s.best, s.worst) for s in rank_sets(close, better="lower")}
    assert sets["far"] == (3, 3)
    assert sets["a"] == (1, 1), "t = 4.1 is above the last step's limit"
    crowd = {name: noise for name in "cdefgh"}
    wider = {s.name: (s.best, s.worst) for s in rank_sets({**crowd, "a": close["a"], "b": close["b"]}, better="lower")}
    assert wider["a"][1] > 1


@pytest.mark.slow
def test_rank_sets_hold_the_true_ranks():
    """Six models, two of them equal, six runs each: all sets together hold the truth in 95 % of 200 simulations."""
    truth = np.array([0.0, 0.0, 1.0, 2.0, 2.5, 6.0])
    missed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        scores = {f"m{i}": mean + rng.standard_normal(6) for i, mean in enumerate(truth)}
        for one in rank_sets(scores, better="lower", seed=seed):
            mean = truth[int(one.name[1:])]
            true = 1 + int((truth < mean).sum()), len(truth) - int((truth > mean).sum())
            if not (one.best <= true[0] and true[1] <= one.worst):
                missed += 1
                break
    assert missed <= 20  # at 5 %, more come once in a thousand times
