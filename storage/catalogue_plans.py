"""Reads and small writes behind REST and the command line: learners, sessions, attempts, stories, references."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any, TypeVar

from storage import rows
from storage.columns import Columns
from storage.errors import NotFound, StoreRefused
from storage.plan import Insert, Plan, Query, select
from storage.records import (
    AttemptRecord,
    Id,
    Learner,
    Page,
    ReferenceRecord,
    Role,
    SessionRecord,
    SessionStatus,
    Story,
    id_text,
)

MAX_PAGE = 200
_ATTEMPT_KEY = ("session_id", "attempt_number")
T = TypeVar("T")


def one(columns: Columns[T], source: str, *params: Any) -> Plan[T | None]:
    """The one record of a source, or None."""
    result = yield Query(select(columns.names, source), params)
    return columns.record(result.rows[0]) if result.rows else None


def create_learner(learner: Learner) -> Plan[None]:
    """Adds a learner; adding the same one again (a lost answer) changes nothing."""
    yield Insert("learners", rows.LEARNER.names, [rows.LEARNER.row(learner)], keys=("id",))


def set_consent(learner_id: Id, landmark_consent: bool) -> Plan[None]:
    """Consent withdrawn means the landmarks that are kept go at once."""
    yield from _learner_exists(learner_id)
    yield Query("UPDATE learners SET landmark_consent=? WHERE id=?", (int(landmark_consent), learner_id))
    if not landmark_consent:
        yield Query("DELETE FROM attempt_landmarks WHERE user_id=?", (learner_id,))


def set_time_zone(learner_id: Id, time_zone: str) -> Plan[None]:
    """Days of practice from now on are of this zone; those that are past stay what they were."""
    yield from _learner_exists(learner_id)
    yield Query("UPDATE learners SET time_zone=? WHERE id=?", (time_zone, learner_id))


def set_role(learner_id: Id, role: Role) -> Plan[None]:
    """Whom the learner may look at, from the next request on."""
    yield from _learner_exists(learner_id)
    yield Query("UPDATE learners SET role=? WHERE id=?", (role, learner_id))


def _learner_exists(learner_id: Id) -> Plan[None]:
    """Locks the learner. Raises NotFound."""
    known = yield Query("SELECT id FROM learners WHERE id=?", (learner_id,), lock=True)
    if not known.rows:
        raise NotFound(f"there is no learner {id_text(learner_id)}")


def create_session(session: SessionRecord) -> Plan[None]:
    """Adds a session of an existing learner; adding the same one again changes nothing."""
    yield from _learner_exists(session.user_id)
    yield Insert("practice_sessions", rows.SESSION.names, [rows.SESSION.row(session)], keys=("id",))


def cursor_text(*place: Any) -> str:
    """Where a page ended, for the next call; opaque to the caller."""
    plain = [value.hex() if isinstance(value, bytes) else value for value in place]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def cursor_place(cursor: str, *kinds: type) -> list[Any]:
    """Reads ``cursor_text``. Raises StoreRefused for anything else."""
    try:
        values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = [bytes.fromhex(value) if kind is bytes else value for value, kind in zip(values, kinds, strict=True)]
        if all(type(value) is kind for value, kind in zip(place, kinds, strict=True)):
            return place
    except (ValueError, TypeError, binascii.Error):
        pass
    raise StoreRefused("this page cursor is not one that we gave; begin again with the first page")


def _limited(limit: int) -> int:
    return max(1, min(limit, MAX_PAGE))


def sessions_of(user_id: Id, status: SessionStatus | None, limit: int, cursor: str | None) -> Plan[Page[SessionRecord]]:
    """Newest first."""
    limit = _limited(limit)
    where, params = ["user_id=?"], [user_id]
    if status is not None:
        where.append("status=?")
        params.append(status)
    if cursor is not None:
        created_at, session_id = cursor_place(cursor, int, bytes)
        where.append("(created_at<? OR (created_at=? AND id<?))")
        params += [created_at, created_at, session_id]
    source = f"practice_sessions WHERE {' AND '.join(where)} ORDER BY created_at DESC,id DESC LIMIT {limit + 1}"
    found = yield Query(select(rows.SESSION.names, source), tuple(params))
    items = tuple(map(rows.SESSION.record, found.rows[:limit]))
    more = len(found.rows) > limit
    return Page(items, cursor_text(items[-1].created_at_ms, items[-1].id) if more else None)


def attempts_of(
    user_id: Id,
    session_id: Id | None,
    sentence_index: int | None,
    successful: bool | None,
    limit: int,
    cursor: str | None,
) -> Plan[Page[AttemptRecord]]:
    """Newest first, without landmarks.

    The inner query finds the page in an index that holds every column it asks for; only the page's own rows are read.
    """
    limit = _limited(limit)
    filters = {"user_id": user_id, "session_id": session_id, "sentence_index": sentence_index}
    filters["is_successful"] = None if successful is None else int(successful)
    chosen = {column: value for column, value in filters.items() if value is not None}
    where, params = [f"{column}=?" for column in chosen], list(chosen.values())
    if cursor is not None:
        at, session, number = cursor_place(cursor, int, bytes, int)
        where.append("(attempted_at<? OR (attempted_at=? AND (session_id<? OR (session_id=? AND attempt_number<?))))")
        params += [at, at, session, session, number]
    order = "ORDER BY attempted_at DESC,session_id DESC,attempt_number DESC"
    key = select(_ATTEMPT_KEY, f"sentence_attempts WHERE {' AND '.join(where)} {order} LIMIT {limit + 1}")
    source = f"({key}) page JOIN sentence_attempts USING (session_id,attempt_number) {order}"
    found = yield Query(select(rows.ATTEMPT.names, source), tuple(params))
    items = tuple(map(rows.ATTEMPT.record, found.rows[:limit]))
    if len(found.rows) <= limit:
        return Page(items, None)
    last = items[-1]
    return Page(items, cursor_text(last.attempted_at_ms, last.session_id, last.attempt_no))


def landmark_blob(session_id: Id, attempt_no: int) -> Plan[bytes | None]:
    """The landmarks of an attempt, while they are kept."""
    sql = "SELECT landmark_data FROM attempt_landmarks WHERE session_id=? AND attempt_number=?"
    result = yield Query(sql, (session_id, attempt_no))
    return bytes(result.rows[0][0]) if result.rows else None


def put_story(story: Story) -> Plan[None]:
    """Adds or replaces a story."""
    columns = rows.STORY.names
    yield Insert("stories", columns, [rows.STORY.row(story)], ("tenant_id", "id"), columns[2:])


def stories(tenant_id: str) -> Plan[tuple[Story, ...]]:
    """All stories, easy ones first."""
    sql = select(rows.STORY.names, "stories WHERE tenant_id=? ORDER BY difficulty_level,title,id")
    found = yield Query(sql, (tenant_id,))
    return tuple(map(rows.STORY.record, found.rows))


def put_reference(reference: ReferenceRecord) -> Plan[None]:
    """Adds or replaces a reference and moves the library's version."""
    version = yield from library_version(reference.tenant_id, lock=True)
    row, columns = rows.REFERENCE.row(reference), rows.REFERENCE.names
    yield Insert("sign_references", columns, [row], ("id",), columns[1:])
    yield from _put_version(reference.tenant_id, version + 1)


def references(tenant_id: str, gloss: str | None) -> Plan[tuple[ReferenceRecord, ...]]:
    """The whole library, or what it has of one gloss, by gloss and age."""
    where, params = ("", (tenant_id,)) if gloss is None else (" AND gloss=?", (tenant_id, gloss))
    source = f"sign_references WHERE tenant_id=?{where} ORDER BY gloss,created_at,id"
    found = yield Query(select(rows.REFERENCE.names, source), params)
    return tuple(map(rows.REFERENCE.record, found.rows))


def reference_ids(tenant_id: str) -> Plan[tuple[Id, ...]]:
    """The ids of the whole library, by gloss and age."""
    sql = "SELECT id FROM sign_references WHERE tenant_id=? ORDER BY gloss,created_at,id"
    return tuple(bytes(found_id) for (found_id,) in (yield Query(sql, (tenant_id,))).rows)


def reference(reference_id: Id) -> Plan[ReferenceRecord | None]:
    """One recording, or None."""
    return (yield from one(rows.REFERENCE, "sign_references WHERE id=?", reference_id))


def remove_references(tenant_id: str, gloss: str, reference_id: Id | None) -> Plan[int]:
    """Removes one reference of a gloss, or all of them; gives how many there were."""
    version = yield from library_version(tenant_id, lock=True)
    where, params = "tenant_id=? AND gloss=?", (tenant_id, gloss)
    if reference_id is not None:
        where, params = where + " AND id=?", (*params, reference_id)
    removed = yield Query(f"DELETE FROM sign_references WHERE {where}", params)
    if removed.changed:
        yield from _put_version(tenant_id, version + 1)
    return removed.changed


def library_version(tenant_id: str, lock: bool = False) -> Plan[int]:
    """Grows with every change of the reference library; 0 for one that never had a reference."""
    result = yield Query("SELECT version FROM sign_libraries WHERE tenant_id=?", (tenant_id,), lock=lock)
    return result.rows[0][0] if result.rows else 0


def _put_version(tenant_id: str, version: int) -> Plan[None]:
    yield Insert("sign_libraries", ("tenant_id", "version"), [(tenant_id, version)], ("tenant_id",), ("version",))
