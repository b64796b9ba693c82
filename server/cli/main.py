"""The command ``storysign``. A command's module is imported only when it is the one that was asked for."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

import typer

from server.config import Settings

_OWN_PACKAGES = frozenset({"protocol", "storage", "actors", "server", "loadtests"})


@dataclass(frozen=True, slots=True)
class _Entry:
    """A command, where it lives, and its line in ``storysign --help``."""

    name: str
    module: str
    attribute: str
    help: str


ENTRIES = (
    _Entry("serve", "server.cli.serve", "serve", "Start a server on this machine; Ctrl-C stops it."),
    _Entry("drain", "server.cli.drain", "drain", "Have a server hand its learners on, save everything, and stop."),
    _Entry("practice", "server.cli.practice", "practice", "Practise with recorded clips in place of a camera."),
    _Entry("signs", "server.cli.signs", "app", "The reference library: import, list, show and remove signs."),
    _Entry("models", "server.cli.models", "app", "Fetch and check the MediaPipe models and the starter recordings."),
    _Entry("migrate", "server.cli.migrate", "app", "The database's schema: up, down, status, verify."),
    _Entry("progress", "server.cli.progress", "app", "Check what was added up against the attempts; repair it."),
    _Entry("learner", "server.cli.learner", "app", "Export or delete all of one learner's data; set the role."),
    _Entry("seed-demo", "server.cli.seed_demo", "seed_demo", "Fill a database with made-up learners."),
    _Entry("eval", "server.cli.evaluate", "app", "Measure how well signs are told apart."),
)


def build_app(wanted: str | None) -> typer.Typer:
    """The whole command tree, of which only the command ``wanted`` is really there; the others show their help line."""
    app = typer.Typer(
        name="storysign",
        help="Live practice and progress for people who learn American Sign Language.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @app.callback()
    def root() -> None:
        pass

    for entry in ENTRIES:
        found = getattr(importlib.import_module(entry.module), entry.attribute) if entry.name == wanted else _not_loaded
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=entry.name, help=entry.help)
        else:
            app.command(entry.name, help=entry.help if found is _not_loaded else None)(found)
    return app


def main() -> None:
    """Entry point. Whatever goes wrong ends as one sentence on stderr and an exit status that is not 0."""
    # Matrices are small here: a second thread for arithmetic would mostly wait, and burn a processor while it does.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    wanted = next((word for word in sys.argv[1:] if not word.startswith("-")), None)
    try:
        build_app(wanted)()
    except Exception as error:  # the last line of defence of a command line
        typer.echo(sentence(error), err=True)
        sys.exit(1)


def sentence(error: Exception) -> str:
    """What a person is told: our own errors carry their sentence, those of the system are put into one."""
    if type(error).__module__.split(".")[0] in _OWN_PACKAGES:
        return " ".join(str(error).split())
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"The system refuses: {where}{error.strerror}."
    kept = _keep_trace(error)
    return f"StorySign has failed ({type(error).__name__}: {' '.join(str(error).split())}); {kept}."


def _keep_trace(error: Exception) -> str:
    """Whoever looks for the fault needs the trace, whoever uses the command does not."""
    file = Path(Settings.from_environment().state_dir) / "last-failure.txt"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(traceback.format_exception(error)))
    except OSError as reason:
        return f"the details could not be written to {file} ({reason.strerror})"
    return f"the details are in {file}"


def _not_loaded() -> None:
    """Stands for a command that was not asked for."""
