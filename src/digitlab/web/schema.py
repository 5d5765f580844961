"""What the HTTP API answers, as its OpenAPI document tells it."""

from pydantic import BaseModel, Field

__all__ = ["Answer", "Error", "Evidence", "Health", "Reading", "RunInfo", "Saved", "Stage", "Tiles", "Units"]

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
    """Which pixels speak for a digit, by integrated gradients."""

    digit: int
    values: list[list[float]] = Field(description="Each pixel's part in its logit; below zero: against it.")
    sentence: str


class Units(BaseModel):
    """What the first layer makes of the pixels."""

    layer: str
    answers: list[float] = Field(description="Of each unit, after its ReLU; of a linear model, the logits.")


class Answer(BaseModel):
    """What one run reads."""

    run: int
    name: str
    digit: int | None = Field(description="The likeliest digit; null where nothing was drawn.")
    probabilities: list[float] = Field(description="Of the digits 0 to 9.")
    rejected: bool = Field(description="Whether the answer is not to be relied on.")
    reason: str = Field(description="Why it is rejected; empty where it is not.")
    remarks: list[str] = Field(description="What is unusual about the picture.")
    strangeness: float = Field(description="The log odds of its being no digit.")
    box: tuple[int, int, int, int] | None = Field(
        description="Top, left, bottom and right of the ink in the picture as it was opened."
    )
    pixels: Picture = Field(description="What the model sees: rows of 0 (paper) to 255 (ink).")
    stages: list[Stage] | None = Field(description="The steps to it, where they were asked for.")
    evidence: list[Evidence] | None = Field(
        description="For its digit and for the runner-up, where asked for."
    )
    units: Units | None = Field(description="Where asked for, and something was drawn.")


class Reading(BaseModel):
    """What all runs read in one picture."""

    width: int = Field(description="Of the picture as it was opened: upright, its longer side at most 1600.")
    height: int
    answers: list[Answer]


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
