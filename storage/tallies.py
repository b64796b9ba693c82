"""What attempts add up to by day, sign and finding: sums alone, so the order in which they arrive changes nothing."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.plan import Insert, Plan, Row
from storage.records import MARK_UNITS, AttemptRecord, Id

SIGNS = ("user_id", "day", "gloss", "tenant_id", "times_signed", "score_sum")
FINDINGS = ("user_id", "day", "code", "parameter", "gloss", "tenant_id", "times_found")
_GLOSS_CHARS, _CODE_CHARS, _PARAMETER_CHARS = 100, 64, 32

SignKey = tuple[Id, dt.date, str]
FindingKey = tuple[Id, dt.date, str, str, str]


@dataclass(slots=True)
class Tallies:
    """Sums for any number of learners; keys begin with the learner and the learner's own day."""

    times_signed: Counter[SignKey] = field(default_factory=Counter)
    score_sums: Counter[SignKey] = field(default_factory=Counter)
    findings: Counter[FindingKey] = field(default_factory=Counter)

    def add(self, user_id: Id, day: dt.date, attempt: AttemptRecord) -> None:
        """Counts the judged signs and the corrections in an attempt's ``result``."""
        for sign in _entries(attempt.result.get("signs")):
            score = sign.get("score")
            if isinstance(score, (int, float)):
                key = (user_id, day, _text(sign.get("gloss"), _GLOSS_CHARS))
                self.times_signed[key] += 1
                self.score_sums[key] += round(score * MARK_UNITS)
        for finding in _entries(attempt.result.get("findings")):
            if finding.get("kind") == "correction":
                code = _text(finding.get("code"), _CODE_CHARS)
                parameter = _text(finding.get("parameter"), _PARAMETER_CHARS)
                self.findings[(user_id, day, code, parameter, _text(finding.get("gloss"), _GLOSS_CHARS))] += 1

    def sign_rows(self, tenants: Mapping[Id, str]) -> list[Row]:
        """In the order of ``SIGNS``."""
        return [
            (user_id, day.isoformat(), gloss, tenants[user_id], times, self.score_sums[(user_id, day, gloss)])
            for (user_id, day, gloss), times in sorted(self.times_signed.items())
        ]

    def finding_rows(self, tenants: Mapping[Id, str]) -> list[Row]:
        """In the order of ``FINDINGS``."""
        return [
            (user_id, day.isoformat(), code, parameter, gloss, tenants[user_id], times)
            for (user_id, day, code, parameter, gloss), times in sorted(self.findings.items())
        ]

    def added(self, tenants: Mapping[Id, str]) -> Plan[None]:
        """Adds these sums to those that are in the store."""
        if signs := self.sign_rows(tenants):
            yield Insert("practice_signs", SIGNS, signs, SIGNS[:3], adds=SIGNS[4:])
        if findings := self.finding_rows(tenants):
            yield Insert("practice_findings", FINDINGS, findings, FINDINGS[:5], adds=FINDINGS[6:])


def _entries(value: Any) -> Iterable[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, (list, tuple)) else ()


def _text(value: Any, limit: int) -> str:
    return value[:limit] if isinstance(value, str) else ""
