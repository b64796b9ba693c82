"""``storysign practice``: a learner whose camera is a recording."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from protocol.landmarks import LandmarkClip
from server.api.models import CreatedSession
from server.cli.practice_view import PracticeView
from server.cli.tokens import TokenFile
from server.client import in_line_text
from server.clips import read_clip
from server.config import DEFAULT_URL, Settings
from server.practice import PracticeOutcome, practise
from server.problems import ProblemCode
from server.rest_client import RestClient, RestProblem, when_there_is_room


class PracticeRefused(Exception):
    """The command cannot be carried out as it was given; the text says what to change."""


def practice(
    clips: Annotated[
        list[str],
        typer.Argument(metavar="CLIP…", help="A .pose file, FILE.npz#INDEX or a video; an attempt each."),
    ],
    url: Annotated[str, typer.Option(help="Address of the server.")] = DEFAULT_URL,
    story: Annotated[str | None, typer.Option(metavar="ID", help="Practise this story.")] = None,
    glosses: Annotated[str | None, typer.Option(help='Practise one sentence of these signs: "A S L".')] = None,
    speed: Annotated[float, typer.Option(min=0.01, max=100, help="Times the clip's own frame rate.")] = 1.0,
    drop_every: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0.05, help="Cut the connection again and again, and resume.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout, the rest on stderr.")
    ] = False,
) -> None:
    """Practise with recorded clips in place of a camera.

    Sentences and clips go in turn, the shorter list again from its start: each sentence gets a clip, and each clip is
    signed. The marks do not depend on --speed or --drop-every.
    """
    if (story is None) == (glosses is None):
        raise PracticeRefused('Say what to practise: either --story ID or --glosses "A S L".')
    console = Console(stderr=as_json, highlight=False)
    view = PracticeView(console)
    settings = Settings.from_environment()
    recordings = [_read(clip, view, settings) for clip in clips]
    wish = {"story_id": story} if story is not None else {"glosses": (glosses or "").upper().split()}
    outcome = asyncio.run(_run(url.rstrip("/"), settings, wish, recordings, view, speed, drop_every))
    if as_json:
        typer.echo(json.dumps(outcome.as_json(), ensure_ascii=False, allow_nan=False))
    else:
        _summary(outcome, view)


def _read(clip: str, view: PracticeView, settings: Settings) -> LandmarkClip:
    recording = read_clip(clip, models_dir=settings.models_dir, note=view.say)
    view.say(f"{clip}: {len(recording.times_ms)} frames, {recording.video.frame_rate_hz:g} a second")
    return recording


async def _run(
    url: str,
    settings: Settings,
    wish: dict[str, object],
    recordings: list[LandmarkClip],
    view: PracticeView,
    speed: float,
    drop_every_s: float | None,
) -> PracticeOutcome:
    async with RestClient(url) as rest:
        await _log_in(rest, TokenFile(settings.state_dir))
        created = await when_there_is_room(
            lambda: rest.create_session(**wish), lambda line: view.say(in_line_text(line)), asyncio.sleep
        )
        _introduce(created, view)
        return await practise(rest, created, recordings, view, speed=speed, drop_every_s=drop_every_s)


async def _log_in(rest: RestClient, tokens: TokenFile) -> None:
    """The learner of last time, or a new guest where there is none or the server does not know it any more."""
    rest.token = tokens.get(rest.base_url)
    if rest.token is not None:
        try:
            await rest.me()
            return
        except RestProblem as problem:
            if problem.code != ProblemCode.TOKEN_UNKNOWN:
                raise
            rest.token = None
    created = await rest.create_guest(time_zone=local_time_zone())
    tokens.put(rest.base_url, created.token)


def local_time_zone(link: Path = Path("/etc/localtime")) -> str:
    """The IANA name of this machine's time zone, by the link that Linux and macOS keep; UTC where there is none."""
    _, found, name = os.path.realpath(link).partition("/zoneinfo/")
    return name if found else "UTC"


def _introduce(created: CreatedSession, view: PracticeView) -> None:
    session = created.session
    view.say(f"Session {session.id}: {session.session_name}", "bold")
    if created.stream.ready_in_ms:
        view.say(f"A place is being prepared, about {created.stream.ready_in_ms / 1_000:.0f} s …")


def _summary(outcome: PracticeOutcome, view: PracticeView) -> None:
    stored = [str(result.attempt_no) for result in outcome.attempts if result.attempt_no <= outcome.stored_through]
    view.say("")
    view.say(f"Stored: {_counted(len(stored), 'attempt')} ({', '.join(stored) or 'none'})")
    if outcome.reconnects:
        what = "nothing was lost" if outcome.recovered else "some of it could not be restored"
        view.say(f"Connection lost and resumed {_counted(outcome.reconnects, 'time')}; {what}")
    view.progress(list(outcome.progress))
    if outcome.latencies_ms:
        view.say(
            f"Feedback after p50 {outcome.latency_ms(50)} ms, p99 {outcome.latency_ms(99)} ms "
            f"({_counted(len(outcome.latencies_ms), 'mark')})"
        )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
