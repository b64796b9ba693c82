"""What is asked of a session by its learner or over REST: pause, resume, complete, abandon."""

from __future__ import annotations

from actors.session.attempts import Attempts, refusal
from actors.session.events import Answer, CommandGiven, Effect, Send
from actors.session.store_queue import StoreQueue
from actors.session.transitions import Life, Machine, Phase, Trigger
from protocol.codes import ErrorCode
from protocol.messages import Status

_TRIGGERS = {
    "pause": Trigger.PAUSE,
    "resume": Trigger.RESUME,
    "complete": Trigger.COMPLETE,
    "abandon": Trigger.ABANDON,
}
_ALREADY = {"pause": Life.PAUSED, "resume": Life.ACTIVE}


class Commands:
    """Moves the session's life, and answers once the store has it."""

    def __init__(self, life: Machine[Life], attempts: Attempts, queue: StoreQueue) -> None:
        self._life = life
        self._attempts = attempts
        self._queue = queue
        self._requests: list[int] = []

    def given(self, event: CommandGiven, effects: list[Effect]) -> None:
        """Does what is asked, or says why it cannot be done."""
        if self._life.state is _ALREADY.get(event.name):
            self._acknowledge(event, effects)
            return
        trigger = _TRIGGERS[event.name]
        problem = self._why_not(event, trigger)
        if problem is not None:
            refused = refusal(ErrorCode.ILLEGAL_NOW, problem)
            effects.append(refused if event.request is None else Answer(event.request, problem))
            return
        self._life.move(trigger)
        if event.request is not None:
            self._requests.append(event.request)
        if self._life.state in (Life.ACTIVE, Life.PAUSED):
            self._queue.status_wish = self._life.state.value
        else:
            self._attempts.drop(effects)
            self._queue.status_wish = None
            self._queue.end_wish = self._life.state.value

    def answer_all(self, problem: str | None, effects: list[Effect]) -> None:
        """Tells all who wait over REST; ``problem`` None: done."""
        effects.extend(Answer(request, problem) for request in self._requests)
        self._requests.clear()

    def _why_not(self, event: CommandGiven, trigger: Trigger) -> str | None:
        if not self._life.allows(trigger):
            return f"The session is {self._life.state}: it cannot {event.name} now."
        if event.name == "complete" and self._attempts.phase is not Phase.IDLE:
            return "An attempt is being signed: end or cancel it first."
        return None

    def _acknowledge(self, event: CommandGiven, effects: list[Effect]) -> None:
        """The session is as asked: said at once, or with the store's answer where that is still to come."""
        if event.request is None:
            if self._queue.status_wish is None:
                effects.append(Send(Status(status=self._life.state.value)))
        elif self._queue.status_wish is None:
            effects.append(Answer(event.request, None))
        else:
            self._requests.append(event.request)
