"""The HTTP application of a node: pages, and REST under ``/v1``. The stream goes by ``server.handoff``."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi_offline import FastAPIOffline

from server import problems, static
from server.api import analytics, health, learners, library, practice_data, references, sessions
from server.api.dependencies import PracticeNode
from server.api.guard import DOCS_PATH, RequestGuard
from server.api.models import ProblemBody

API_VERSION = "1.0"
_DESCRIPTION = """\
Live practice and progress for people who learn American Sign Language.

Make a guest learner, send its token as `Authorization: Bearer TOKEN`, start a session, and open the stream with the
session's ticket. Every error is a problem document (RFC 9457) whose `code` is stable.
"""


def create_app(node: PracticeNode) -> FastAPI:
    """The application on a node that is up; its documentation pages load nothing from elsewhere."""
    app = FastAPIOffline(
        docs_url=DOCS_PATH,
        redoc_url=None,
        static_url=f"{DOCS_PATH}/assets",
        title="StorySign",
        version=API_VERSION,
        description=_DESCRIPTION,
        swagger_ui_parameters={"validatorUrl": None},
        responses={
            "default": {
                "description": "A problem",
                "content": {problems.MEDIA_TYPE: {"schema": ProblemBody.model_json_schema()}},
            }
        },
    )
    app.state.node = node
    problems.install(app)
    for part in (learners, analytics, practice_data, sessions, library, references, health):
        app.include_router(part.router)
    static.install(app, node.settings.origins, node.settings.models_dir)
    if node.settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=sorted(node.settings.allowed_origins),
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type"],
        )
    app.add_middleware(RequestGuard, origins=node.settings.origins, body_max_bytes=node.settings.request_body_max_bytes)
    return app
