"""Images that a folder or an archive leaves out, as one sentence; text, weights and other files are no images.

An image is known by its ending. Files with an unknown ending, or none, are known by their first bytes, of which a
few are read. What lies in a hidden folder is told too, but not what machines put there.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import PurePosixPath

from ganeval.sources.decode import SUFFIXES

START = 132  # bytes to look at: DICOM's mark is the last of them
_PICTURES = """
    .apng .arw .avif .avifs .bw .cr2 .cr3 .cur .dcm .dds .dib .dng .emf .eps .exr .fit .fits .flif .hdr .heic .heics
    .heif .icns .ico .j2c .j2k .jng .jp2 .jpc .jpf .jpm .jps .jpx .jxl .jxr .mpo .nef .nii .nrrd .orf .pam .pcx .pef
    .pfm .pgx .psb .psd .qoi .raf .ras .raw .rgb .rgba .rw2 .sgi .srw .svg .svs .wdp .wmf .xbm .xcf .xpm"""
_OTHERS = """
    .avi .bin .bz2 .c .cfg .ckpt .conf .cpp .css .csv .db .doc .docx .gz .h5 .hdf5 .htm .html .ini .ipynb .js .json
    .jsonl .lmdb .lock .log .lst .mat .md .mdb .mov .mp3 .mp4 .npy .npz .onnx .parquet .pdf .pickle .pkl .pt .pth .py
    .pyc .rar .safetensors .sh .sqlite .tar .tex .tfrecord .tgz .toml .ts .tsv .txt .wav .webm .xls .xlsx .xml .xz
    .yaml .yml .zip"""
_OF_MACHINES = """
    .appledouble .cache .fseventsd .git .idea .ipynb_checkpoints .spotlight-v100 .temporaryitems .thumbnails .trash
    .trashes .venv .vscode __macosx"""
_IMAGES = SUFFIXES | frozenset(_PICTURES.split())
_NO_IMAGES, _MACHINES = frozenset(_OTHERS.split()), frozenset(_OF_MACHINES.split())
_MARKS = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"8BPS", b"qoif", b"DDS "),
    *(b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51", b"\0\0\0\x0cJXL ", b"v/1\x01", b"#?RADIANCE", b"FUJIFILMCCD-RAW"),
)
_BRANDS = (b"avif", b"avis", b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"crx ")
_OF_ONE_ENDING, _IN_ALL, _TOLD = 32, 256, 4


def ignored_images(names: Iterable[str], *, links: Iterable[str] = (), start: Callable[[str], bytes]) -> str | None:
    """`3 images were ignored (2 .heic, 1 .dcm)` for files that were left out; None where no image is among them.

    `links` are entries of an archive that hold no bytes, `start` gives the first bytes of a file, or nothing where
    it cannot be read.

    >>> ignored_images(["a/1.heic", "a/2.HEIC", "labels.csv", "._1.heic"], start=lambda name: b"")
    '2 images were ignored (2 .heic)'
    """
    counts: Counter[str] = Counter()
    unknown: dict[str, list[str]] = {}
    for name in names:
        ending, hidden = _ending(name), _hidden(name)
        if hidden is not None and (hidden or ending not in _IMAGES):
            continue
        if hidden is not None:
            counts["in hidden folders"] += 1
        elif ending in _IMAGES:
            counts[ending] += 1
        elif ending not in _NO_IMAGES:
            unknown.setdefault(ending, []).append(name)
    counts.update(_looked_into(unknown, start))
    counts.update({"behind links": sum(_ending(name) in SUFFIXES and _hidden(name) is None for name in links)})
    total = counts.total()
    return f"{total:,} image{'s were' if total != 1 else ' was'} ignored ({_told(counts)})" if total else None


def is_image(start: bytes) -> bool:
    """Whether a file's first bytes are those of an image.

    >>> is_image(b"GIF89a..."), is_image(b"BM"), is_image(b"name,label")
    (True, False, False)
    """
    if start.startswith(_MARKS) or start[128:132] == b"DICM":
        return True
    if start[:4] == b"RIFF":
        return start[8:12] == b"WEBP"
    if start[:2] == b"BM":
        return start[14:18] in (b"\x0c\0\0\0", b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    if start[4:8] == b"ftyp":
        return start[8:12] in _BRANDS
    return start[:1] == b"P" and start[1:2] in b"123456" and start[2:3] in (b"\n", b" ", b"\t", b"\r")


def _ending(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _hidden(name: str) -> bool | None:
    """None for what is in sight, False for what lies in a hidden folder, True for what nobody misses."""
    *folders, file = name.lower().split("/")
    if file.startswith(".") or any(folder in _MACHINES or folder.startswith(".trash-") for folder in folders):
        return True
    return False if any(folder.startswith(".") for folder in folders) else None


def _looked_into(unknown: dict[str, list[str]], start: Callable[[str], bytes]) -> Counter[str]:
    """By ending the images among files of unknown endings: all, where each of those looked into is one."""
    counts: Counter[str] = Counter()
    left = _IN_ALL
    for ending, names in sorted(unknown.items(), key=lambda item: (-len(item[1]), item[0])):
        some = list(islice(sorted(names), min(left, _OF_ONE_ENDING)))
        left -= len(some)
        images = sum(is_image(start(name)) for name in some)
        if images:
            counts[ending or "without an ending"] = len(names) if images == len(some) else images
    return counts


def _told(counts: Counter[str]) -> str:
    kinds = sorted(((what, count) for what, count in counts.items() if count), key=lambda one: (-one[1], one[0]))
    phrases = [f"{count:,} {what}" for what, count in kinds[:_TOLD]]
    rest = sum(count for _, count in kinds[_TOLD:])
    return ", ".join([*phrases, f"{rest:,} of other kinds"] if rest else phrases)
