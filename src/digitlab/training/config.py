"""How a model is trained: plain numbers that a file or a command line can hold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from digitlab.errors import ConfigError
from digitlab.models import is_number, is_whole
from digitlab.training.augment import Augmentation

__all__ = ["OPTIMIZERS", "SCHEDULES", "TrainingConfig"]

OPTIMIZERS = ("adam", "adamw", "sgd")
SCHEDULES = ("constant", "cosine", "one-cycle")
NUMBERS = ("learning_rate", "momentum", "weight_decay", "clip_norm", "label_smoothing", "ema_decay")
# Steps are counted in int32 on the device, and rates are float32 there.
MOST_STEPS = 2**31 - 1
LARGEST = 3.4e38
NO_AUGMENTATION = Augmentation()


@dataclass(frozen=True)
class TrainingConfig:
    """The settings of one training.

    Parameters
    ----------
    steps
        How many batches to learn from.
    periods
        How many stretches to divide them into; after each, losses are measured and the
        state is saved. Where `steps` does not divide evenly, stretches differ by one step.
    batch_size
        Images in a batch. Batches are drawn without replacement and reshuffled every
        epoch; one may begin in one epoch and end in the next, so no image is left out.
    learning_rate
        The highest rate of the optimizer.
    optimizer
        "adam", "adamw" (Adam with decoupled weight decay), or "sgd" (with momentum).
    schedule
        "constant"; "cosine": lr · (1 + cos(π · step / steps)) / 2; or "one-cycle": in straight
        lines from lr / 10 up to lr in the first quarter of the steps, then down to 0.
    momentum
        Of sgd; the others ignore it.
    weight_decay
        Shrinks every kernel (never a bias) by learning rate · weight_decay each step; for
        adamw and sgd.
    clip_norm
        Scale each variable's gradient down to at most this L2 norm; None leaves it alone.
    label_smoothing
        The share of each image's probability that the loss wants spread evenly over all
        classes (Szegedy et al. 2016, section 7), in [0, 1). It makes the model right more
        often and less sure than it could be.
    ema_decay
        Use not the last weights but their exponential moving average, in which the old
        average counts for this share at each step; in [0, 1), 0 for the last weights.
    augmentation
        How far training images are changed at random; an `Augmentation`, or a mapping of its
        settings. Validation images never are.
    patience
        Stop when the validation log loss has not improved for this many periods, and keep
        the weights of the best one; None trains to the end and keeps the last.
    seed
        Decides the first weights, the order of the images, the dropout and the augmentation,
        each by a stream of its own.

    Raises
    ------
    ConfigError
        If a setting is out of range or does not fit the others.
    """

    steps: int = 1000
    periods: int = 10
    batch_size: int = 30
    learning_rate: float = 0.003
    optimizer: str = "adam"
    schedule: str = "constant"
    momentum: float = 0.9
    weight_decay: float = 0.0
    clip_norm: float | None = None
    label_smoothing: float = 0.0
    ema_decay: float = 0.0
    augmentation: Augmentation = NO_AUGMENTATION
    patience: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "augmentation", _as_augmentation(self.augmentation))
        for name in ("steps", "periods", "batch_size"):
            value = getattr(self, name)
            _require(is_whole(value), f"{name} must be a whole number, not {value}.")
            _require(value >= 1, f"{name} must be 1 or more, not {value}.")
            _require(value <= MOST_STEPS, f"{name} must be {MOST_STEPS:,} or less, not {value:,}.")
        _require(
            self.periods <= self.steps,
            f"{self.periods} periods need at least {self.periods} steps, not {self.steps}.",
        )
        for name in NUMBERS:
            value = getattr(self, name)
            optional = name == "clip_norm" and value is None
            _require(optional or is_number(value), f"{name} must be a number, not {value!r}.")
        for name in ("learning_rate", "clip_norm"):
            value = getattr(self, name)
            if value is not None:
                _require(value > 0, f"{name} must be a positive number, not {value}.")
                _require(value <= LARGEST, f"{name} must be {LARGEST:g} or less, as float32 is, not {value}.")
        _require(self.optimizer in OPTIMIZERS, _one_of("optimizer", OPTIMIZERS, self.optimizer))
        _require(self.schedule in SCHEDULES, _one_of("schedule", SCHEDULES, self.schedule))
        for name in ("momentum", "label_smoothing", "ema_decay"):
            value = getattr(self, name)
            _require(0 <= value < 1, f"{name} must be in [0, 1), not {value}.")
        _require(
            0 <= self.weight_decay <= LARGEST,
            f"weight_decay must be 0 or more, not {self.weight_decay}.",
        )
        _require(
            self.optimizer != "adam" or self.weight_decay == 0,
            "adam takes no weight_decay, because its scaling would distort it: choose the optimizer adamw.",
        )
        _require(
            self.patience is None or (is_whole(self.patience) and self.patience >= 1),
            f"patience must be 1 or more, a whole number, not {self.patience}.",
        )
        _require(
            is_whole(self.seed) and 0 <= self.seed < 2**32,
            f"seed must be a whole number from 0 to 2**32 - 1, not {self.seed}.",
        )

    def check_fits(self, images: int) -> None:
        """Raise `ConfigError` if a batch is larger than a training set of so many images."""
        _require(
            self.batch_size <= images,
            f"A batch of {self.batch_size} cannot be drawn from {images} training images: "
            f"choose a batch size of {images} or less.",
        )

    def last_step(self, period: int) -> int:
        """Return how many steps have been taken at the end of `period`, which counts from 1."""
        return self.steps * period // self.periods

    @property
    def longest_period(self) -> int:
        """How many steps the longest period has."""
        return -(-self.steps // self.periods)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as JSON holds them."""
        return asdict(self)


def _as_augmentation(value: Augmentation | Mapping[str, float]) -> Augmentation:
    if isinstance(value, Augmentation):
        return value
    _require(isinstance(value, Mapping), f"augmentation must be a mapping of its settings, not {value!r}.")
    known = Augmentation.__dataclass_fields__
    unknown = sorted(value.keys() - known)
    _require(
        not unknown, f"augmentation has no setting {', '.join(unknown)}: its settings are {', '.join(known)}."
    )
    return Augmentation(**value)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)


def _one_of(name: str, known: tuple[str, ...], found: str) -> str:
    return f"{name} must be one of {', '.join(known)}, not {found!r}."
