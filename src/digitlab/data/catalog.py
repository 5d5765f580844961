"""The data sets that digitlab knows by name: their files, sizes, hashes and mirrors.

The cache keeps each file in the form whose hash is known. For MNIST that is the decompressed file,
so that any mirror's gzip will do and the file can be memory-mapped; for the others the publishers'
`.gz` or `.zip` itself.

SHA-256 and sizes of fashion_mnist, kmnist, qmnist and emnist_digits are those that TensorFlow
Datasets records (`url_checksums/`).
"""

import difflib
from dataclasses import dataclass

from digitlab.errors import ConfigError

__all__ = ["CATALOG", "CatalogFile", "CatalogSet", "find_set"]


@dataclass(frozen=True)
class CatalogFile:
    """One file of a set, as the cache keeps it.

    Attributes
    ----------
    name : str
        Its name in the cache.
    size : int
        Its bytes.
    sha256 : str
        Their SHA-256, as hexadecimal digits.
    urls : tuple of str
        Where to fetch it, in the order to try.
    gunzipped : bool
        Whether the mirrors send it gzipped and the cache keeps it decompressed.
    """

    name: str
    size: int
    sha256: str
    urls: tuple[str, ...]
    gunzipped: bool = False


@dataclass(frozen=True)
class CatalogSet:
    """A data set with a name.

    Attributes
    ----------
    name, title : str
        What the user types, and what it is.
    train_images, test_images : int
        How many images it has.
    image_shape : tuple of int
        Height and width in pixels.
    licence : str
        What its publishers say.
    files : tuple of CatalogFile
        Training images, training labels, test images, test labels; or one zip archive that holds
        them. None if the set comes with a library.
    members : tuple of str, optional
        The four names inside the archive.
    transposed : bool, optional
        Whether the published images have rows and columns exchanged.
    writers : str, optional
        The set whose label files tell who wrote each digit of this one, row by row.
    """

    name: str
    title: str
    train_images: int
    test_images: int
    image_shape: tuple[int, int]
    licence: str
    files: tuple[CatalogFile, ...] = ()
    members: tuple[str, ...] = ()
    transposed: bool = False
    writers: str = ""


def find_set(name: str) -> CatalogSet:
    """Return the set called `name`.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name in CATALOG:
        return CATALOG[name]
    close = difflib.get_close_matches(name, CATALOG, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise ConfigError(
        f"There is no data set called {name!r}, and no file or folder of that name.{hint} "
        f"Known are {', '.join(CATALOG)}; or give the path of a folder with IDX files or of an .npz file."
    )


def _files(mirrors: tuple[str, ...], table: str, *, gunzipped: bool = False) -> tuple[CatalogFile, ...]:
    """Read lines of name, bytes and SHA-256."""
    rows = [line.split() for line in table.strip().splitlines()]
    suffix = ".gz" if gunzipped else ""
    return tuple(
        CatalogFile(name, int(size), sha256, tuple(mirror + name + suffix for mirror in mirrors), gunzipped)
        for name, size, sha256 in rows
    )


SETS = (
    CatalogSet(
        "mnist",
        "MNIST, handwritten digits",
        60_000,
        10_000,
        (28, 28),
        "unclear: CC BY-SA 3.0, MIT or nothing, depending on who states it",
        _files(
            (
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://raw.githubusercontent.com/fgnt/mnist/master/",
                "https://yann.lecun.com/exdb/mnist/",
            ),
            """
train-images-idx3-ubyte 47040016 ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db
train-labels-idx1-ubyte 60008 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5
t10k-images-idx3-ubyte 7840016 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7
t10k-labels-idx1-ubyte 10008 ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2
""",
            gunzipped=True,
        ),
        writers="qmnist",
    ),
    CatalogSet(
        "fashion_mnist",
        "Fashion-MNIST, ten kinds of clothing",
        60_000,
        10_000,
        (28, 28),
        "MIT",
        _files(
            (
                "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            ),
            """
train-images-idx3-ubyte.gz 26421880 3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84
train-labels-idx1-ubyte.gz 29515 a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845
t10k-images-idx3-ubyte.gz 4422102 346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073
t10k-labels-idx1-ubyte.gz 5148 67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5
""",
        ),
    ),
    CatalogSet(
        "kmnist",
        "Kuzushiji-MNIST, ten cursive hiragana",
        60_000,
        10_000,
        (28, 28),
        "CC BY-SA 4.0",
        _files(
            (
                "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
                "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            ),
            """
train-images-idx3-ubyte.gz 18165135 51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4
train-labels-idx1-ubyte.gz 29497 e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17
t10k-images-idx3-ubyte.gz 3041136 edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5
t10k-labels-idx1-ubyte.gz 5120 20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c
""",
        ),
    ),
    CatalogSet(
        "qmnist",
        "QMNIST, MNIST made again from its source, with 60,000 test digits",
        60_000,
        60_000,
        (28, 28),
        "BSD-3-Clause (said of its software)",
        _files(
            ("https://raw.githubusercontent.com/facebookresearch/qmnist/master/",),
            """
qmnist-train-images-idx3-ubyte.gz 9704059 9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d
qmnist-train-labels-idx2-int.gz 463024 2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f
qmnist-test-images-idx3-ubyte.gz 9742279 43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375
qmnist-test-labels-idx2-int.gz 526800 9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06
""",
        ),
    ),
    CatalogSet(
        "emnist_digits",
        "EMNIST Digits, 280,000 handwritten digits",
        240_000,
        40_000,
        (28, 28),
        "not stated by NIST",
        (
            CatalogFile(
                "gzip.zip",
                561_753_746,
                "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
                (
                    "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
                    "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip",
                ),
            ),
        ),
        members=(
            "gzip/emnist-digits-train-images-idx3-ubyte.gz",
            "gzip/emnist-digits-train-labels-idx1-ubyte.gz",
            "gzip/emnist-digits-test-images-idx3-ubyte.gz",
            "gzip/emnist-digits-test-labels-idx1-ubyte.gz",
        ),
        transposed=True,
    ),
    CatalogSet(
        "digits",
        "Optical digits of UCI, bundled with scikit-learn",
        1_347,
        450,
        (8, 8),
        "CC BY 4.0",
    ),
)

CATALOG = {each.name: each for each in SETS}
