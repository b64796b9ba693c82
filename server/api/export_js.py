"""Writes the types of REST's bodies for the JavaScript client.

``python -m server.api.export_js > server/web/client/restTypes.js``; a test holds the file to it.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator

from pydantic import BaseModel

from protocol.export_js import typedef
from server import api

_HEAD = """\
// The bodies of REST. Generated from `server/api/` by `python -m server.api.export_js`; change it there.

/** @typedef {import("./constants.js").AttemptResult} AttemptResult */
/** @typedef {import("./constants.js").SkillProgress} SkillProgress */

/**
 * One page of a list; `cursor` asks for the next one and is null on the last.
 * @template Item
 * @typedef {{items: Item[], cursor: string | null}} Paged
 */
"""


def module() -> str:
    """The whole module; it has types only."""
    return "\n".join([_HEAD, *(typedef(model) for model in _bodies()), "export {};\n"])


def _bodies() -> Iterator[type[BaseModel]]:
    """The models of this package that have fields, but no generic ones and nothing made of these."""
    for info in pkgutil.iter_modules(api.__path__):
        module = importlib.import_module(f"{api.__name__}.{info.name}")
        for value in vars(module).values():
            is_model = isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__
            if is_model and value.model_fields and not any(value.__pydantic_generic_metadata__.values()):
                yield value


if __name__ == "__main__":
    sys.stdout.write(module())
