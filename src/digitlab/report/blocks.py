"""What a page is made of: sections of paragraphs, tables and figures, each a plain value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from markupsafe import Markup

__all__ = ["Block", "Code", "Digit", "Figure", "Gallery", "Matrix", "Pair", "Section", "Table", "Text"]


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True)
class Code:
    """Lines to be typed or kept, and what they are."""

    kind: ClassVar[str] = "code"
    lines: str
    caption: str


@dataclass(frozen=True)
class Table:
    """Rows under headings; the first columns are words, as many as `words`, the others figures."""

    kind: ClassVar[str] = "table"
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str
    words: int = 1


@dataclass(frozen=True)
class Figure:
    """A picture, and the sentence that says what to see in it."""

    kind: ClassVar[str] = "figure"
    source: Markup
    sentence: str
    width: int
    height: int


@dataclass(frozen=True)
class Digit:
    """A digit's picture, and what is said of it."""

    source: Markup
    text: str


@dataclass(frozen=True)
class Pair:
    """Digits of one class that were read as another."""

    true: int
    read_as: int
    count: int
    digits: Sequence[Digit]


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix whose wrong cells open their digits."""

    kind: ClassVar[str] = "matrix"
    name: str
    counts: Sequence[Sequence[int]]
    pairs: Sequence[Pair]
    sentence: str


@dataclass(frozen=True)
class Gallery:
    """Digits beside each other; a filter shows those of one class."""

    kind: ClassVar[str] = "gallery"
    name: str
    digits: Sequence[Digit]
    classes: Sequence[int]
    sentence: str


Block = Text | Code | Table | Figure | Matrix | Gallery


@dataclass(frozen=True)
class Section:
    """A chapter of a page."""

    name: str
    title: str
    blocks: Sequence[Block] = field(default_factory=tuple)
