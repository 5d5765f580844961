"""Templates into HTML that needs nothing else: no network, and no script to be read."""

import base64
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

__all__ = ["data_url", "render"]


def render(template: str, *, package: str = "digitlab.report", **values: Any) -> str:
    """Return a template of a package's `templates` filled in; a missing value is an error.

    In what becomes HTML, `*.html.j2`, text is escaped.
    """
    environment = Environment(
        loader=PackageLoader(package),
        autoescape=select_autoescape(("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def data_url(content: bytes, kind: str = "image/png") -> Markup:
    """Return the bytes of a file of a MIME type as an address that holds them, for the `src` of a picture."""
    return Markup(f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}")
