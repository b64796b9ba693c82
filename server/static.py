"""What browsers load: pages, modules, npm packages, MediaPipe's models. All of it comes from here (DESIGN §9, §10).

Everything but the pages themselves has an address that changes with its content, so that browsers may keep it for good:

``/assets/VERSION/PATH``           our modules, styles and pictures; VERSION is made from all of their time stamps
``/packages/NAME@VERSION/PATH``    files of the npm packages that the pages depend on
``/models/SHA256/NAME``            landmark models

Modules import packages by their path on disk (``../node_modules/NAME/FILE``), and name a model alone; a redirect leads
from there to the lasting address. Pages write ``"/assets/PATH"`` and are served with VERSION put in.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import logging
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from types import MappingProxyType

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from server.models import FACE_LANDMARKER, HAND_LANDMARKER, POSE_LANDMARKER, ModelError, manifest, model_path
from server.problems import Problem, ProblemCode

WEB = Path(__file__).parent / "web"
PACKAGES = "node_modules"
FOLDERS = ("client", "landmarks", "pages", "ui")
"""The folders of ``server/web`` that browsers may read."""

PAGE_FRAME = "ui/page.html"
"""What all pages have in common."""

_PAGE_SLOT = "<!-- the page -->"
SERVICE_WORKER = "client/serviceWorker.js"
_BROWSER_MODELS = frozenset((HAND_LANDMARKER, POSE_LANDMARKER, FACE_LANDMARKER))

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".mjs": "text/javascript; charset=utf-8",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".task": "application/octet-stream",
        ".wasm": "application/wasm",
        ".webmanifest": "application/manifest+json",
        ".woff2": "font/woff2",
    }
)
"""What is served at all: what the operating system thinks of suffixes differs from machine to machine."""

_COMPRESSIBLE = frozenset((".css", ".html", ".js", ".json", ".mjs", ".svg", ".wasm", ".webmanifest"))
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
_PAGE_NAME = re.compile(r"[a-z][a-z-]{0,40}")
_VERSION = re.compile(r"[0-9a-f]{12}")
_log = logging.getLogger(__name__)


def content_policy(origins: Collection[str]) -> str:
    """The Content-Security-Policy of pages and workers: nothing comes from or goes to another host.

    ``origins`` are this server's own; older browsers do not count its WebSocket as ``'self'``. MediaPipe compiles
    WebAssembly, which ``'wasm-unsafe-eval'`` allows; ``eval`` stays forbidden.
    """
    # A policy has no way to write an IPv6 address.
    streams = " ".join(sorted("ws" + origin.removeprefix("http") for origin in origins if "[" not in origin))
    return (
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
        "font-src 'self'; "
        f"img-src 'self' data: blob:; media-src 'self' blob:; connect-src 'self' {streams}; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


@dataclass(frozen=True, slots=True)
class Package:
    """An installed npm package that browsers may read."""

    name: str
    version: str
    folder: Path


def served_packages(web: Path) -> Mapping[str, Package]:
    """The packages that ``package.json`` names as dependencies, as far as they are installed, by name."""
    wanted = json.loads((web / "package.json").read_text("utf-8"))["dependencies"]
    found = {}
    for name in wanted:
        folder = web / PACKAGES / name
        description = folder / "package.json"
        if description.is_file():
            found[name] = Package(name, json.loads(description.read_text("utf-8"))["version"], folder)
    missing = sorted(wanted.keys() - found.keys())
    if missing:
        _log.warning("the pages lack the packages %s; `make setup` installs them", ", ".join(missing))
    return MappingProxyType(found)


def install(app: FastAPI, origins: Collection[str], models_dir: Path, web: Path = WEB) -> None:
    """Adds the routes of the pages; they come last, because ``/NAME`` would catch others."""
    site = Site(origins, models_dir, web)
    for path, endpoint in (
        ("/assets/{path:path}", site.asset),
        ("/packages/{path:path}", site.package),
        ("/models/{path:path}", site.model),
        ("/service-worker.js", site.service_worker),
        ("/", site.page),
        ("/{page}", site.page),
    ):
        app.add_route(path, endpoint, methods=["GET"], include_in_schema=False)


class Site:
    """The files of one installation. Every method answers one kind of address, or raises Problem NOT_FOUND."""

    def __init__(self, origins: Collection[str], models_dir: Path, web: Path) -> None:
        self._web = web.resolve()
        self._models_dir = models_dir
        self._packages = served_packages(web)
        self._sums = {file.name: file.sha256 for package in manifest() for file in package.files}
        self._compressed: dict[tuple[Path, int, int], bytes] = {}
        self._headers = {
            "Content-Security-Policy": content_policy(origins),
            "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }

    def version(self) -> str:
        """Changes when any of our files does; some 100 files are looked at, which takes about a millisecond."""
        digest = hashlib.sha256()
        for folder in FOLDERS:
            for file in sorted((self._web / folder).rglob("*")):
                status = file.stat()
                digest.update(f"{file}\0{status.st_mtime_ns}\0{status.st_size}\0".encode())
        return digest.hexdigest()[:12]

    async def page(self, request: Request) -> Response:
        """``/NAME`` is ``ui/page.html`` with what ``pages/NAME.html`` says of that page; ``/`` is ``index``."""
        name = request.path_params.get("page", "index")
        file = self._web / "pages" / f"{name}.html"
        if not _PAGE_NAME.fullmatch(name) or not file.is_file():
            raise _not_found(request)
        frame = (self._web / PAGE_FRAME).read_text("utf-8").replace('"NAME"', f'"{name}"')
        text = frame.replace(_PAGE_SLOT, file.read_text("utf-8")).replace('"/assets/', f'"/assets/{self.version()}/')
        return Response(text, media_type=MEDIA_TYPES[".html"], headers={**self._headers, "Cache-Control": _ASK_AGAIN})

    async def asset(self, request: Request) -> Response:
        """A file of ours; an address without a version is answered, too, but not to be kept."""
        parts = request.path_params["path"].split("/")
        lasting = _VERSION.fullmatch(parts[0]) is not None
        if lasting:
            del parts[0]
        if parts[:1] == [PACKAGES]:
            return self._to_package(request, "/".join(parts[1:]))
        if not parts or parts[0] not in FOLDERS:
            raise _not_found(request)
        return await self._file(request, self._web, "/".join(parts), _FOR_GOOD if lasting else _ASK_AGAIN)

    async def package(self, request: Request) -> Response:
        """A file of an npm package in the version that is installed."""
        found = re.fullmatch(r"((?:@[^/@]+/)?[^/@]+)@([^/]+)/(.+)", request.path_params["path"])
        package = self._packages.get(found[1]) if found else None
        if found is None or package is None or package.version != found[2]:
            raise _not_found(request)
        return await self._file(request, package.folder.resolve(), found[3], _FOR_GOOD)

    async def model(self, request: Request) -> Response:
        """A landmark model: by its name a redirect, by its sum the file."""
        sum_, _, name = request.path_params["path"].rpartition("/")
        if name not in _BROWSER_MODELS or sum_ not in ("", self._sums[name]):
            raise _not_found(request)
        if not sum_:
            return RedirectResponse(f"/models/{self._sums[name]}/{name}", 307, {"Cache-Control": _ASK_AGAIN})
        try:
            await asyncio.to_thread(model_path, self._models_dir, name)
        except ModelError as error:
            raise Problem(ProblemCode.NOT_FOUND, str(error)) from error
        return await self._file(request, self._models_dir.resolve(), name, _FOR_GOOD)

    async def service_worker(self, request: Request) -> Response:
        """Stands at the root, because a service worker is in charge of what lies under its own address."""
        return await self._file(request, self._web, SERVICE_WORKER, _ASK_AGAIN)

    def _to_package(self, request: Request, path: str) -> Response:
        found = re.fullmatch(r"((?:@[^/]+/)?[^/]+)/(.+)", path)
        package = self._packages.get(found[1]) if found else None
        if found is None or package is None:
            raise _not_found(request)
        target = f"/packages/{package.name}@{package.version}/{found[2]}"
        return RedirectResponse(target, 307, {"Cache-Control": _ASK_AGAIN})

    async def _file(self, request: Request, folder: Path, path: str, cache_control: str) -> Response:
        file = _inside(folder, path)
        media_type = None if file is None else MEDIA_TYPES.get(file.suffix)
        if file is None or media_type is None:
            raise _not_found(request)
        status = file.stat()
        squeezed = file.suffix in _COMPRESSIBLE and "gzip" in request.headers.get("accept-encoding", "")
        tag = f'"{status.st_mtime_ns:x}-{status.st_size:x}{"-gzip" if squeezed else ""}"'
        headers = {**self._headers, "Cache-Control": cache_control, "ETag": tag, "Vary": "Accept-Encoding"}
        if tag in (known.strip() for known in request.headers.get("if-none-match", "").split(",")):
            return Response(status_code=304, headers=headers)
        if not squeezed:
            return FileResponse(file, headers=headers, media_type=media_type)
        headers |= {"Content-Encoding": "gzip", "Last-Modified": formatdate(status.st_mtime, usegmt=True)}
        key = (file, status.st_mtime_ns, status.st_size)
        if key not in self._compressed:
            self._compressed[key] = await asyncio.to_thread(lambda: gzip.compress(file.read_bytes(), 6, mtime=0))
        return Response(self._compressed[key], headers=headers, media_type=media_type)


def _inside(folder: Path, path: str) -> Path | None:
    """The file that ``path`` names if it is one, and really lies in ``folder``: a link may lead out of it."""
    try:
        file = (folder / path).resolve()
        return file if file.is_relative_to(folder) and file.is_file() else None
    except (OSError, ValueError):
        return None  # too long, or with a null byte


def _not_found(request: Request) -> Problem:
    return Problem(ProblemCode.NOT_FOUND, f"There is nothing at {request.url.path}.")
