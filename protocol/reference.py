"""Writes the protocol's reference page out of the models and tables.

``python -m protocol.reference > docs/protocol.md``; a test holds the page to it.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterable, Sequence
from typing import get_args

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from protocol import limits
from protocol.codec import IMAGE_STEPS, MISSING, WORLD_STEPS
from protocol.codes import CLOSES, ERRORS
from protocol.landmarks import BLOCK_POINTS, LAYOUTS
from protocol.messages import (
    PROTOCOL_VERSION,
    SUBPROTOCOL,
    AttemptResult,
    ClientMessage,
    Cursor,
    Finding,
    Message,
    Reconnect,
    Sentence,
    ServerMessage,
    SignResult,
    SkillProgress,
)

_PARTS = (Cursor, Sentence, Reconnect, AttemptResult, SignResult, Finding, SkillProgress)

_INTRODUCTION = f"""\
# The stream protocol

*Generated from `protocol/` by `python -m protocol.reference`; change it there.*

Version {PROTOCOL_VERSION}, WebSocket subprotocol `{SUBPROTOCOL}`, no `permessage-deflate`. A client connects to
`GET /v1/stream` with `Sec-WebSocket-Protocol: {SUBPROTOCOL}, ticket.<ticket>`. Every message is one binary WebSocket
message: a msgpack map whose key `t` names the type. Unknown keys are ignored. The Python machines are `ServerStream`
(`protocol/server_stream.py`, one connection) and `ClientStream` (`protocol/client_stream.py`, one session over any
number of connections); golden messages for other languages are in `tests/vectors/`.

## A conversation

1. The client says `hello`, the server answers `welcome`. Nothing else may come before.
2. `attempt.begin`, `frames` …, `attempt.end` (or `attempt.cancel` at any time). The client gives attempts the numbers
   1, 2, 3 … of its session and never uses one twice, a cancelled one's neither. Frames are numbered from 0 in their
   attempt, without gaps. Their time stamps grow strictly over the whole attempt.
3. While the learner signs the server sends `feedback` (it may leave some out) and `receipt`; after `attempt.end`
   comes `scored`, and `stored` once the database has committed.
4. `pause`, `resume`, `complete` change the session and are each answered by `status`. An attempt that is recording when
   the session is paused from elsewhere is given up by the client.

## Resuming

The client keeps every attempt with its frames until `stored` covers its number. The server keeps a *cursor*: attempt
`a` and frame `q` that it wants next; all attempts before `a` are done with. On a new connection:

- `hello.oldest` is the oldest attempt the client holds. What the server would still need of attempts before it is
  lost, and `welcome` says so: `recovered` is false and `lost` has the numbers. A client that holds nothing takes
  `cursor.a` as the number of its next attempt.
- From `welcome.cursor` on the client sends its attempts again: `attempt.begin` (again, which changes nothing if it is
  the same), the frames from `q`, and `attempt.end` or `attempt.cancel` where they were said. Results judged and
  not yet stored come in `welcome.results`.
- A repeat (same attempt, same number, same bytes) is ignored. Other bytes are `SEQ_CONFLICT`. A gap is `SEQ_GAP` with
  the cursor to go on from. Messages about attempts before `cursor.a` are ignored.
- An attempt before `cursor.a` whose end a client has told no server (it was offline, and another device of the learner
  used the number) is not the server's attempt of that number: the client lets it go and says so to the learner.
- A client that finds the session paused and still has attempts to send says `resume` first and `pause` after them.
- Tickets are for one connection; `welcome.ticket` is for the next. Before reconnecting a client waits
  `after_ms + random × spread_ms` of the newest hint, longer after each failure.
"""

_LANDMARKS = f"""\
## Landmarks

`frames.l` holds the frames one after the other, each as the points of its layout in order, each point as x, y, z,
each a little-endian int16. `{MISSING}` says that the coordinate was not seen. Numbers are rounded to the nearest step,
halves up, and held to ±32,767.

| points | unit | steps a unit | reach | error at most |
|---|---|---|---|---|
| pose, face, hands | picture size (x, z: width; y: height) | {IMAGE_STEPS:,} | ±4 | 1/{2 * IMAGE_STEPS:,} \
(0.04 pixels of 640) |
| hand world points | metre | {WORLD_STEPS:,} | ±2 | 1/{2 * WORLD_STEPS:,} m (0.03 mm) |

`left` and `right` are the signer's own hands. World points are about the hand's own centre.
"""


def page() -> str:
    """The whole page, Markdown."""
    sections = [_INTRODUCTION, _LANDMARKS + "\n" + _layouts(), _limits()]
    sections.append("## Messages of the client\n\n" + _models(get_args(ClientMessage)))
    sections.append("## Messages of the server\n\n" + _models(get_args(ServerMessage)))
    sections.append("## Parts of messages\n\n" + _models(_PARTS))
    sections += [_errors(), _closes()]
    return "\n".join(section.rstrip() + "\n" for section in sections)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _layouts() -> str:
    rows = [
        (
            f"`{layout.name}`",
            ", ".join(f"{block.value} ({BLOCK_POINTS[block]})" for block in layout.blocks),
            layout.points,
            f"{layout.frame_bytes:,}",
            f"{limits.max_message_bytes(layout):,}",
        )
        for layout in LAYOUTS.values()
    ]
    return _table(("layout", "points in order", "points", "bytes a frame", "bytes a message at most"), rows)


def _limits() -> str:
    client = limits.FROM_CLIENT
    rows = [
        ("frames of a message", limits.MAX_FRAMES_PER_MESSAGE),
        ("frames of an attempt", limits.MAX_ATTEMPT_FRAMES),
        ("length of an attempt, ms", limits.MAX_ATTEMPT_MS),
        ("bytes of the first message", limits.MAX_HELLO_BYTES),
        ("bytes of a server's message", limits.MAX_SERVER_MESSAGE_BYTES),
        ("elements of an array, keys of a map, bytes of a string from a client",
         f"{client.max_array_len}, {client.max_map_len}, {client.max_str_len:,}"),
        ("violations that a connection survives", limits.MAX_VIOLATIONS),
    ]  # fmt: skip
    said = [(name, f"{value:,}" if isinstance(value, int) else value) for name, value in rows]
    return "## Limits\n\n" + _table(("what", "at most"), said)


def _models(models: Iterable[type[Message]]) -> str:
    return "\n".join(_model(model) for model in models)


def _model(model: type[Message]) -> str:
    fields = dict(model.model_fields)
    tag = fields.pop("t", None)
    title = f"### {model.__name__}" if tag is None else f"### `{tag.default}`"
    text = f"{title}\n\n{inspect.getdoc(model).replace('``', '`')}\n"
    if not fields:
        return text
    rows = [(f"`{name}`", *_field(model, name, field)) for name, field in fields.items()]
    return text + "\n" + _table(("key", "type", "meaning"), rows)


def _field(model: type[Message], name: str, field: FieldInfo) -> tuple[str, str]:
    schema = TypeAdapter(model).json_schema()["properties"][name]
    has_default = not field.is_required() and field.default_factory is None
    default = f"; default `{json.dumps(field.default)}`" if has_default else ""
    return _type_name(schema) + default, field.description or ""


def _type_name(schema: dict) -> str:
    """A short name of a JSON-schema type with its bounds."""
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_type_name(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("format") == "binary":
        return "bytes"
    if schema["type"] == "array":
        inside = schema.get("items") or schema["prefixItems"][0]
        return f"array{_bounds(schema, 'minItems', 'maxItems')} of {_type_name(inside)}"
    if schema["type"] == "object":
        return f"map of {_type_name(schema['additionalProperties'])}"
    low = "exclusiveMinimum" if "exclusiveMinimum" in schema else "minimum"
    names = {"null": "nil", "number": "float"}
    name = names.get(schema["type"], schema["type"])
    return name + (_bounds(schema, "minLength", "maxLength") or _bounds(schema, low, "maximum"))


def _bounds(schema: dict, low: str, high: str) -> str:
    least, most = schema.get(low), schema.get(high)
    if least is None and most is None:
        return ""
    least_text = "" if least is None else f"{'over ' if low.startswith('exclusive') else ''}{least:,}"
    return f" ({least_text})" if least == most else f" ({least_text}…{'' if most is None else f'{most:,}'})"


def _errors() -> str:
    rows = [
        (code.value, f"`{code.name}`", info.meaning, info.client_action, _effect(info.close_code))
        for code, info in ERRORS.items()
    ]
    text = (
        "What the client does wrong is counted for its connection; beyond the limit it is closed with"
        " `TOO_MANY_ERRORS`. No error changes the session.\n\n"
    )
    return "## Errors\n\n" + text + _table(("code", "name", "meaning", "what the client does", "effect"), rows)


def _effect(close_code: object) -> str:
    return "none" if close_code is None else f"close {close_code:d}"


def _closes() -> str:
    rows = [
        (code.value, f"`{code.name}`", info.meaning, "yes" if code.resumable else "no", info.client_action)
        for code, info in CLOSES.items()
    ]
    text = "4000–4499: reconnect and resume. 4500–4999: stop. An unknown code is treated by its range.\n\n"
    return "## Close codes\n\n" + text + _table(("code", "name", "meaning", "resume", "what the client does"), rows)


if __name__ == "__main__":
    sys.stdout.write(page())
