"""What browsers may load from a server, how long they may keep it, and what they never get."""

from __future__ import annotations

import gzip
import json
import shutil
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from server import problems, static
from server.models import HAND_LANDMARKER

ROOT = Path(__file__).parents[2]
ORIGINS = ("http://127.0.0.1:8400", "http://[::1]:8400")


@pytest.fixture
def web(tmp_path: Path) -> Path:
    """A small ``server/web`` with one page, one module and two packages, one of them for our own use only."""
    folder = tmp_path / "web"
    files = {
        "package.json": json.dumps({"dependencies": {"@of/us": "1.2.3"}, "devDependencies": {"tool": "1.0.0"}}),
        "ui/page.html": '<!doctype html><!-- the page --><body data-page="NAME">',
        "pages/index.html": '<script type="module" src="/assets/client/one.js"></script>',
        "pages/my-data.html": "<title>My data</title>",
        "client/one.js": "export const one = 1;\n" * 100,
        "client/serviceWorker.js": "",
        "client/notes.txt": "not for browsers",
        "node_modules/@of/us/package.json": '{"version": "1.2.3"}',
        "node_modules/@of/us/dist/us.mjs": "export {};",
        "node_modules/tool/package.json": '{"version": "1.0.0"}',
        "node_modules/tool/tool.js": "",
    }
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for name in static.FOLDERS:
        (folder / name).mkdir(exist_ok=True)
    (tmp_path / "secret.js").write_text("secret")
    (folder / "client" / "way-out.js").symlink_to(tmp_path / "secret.js")
    return folder


def client_of(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8400")


@pytest.fixture
async def browser(web: Path, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    problems.install(app)
    static.install(app, ORIGINS, tmp_path / "models", web)
    async with client_of(app) as client:
        yield client


async def test_a_page_refers_to_a_version_of_our_files(browser: httpx.AsyncClient, web: Path) -> None:
    first = await browser.get("/")
    address = first.text.split('src="')[1].split('"')[0]
    module = await browser.get(address)
    (web / "client" / "one.js").write_text("export const one = 2;")

    assert (first.headers["content-type"], first.headers["cache-control"]) == ("text/html; charset=utf-8", "no-cache")
    assert module.headers["content-type"] == "text/javascript; charset=utf-8"
    assert module.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert address not in (await browser.get("/")).text, "a changed file has another address"


async def test_pages_have_plain_addresses(browser: httpx.AsyncClient) -> None:
    assert (await browser.get("/my-data")).text == '<!doctype html><title>My data</title><body data-page="my-data">'
    for path in ("/My-data", "/my-data.html", "/other", "/index.html"):
        assert (await browser.get(path)).status_code == 404, path


@pytest.mark.parametrize("path", ["/", "/assets/client/one.js", "/packages/@of/us@1.2.3/dist/us.mjs"])
async def test_nothing_may_come_from_or_go_to_another_host(browser: httpx.AsyncClient, path: str) -> None:
    header = (await browser.get(path)).headers["content-security-policy"]
    policy = dict(part.strip().split(" ", 1) for part in header.split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self' ws://127.0.0.1:8400"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert "unsafe-inline" not in str(policy)


async def test_packages_are_found_by_their_place_and_kept_by_their_version(browser: httpx.AsyncClient) -> None:
    asked = await browser.get("/assets/0123456789ab/node_modules/@of/us/dist/us.mjs")
    kept = await browser.get(asked.headers["location"])

    assert asked.status_code == 307
    assert asked.headers["location"] == "/packages/@of/us@1.2.3/dist/us.mjs"
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await browser.get("/packages/@of/us@1.2.4/dist/us.mjs")).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/assets/node_modules/tool/tool.js", "/packages/tool@1.0.0/tool.js", "/assets/package.json",
        "/assets/client/notes.txt", "/assets/client/way-out.js", "/assets/client", "/assets/", "/assets/0123456789ab",
        "/assets/client/..%2f..%2fsecret.js", "/assets/client/%2e%2e/%2e%2e/secret.js", "/assets/..%2fsecret.js",
        "/packages/@of/us@1.2.3/..%2f..%2f..%2f..%2f..%2fsecret.js", "/packages/", "/models/", "/models/..%2fsecret.js",
        "/models/gesture_embedder.tflite", "/models/0000/hand_landmarker.task", "/assets/client/%00.js",
    ],
)  # fmt: skip
async def test_everything_else_is_not_there(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == problems.MEDIA_TYPE
    assert "secret" not in answer.text.replace("secret.js", "")


async def test_an_unchanged_file_is_not_sent_again(browser: httpx.AsyncClient) -> None:
    first = await browser.get("/assets/client/one.js")
    again = await browser.get("/assets/client/one.js", headers={"If-None-Match": first.headers["etag"]})
    plain = await browser.get("/assets/client/one.js", headers={"Accept-Encoding": "identity"})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status_code, again.content) == (304, b"")
    assert plain.headers["etag"] != first.headers["etag"]


async def test_text_is_compressed_for_who_can_read_it(browser: httpx.AsyncClient, web: Path) -> None:
    async with browser.stream("GET", "/assets/client/one.js", headers={"Accept-Encoding": "gzip"}) as answer:
        sent = b"".join([part async for part in answer.aiter_raw()])
    plain = await browser.get("/assets/client/one.js", headers={"Accept-Encoding": "identity"})

    assert gzip.decompress(sent) == plain.content == (web / "client" / "one.js").read_bytes()
    assert len(sent) < len(plain.content)
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


async def test_models_are_kept_by_their_sum(browser: httpx.AsyncClient, models_dir: Path, tmp_path: Path) -> None:
    asked = await browser.get(f"/models/{HAND_LANDMARKER}")
    missing = await browser.get(asked.headers["location"])
    shutil.copytree(models_dir, tmp_path / "models", ignore=shutil.ignore_patterns("starter-signs"))
    found = await browser.get(asked.headers["location"])

    assert missing.status_code == 404 and "storysign models pull" in missing.json()["detail"]
    assert found.content == (models_dir / HAND_LANDMARKER).read_bytes()
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_pages_without_their_packages_still_come(
    web: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(web / "node_modules")
    app = FastAPI()
    static.install(app, ORIGINS, tmp_path, web)
    async with client_of(app) as client:
        assert (await client.get("/")).status_code == 200
    assert "make setup" in caplog.text


# ----------------------------------------------------------------------------------------- the repository's own files


def test_every_file_of_ours_is_of_a_kind_that_is_served() -> None:
    files = [file for name in static.FOLDERS for file in (static.WEB / name).rglob("*") if file.is_file()]
    assert {file.suffix for file in files} <= static.MEDIA_TYPES.keys()


def test_the_wheel_holds_every_package_that_is_served() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    artifacts = project["tool"]["hatch"]["build"]["artifacts"]
    wanted = json.loads((static.WEB / "package.json").read_text("utf-8"))["dependencies"]
    assert {f"/server/web/node_modules/{name}/package.json" for name in wanted} <= set(artifacts)


def test_the_lock_serves_any_registry() -> None:
    lock = (static.WEB / "package-lock.json").read_text("utf-8")
    assert '"resolved"' not in lock
    assert all("integrity" in package for name, package in json.loads(lock)["packages"].items() if name)
