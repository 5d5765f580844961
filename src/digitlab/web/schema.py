"""What the HTTP API answers, as its OpenAPI document tells it."""

from pydantic import BaseModel, Field

__all__ = [
    "Answer",
    "Digit",
    "Error",
    "Evidence",
    "Health",
    "Neighbour",
    "Reading",
    "Row",
    "Rows",
    "RunInfo",
    "Saved",
    "Stage",
    "Tiles",
    "Units",
    "Why",
]

Picture = list[list[int]]


class Error(BaseModel):
    """Why a request was not answered."""

    error: str = Field(description="What was expected, what was found, and what to do.")


class Health(BaseModel):
    """That the server is there."""

    status: str
    version: str


class RunInfo(BaseModel):
    """A run that is loaded."""

    run: int = Field(description="Its number here, which other requests name it by.")
    name: str = Field(description="The name of its folder.")
    model: str = Field(description="linear, mlp or conv.")
    dataset: str = Field(description="What it was trained on.")
    parameters: int
    validation_accuracy: float = Field(
        description="The share of its own validation images that it reads right."
    )
    image_shape: tuple[int, int] = Field(description="Height and width of the pictures that it takes.")
    units: int = Field(description="How many units its first layer has.")


class Stage(BaseModel):
    """A step from the picture to the pixels."""

    name: str
    picture: str = Field(description="A PNG as a data: address.")


class Evidence(BaseModel):
    """Which pixels speak for a digit, or for one rather than another, by integrated gradients."""

    name: str = Field(description='Such as "for 7", or "for 7 rather than 1".')
    values: list[list[float]] = Field(description="Each pixel's part, in logits; below zero: against it.")
    sentence: str


class Neighbour(BaseModel):
    """A training digit that looks like what the model saw."""

    label: int
    distance: float = Field(description="The root of the summed squared differences, in grey values.")
    pixels: Picture


class Why(BaseModel):
    """What speaks for an answer."""

    sentences: list[str]
    evidence: list[Evidence] = Field(
        description="For the answer, for the runner-up, and for the first rather than the second."
    )
    neighbours: list[Neighbour] = Field(description="The nearest training digits, the nearest first.")
    missing: str = Field(description="Why there are no neighbours; empty where there are.")


class Units(BaseModel):
    """What the first layer makes of the pixels."""

    layer: str
    answers: list[float] = Field(description="Of each unit, after its ReLU; of a linear model, the logits.")


class Digit(BaseModel):
    """What is read in one digit."""

    digit: int | None = Field(description="The likeliest digit; null where nothing was drawn.")
    probabilities: list[float] = Field(description="Of the digits 0 to 9.")
    confidence: float = Field(description="The probability of the digit; 0 where nothing was drawn.")
    rejected: bool = Field(description="Whether the answer is not to be relied on.")
    reason: str = Field(description="Why it is rejected; empty where it is not.")
    remarks: list[str] = Field(description="What is unusual about the picture.")
    strangeness: float = Field(description="The log odds of its being no digit.")
    box: tuple[int, int, int, int] | None = Field(
        description="Top, left, bottom and right of the ink in the picture as it was opened."
    )
    pixels: Picture = Field(description="What the model sees: rows of 0 (paper) to 255 (ink).")


class Answer(Digit):
    """What one run reads, and what lies behind it where that was asked for."""

    run: int
    name: str
    stages: list[Stage] | None = Field(description="The steps to the pixels, where they were asked for.")
    why: Why | None = Field(description="What speaks for it, where that was asked for.")
    units: Units | None = Field(description="Where asked for, and something was drawn.")


class Reading(BaseModel):
    """What all runs read in one picture."""

    width: int = Field(description="Of the picture as it was opened: upright, its longer side at most 1600.")
    height: int
    answers: list[Answer]


class Row(BaseModel):
    """What one run reads in a picture of several digits."""

    run: int
    name: str
    text: str = Field(description='The digits, a line feed between lines, and "?" for each that is refused.')
    lines: list[int] = Field(description="How many digits each line has, from top to bottom.")
    digits: list[Digit] = Field(description="In the order of reading.")


class Rows(BaseModel):
    """What all runs read in one picture of several digits."""

    width: int = Field(description="Of the picture as it was opened: upright, its longer side at most 1600.")
    height: int
    answers: list[Row]


class Tiles(BaseModel):
    """The weights of the first layer, a tile for each unit."""

    layer: str
    height: int
    width: int
    limit: float = Field(description="The weight that 127 stands for; what is beyond is cut off.")
    tiles: list[list[int]] = Field(description="Of each unit its weights, row by row, -127 to 127.")
    votes: list[list[float]] | None = Field(
        description="What each unit adds to the logit of each digit, where only the output layer follows it."
    )


class Saved(BaseModel):
    """A correction that was kept."""

    correction: str = Field(description="Its name, by which it can be taken back.")
    label: int
    folder: str = Field(description="The name of the folder of all corrections.")
    count: int = Field(description="How many corrections that folder holds.")
