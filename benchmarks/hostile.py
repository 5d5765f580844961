"""Requests that a server on the open street gets, each with the answers that are right for it.

The tests send all of them to a server of their own; `serving.py` does the same and writes down what each got.
"""

import io
import socket
import struct
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, ImageDraw

__all__ = [
    "BODY_SECONDS",
    "REQUESTS",
    "Address",
    "Answer",
    "Hostile",
    "ask",
    "dense",
    "picture",
    "row",
    "specks",
]

Address = tuple[str, int]

# What the server that is asked grants a body, so that nobody waits long for the slow one.
BODY_SECONDS = 1.0
PATIENCE = 60.0
BLOCK = bytes(2**20)


@dataclass(frozen=True)
class Hostile:
    """A request.

    Parameters
    ----------
    name
        What it tries.
    expected
        The statuses that are right.
    method, path
        Of its first line.
    headers
        Over those of an honest request; None leaves one out.
    body
        Its content. Sent with its length if `headers` say nothing of it.
    repeat
        How often it is sent.
    pause
        Seconds between one time and the next.
    raw
        The whole request where it is none of HTTP's.
    """

    name: str
    expected: frozenset[int]
    method: str = "POST"
    path: str = "/api/predict"
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: bytes = b""
    repeat: int = 1
    pause: float = 0.0
    raw: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What came back: status (0 for nothing), body, the head as it was, and after how many seconds."""

    status: int
    body: bytes
    head: str
    seconds: float


def picture() -> bytes:
    """Return an honest picture: a seven, as PNG."""
    image = Image.new("L", (280, 280), 255)
    ImageDraw.Draw(image).line([(80, 60), (200, 60), (130, 230)], fill=0, width=18, joint="curve")
    return _saved(image, "PNG")


def row(digits: int) -> bytes:
    """Return an honest picture of so many sevens and ones in a row, as PNG."""
    image = Image.new("L", (100 * digits + 60, 180), 255)
    for number in range(digits):
        x = 40 + 100 * number
        seven = [(x, 40), (x + 60, 40), (x + 25, 145)]
        ImageDraw.Draw(image).line(seven[1 - (number + 1) % 2 :], fill=0, width=11, joint="curve")
    return _saved(image, "PNG")


def specks() -> bytes:
    """Return a picture of thousands of specks, each a piece of ink of its own."""
    image = Image.new("L", (720, 720), 255)
    for place in range(60 * 60):
        top, left = 12 * (place // 60), 12 * (place % 60)
        image.paste(0, (left + 2, top + 2, left + 9, top + 9))
    return _saved(image, "PNG")


def dense() -> bytes:
    """Return a picture of few pieces of ink that can be cut into digits in thousands of ways."""
    image = Image.new("L", (1200, 300), 255)
    for line in range(3):
        zigzag = [(5 + 6 * number, 10 + 98 * line + 80 * (number % 2)) for number in range(199)]
        ImageDraw.Draw(image).line(zigzag, fill=0, width=2)
    return _saved(image, "PNG")


def ask(address: Address, request: Hostile) -> Answer:
    """Send a request over a connection of its own, and read until it ends."""
    begin = time.perf_counter()
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        try:
            for part in _parts(address, request):
                connection.sendall(part)
                time.sleep(request.pause)
        except OSError:
            pass  # what it had to say is read below
        head, _, body = _received(connection).partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    status = int(words[1]) if head.startswith(b"HTTP/1.1 ") else 0
    return Answer(status, body, head.decode("latin-1"), time.perf_counter() - begin)


def _parts(address: Address, request: Hostile) -> Iterator[bytes]:
    if request.raw:
        yield request.raw
        return
    host, port = address
    headers: dict[str, str | None] = {
        "Host": f"{host}:{port}",
        "Content-Type": "image/png",
        "Connection": "close",
    }
    if "Transfer-Encoding" not in request.headers:
        headers["Content-Length"] = str(len(request.body) * request.repeat)
    lines = [f"{request.method} {request.path} HTTP/1.1"]
    lines += [
        f"{name}: {value}" for name, value in (headers | dict(request.headers)).items() if value is not None
    ]
    yield "\r\n".join([*lines, "", ""]).encode("latin-1")
    for _ in range(request.repeat):
        yield request.body


def _received(connection: socket.socket) -> bytes:
    parts = []
    try:
        while part := connection.recv(2**16):
            parts.append(part)
    except OSError:
        pass
    return b"".join(parts)


def _saved(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG of one bit a pixel, from its chunks after the header."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = [_chunk(*chunk) for chunk in ((b"IHDR", header), *chunks, (b"IEND", b""))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _inflating(mebibytes: int) -> bytes:
    """Return what zlib inflates to so many MiB of zeros: the code of one block, again and again."""
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
    # Adler-32 of zeros: 1, and their number modulo the largest prime below 2**16.
    check = struct.pack(">HH", mebibytes * len(BLOCK) % 65521, 1)
    return b"\x78\xda" + block * mebibytes + packer.flush() + check


def _jpeg_in_half() -> bytes:
    whole = _saved(Image.effect_noise((300, 300), 60), "JPEG")
    return whole[: len(whole) // 2]


def _large_picture() -> bytes:
    """Return a PNG of 30,000 x 30,000 pixels, complete and correct, in 110 kB."""
    return _png(30_000, 30_000, (b"IDAT", _inflating(30_000 * 3751 // 2**20 + 1)))


def _post(name: str, *right: int, body: bytes = b"", kind: str | None = "image/png", **more: Any) -> Hostile:
    """Return a picture that is posted; `more` are fields of `Hostile`."""
    headers = {"Content-Type": kind} | more.pop("headers", {})
    return Hostile(name, frozenset(right), headers=headers, body=body, **more)


def _get(name: str, *right: int, path: str = "/", method: str = "GET", **headers: str) -> Hostile:
    """Return a question without a body; `headers` with _ for -."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Hostile(name, frozenset(right), method, path, named)


def _raw(name: str, *right: int, lines: Sequence[str], body: str = "") -> Hostile:
    return Hostile(name, frozenset(right), raw=("\r\n".join([*lines, "", ""]) + body).encode("latin-1"))


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HOST, ENDS = "Host: 127.0.0.1", "Connection: close"
POST = ("POST /api/predict HTTP/1.1", HOST, "Content-Type: image/png")
CHUNK = f"{len(BLOCK):x}\r\n".encode() + BLOCK + b"\r\n"
LENGTH = {"Content-Length": "1000"}
CHUNKED = {"Transfer-Encoding": "chunked"}
SPIES = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}
SWELLING = (b"IDAT", _inflating(1024))
MANY_TEXTS = ((b"zTXt", b"a\0\0" + _inflating(256)), (b"IDAT", zlib.compress(bytes(27))))

REQUESTS = (
    _post("50 MB, told in advance", 413, body=BLOCK, repeat=50),
    _post("50 MB in chunks, not told", 413, body=CHUNK, repeat=50, headers=CHUNKED),
    _post("1 TB told, nothing sent", 413, headers={"Content-Length": str(10**12), "Expect": "100-continue"}),
    _post("PNG of 30,000 x 30,000, whole, in 110 kB", 400, body=_large_picture()),
    _post(
        "PNG of 100 x 100 that inflates to 1 GiB", 200, 400, body=_png(100, 100, (b"IDAT", _inflating(1024)))
    ),
    _post("PNG with a text that inflates to 256 MiB", 400, body=_png(9, 9, *MANY_TEXTS)),
    _post("JPEG cut in half", 400, body=_jpeg_in_half(), kind="image/jpeg"),
    _post("SVG with a script", 415, body=SVG, kind="image/svg+xml"),
    _post("SVG that says it is a PNG", 400, body=SVG),
    _post("zeros that say they are a PNG", 400, body=bytes(1000)),
    _post("nothing", 400),
    _post("text", 415, body=b"7", kind="text/plain"),
    _post("no type", 415, body=picture(), kind=None),
    _post("a form with a file", 415, body=b"--a\r\n\r\n7\r\n--a--", kind="multipart/form-data; boundary=a"),
    _post("a byte each quarter second", 408, body=b"\x89", repeat=12, pause=0.25, headers=LENGTH),
    _post("a byte of a thousand, then silence", 408, body=b"\x89", headers=LENGTH),
    _post("label ../7", 422, path="/api/corrections?label=../7", body=picture()),
    _post("label 10", 422, path="/api/corrections?label=10", body=picture()),
    _post("thousands of specks as digits", 400, path="/api/read", body=specks()),
    _post("ink to be cut in thousands of ways", 400, path="/api/read", body=dense()),
    _post("several digits in 50 MB", 413, path="/api/read", body=BLOCK, repeat=50),
    _post("digit 10**30 of run 0", 404, 422, path=f"/api/read/0/{10**30}", body=picture()),
    _get("path /../../etc/passwd", 404, path="/../../etc/passwd"),
    _get("path with %2e%2e%2f", 404, path="/%2e%2e%2f%2e%2e%2fetc%2fpasswd"),
    _get("path //etc/passwd", 404, path="//etc/passwd"),
    _get("path with a null byte", 404, path="/page.js%00.html"),
    _get("path to the page's source", 404, path="/app.py"),
    _get("run ../../config", 404, path="/api/runs/..%2f..%2fconfig/tiles"),
    _get("run 10**30", 404, 422, path=f"/api/runs/{10**30}/tiles"),
    _get("correction ../../x taken back", 404, method="DELETE", path="/api/corrections/..%2f..%2fx"),
    _get("foreign Host (DNS rebinding)", 403, Host="evil.example"),
    _get("Host 127.0.0.1.evil.example", 403, Host="127.0.0.1.evil.example"),
    _get("Host of another machine's address", 403, Host="192.168.1.10"),
    _raw("no Host", 400, lines=["GET / HTTP/1.1"]),
    _raw("two Hosts", 400, 403, lines=["GET / HTTP/1.1", HOST, "Host: evil.example"]),
    _post("foreign Origin", 403, body=picture(), headers={"Origin": "https://evil.example"}),
    _post("Origin null", 403, body=picture(), headers={"Origin": "null"}),
    _post("Origin of another port here", 403, body=picture(), headers={"Origin": "http://127.0.0.1:1"}),
    _get("asked from within another page", 403, path="/api/runs", **SPIES),
    _raw("length told in two ways", 400, lines=[*POST, "Content-Length: 4", "Transfer-Encoding: chunked"]),
    _raw("two lengths", 400, lines=[*POST, "Content-Length: 4", "Content-Length: 5"], body="12345"),
    _raw("length +4", 400, lines=[*POST, "Content-Length: +4"], body="1234"),
    _raw("length -4", 400, lines=[*POST, "Content-Length: -4"], body="1234"),
    _raw("an unknown encoding", 400, 501, lines=[*POST, "Transfer-Encoding: xchunked"], body="0\r\n\r\n"),
    _raw(
        "a chunk of a size that is none",
        400,
        lines=[*POST, "Transfer-Encoding: chunked"],
        body="zz\r\n12\r\n",
    ),
    _raw("a space before the colon", 400, lines=["GET / HTTP/1.1", "Host : 127.0.0.1"]),
    _raw("a header of 1 MB", 400, 431, lines=["GET / HTTP/1.1", HOST, f"X: {'a' * 10**6}"]),
    _raw("an address of 100 kB", 400, 404, 414, lines=[f"GET /{'a' * 10**5} HTTP/1.1", HOST, ENDS]),
    _raw("the greeting of TLS", 400, lines=["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"]),
    _raw("the greeting of HTTP/2", 400, 403, 505, lines=["PRI * HTTP/2.0", "", "SM"]),
    _raw("TRACE", 404, 405, lines=["TRACE / HTTP/1.1", HOST, ENDS]),
    _raw("CONNECT", 400, 404, 405, lines=["CONNECT evil.example:443 HTTP/1.1", HOST, ENDS]),
)
