"""Your own digits: any picture made into what a model was trained on, and read."""

from digitlab.data.framing import MNIST, OPTDIGITS, Geometry, geometry_of
from digitlab.recognition.ink import Ink, Stage, prepare
from digitlab.recognition.learning import BeforeAfter, Collected, Learned, collect, learn, write_lesson
from digitlab.recognition.lesson import Lesson, learn_once, learning_config
from digitlab.recognition.norms import Norms, norms_of
from digitlab.recognition.opening import (
    FORMATS,
    MAX_FILE_BYTES,
    MAX_PIXELS,
    SUFFIXES,
    open_picture,
    picture_size,
)
from digitlab.recognition.own_digits import (
    LABEL_RULE,
    OwnDigits,
    OwnPicture,
    find_own_digits,
    find_pictures,
)
from digitlab.recognition.prediction import Prediction
from digitlab.recognition.reading import OnPicture, Reading, Source, read_pictures
from digitlab.recognition.recognizer import Recognizer
from digitlab.recognition.score import Answer, Group, Score, score_own_digits
from digitlab.recognition.several import Several, find_some, read_many
from digitlab.recognition.why import Why, why

__all__ = [
    "FORMATS",
    "LABEL_RULE",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "MNIST",
    "OPTDIGITS",
    "SUFFIXES",
    "Answer",
    "BeforeAfter",
    "Collected",
    "Geometry",
    "Group",
    "Ink",
    "Learned",
    "Lesson",
    "Norms",
    "OnPicture",
    "OwnDigits",
    "OwnPicture",
    "Prediction",
    "Reading",
    "Recognizer",
    "Score",
    "Several",
    "Source",
    "Stage",
    "Why",
    "collect",
    "find_own_digits",
    "find_pictures",
    "find_some",
    "geometry_of",
    "learn",
    "learn_once",
    "learning_config",
    "norms_of",
    "open_picture",
    "picture_size",
    "prepare",
    "read_many",
    "read_pictures",
    "score_own_digits",
    "why",
    "write_lesson",
]
