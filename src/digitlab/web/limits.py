"""How much is taken from those who ask: bytes, seconds, and how many at a time."""

__all__ = [
    "BATCH",
    "BODY_SECONDS",
    "DRAIN_SECONDS",
    "HEADER_SECONDS",
    "KEEP_ALIVE_SECONDS",
    "LARGE_PIXELS",
    "LARGE_WORKERS",
    "LOAD_SECONDS",
    "MOST_BYTES",
    "MOST_CONNECTIONS",
    "MOST_CORRECTIONS",
    "MOST_LARGE_WAITING",
    "MOST_OF_ONE_ADDRESS",
    "MOST_SEVERAL_WAITING",
    "MOST_UNITS",
    "MOST_WAITING",
    "MOST_WAYS",
    "RETRY_SECONDS",
    "STAGE_SIDE",
    "WORKERS",
]

# Of one request: its headers, its body, and what is still read of one that is refused, so that its sender
# gets to read why.
HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0
DRAIN_SECONDS = 2.0
KEEP_ALIVE_SECONDS = 15

# Of all requests together. One address has fewer, so that it cannot keep all others out.
MOST_CONNECTIONS = 512
MOST_OF_ONE_ADDRESS = 256
MOST_BYTES = 256 * 2**20
MOST_WAITING = 128
RETRY_SECONDS = 1

# Threads that open pictures, and pictures that a model reads at once.
WORKERS = 2
BATCH = 64

# A picture of more pixels takes seconds: these wait for each other, and nobody else for them.
LARGE_PIXELS = 1_000_000
LARGE_WORKERS = 1
MOST_LARGE_WAITING = 16

# So does one of several digits, the longer the more ways there are to cut its ink: about ten for each digit,
# so a hundred may be read. These too wait for each other alone.
MOST_WAYS = 1000
MOST_SEVERAL_WAITING = 16

# How long an answer waits for training digits that are still being loaded, before it comes without them.
LOAD_SECONDS = 3.0

MOST_CORRECTIONS = 10_000

# What is shown: the longer side of a step's picture, in pixels, and tiles of one layer.
STAGE_SIDE = 240
MOST_UNITS = 512
