"""What a session asks of its node's judges."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from actors.judging import JudgeRequest, blob_of, not_judged
from actors.service_link import ServiceGone, ServiceLink
from protocol.messages import AttemptResult

_log = logging.getLogger(__name__)
_STARTING_S = 0.1
"""Between two looks for a judge that is being started."""
MOST_DEATHS = 3
"""Judges that may die over one attempt: more are no chance, and others have to be judged too."""


class JudgeClient:
    """Asks the first of ``judges``, and where it is gone the next one."""

    def __init__(self, judges: Sequence[ServiceLink]) -> None:
        self._judges = judges

    async def judge(self, request: JudgeRequest) -> tuple[AttemptResult, bytes | None]:
        """The attempt's result, and its landmarks where they are to be kept.

        An attempt that no judge survives is kept without a mark, as one that the scorer failed at.
        """
        deaths = turn = 0
        while deaths < MOST_DEATHS:
            try:
                result, blob = await self._judges[turn % len(self._judges)].call("judge", request)
                return AttemptResult.model_validate_json(result), blob
            except ServiceGone as gone:
                deaths += gone.asked
                turn += 1
                if turn % len(self._judges) == 0:
                    await asyncio.sleep(_STARTING_S)
        _log.error("no judge survived attempt %d", request.attempt_no, extra={"event": "attempt_kills_judges"})
        return not_judged(request), blob_of(request)
