"""``make load``: a class of synthetic learners against a server of its own, and what the server used meanwhile.

Starts ``storysign serve`` in a folder of its own, runs locust headless with one of the shapes, and adds processor
time a frame and memory a session over time to the report.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from loadtests import samples as names
from loadtests.processes import CpuMeter, MemoryMeter, frame_costs, tidy_up_on_sigterm
from loadtests.samples import Samples
from loadtests.shapes import SHAPES
from tests.support.server_process import ServerProcess

SAMPLE_S = 2.0
MEMORY_EVERY_S = 10.0
ENROL_S = 300
_ONCE_JOINED = ("steady", "wifi", "soak")
"""Shapes whose time begins when everyone is there; in the others the coming together is what is measured."""


@contextmanager
def own_server(warm: int) -> Iterator[ServerProcess]:
    """A server with an empty database; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="storysign-load-") as folder:
        server = ServerProcess(Path(folder), warm=warm)
        try:
            server.start()
            yield server
        finally:
            if server.running:
                server.stop()
            server.kill()


def run(server: ServerProcess, wish: argparse.Namespace) -> tuple[int, dict[str, Any]]:
    """One run: locust's exit status, and the report with the server's costs in it."""
    reports: Path = wish.reports
    words = ["--headless", "-H", server.url, "-u", str(wish.learners), "-t", f"{wish.seconds:g}s"]
    words += ["--shape", wish.shape, "--seed", str(wish.seed), "--frame-rate", str(wish.frame_rate)]
    words += ["--reports", str(reports), "--only-summary"]
    words += ["--once-joined"] if wish.shape in _ONCE_JOINED else []
    locustfile = str(Path(__file__).with_name("locustfile.py"))
    limit = ["timeout", str(wish.seconds + ENROL_S)]
    generator = subprocess.Popen([*limit, sys.executable, "-m", "locust", "-f", locustfile, *words])
    cpu, memory = CpuMeter(server.pid), MemoryMeter(server.pid)
    load_before, memory_due_s = os.getloadavg(), 0.0
    try:
        while generator.poll() is None:
            cpu.sample()
            if time.monotonic() >= memory_due_s:
                memory.sample()
                memory_due_s = time.monotonic() + MEMORY_EVERY_S
            time.sleep(SAMPLE_S)
    finally:
        generator.terminate()
    file = reports / f"load-{wish.shape}.json"
    report = json.loads(file.read_text("utf-8"))
    samples = Samples.load(reports / f"load-{wish.shape}.samples.npz")
    report["machine_load"] = {"before": load_before, "after": os.getloadavg()}
    report["server"] = _costs(samples, cpu) | {"memory": memory.report()}
    file.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return generator.returncode, report


def _costs(samples: Samples, cpu: CpuMeter) -> dict[str, Any]:
    """Processor time a frame while frames were sent."""
    sent_s = samples.times_s(names.FRAMES)
    if len(sent_s) < 2:
        return {}
    return frame_costs(samples, *cpu.between(float(sent_s[0]), float(sent_s[-1])))


def main() -> None:
    """Runs and prints; the exit status is that of the run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=list(SHAPES), default="steady")
    parser.add_argument("--learners", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--frame-rate", type=float, default=30.0, help="of every camera, Hz; 0: each has its own")
    parser.add_argument("--warm", type=int, help="session actors kept ready [bell: one for each, else 4]")
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    wish = parser.parse_args()
    tidy_up_on_sigterm()
    if wish.warm is None:
        wish.warm = wish.learners if wish.shape == "bell" else 4
    with own_server(wish.warm) as server:
        status, report = run(server, wish)
    for name, figures in report["latency_ms"].items():
        p50, p99, most = (figures[key] for key in ("p50", "p99", "max"))
        print(f"{name:40s} p50 {p50:9.1f}  p99 {p99:9.1f}  most {most:9.1f} ms of {figures['count']}")
    print(f"marks against skill: {report['marks']['rank_correlation']}")
    print(f"server: {report['server']}")
    print(f"{wish.reports / f'load-{wish.shape}'}.html has the plots")
    sys.exit(status)


if __name__ == "__main__":
    main()
