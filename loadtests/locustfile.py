"""Classrooms for locust: every user is a learner who practises over the real stream.

``make load`` runs one headless; ``python -m locust -f loadtests/locustfile.py -H URL`` opens locust's web page (with
``--web-host 127.0.0.1``). Every run writes ``load-<shape>.json``, ``.html`` and the raw samples to ``--reports``.
"""

from __future__ import annotations

import gc
import itertools
import random
import subprocess
import sys
import time
from argparse import ArgumentParser
from http.client import HTTPException
from pathlib import Path
from typing import Any

import gevent
from locust import LoadTestShape, User, events, task
from locust.env import Environment

from loadtests import shapes
from loadtests.cast import Part, read_cast
from loadtests.driver import Practice, PracticeStopped
from loadtests.learner import ENDED, Learner
from loadtests.ledger import SessionLog, write_logs
from loadtests.report import write_report
from loadtests.samples import LATENESS, Samples, why_not_counted
from loadtests.wire import Refused

FAREWELL_S = 60
"""A server that was killed at the end of a run takes half of it to be there again, and a waiting client to look."""


class Run:
    """What all learners of a run share."""

    def __init__(self, environment: Environment) -> None:
        options = environment.parsed_options
        self.environment = environment
        self.shape_name: str = options.shape
        self.shape = shapes.SHAPES[options.shape]
        self.seed: int = options.seed
        self.reports = Path(options.reports)
        self.mixed = options.frame_rate == 0.0
        self.cast = _cast(self.reports, options.num_users or 1, options.seed, options.frame_rate or None)
        self.samples = Samples()
        self.practices: list[Practice] = []
        self.numbers = itertools.count()
        self.unix_offset_s = time.time() - time.monotonic()
        self.began_s = time.monotonic()
        self.cpu_began_s = time.process_time()
        self.all_in_at_s: float | None = None
        self.troubles: list[str] = []

    @property
    def welcomed(self) -> int:
        """How many learners are connected now."""
        return sum(practice.learner.stream.welcomed for practice in self.practices)

    def sample(self, name: str, value_ms: float) -> None:
        """Shows a measurement in locust's own tables and plots."""
        if name != LATENESS:
            self._show(name, value_ms, None)

    def trouble(self, text: str) -> None:
        """Something that must not happen in a run."""
        self.troubles.append(text)
        self._show("trouble", 0.0, RuntimeError(text))

    def _show(self, name: str, value_ms: float, error: Exception | None) -> None:
        shown = {"request_type": "learner", "name": name, "response_time": value_ms, "response_length": 0}
        self.environment.events.request.fire(**shown, exception=error, context={})


_runs: list[Run] = []
"""The run that is going on; locust makes users itself and gives them nothing of ours."""


@events.init_command_line_parser.add_listener
def add_options(parser: ArgumentParser) -> None:
    """Our own options, on the command line and on the web page."""
    parser.add_argument("--shape", choices=list(shapes.SHAPES), default="steady", help="shape of the load")
    parser.add_argument("--seed", type=int, default=1, help="the same learners for the same seed")
    parser.add_argument("--frame-rate", type=float, default=30.0, help="of every camera, Hz; 0: each has its own")
    parser.add_argument("--cuts-per-minute", type=float, default=0.0, help="more cuts for every learner")
    parser.add_argument("--once-joined", action="store_true", help="the run time begins when all have been welcomed")
    parser.add_argument("--reports", default="reports", help="folder for the report")
    parser.add_argument("--session-logs", default="", help="file for what every learner knows of its own attempts")


@events.init.add_listener
def let_learners_finish(environment: Environment, **_: Any) -> None:
    """A learner who is stopped ends the attempt, waits until it is durable, and completes the session."""
    if not environment.stop_timeout:
        environment.stop_timeout = FAREWELL_S


@events.test_start.add_listener
def begin_run(environment: Environment, **_: Any) -> None:
    """Everything a run needs is made before the first learner comes."""
    _runs.clear()
    _runs.append(Run(environment))
    gc.collect()
    gc.freeze()


@events.test_stop.add_listener
def end_run(environment: Environment, **_: Any) -> None:
    """Writes the report; a run that failed or does not count ends the process with status 1."""
    run = _runs[0]
    run_s, cpu_s = time.monotonic() - run.began_s, time.process_time() - run.cpu_began_s
    facts = {
        "shape": run.shape_name,
        "what": run.shape.what,
        "learners": len(run.practices),
        "seed": run.seed,
        "run_s": round(run_s, 1),
        "generator_cpu_share": round(cpu_s / run_s, 3),
        "troubles": run.troubles,
    }
    rows = [
        (practice.learner.part.truth, result)
        for practice in run.practices
        for result in practice.learner.results.values()
    ]
    write_report(run.reports / f"load-{run.shape_name}", facts, run.samples, rows)
    if environment.parsed_options.session_logs:
        logs = [SessionLog.of(practice) for practice in run.practices if practice.session_id]
        write_logs(Path(environment.parsed_options.session_logs), logs)
    reason = why_not_counted(run.samples)
    if reason is not None:
        print(f"THIS RUN DOES NOT COUNT. {reason}", file=sys.stderr)
    if reason is not None or run.troubles:
        environment.process_exit_code = 1


def _cast(folder: Path, learners: int, seed: int, frame_rate_hz: float | None) -> list[Part]:
    """The cast of this size and seed, signed in a process of its own where no earlier run has left it."""
    rate = "mixed" if frame_rate_hz is None else f"{frame_rate_hz:g}"
    file = folder / f"cast-{learners}-{seed}-{rate}.npz"
    if not file.is_file():
        wish = [str(file), "--learners", str(learners), "--seed", str(seed)]
        wish += [] if frame_rate_hz is None else ["--frame-rate", str(frame_rate_hz)]
        subprocess.run([sys.executable, "-m", "loadtests.prepare", *wish], check=True)
    return read_cast(file)


class Classroom(LoadTestShape):
    """Locust's view of the chosen shape; users and run time come from its own options."""

    use_common_options = True

    def tick(self) -> tuple[int, float] | None:
        """How many users there should be now, and how fast they may come; None ends the run."""
        assert self.runner is not None
        if not _runs:
            return 0, 1.0  # the cast is still being made
        options, at_s = self.runner.environment.parsed_options, time.monotonic() - _runs[0].began_s
        shape = shapes.SHAPES[options.shape]
        learners = options.num_users or 1
        run = _runs[0]
        if run.all_in_at_s is None and (run.welcomed >= learners or not options.once_joined):
            run.all_in_at_s = at_s
        since_s = run.all_in_at_s
        if options.run_time and since_s is not None and at_s - since_s >= options.run_time:
            return None
        return shapes.learners_at(shape, at_s, learners), shapes.arrivals_per_s(shape, learners)


class ClassroomLearner(User):
    """One learner, from enrolment until the session is completed."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._run = _runs[0]
        number = next(self._run.numbers)
        self._rng = random.Random(self._run.seed * 1_000_003 + number)
        self._learner = Learner(
            self._run.cast[number % len(self._run.cast)],
            self._run.samples,
            self._rng,
            self._run.unix_offset_s,
            self._run.sample,
        )
        self._practice = Practice(environment.host or "", self._learner, self._rng)
        self._run.practices.append(self._practice)
        options = environment.parsed_options
        self._cuts_per_minute = self._run.shape.cuts_per_minute + options.cuts_per_minute
        now_s = time.monotonic()
        self._cut_at_s = now_s + shapes.next_mishap_s(self._cuts_per_minute, self._rng)
        self._deaf_at_s = now_s + shapes.next_mishap_s(self._run.shape.deaf_per_minute, self._rng)
        storms = shapes.storms_s(self._run.shape, options.run_time or 0.0)
        self._storms_s = [self._run.began_s + at_s for at_s in storms if self._run.began_s + at_s > now_s]

    def on_start(self) -> None:
        """Enrols, however long the server takes to be there."""
        while True:
            try:
                self._practice.enrol()
                return
            except (Refused, OSError, HTTPException):
                self._run.samples.counts["enrolments that failed"] += 1
                gevent.sleep(1.0 + self._rng.random())

    @task
    def practise(self) -> None:
        """A second of practice, with what befalls a connection in it."""
        try:
            self._mishaps()
            until_s = min(time.monotonic() + 1.0, self._cut_at_s, self._deaf_at_s, *self._storms_s)
            while time.monotonic() < until_s:
                self._practice.step(until_s)
        except PracticeStopped as stopped:
            self._run.trouble(str(stopped))
            self.stop(force=True)

    def on_stop(self) -> None:
        """Finishes the attempt, waits until all is durable, and completes the session."""
        self._learner.finishing = True
        deadline_s = time.monotonic() + FAREWELL_S - 1
        try:
            self._step_until(lambda: self._learner.done, deadline_s)
            if self._learner.done:
                self._practice.complete()
                self._step_until(lambda: self._learner.stream.status in ENDED, deadline_s)
            if self._learner.stream.status not in ENDED:
                self._run.trouble("a learner's work was not saved by the end of the run")
        except PracticeStopped as stopped:
            self._run.trouble(str(stopped))
        finally:
            self._practice.close()

    def _step_until(self, condition: Any, deadline_s: float) -> None:
        while not condition() and time.monotonic() < deadline_s:
            self._practice.step(min(deadline_s, time.monotonic() + 1.0))

    def _mishaps(self) -> None:
        now_s = time.monotonic()
        if now_s >= min(self._cut_at_s, *self._storms_s, float("inf")):
            self._run.samples.counts["sockets cut"] += self._practice.connected
            self._practice.cut()
            self._storms_s = [at_s for at_s in self._storms_s if at_s > now_s]
            if now_s >= self._cut_at_s:
                self._cut_at_s = now_s + shapes.next_mishap_s(self._cuts_per_minute, self._rng)
        if now_s >= self._deaf_at_s:
            self._practice.deaf_until_s = now_s + self._rng.uniform(0.5, 3.0)
            self._deaf_at_s = now_s + shapes.next_mishap_s(self._run.shape.deaf_per_minute, self._rng)
