"""Writes what the JavaScript client has in common with this package: constants, tables, and the types of messages.

``python -m protocol.export_js > server/web/client/constants.js``; a test holds the file to it.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, get_args

from pydantic import BaseModel

from protocol import limits
from protocol.client_stream import DEFAULT_RECONNECT, MAX_RECONNECT_DELAY_MS
from protocol.codec import IMAGE_STEPS, MISSING, WORLD_STEPS
from protocol.codes import CLOSES, ERRORS, CloseCode, ErrorCode
from protocol.landmarks import COORDINATES, LAYOUTS, Layout
from protocol.messages import (
    PROTOCOL_VERSION,
    SUBPROTOCOL,
    TICKET_PREFIX,
    AttemptResult,
    ClientMessage,
    Cursor,
    Finding,
    Reconnect,
    Sentence,
    ServerMessage,
    SignResult,
    SkillProgress,
)

_PARTS = (Cursor, Sentence, Reconnect, SignResult, Finding, AttemptResult, SkillProgress)

_HEAD = """\
// The wire's constants, tables and messages.
// Generated from `protocol/` by `python -m protocol.export_js`; change it there.

/**
 * Where the points of a block stand in a frame, and whether they are metres instead of parts of the picture.
 * @typedef {{name: string, start: number, stop: number, world: boolean}} Block
 * @typedef {{name: LayoutName, points: number, frameBytes: number, blocks: Block[]}} Layout
 */

/**
 * What is used of JSON Schema; `part` names a row of SCHEMA_PARTS.
 * @typedef {object} Schema
 * @property {string} [part]
 * @property {string} [type]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {Schema[]} [anyOf]
 * @property {Schema} [items]
 * @property {Schema[]} [prefixItems]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {string[]} [required]
 * @property {Record<string, Schema>} [properties]
 * @property {Schema} [additionalProperties]
 * @property {unknown} [default]
 */
"""


def module() -> str:
    """The whole module."""
    client, server = get_args(ClientMessage), get_args(ServerMessage)
    names = {
        "LayoutName": " | ".join(json.dumps(name) for name in LAYOUTS),
        "ClientMessage": " | ".join(model.__name__ for model in client),
        "ServerMessage": " | ".join(model.__name__ for model in server),
    }
    sections = [
        _HEAD,
        *(_constant(name, value) for name, value in _constants().items()),
        *(typedef(model) for model in (*_PARTS, *client, *server)),
        *(f"/** @typedef {{{union}}} {name} */\n" for name, union in names.items()),
    ]
    return "\n".join(sections)


def _constants() -> Mapping[str, Any]:
    return {
        "PROTOCOL_VERSION": PROTOCOL_VERSION,
        "SUBPROTOCOL": SUBPROTOCOL,
        "TICKET_PREFIX": TICKET_PREFIX,
        "COORDINATES": COORDINATES,
        "MISSING": MISSING,
        "IMAGE_STEPS": IMAGE_STEPS,
        "WORLD_STEPS": WORLD_STEPS,
        "LIMITS": {
            "framesPerMessage": limits.MAX_FRAMES_PER_MESSAGE,
            "attemptFrames": limits.MAX_ATTEMPT_FRAMES,
            "attemptMs": limits.MAX_ATTEMPT_MS,
            "serverMessageBytes": limits.MAX_SERVER_MESSAGE_BYTES,
        },
        "UNPACK_LIMITS": _camel_keys(asdict(limits.FROM_SERVER)),
        "DEFAULT_RECONNECT": DEFAULT_RECONNECT.model_dump(),
        "MAX_RECONNECT_DELAY_MS": MAX_RECONNECT_DELAY_MS,
        "LAYOUTS": {layout.name: _layout(layout) for layout in LAYOUTS.values()},
        "ErrorCode": {code.name: code.value for code in ErrorCode},
        "CloseCode": {code.name: code.value for code in CloseCode},
        "ERRORS": {
            code.value: {
                "name": code.name,
                "meaning": info.meaning,
                "clientAction": info.client_action,
                "reaction": info.reaction.value,
            }
            for code, info in ERRORS.items()
        },
        "CLOSES": {
            code.value: {"name": code.name, "meaning": info.meaning, "clientAction": info.client_action}
            for code, info in CLOSES.items()
        },
        "SERVER_SCHEMAS": {
            model.model_fields["t"].default: _schema(model.model_json_schema()) for model in get_args(ServerMessage)
        },
        "SCHEMA_PARTS": {model.__name__: _schema(model.model_json_schema()) for model in _PARTS},
    }


def _layout(layout: Layout) -> Mapping[str, Any]:
    blocks = [(block, layout.slice(block)) for block in layout.blocks]
    return {
        "name": layout.name,
        "points": layout.points,
        "frameBytes": layout.frame_bytes,
        "blocks": [
            {"name": block.value, "start": where.start, "stop": where.stop, "world": block.value.endswith("_world")}
            for block, where in blocks
            if where is not None
        ],
    }


def _camel_keys(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name.split("_")[0] + "".join(word.title() for word in name.split("_")[1:]): value
            for name, value in values.items()}  # fmt: skip


_KEPT = frozenset(
    ("type", "const", "enum", "anyOf", "items", "prefixItems", "minimum", "maximum", "required", "additionalProperties",
     "default")
)  # fmt: skip


def _schema(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A JSON schema with no more in it than the client checks; parts are named, not nested."""
    if "$ref" in schema:
        return {"part": schema["$ref"].rsplit("/", 1)[-1]}
    kept: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "properties":
            kept[key] = {name: _schema(field) for name, field in value.items()}
        elif key in _KEPT:
            kept[key] = _inner(value) if key != "default" else value
    return kept


def _inner(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _schema(value)
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return [_schema(item) for item in value]
    return value


_TYPES = {
    "DEFAULT_RECONNECT": "Readonly<Reconnect>",
    "LAYOUTS": "Readonly<Record<LayoutName, Layout>>",
    "ERRORS": "Readonly<Record<number, {name: string, meaning: string, clientAction: string, reaction: string}>>",
    "CLOSES": "Readonly<Record<number, {name: string, meaning: string, clientAction: string}>>",
    "SERVER_SCHEMAS": "Readonly<Record<string, Schema>>",
    "SCHEMA_PARTS": "Readonly<Record<string, Schema>>",
}
"""Types that cannot be read off the values."""


def _constant(name: str, value: Any) -> str:
    """A constant; tables get a line a row, so that a change is seen as one."""
    if not isinstance(value, Mapping):
        return f"export const {name} = {json.dumps(value)};\n"
    rows = [f"  {_key(key)}: {json.dumps(row, ensure_ascii=False)}," for key, row in value.items()]
    body = "\n".join(("Object.freeze({", *rows, "})"))
    note = f"/** @type {{{_TYPES[name]}}} */\n" if name in _TYPES else ""
    return f"{note}export const {name} = {body};\n"


def _key(key: object) -> str:
    text = str(key)
    return text if text.isidentifier() or text.isdecimal() else json.dumps(text)


def typedef(model: type[BaseModel]) -> str:
    """A JSDoc type of a model as it is once received: what has a default is there, too."""
    schema = model.model_json_schema()
    summary = inspect.cleandoc(model.__doc__ or model.__name__).splitlines()[0].replace("``", "`")
    lines = ["/**", f" * {summary}", f" * @typedef {{object}} {model.__name__}"]
    for name, field in schema.get("properties", {}).items():
        meaning = field.get("description", "")
        lines.append(f" * @property {{{type_name(field)}}} {name}{' ' + meaning if meaning else ''}")
    return "\n".join([*lines, " */", ""])


def type_name(schema: Mapping[str, Any]) -> str:
    """The TypeScript name of a JSON schema's type."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return _union(type_name(option) for option in schema["anyOf"])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return _union(json.dumps(value) for value in schema["enum"])
    if schema.get("format") == "binary":
        return "Uint8Array"
    match schema["type"]:
        case "array" if "prefixItems" in schema:
            return f"[{', '.join(type_name(item) for item in schema['prefixItems'])}]"
        case "array":
            inside = type_name(schema["items"])
            return f"({inside})[]" if "|" in inside else f"{inside}[]"
        case "object":
            return f"Record<string, {type_name(schema['additionalProperties'])}>"
        case "integer":
            return "number"
        case known:
            return known


def _union(options: Iterable[str]) -> str:
    return " | ".join(options)


if __name__ == "__main__":
    sys.stdout.write(module())
