"""What operators and their tools ask: does it live, can it take learners in, how is it doing."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from server.api.dependencies import NodeDep
from server.metrics import CONTENT_TYPE

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Does the process live?")
async def healthz() -> dict[str, str]:
    """Answers while the process can answer at all."""
    return {"status": "ok"}


@router.get("/readyz", summary="Can it take learners in?", responses={503: {"description": "Not now"}})
async def readyz(node: NodeDep) -> JSONResponse:
    """200 where everything is "ok"; else 503, and what is wrong in words."""
    checks = await node.readiness()
    return JSONResponse(checks, 200 if all(state == "ok" for state in checks.values()) else 503)


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
async def metrics(node: NodeDep) -> Response:
    """Counters, histograms and gauges of all processes of this node."""
    return Response(await node.scrape(), media_type=CONTENT_TYPE)
