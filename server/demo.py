"""Learners who never were, with a past that looks like one: for demonstrations and for measuring. Pure, seeded."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from actors.learning.rules import SUCCESS_SCORE
from protocol.messages import AttemptResult, Finding, SignResult
from storage.records import AttemptRecord, Learner, SessionRecord, StorySentence

DAY_MS = 86_400_000
_WORDS = ("HELLO", "THANK-YOU", "PLEASE", "YES", "NO", "WATER", "NAME", "SCHOOL", "FRIEND", "HOME", "EAT", "HELP")
_AREAS = ("fingerspelling", "vocabulary", "sentences")
_ZONES = ("America/New_York", "America/Los_Angeles", "Europe/Berlin", "UTC")
_FINDINGS = (
    ("thumb_out", "handshape", "Lay the thumb against the hand."),
    ("palm_turned", "orientation", "Turn the palm towards the camera."),
    ("too_low", "location", "Sign a little higher."),
    ("cut", "movement", "Let the movement go on to its end."),
)
_VERSION = "demo"


@dataclass(frozen=True, slots=True)
class DemoSize:
    """How much past each learner has."""

    sessions: int = 200
    attempts: int = 10


def demo_learner(
    number: int, seed: int, tenant_id: str, size: DemoSize, now_ms: int
) -> tuple[Learner, list[tuple[SessionRecord, list[AttemptRecord]]]]:
    """The same learner for the same number and seed; the newest session is a few hours before ``now_ms``."""
    chance = random.Random(f"{seed}-{number}")
    learner = Learner(
        id=chance.randbytes(16),
        tenant_id=tenant_id,
        display_name=f"Demo {number}",
        time_zone=chance.choice(_ZONES),
        token_hash=chance.randbytes(32),
        landmark_consent=False,
        created_at_ms=now_ms - (size.sessions + 1) * DAY_MS,
    )
    talent = chance.uniform(0.3, 0.7)
    return learner, list(_history(chance, learner, talent, size, now_ms))


def _history(
    chance: random.Random, learner: Learner, talent: float, size: DemoSize, now_ms: int
) -> Iterator[tuple[SessionRecord, list[AttemptRecord]]]:
    for day in range(size.sessions, 0, -1):
        began_ms = now_ms - day * DAY_MS + chance.randrange(8 * 3_600_000)
        sentences = tuple(StorySentence(word.capitalize(), (word,)) for word in chance.sample(_WORDS, 5))
        skill = min(0.95, talent + 0.3 * (1 - day / size.sessions))
        session_id = chance.randbytes(16)
        made = [_attempt(chance, session_id, n, sentences, skill, began_ms) for n in range(1, size.attempts + 1)]
        yield _session(chance, learner, session_id, sentences, began_ms, began_ms + size.attempts * 30_000), made


def _session(
    chance: random.Random,
    learner: Learner,
    session_id: bytes,
    sentences: tuple[StorySentence, ...],
    began_ms: int,
    ended_ms: int,
) -> SessionRecord:
    return SessionRecord(
        id=session_id,
        tenant_id=learner.tenant_id,
        user_id=learner.id,
        story_id=None,
        session_type="practice",
        session_name="Demo",
        sentences=sentences,
        difficulty_level=chance.randint(1, 5),
        skill_areas=(chance.choice(_AREAS),),
        status="completed",
        epoch=1,
        stored_through=0,
        overall_score=None,
        sentences_completed=0,
        started_at_ms=began_ms,
        completed_at_ms=ended_ms,
        duration_seconds=0,
        session_data={},
        performance_metrics={},
        created_at_ms=began_ms,
        updated_at_ms=ended_ms,
    )


def _attempt(
    chance: random.Random,
    session_id: bytes,
    number: int,
    sentences: tuple[StorySentence, ...],
    skill: float,
    began_ms: int,
) -> AttemptRecord:
    index = (number - 1) % len(sentences)
    accuracy, confidence, fluency = (round(min(1.0, max(0.0, chance.gauss(skill, 0.15))), 4) for _ in range(3))
    score = round(0.4 * accuracy + 0.3 * confidence + 0.3 * fluency, 4)
    duration_ms = chance.randint(1_500, 6_000)
    sign = _sign(sentences[index].glosses[0], score, confidence, duration_ms)
    result = AttemptResult(
        attempt_no=number,
        sentence_index=index,
        sentence=sentences[index].text,
        glosses=[sign.gloss],
        judged=True,
        score=score,
        accuracy=accuracy,
        confidence=confidence,
        fluency=fluency,
        success=score >= SUCCESS_SCORE,
        parameters=sign.parameters,
        signs=[sign],
        findings=[] if score >= SUCCESS_SCORE else [_correction(chance, sign)],
        frames=sign.end_frame,
        duration_ms=duration_ms,
        scorer_version=_VERSION,
        calibration_version=_VERSION,
    ).model_dump(mode="json")
    return AttemptRecord(
        session_id=session_id,
        attempt_no=number,
        sentence_index=index,
        target_sentence=sentences[index].text,
        judged=True,
        score=score,
        confidence=confidence,
        accuracy=accuracy,
        fluency=fluency,
        is_successful=score >= SUCCESS_SCORE,
        gesture_sequence=(),
        detected_errors=tuple(result["findings"]),
        suggestions=(),
        result=result,
        attempted_at_ms=began_ms + number * 25_000,
        duration_ms=duration_ms,
        video_start_frame=0,
        video_end_frame=sign.end_frame,
        scorer_version=_VERSION,
        calibration_version=_VERSION,
    )


def _sign(gloss: str, score: float, confidence: float, duration_ms: int) -> SignResult:
    """The one sign of the sentence, as long as the attempt, filmed at 30 Hz."""
    return SignResult(
        sign_index=0,
        gloss=gloss,
        reference_id=None,
        start_ms=0,
        end_ms=duration_ms,
        start_frame=0,
        end_frame=duration_ms * 30 // 1000,
        score=score,
        confidence=confidence,
        hand_used="right",
        parameters={parameter: score for _, parameter, _ in _FINDINGS},
    )


def _correction(chance: random.Random, sign: SignResult) -> Finding:
    code, parameter, text = chance.choice(_FINDINGS)
    return Finding(
        code=code,
        kind="correction",
        parameter=parameter,
        hand="right",
        sign_index=0,
        gloss=sign.gloss,
        start_ms=sign.start_ms,
        end_ms=sign.end_ms,
        size=None,
        unit=None,
        severity="minor",
        text=text,
    )
