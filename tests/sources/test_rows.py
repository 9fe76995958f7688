"""Feature rows with `-x features`, and statistics files: ganeval's own and pytorch-fid's."""

from pathlib import Path

import numpy as np
import pytest
from conftest import save_images

import ganeval
from ganeval.cli import exit_code
from ganeval.core.errors import GanevalError, ProtocolError, SourceError


def features(real, fake, *metrics: str, **options) -> ganeval.Report:
    return ganeval.evaluate(real, fake, extractor="features", metrics=metrics or ("fd", "pr"), **options)


def pixels(real, fake, *metrics: str, **options) -> ganeval.Report:
    return ganeval.evaluate(real, fake, extractor="pixels", metrics=metrics or ("fd",), **options)


@pytest.fixture
def two(rng) -> tuple[np.ndarray, np.ndarray]:
    return rng.normal(size=(60, 7)).astype(np.float32), rng.normal(0.3, size=(60, 7)).astype(np.float32)


def test_rows_from_anywhere_give_the_same_numbers(tmp_path, two, monkeypatch):
    monkeypatch.chdir(tmp_path)
    real, fake = two
    expected = features(real, fake).to_dict()
    assert expected["fd"] == pytest.approx(ganeval.frechet_distance(real, fake), rel=1e-12)
    np.save("fake.npy", fake)
    np.save("big.npy", fake.astype(">f8"))
    np.savez("fake.npz", features=fake, names=np.arange(60))
    for given in ("fake.npy", "big.npy", "fake.npz", "fake.npz,key=features", fake.astype(np.float64)):
        assert features(real, given).to_dict() == expected
    assert features(real, "fake.npy")["fd"].name == "FD[features]"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.zeros((4, 8, 8)), r"x\.npy: feature rows must be \(n, d\), got \(4, 8, 8\): for images choose"),
        (np.zeros((4, 8, 8, 3), np.uint8), r"x\.npy: feature rows must be .* choose an extractor"),
        (np.zeros(9), r"x\.npy: feature rows must be \(n, d\), got \(9,\)"),
        (np.zeros((0, 9)), r"x\.npy: holds no rows, its shape is \(0, 9\)"),
        (np.zeros((9, 0)), r"x\.npy: holds no rows"),
        (np.full((9, 7), np.nan), r"x\.npy: row 0 holds NaN or infinite"),
        (np.where(np.arange(63).reshape(9, 7) == 40, np.inf, 0), r"x\.npy: row 5 holds NaN or infinite"),
        (np.zeros((9, 7), complex), r"x\.npy: feature rows must be real numbers, got complex"),
        (np.ones((60, 8)), r"array\(60, 7\) has 7 and .*x\.npy has 8; use one extractor"),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_used_are_named(tmp_path, two, values, says):
    np.save(tmp_path / "x.npy", values)
    with pytest.raises(GanevalError, match=says):
        features(two[0], tmp_path / "x.npy")


def test_a_table_is_no_set_of_images_and_a_folder_no_table(two, folders):
    with pytest.raises(SourceError, match=r"for feature rows use the extractor 'features' \(-x features\)"):
        pixels(two[0], two[1])
    with pytest.raises(SourceError, match=r"real: the extractor 'features' reads rows from \.npy or \.npz"):
        features(folders[0], two[1])


def test_a_subset_of_rows_is_that_of_images(two, digits):
    images = digits[:60]
    rows = np.repeat(images.reshape(60, 1, 64), 3, axis=1).reshape(60, -1).astype(np.float32) / 255
    for seed in (0, 5):
        assert (
            features(rows, rows[::-1].copy(), "fd", n=30, seed=seed)["fd"].value
            == pixels(images, images[::-1].copy(), n=30, seed=seed)["fd"].value
        )
    with pytest.raises(GanevalError, match=r"array\(60, 7\): has 60 rows, fewer than n = 61"):
        features(*two, n=61)


@pytest.fixture
def reference_file(folders, tmp_path, monkeypatch):
    """Writes a statistics file of the real digits and returns its path."""
    monkeypatch.chdir(tmp_path)

    def make(*options: str) -> Path:
        assert exit_code(["stats", "real", "-o", "ref.npz", "-x", "pixels", "-q", *options]) == 0
        return Path("ref.npz")

    return make


def test_statistics_take_the_place_of_the_images(reference_file, folders):
    real, fake = folders
    expected = pixels(real, fake, "fd", "kid", "pr")
    moments = pixels(reference_file(), fake)
    assert moments["fd"].value == pytest.approx(expected["fd"].value, rel=1e-9)
    assert moments.sides["real"].n == 40
    with pytest.raises(SourceError, match=r"ref\.npz: holds mean and covariance only, .*`ganeval stats --rows`"):
        pixels("ref.npz", fake, "fd", "kid")
    rows = pixels(reference_file("--rows"), fake, "fd", "kid", "pr")
    assert rows.to_dict() == expected.to_dict()
    assert rows.signature == expected.signature
    with np.load("ref.npz", allow_pickle=False) as arrays:
        assert set(arrays.files) == {"mu", "sigma", "n", "protocol", "rows", "index"}
        flat = arrays["rows"].astype(np.float64)
        np.testing.assert_allclose(arrays["mu"], flat.mean(axis=0), atol=1e-12)
        np.testing.assert_allclose(arrays["sigma"], np.cov(flat, rowvar=False), atol=1e-12)


def test_a_subset_of_a_statistics_file(reference_file, folders):
    real, fake = folders
    assert pixels(reference_file("--rows"), fake, n=20).to_dict() == pixels(real, fake, n=20).to_dict()
    report = pixels(reference_file(), fake, n=20)
    assert report.sides["real"].n == 40
    assert any("ref.npz: holds no images to choose from, so n = 20 does not apply" in w for w in report.warnings)


def test_statistics_of_another_protocol_are_refused_before_any_image_is_read(reference_file, folders):
    reference_file("--rows")
    for path in folders[1].iterdir():
        path.write_text("unreadable")
    says = r"this run and ref\.npz were made under unlike protocols: extractor is 'pixels:size=8' here and 'pixels'"
    with pytest.raises(ProtocolError, match=says):
        ganeval.evaluate("ref.npz", folders[1], extractor="pixels:size=8", metrics=["fd"])
    with pytest.raises(ProtocolError, match=r"exif is 'apply' here and 'ignore' there"):
        pixels("ref.npz", folders[1], exif="apply")


def test_pytorch_fids_files_are_read_with_a_warning(tmp_path, folders, digits):
    real, fake = folders
    flat = np.repeat(digits[:40].reshape(40, 1, 64), 3, axis=1).reshape(40, -1).astype(np.float32) / 255
    np.savez(tmp_path / "theirs.npz", mu=flat.mean(axis=0), sigma=np.cov(flat, rowvar=False))
    report = pixels(tmp_path / "theirs.npz", fake)
    assert report["fd"].value == pytest.approx(pixels(real, fake)["fd"].value, rel=1e-5)
    assert any("theirs.npz: protocol unknown" in warning for warning in report.warnings)
    assert "n(real/fake):?/40" in report.signature
    assert "|real:protocol unknown|" in report.signature
    assert "unknown" not in pixels(real, fake).signature
    assert ganeval.Report.from_json(report.to_json()).signature == report.signature
    np.savez(tmp_path / "wide.npz", mu=np.zeros(9), sigma=np.eye(9))
    with pytest.raises(GanevalError, match=r"wide\.npz has 9 and .*fake has 192; use one extractor"):
        pixels(tmp_path / "wide.npz", fake)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        ({"mu": np.zeros(3), "sigma": np.eye(4)}, "do not belong together"),
        ({"mu": np.zeros(()), "sigma": np.ones(())}, r"mu has shape \(\), expected \(d,\)"),
        ({"mu": np.zeros((3, 1)), "sigma": np.eye(3)}, r"mu has shape \(3, 1\), expected \(d,\)"),
        ({"mu": np.full(3, np.nan), "sigma": np.eye(3)}, "holds NaN or infinite"),
        ({"mu": np.zeros(3), "sigma": np.diag([1, np.inf, 1])}, "holds NaN or infinite"),
        ({"mu": np.zeros(3), "sigma": np.diag([1.0, -0.1, 1])}, "sigma is not a covariance"),
        ({"mu": np.zeros(3), "sigma": np.array([[1, 2, 0], [2, 1, 0], [0, 0, 1]])}, "sigma is not a covariance"),
        ({"mu": np.zeros(3), "sigma": np.triu(np.ones((3, 3)))}, "not symmetric"),
        ({"mu": np.zeros(3), "sigma": np.eye(3), "n": 1}, "n = 1: a covariance needs at least 2"),
        ({"mu": np.zeros(3), "sigma": np.eye(3), "n": [4, 5]}, ""),
        ({"mu": np.zeros(3), "sigma": np.eye(3), "protocol": "{"}, ""),
        ({"mu": np.zeros(3), "sigma": np.eye(3), "protocol": "{}"}, ""),
        ({"mu": np.zeros(3), "sigma": np.eye(3), "protocol": "[1]"}, ""),
        ({"mu": np.zeros(3), "sigma": np.eye(3), "rows": np.zeros((5, 4))}, "do not belong to mu"),
        ({"mu": np.zeros(3), "sigma": np.eye(3), "rows": np.zeros((5, 3)), "n": 6}, "do not belong to mu"),
        ({"mu": np.zeros(3), "sigma": np.eye(3), "rows": np.full((5, 3), np.nan)}, "row 0 holds NaN"),
        ({"mu": np.array(["a"]), "sigma": np.eye(1)}, ""),
    ],
)
def test_damaged_statistics_are_refused_by_name(tmp_path, two, arrays, says):
    np.savez(tmp_path / "bad.npz", **arrays)
    with pytest.raises(GanevalError, match=rf"bad\.npz: .*{says}") as caught:
        features(tmp_path / "bad.npz", two[1][:, :3], "fd")
    assert "\n" not in str(caught.value)


def test_covariances_rounded_to_float32_are_accepted(tmp_path, rng):
    rows = rng.normal(size=(20, 50)) * np.logspace(0, -6, 50)  # rank 19: rounding makes negative eigenvalues
    np.savez(tmp_path / "s.npz", mu=rows.mean(axis=0), sigma=np.cov(rows, rowvar=False).astype(np.float32))
    assert features(tmp_path / "s.npz", rows, "fd")["fd"].value == pytest.approx(0, abs=1e-5)


def test_statistics_of_statistics_are_not_made(reference_file, two, tmp_path, capsys):
    np.savez("theirs.npz", mu=np.zeros(3), sigma=np.eye(3))
    assert exit_code(["stats", "theirs.npz", "-o", "new.npz", "-x", "pixels"]) == 1
    assert "is a statistics file" in capsys.readouterr().err
    assert not Path("new.npz").exists()


def test_a_reference_is_computed_once_and_reused(folders, digits, tmp_path):
    real, fake = folders
    held = ganeval.reference(real, extractor="pixels", metrics=["fd", "pr"])
    for path in real.iterdir():
        path.unlink()
    other = save_images(tmp_path / "other", digits[100:130])
    for given in (fake, other):
        assert pixels(held, given, "fd", "pr").to_dict() == pixels(digits[:40], given, "fd", "pr").to_dict()
    with pytest.raises(ProtocolError, match="extractor is 'random-conv' here"):
        ganeval.evaluate(held, fake, extractor="random-conv", metrics=["fd"])
