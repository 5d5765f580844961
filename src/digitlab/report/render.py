"""Templates into HTML that needs nothing else: no network, and no script to be read."""

import base64
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

__all__ = ["data_url", "render"]


def render(template: str, **values: Any) -> str:
    """Return a template of `report/templates` filled in; text is escaped, a missing value is an error."""
    environment = Environment(
        loader=PackageLoader("digitlab.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)


def data_url(content: bytes, kind: str = "image/png") -> Markup:
    """Return the bytes of a file of a MIME type as an address that holds them, for the `src` of a picture."""
    return Markup(f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}")
