"""What a person sees of a practice session in a terminal: provisional marks while signing, then what came of it."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from protocol.messages import AttemptResult, Feedback, SkillProgress

_BAR_CELLS = 20
_GOOD, _FAIR = 0.70, 0.40
_REFRESH_HZ = 10
_SIGNS_OF = {"praise": ("✓", "green"), "correction": ("•", "yellow"), "cannot_judge": ("?", "magenta")}


class PracticeView:
    """Draws on one console. Live marks are drawn only where it is a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._title = ""
        self._glosses: list[str] = []

    def say(self, text: str, style: str = "") -> None:
        """One line."""
        self._console.print(Text(text, style=style), soft_wrap=True)

    def begin_attempt(self, number: int, sentence: str, glosses: list[str]) -> None:
        """The learner starts to sign a sentence."""
        self._title = f"Attempt {number}: {sentence}"
        self._glosses = glosses
        self.say(self._title, "bold")
        if self._console.is_terminal:
            self._live = Live(console=self._console, refresh_per_second=_REFRESH_HZ, transient=True)
            self._live.start()

    def feedback(self, marks: Feedback) -> None:
        """Provisional marks."""
        if self._live is not None:
            self._live.update(_provisional(marks, self._glosses))

    def end_attempt(self) -> None:
        """The learner has finished; the live marks go."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def result(self, result: AttemptResult) -> None:
        """An attempt's marks and findings."""
        whole = {name: getattr(result, name) for name in ("score", "accuracy", "confidence", "fluency")}
        for marks in (whole, result.parameters):
            line = Text("  ")
            for name, mark in marks.items():
                line.append_text(Text.assemble(f"{name} ", _mark(mark), "   "))
            self._console.print(line, soft_wrap=True)
        for finding in result.findings:
            sign, style = _SIGNS_OF[finding.kind]
            where = f"{finding.start_ms / 1_000:.1f}–{finding.end_ms / 1_000:.1f} s"
            self._console.print(Text(f"  {sign} {where}  {finding.text}", style=style), soft_wrap=True)

    def progress(self, skills: list[SkillProgress]) -> None:
        """Where the learner stands now."""
        table = Table(show_edge=False, pad_edge=False, title="Progress", title_justify="left")
        for column in ("skill", "level", "experience", "attempts", "successful", "average", "streak"):
            table.add_column(column, justify="left" if column == "skill" else "right")
        for skill in skills:
            table.add_row(
                skill.skill_area,
                f"{skill.level:.1f}",
                f"{skill.experience_points:.2f}",
                str(skill.total_attempts),
                str(skill.successful_attempts),
                _mark(skill.average_score),
                f"{skill.learning_streak} d",
            )
        self._console.print(table)


def _provisional(marks: Feedback, glosses: list[str]) -> Group:
    sentence = Text("  ")
    for index, gloss in enumerate(glosses):
        sentence.append(gloss, style="bold reverse" if index == marks.i else "dim")
        sentence.append(" ")
    left, right, body = marks.seen
    unseen = [name for name, seen in (("left hand", left), ("right hand", right), ("body", body)) if not seen]
    lines = [sentence, _bar("done", marks.p), _bar("overall", marks.o), *_bars(marks.m)]
    if unseen:
        lines.append(Text(f"  not in view: {', '.join(unseen)}", style="dim"))
    if marks.hint:
        lines.append(Text(f"  look at: {marks.hint.replace('_', ' ')}", style="yellow"))
    return Group(*lines)


def _bars(marks: Mapping[str, float | None]) -> list[Text]:
    return [_bar(name, mark) for name, mark in marks.items()]


def _bar(name: str, mark: float | None) -> Text:
    filled = round((mark or 0.0) * _BAR_CELLS)
    text = Text(f"  {name:<12}")
    text.append("━" * filled, style=_style(mark))
    text.append("━" * (_BAR_CELLS - filled), style="grey30")
    text.append(f" {_mark(mark).plain}")
    return text


def _mark(mark: float | None) -> Text:
    return Text("–", style="dim") if mark is None else Text(f"{mark:.2f}", style=_style(mark))


def _style(mark: float | None) -> str:
    if mark is None:
        return "dim"
    return "green" if mark >= _GOOD else "yellow" if mark >= _FAIR else "red"
