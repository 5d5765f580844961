"""The application: the page's files, and the HTTP API that the page and others ask."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache, partial
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, FastAPI, HTTPException, Path as PathParameter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from digitlab import __version__
from digitlab.errors import PictureError, StorageError
from digitlab.recognition import Recognizer, open_picture
from digitlab.web import schema
from digitlab.web.access import LOOPBACK, Access
from digitlab.web.answers import run_info, tiles_of
from digitlab.web.bodies import PICTURE_TYPES, Bodies, busy
from digitlab.web.corrections import Corrections
from digitlab.web.guard import Guard
from digitlab.web.limits import BODY_SECONDS
from digitlab.web.readers import Readers
from digitlab.web.workers import BusyError, Lanes
from digitlab.workflow import reload_data

__all__ = ["create_app"]

PAGE = "index.html"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
PICTURE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The content of a picture file.",
        "content": {name: {"schema": {"type": "string", "format": "binary"}} for name in PICTURE_TYPES},
    }
}
DESCRIPTION = (
    "Reads handwritten digits in pictures, with runs that digitlab has trained, on your own machine."
)
Include = Annotated[
    list[Literal["stages", "why", "units"]],
    Query(
        description="What to tell beside the answers: the steps from the picture to the pixels, what speaks "
        "for the answer, what the first layer's units answer."
    ),
]


def create_app(
    recognizers: Sequence[Recognizer],
    *,
    corrections: Path,
    token: str | None = None,
    hosts: frozenset[str] = LOOPBACK,
    data_dir: Path | None = None,
    body_seconds: float = BODY_SECONDS,
) -> FastAPI:
    """Return the application that serves the page and its API.

    Parameters
    ----------
    recognizers
        The runs that read, in the order in which the page shows them.
    corrections
        The folder for pictures whose digit a person has told.
    token
        What every request must show; None where only this machine reaches the server.
    hosts
        The names by which the server may be called, without port; where there is a token, any address too.
    data_dir
        A folder with the files of training data, beside where they are looked for anyway; they are never
        fetched from elsewhere.
    body_seconds
        How long a request's body may take to arrive.
    """
    lanes = Lanes()
    readers = Readers(recognizers, lanes, partial(reload_data, data_dir=data_dir, offline=True))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        lanes.close()
        readers.close()

    app = FastAPI(
        title="digitlab",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/api/openapi.json",
        # Their pages come from other hosts.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    bodies, kept = Bodies(seconds=body_seconds), Corrections(corrections)
    app.include_router(_about(readers, lanes))
    app.include_router(_reading(readers, bodies))
    app.include_router(_correcting(kept, lanes, bodies))
    app.include_router(_page())
    _answer_errors(app)
    app.add_middleware(Guard, access=Access(hosts, token))
    return app


def _about(readers: Readers, lanes: Lanes) -> APIRouter:
    api = APIRouter(prefix="/api", tags=["runs"], responses=_errors(401, 403))
    tiles = cache(lambda run: tiles_of(readers.recognizers[run]))

    @api.get("/health", response_model=schema.Health)
    async def health() -> Any:
        """Tell that the server is there."""
        return {"status": "ok", "version": __version__}

    @api.get("/runs", response_model=list[schema.RunInfo])
    async def runs() -> Any:
        """Tell which runs are loaded."""
        named = zip(readers.names, readers.recognizers, strict=True)
        return [run_info(number, *each) for number, each in enumerate(named)]

    @api.get("/runs/{run}/tiles", responses=_answers(schema.Tiles) | _errors(404, 422, 503))
    async def tiles_of_run(run: int) -> Response:
        """Tell the weights of a run's first layer, a tile for each unit."""
        _check_run(readers, run)
        return JSONResponse(await lanes.small.run(tiles, run))

    return api


def _reading(readers: Readers, bodies: Bodies) -> APIRouter:
    api = APIRouter(
        prefix="/api", tags=["reading"], responses=_errors(400, 401, 403, 404, 408, 413, 415, 422, 503)
    )

    @api.post("/predict", openapi_extra=PICTURE, responses=_answers(schema.Reading))
    async def predict(
        request: Request,
        include: Include = [],  # noqa: B006
        run: Annotated[
            int | None, Query(description="Of which run to tell what is included; of all if none is named.")
        ] = None,
    ) -> Response:
        """Read the digit in a picture, with every run that is loaded."""
        if run is not None:
            _check_run(readers, run)
        async with bodies.read(request) as content:
            return JSONResponse(await readers.read(content, frozenset(include), run))

    @api.post("/read", openapi_extra=PICTURE, responses=_answers(schema.Rows))
    async def read(request: Request) -> Response:
        """Read all digits in a picture, line by line, with every run that is loaded."""
        async with bodies.read(request) as content:
            return JSONResponse(await readers.read_several(content))

    @api.post("/read/{run}/{number}", openapi_extra=PICTURE, responses=_answers(schema.Answer))
    async def read_one(
        request: Request,
        run: int,
        number: Annotated[int, PathParameter(description="Which digit, in the order of reading, from 0.")],
        include: Include = [],  # noqa: B006
    ) -> Response:
        """Read one of several digits in a picture, with one run, and tell what lies behind it."""
        _check_run(readers, run)
        async with bodies.read(request) as content:
            told = await readers.read_one_of_several(content, run, number, frozenset(include))
        if told is None:
            raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no digit {number} in this picture.")
        return JSONResponse(told)

    return api


def _check_run(readers: Readers, run: int) -> None:
    if not 0 <= run < len(readers.recognizers):
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no run {run}. See /api/runs.")


def _correcting(kept: Corrections, lanes: Lanes, bodies: Bodies) -> APIRouter:
    api = APIRouter(prefix="/api", tags=["corrections"], responses=_errors(401, 403, 422))

    @api.post(
        "/corrections",
        status_code=HTTPStatus.CREATED,
        openapi_extra=PICTURE,
        responses=_answers(schema.Saved, 201) | _errors(400, 408, 413, 415, 503, 507),
    )
    async def correct(request: Request, label: Annotated[int, Query(ge=0, le=9)]) -> Response:
        """Keep a picture with the digit that it is, for `digitlab score` and `digitlab learn`."""
        async with bodies.read(request) as content:
            name, count = await lanes.run(content, lambda given: kept.keep(open_picture(given), label))
        told = {"correction": name, "label": label, "folder": kept.folder.name, "count": count}
        return JSONResponse(told, HTTPStatus.CREATED)

    @api.delete("/corrections/{correction}", status_code=HTTPStatus.NO_CONTENT, responses=_errors(404, 507))
    async def take_back(correction: str) -> Response:
        """Take back a correction that was kept since the server was started."""
        if not kept.take_back(correction):
            raise HTTPException(HTTPStatus.NOT_FOUND, "There is no such correction of this server's.")
        return Response(status_code=HTTPStatus.NO_CONTENT)

    return api


def _page() -> APIRouter:
    """Return routes to the page's files, which are read now, so that no request names a file."""
    page = APIRouter(include_in_schema=False)
    for file in files("digitlab.web").joinpath("static").iterdir():
        kind = TYPES.get(Path(file.name).suffix)
        if kind:
            path = "/" if file.name == PAGE else f"/{file.name}"
            page.add_api_route(path, _sender(file.read_bytes(), kind), methods=["GET"])
    return page


def _sender(content: bytes, kind: str) -> Any:
    async def send() -> Response:
        return Response(content, media_type=kind)

    return send


def _answer_errors(app: FastAPI) -> None:
    """Answer every error with one line of JSON that tells nothing of the machine."""

    @app.exception_handler(AnyHTTPException)
    async def http_error(_: Request, error: AnyHTTPException) -> Response:
        return _error(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def wrong_parameter(_: Request, error: RequestValidationError) -> Response:
        found = [f"{each['loc'][-1]}: {each['msg']}" for each in error.errors()]
        return _error(HTTPStatus.UNPROCESSABLE_ENTITY, "; ".join(found))

    @app.exception_handler(PictureError)
    async def no_picture(_: Request, error: PictureError) -> Response:
        return _error(HTTPStatus.BAD_REQUEST, str(error))

    @app.exception_handler(BusyError)
    async def too_much(_: Request, __: BusyError) -> Response:
        answer = busy()
        return _error(answer.status_code, answer.detail, answer.headers)

    @app.exception_handler(StorageError)
    async def not_stored(_: Request, __: StorageError) -> Response:
        reason = "The correction could not be written: the folder is full or not to be written."
        return _error(HTTPStatus.INSUFFICIENT_STORAGE, reason)

    @app.exception_handler(Exception)
    async def fault(_: Request, __: Exception) -> Response:
        reason = "Something went wrong here. What it was is on the server's screen."
        return _error(HTTPStatus.INTERNAL_SERVER_ERROR, reason)


def _error(status: int, reason: str, headers: Any = None) -> Response:
    return JSONResponse({"error": reason}, status, headers)


def _answers(model: type, status: int = 200) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": model}}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": schema.Error, "description": HTTPStatus(status).phrase} for status in statuses}
