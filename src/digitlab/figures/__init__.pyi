from .animation import save_animation as save_animation, webp as webp
from .boxes import boxed_digits as boxed_digits, boxed_pictures as boxed_pictures
from .confusion import confusion_matrix as confusion_matrix
from .curves import compare_loss_curves as compare_loss_curves, loss_curves as loss_curves
from .digits import class_counts as class_counts, digit_grid as digit_grid, one_digit as one_digit
from .importance import setting_importance as setting_importance
from .intervals import accuracy_intervals as accuracy_intervals
from .mistakes import mistake_gallery as mistake_gallery
from .own_digits import own_mistakes as own_mistakes
from .progress import recall_over_steps as recall_over_steps, units_over_steps as units_over_steps
from .reliability import coverage_curves as coverage_curves, reliability_diagram as reliability_diagram
from .saliency import saliency_maps as saliency_maps
from .saving import as_png as as_png, save as save
from .timeline import timeline_frames as timeline_frames, timeline_panels as timeline_panels
from .weights import (
    templates as templates,
    unit_closeup as unit_closeup,
    weight_image as weight_image,
    weight_tiles as weight_tiles,
)
from .why import nothing_read as nothing_read, why_read as why_read
