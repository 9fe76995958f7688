"""The grammar round-trips, and its errors suggest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeval.core.errors import SpecError
from ganeval.core.spec import Spec, built, spec_of
from ganeval.metrics.kid import KernelInceptionDistance
from ganeval.metrics.precision_recall import PrecisionRecall

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
VALUES = st.from_regex(r"[A-Za-z0-9_./:-]{1,10}", fullmatch=True)


@given(NAMES, st.none() | VALUES, st.dictionaries(KEYS, VALUES, max_size=4))
def test_parsing_undoes_writing(name, argument, options):
    spec = Spec(name, argument, options)
    assert Spec.parse(str(spec)) == spec


@pytest.mark.parametrize("text", ["kid:degree=2", "kid,degree=2", " kid:degree=2 "])
def test_both_ways_to_write_options(text):
    assert built(KernelInceptionDistance, Spec.parse(text)) == KernelInceptionDistance(degree=2)


@given(st.integers(1, 9), st.none() | st.floats(0.1, 9.0), st.floats(0.0, 9.0), st.integers(0, 5), st.integers(2, 99))
def test_a_metric_is_built_from_its_own_spec(degree, gamma, coef0, subsets, subset_size):
    metric = KernelInceptionDistance(degree, gamma, coef0, subsets, subset_size)
    assert built(KernelInceptionDistance, Spec.parse(spec_of(metric, name="kid"))) == metric


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kid:degre=2", "did you mean 'degree'"),
        ("kid:degree=two", "degree=two is not a whole number"),
        ("kid:gamma=x", "gamma=x is not a number"),
        ("kid:3", "takes no argument"),
        ("kid:", "is not a spec"),
        ("kid:degree=1,degree=2", "twice"),
    ],
)
def test_errors_say_what_is_wrong(text, message):
    with pytest.raises(SpecError, match=message):
        built(KernelInceptionDistance, Spec.parse(text))


def test_a_choice_is_checked():
    with pytest.raises(SpecError, match="ball=half is not one of closed, open"):
        built(PrecisionRecall, Spec.parse("pr:ball=half"))
