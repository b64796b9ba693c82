"""REST: the learner's own data, to take along or to remove."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from server.api.dependencies import MAX_PAGE, LearnerDep, NodeDep, PracticeNode
from server.learner_archive import write_zip
from server.problems import Problem
from storage.errors import StoreError
from storage.records import Id

router = APIRouter(prefix="/v1/learners/me", tags=["learners"])
_CHUNK_BYTES = 65_536
_IN_MEMORY_BYTES = 4 * 1024 * 1024


@router.get("/export", response_class=StreamingResponse)
async def export_data(node: NodeDep, learner: LearnerDep) -> StreamingResponse:
    """Everything that is kept of the learner, as a zip of JSON lines and landmarks."""
    archive = await asyncio.to_thread(_archive, await node.store.export_learner(learner.id))
    headers = {"Content-Disposition": 'attachment; filename="storysign-my-data.zip"', "Cache-Control": "no-store"}
    return StreamingResponse(_chunks(archive), media_type="application/zip", headers=headers)


@router.delete("", status_code=204)
async def delete_me(node: NodeDep, learner: LearnerDep) -> None:
    """Remove the learner and everything that is kept of the learner, for good. The token is worth nothing after it."""
    await _end_sessions(node, learner.id)
    await node.store.delete_learner(learner.id)


async def _end_sessions(node: PracticeNode, learner_id: Id) -> None:
    """Live sessions are told first; one that cannot be reached is fenced by the store at its next flush."""
    cursor = None
    while True:
        page = await node.store.sessions_of(learner_id, status="active", limit=MAX_PAGE, cursor=cursor)
        for session in page.items:
            with contextlib.suppress(Problem, StoreError):
                await node.command(session.id, "abandon")
        cursor = page.cursor
        if cursor is None:
            return


def _archive(tables: Mapping[str, list[dict[str, Any]]]) -> BinaryIO:
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by _chunks, after the answer
    write_zip(file, tables)
    file.seek(0)
    return file


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk
