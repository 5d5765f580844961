"""All checks: what each asks, what it needs, why an answer matters, and what mends it."""

from collections.abc import Callable
from dataclasses import dataclass

from digitlab.checks import batches, predictions, splits
from digitlab.checks.evidence import Evidence

__all__ = ["CHECKS", "Check"]


@dataclass(frozen=True)
class Check:
    """A question that evidence may answer.

    Parameters
    ----------
    name
        In a word or two.
    question
        What is asked; a good answer is no.
    look
        Returns what was found, a sentence each: nothing where all is well, None where the evidence is not
        enough to ask.
    needs
        What it takes, in words.
    why
        Why it matters.
    fix
        What mends it.
    """

    name: str
    question: str
    look: Callable[[Evidence], list[str] | None]
    needs: str
    why: str
    fix: str


CHECKS = (
    Check(
        "nested splits",
        "Do training, validation and test share images?",
        splits.nested,
        "the rows or the pixels of two sets",
        "An image that was learned from says nothing of images that were not: the number is too good.",
        "Cut the sets apart before anything else, and keep the official test set whole; "
        "digitlab.stratified_split does.",
    ),
    Check(
        "duplicated images",
        "Is an image there more than once in a set?",
        splits.duplicated,
        "the pixels of a set",
        "A copy counts twice, and a split may put one in training and the other in validation.",
        "Keep one of each, before the split: numpy.unique(pixels, axis=0, return_index=True).",
    ),
    Check(
        "shared writers",
        "Are digits of one person in two sets?",
        splits.shared_writers,
        "the writers of two sets",
        "A person's digits resemble each other, so the number says how well known people are read, "
        "not others.",
        "Split by person: --split-by writer, or scikit-learn's GroupShuffleSplit with the writers as groups.",
    ),
    Check(
        "chosen on the test set",
        "Was anything chosen by its result on the test set?",
        splits.chosen_on_test,
        "what the choice was made on, or the ledger of looks",
        "The best of several results on one set is partly luck, and on new digits that luck is gone.",
        "Choose on validation, look at the test set once; where it was looked at, say how often, or score "
        "the chosen model on images that nobody has looked at.",
    ),
    Check(
        "transposed",
        "Are rows and columns of a table exchanged?",
        predictions.transposed,
        "predictions",
        "Every number read from it by row (recall, probabilities of an image) is then another one.",
        "Transpose it (.T): an image a row and a class a column; in a confusion matrix a true class a row.",
    ),
    Check(
        "no probabilities",
        "Are there rows that do not sum to one, or are no numbers?",
        predictions.improper,
        "predictions with a column for each class",
        "Log loss, calibration and any threshold on them are then meaningless.",
        "Use softmax over the classes, once, on logits (digitlab.evaluation.probabilities); of logarithms "
        "take exp.",
    ),
    Check(
        "one-hot",
        "Are predictions certain where probabilities are needed?",
        predictions.one_hot,
        "predictions",
        "The log loss of one-hot predictions is 0 or infinite for each image, and measures only how infinity "
        "was clipped.",
        "Give the probabilities themselves, before argmax (predict_proba, not predict).",
    ),
    Check(
        "dropout on",
        "Does reading an image twice give two answers?",
        predictions.dropout_on,
        "predictions_again, a second reading of the same images",
        "A layer that silences units at random is still on: the number is lower and another one each time.",
        "Switch it off to score: model.eval() in PyTorch, training=False in Keras; digitlab's apply has no "
        "dropout to leave on.",
    ),
    Check(
        "images left out",
        "Are there images without a prediction?",
        predictions.left_out,
        "predictions, and the labels of all images",
        "The number is of other images than it says; the last ones of a sorted file are of one kind.",
        "Score the last, smaller batch too (drop_last=False), and nothing that was padded.",
    ),
    Check(
        "suspiciously exact",
        "Are results too good, or too much alike, to be true?",
        predictions.too_exact,
        "predictions with labels, accuracies of seeds, or both histories",
        "No classifier reads a thousand digits without a mistake, seeds differ, and so do two sets: labels "
        "leak in, the seed is not used, or one set was measured twice.",
        "Look for the label among the inputs, for a seed that is set inside, for one variable used for both.",
    ),
    Check(
        "published numbers",
        "Are published numbers other than those of the predictions?",
        predictions.claimed,
        "predictions, labels, and what was published of them",
        "Nobody can have the number again; a mean over batches gives images of a smaller batch more weight.",
        "Compute it once, from the predictions of all images: digitlab.evaluate(logits, labels).",
    ),
    Check(
        "unshuffled",
        "Did training see images in the order of the file, or sorted by class?",
        batches.unshuffled,
        "batches, the training images of each step",
        "The last classes that were seen are learned best and the first forgotten.",
        "Draw a new permutation for each epoch.",
    ),
    Check(
        "same order each epoch",
        "Did every epoch repeat the order of the first?",
        batches.same_order,
        "batches, the training images of each step",
        "The same images meet in the same batches each time: less is learned, and all depends on one order.",
        "Shuffle at the beginning of each epoch, not once before the first.",
    ),
    Check(
        "last batch dropped",
        "Did training leave out images that do not fill a batch?",
        batches.dropped,
        "batches over an epoch or more, and how many training images there are",
        "Some images count less than others, or, where the order never changes, not at all.",
        "Take the smaller last batch too, or let a batch go on into the next epoch as digitlab's do.",
    ),
)
