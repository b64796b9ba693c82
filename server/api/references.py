"""REST: the recordings that signs are compared with, to be shown to the learner."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
from fastapi import APIRouter, Response

from server.api.dependencies import LearnerDep, NodeDep
from server.api.models import LandmarksBody, ReferenceBody
from server.problems import Problem, ProblemCode
from storage import records
from storage.landmark_blob import decode
from storage.records import id_text

router = APIRouter(prefix="/v1/signs/{gloss:path}/references", tags=["library"])
_NEVER_CHANGES = "private, max-age=31536000, immutable"


@router.get("")
async def list_references(node: NodeDep, learner: LearnerDep, gloss: str) -> list[ReferenceBody]:
    """The recordings of one sign; a sign may have several, by other signers or in other variants."""
    return [ReferenceBody.of(reference) for reference in await _references(node, learner, gloss)]


@router.get("/{reference_id}/landmarks")
async def read_landmarks(
    node: NodeDep, learner: LearnerDep, response: Response, gloss: str, reference_id: str
) -> LandmarksBody:
    """The landmarks of one recording, which never change under its id."""
    for reference in await _references(node, learner, gloss):
        if id_text(reference.id) == reference_id:
            response.headers["Cache-Control"] = _NEVER_CHANGES
            return _landmarks(reference)
    raise Problem(ProblemCode.NOT_FOUND, f"{gloss.upper()} has no reference with this id.")


async def _references(node: NodeDep, learner: LearnerDep, gloss: str) -> Sequence[records.ReferenceRecord]:
    """Never empty. Raises Problem where nobody has recorded the sign."""
    wanted = gloss.upper()
    found = await node.store.references(learner.tenant_id, wanted)
    if not found:
        raise Problem(ProblemCode.NOT_FOUND, f"There is no reference for {wanted}.")
    return found


def _landmarks(reference: records.ReferenceRecord) -> LandmarksBody:
    blob = decode(reference.landmark_blob)
    times_ms = blob.times_ms - blob.times_ms[0]
    return LandmarksBody(
        layout=blob.layout,
        width=reference.width,
        height=reference.height,
        mirrored=reference.mirrored,
        times_ms=times_ms.tolist(),
        points=base64.b64encode(np.ascontiguousarray(blob.points, dtype="<i2").tobytes()).decode("ascii"),
    )
