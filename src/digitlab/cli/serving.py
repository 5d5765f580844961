"""`digitlab serve`."""

import os
import secrets
import socket
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli import console
from digitlab.cli.options import DataDirOption, DataOptions, OfflineOption
from digitlab.cli.plans import newest_run, recognizer_of
from digitlab.errors import ConfigError

if TYPE_CHECKING:
    from digitlab.recognition import Recognizer

__all__ = ["serve"]

HERE, EVERYWHERE = "127.0.0.1", "0.0.0.0"
CORRECTIONS = Path("corrections")
# Kept for documentation (RFC 5737), so nobody is there; and a datagram that is only addressed is never sent.
SOMEWHERE_ELSE = ("192.0.2.1", 9)


def serve(
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN]...", help="Run folders, shown side by side.", show_default="the newest in runs/"
        ),
    ] = None,
    host: Annotated[
        str | None,
        typer.Option(
            help="The address to listen at; one that other machines reach needs --share.", show_default=HERE
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="0 for any.", show_default="the first free one from 8000"),
    ] = None,
    share: Annotated[
        bool,
        typer.Option(
            "--share",
            help="Let other devices in, such as your phone: those that have the address "
            "printed, which holds a secret token.",
        ),
    ] = False,
    open_browser: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open a browser.", show_default="on a screen")
    ] = None,
    corrections: Annotated[
        Path, typer.Option(help="The folder for pictures whose digit you tell; score and learn take it.")
    ] = CORRECTIONS,
    data_dir: DataDirOption = None,
    offline: OfflineOption = False,
) -> None:
    """Open a page on which you draw digits or drop pictures, and see what runs read in them and why."""
    from digitlab.web import LOOPBACK, create_app, is_loopback, listen, make_server, warm_up

    host = host or (EVERYWHERE if share else HERE)
    if not share and not is_loopback(host):
        raise ConfigError(
            f"Other machines reach {host}, and so would whoever is on your network. If you want that, add "
            "--share: then only those with the token that is printed get in."
        )
    token, name = secrets.token_urlsafe(16) if share else None, _own_name(host)
    with listen(host, port) as listening:
        recognizers = _recognizers(runs or [], DataOptions(None, data_dir, offline))
        hosts = LOOPBACK | {name, host.lower()}
        app = create_app(recognizers, corrections=corrections, token=token, hosts=hosts, data_dir=data_dir)
        address = _address(name, listening.getsockname()[1], token)
        _greet(address, recognizers, shared=share)
        Thread(target=warm_up, args=[recognizers], daemon=True).start()
        if _has_screen() if open_browser is None else open_browser:
            Thread(target=webbrowser.open, args=[address], daemon=True).start()
        try:
            make_server(app).run(sockets=[listening])
        except KeyboardInterrupt:
            raise console.InterruptionError("the page is closed.") from None


def _recognizers(folders: Sequence[Path], data: DataOptions) -> "list[Recognizer]":
    """Make runs ready to read, or the newest where none is named."""
    from digitlab.runs import open_run

    runs = [open_run(folder) for folder in folders] or [newest_run()]
    return [recognizer_of(run, data) for run in runs]


def _greet(address: str, recognizers: "Sequence[Recognizer]", *, shared: bool) -> None:
    read_by = ", ".join(str(each.run.folder) for each in recognizers)
    console.print_line(f"Draw a digit at {address}")
    console.print_line(f"It is read by {read_by}. Ctrl-C closes the page.")
    if shared:
        console.note(
            "digitlab: whoever has this address gets in, and nothing is encrypted on the way there: "
            "share it on a network that you trust."
        )
    sys.stdout.flush()


def _own_name(host: str) -> str:
    """Return by which name others call a host; where it is all of this machine's, by its first address."""
    if host not in (EVERYWHERE, "::"):
        return host.lower()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect(SOMEWHERE_ELSE)
            return str(asked.getsockname()[0])
        except OSError:
            return socket.gethostname().lower()


def _address(name: str, port: int, token: str | None) -> str:
    host = f"[{name}]" if ":" in name else name
    return f"http://{host}:{port}/" + (f"?token={token}" if token else "")


def _has_screen() -> bool:
    """Return whether a browser that is opened would be seen, and not take this terminal for its screen."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY")
    has_display = not sys.platform.startswith("linux") or any(os.environ.get(name) for name in displays)
    return sys.stdout.isatty() and has_display
