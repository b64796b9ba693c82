"""Writes the types of REST's bodies for the JavaScript client.

``python -m server.api.export_js > server/web/client/restTypes.js``; a test holds the file to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType

from pydantic import BaseModel

from protocol.export_js import typedef
from server.api import models

_HEAD = """\
// The bodies of REST. Generated from `server/api/models.py` by `python -m server.api.export_js`; change it there.

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
    bodies = [typedef(model) for model in _bodies(models)]
    return "\n".join([_HEAD, *bodies, "export {};\n"])


def _bodies(module: ModuleType) -> Iterator[type[BaseModel]]:
    """The models that the module itself defines and that have fields, without generic ones."""
    for value in vars(module).values():
        is_model = isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__
        if is_model and value.model_fields and not value.__pydantic_generic_metadata__["parameters"]:
            yield value


if __name__ == "__main__":
    sys.stdout.write(module())
