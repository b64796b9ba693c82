"""An engine with somebody who hears what it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from storage.migrate import SchemaEngine
from storage.plan import Plan, Query


class ListeningEngine:
    """Passes everything on to an engine; ``hear`` is told each query of a plan before it runs."""

    def __init__(self, engine: SchemaEngine, hear: Callable[[Query], object]) -> None:
        self._engine = engine
        self._hear = hear

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def read(self, plan: Callable[[], Plan[Any]]) -> Any:
        return await self._engine.read(lambda: self._heard(plan()))

    async def write(self, plan: Callable[[], Plan[Any]]) -> Any:
        return await self._engine.write(lambda: self._heard(plan()))

    def _heard(self, plan: Plan[Any]) -> Plan[Any]:
        try:
            statement = next(plan)
            while True:
                if isinstance(statement, Query):
                    self._hear(statement)
                statement = plan.send((yield statement))
        except StopIteration as done:
            return done.value
