from .confusion import confusion_matrix as confusion_matrix
from .curves import compare_loss_curves as compare_loss_curves, loss_curves as loss_curves
from .digits import class_counts as class_counts, digit_grid as digit_grid, one_digit as one_digit
from .intervals import accuracy_intervals as accuracy_intervals
from .reliability import coverage_curves as coverage_curves, reliability_diagram as reliability_diagram
from .saving import save as save
from .weights import templates as templates, unit_closeup as unit_closeup, weight_tiles as weight_tiles
