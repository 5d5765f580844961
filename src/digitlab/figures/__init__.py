"""Pictures of digits, training, errors and weights: arrays in, `matplotlib.axes.Axes` out.

Each function draws on the `ax` it is given, or on a new figure of a size that fits,
and returns the Axes; `save` writes the figure. Nothing is shown, and no global state
of matplotlib is left changed.

The public names are listed once, in the stub beside this file; matplotlib is imported
when the first of them is used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
