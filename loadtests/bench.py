"""``make bench``: our way of a frame beside two others, in one run, with the same scorer, frames and learners.

(a) ours, (b) a gateway that hands every frame to an actor by a Ray call, (c) one FastAPI process with the scorer inside
(``loadtests.rivals``). For each size of a school it measures the processor time of all server processes a frame, the
learners' waits, and the bytes a frame; prints a table with ratios, and writes ``reports/bench.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from loadtests import samples as names
from loadtests.processes import CpuMeter, frame_costs, tidy_up_on_sigterm
from loadtests.samples import Samples, spread, why_not_counted
from tests.support.server_process import ServerProcess, free_port

OURS, GATEWAY, SINGLE = "ours", "gateway", "single"
SIDES: Mapping[str, str] = {
    OURS: "(a) StorySign: the actor owns the socket",
    GATEWAY: "(b) gateway, a Ray call a frame",
    SINGLE: "(c) FastAPI, one process",
}
SETTLE_S = 2.0
JOIN_TIMEOUT_S = 240
READY_TIMEOUT_S = 60
FAREWELL_S = 60
WITHIN_MS = 100.0
RESERVE = 2
"""Blank actors that our side keeps: with so many more than learners none is started while others are measured."""
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
"""Our processes have one thread for arithmetic; the rivals' get the same."""


def measure(side: str, learners: int, seconds: float, folder: Path) -> dict[str, Any]:
    """One side with so many learners; figures of the last ``seconds``, when all of them are there."""
    with _serving(side, learners, folder) as (pid, url):
        meter = CpuMeter(pid)
        run = _generator(url, learners, SETTLE_S + seconds, folder)
        try:
            while run.poll() is None:
                meter.sample()
                time.sleep(0.5)
        finally:
            run.terminate()
    if not (folder / "load-steady.samples.npz").is_file():
        return {"failed": f"the generator ended with {run.returncode}"}
    samples = Samples.load(folder / "load-steady.samples.npz")
    joined_s = samples.times_s(names.JOIN)
    if len(joined_s) < learners:
        return {"failed": f"{len(joined_s)} of {learners} learners were welcomed"}
    since_s = float(joined_s.max()) + SETTLE_S
    return _figures(samples, meter, since_s, since_s + seconds - 0.5)


def _figures(samples: Samples, meter: CpuMeter, since_s: float, until_s: float) -> dict[str, Any]:
    since_s, until_s, cpu_s = meter.between(since_s, until_s)
    return {
        **frame_costs(samples, since_s, until_s, cpu_s),
        "bytes_per_frame": round(samples.counts["bytes sent"] / max(samples.counts["frames sent"], 1)),
        "feedback_ms": spread(samples.values_ms(names.FEEDBACK, since_s, until_s)),
        "scored_ms": spread(samples.values_ms(names.SCORED, since_s, until_s)),
        "held_up": samples.counts["sends that the server held up"],
        "why_not_counted": why_not_counted(samples, since_s, until_s),
    }


def ratios(sides: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Our cost and wait over those of the others, where both were measured."""
    found = {}
    for other in (GATEWAY, SINGLE):
        if "failed" in sides[OURS] or "failed" in sides.get(other, {"failed": ""}):
            continue
        found[f"cpu / {other}"] = round(sides[OURS]["cpu_us_per_frame"] / sides[other]["cpu_us_per_frame"], 3)
        waits = [sides[side]["feedback_ms"].get("p99") for side in (OURS, other)]
        if all(waits):
            found[f"p99 / {other}"] = round(waits[0] / waits[1], 3)
    return found


def _generator(url: str, learners: int, seconds: float, folder: Path) -> subprocess.Popen[bytes]:
    words = ["--headless", "-H", url, "-u", str(learners), "-t", f"{seconds:g}s", "--once-joined"]
    words += ["--reports", str(folder), "--shape", "steady", "--only-summary", "--loglevel", "ERROR"]
    return subprocess.Popen(
        ["timeout", str(JOIN_TIMEOUT_S + seconds), sys.executable, "-m", "locust", "-f", str(_LOCUSTFILE), *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


_LOCUSTFILE = Path(__file__).with_name("locustfile.py")


@contextmanager
def _serving(side: str, learners: int, folder: Path) -> Iterator[tuple[int, str]]:
    """A server of one side: its process and address. Nothing of it is left afterwards."""
    start, stop = _storysign(learners, folder) if side == OURS else _rival(side)
    pid, url = start()
    family = psutil.Process(pid)
    try:
        yield pid, url
    finally:
        started = [family, *family.children(recursive=True)]
        stop()
        _, alive = psutil.wait_procs(started, FAREWELL_S)
        for process in alive:
            process.kill()


Start = Callable[[], tuple[int, str]]


def _storysign(learners: int, folder: Path) -> tuple[Start, Callable[[], Any]]:
    server = ServerProcess(Path(tempfile.mkdtemp(dir=folder)), warm=learners + RESERVE)

    def start() -> tuple[int, str]:
        server.start()
        return server.pid, server.url

    return start, server.stop


def _rival(side: str) -> tuple[Start, Callable[[], Any]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "loadtests.rivals", side, "--port", str(port)],
        env={**os.environ, **ONE_THREAD},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}"

    def start() -> tuple[int, str]:
        deadline_s = time.monotonic() + READY_TIMEOUT_S
        while not any(at.laddr.port == port for at in psutil.Process(process.pid).net_connections("tcp")):
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"the rival {side} did not start")
            time.sleep(0.2)
        return process.pid, url

    return start, process.terminate


def _table(found: Mapping[int, Mapping[str, Any]]) -> Table:
    heads = ("learners", "server", "CPU µs/frame", "cores", "frames/s", "feedback p50, p99 ms", "scored p99", "B/frame")
    table = Table(*heads, title="One run, same scorer, same frames")
    for learners, entry in found.items():
        for side, figures in entry["sides"].items():
            if "failed" in figures:
                table.add_row(str(learners), SIDES[side], figures["failed"])
                continue
            waits = figures["feedback_ms"]
            note = " (generator late)" if figures["why_not_counted"] else ""
            table.add_row(
                str(learners),
                SIDES[side],
                f"{figures['cpu_us_per_frame']:.0f}",
                f"{figures['cores']:.2f}",
                f"{figures['frames_per_s']:.0f}",
                f"{waits.get('p50', float('nan')):.1f}, {waits.get('p99', float('nan')):.1f}{note}",
                f"{figures['scored_ms'].get('p99', float('nan')):.0f}",
                str(figures["bytes_per_frame"]),
            )
        table.add_row("", "  ours over theirs", *(f"{name} {ratio:g}" for name, ratio in entry["ratios"].items()))
    return table


def main() -> None:
    """Measures, prints and writes the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, nargs="+", default=[10, 30, 60, 100])
    parser.add_argument("--seconds", type=float, default=15.0, help="measured for each side and size")
    parser.add_argument("--sides", nargs="+", choices=list(SIDES), default=list(SIDES))
    parser.add_argument("--out", type=Path, default=Path("reports") / "bench.json")
    wish = parser.parse_args()
    tidy_up_on_sigterm()
    report: dict[str, Any] = {"load_before": os.getloadavg(), "cores": os.cpu_count(), "seconds": wish.seconds}
    found: dict[int, dict[str, Any]] = {}
    for learners in wish.learners:
        sides = {}
        for side in wish.sides:
            with tempfile.TemporaryDirectory(prefix="storysign-bench-") as folder:
                print(f"• {learners} learners, {SIDES[side]} …", file=sys.stderr, flush=True)
                sides[side] = measure(side, learners, wish.seconds, Path(folder))
                print(f"  {json.dumps(sides[side])}", file=sys.stderr, flush=True)
        found[learners] = {"sides": sides, "ratios": ratios(sides) if OURS in sides else {}}
    report |= {"load_after": os.getloadavg(), "learners": found, "growth": _growth(found)}
    wish.out.parent.mkdir(parents=True, exist_ok=True)
    wish.out.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    console = Console(width=150)
    console.print(_table(found))
    console.print(f"Our cost a frame, largest size over smallest: {report['growth']}")
    before, after = (" ".join(f"{load:.1f}" for load in report[key]) for key in ("load_before", "load_after"))
    console.print(f"Load of the machine before: {before}; after: {after}")


def _growth(found: Mapping[int, Mapping[str, Any]]) -> float | None:
    costs = [entry["sides"].get(OURS, {}).get("cpu_us_per_frame") for entry in found.values()]
    return round(costs[-1] / costs[0], 3) if len(costs) > 1 and all(costs) else None


if __name__ == "__main__":
    main()
