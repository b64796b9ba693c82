"""What attempts add up to by day, sign and finding: sums alone, so the order in which they arrive changes nothing."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from storage.plan import Insert, Plan, Row
from storage.records import AttemptSums, Id

SIGNS = ("user_id", "day", "gloss", "tenant_id", "times_signed", "score_sum")
FINDINGS = ("user_id", "day", "code", "parameter", "gloss", "tenant_id", "times_found")

SignKey = tuple[Id, dt.date, str]
FindingKey = tuple[Id, dt.date, str, str, str]


@dataclass(slots=True)
class Tallies:
    """Sums for any number of learners; keys begin with the learner and the learner's own day."""

    times_signed: defaultdict[SignKey, int] = field(default_factory=lambda: defaultdict(int))
    score_sums: defaultdict[SignKey, int] = field(default_factory=lambda: defaultdict(int))
    findings: defaultdict[FindingKey, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, user_id: Id, day: dt.date, attempt: AttemptSums) -> None:
        """Counts the judged signs and the corrections of an attempt."""
        for gloss, score in attempt.signs:
            key = (user_id, day, gloss)
            self.times_signed[key] += 1
            self.score_sums[key] += score
        for code, parameter, gloss in attempt.findings:
            self.findings[(user_id, day, code, parameter, gloss)] += 1

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
