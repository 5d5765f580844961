"""Runs as files that are read elsewhere: each checked against its run before it is there.

The public names are listed once, in the stub beside this file; onnx and onnxruntime, which are optional, are
imported when an ONNX file is made.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
