"""All that is kept of one learner as a zip file to take along."""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from collections.abc import Mapping
from typing import Any, BinaryIO

SECRET = "token_hash"
LANDMARKS = "landmark_data"
_ABOUT = """One learner's data, exported from StorySign.

One file a table, one JSON object a line. Ids are hexadecimal; times are Unix time in milliseconds, UTC; marks are whole
numbers of 1/10,000; experience points whole numbers of 1/100. landmarks/SESSION-ATTEMPT.blob holds the landmarks of
an attempt (format: StorySign's docs/storage.md).
"""


def write_zip(file: BinaryIO, tables: Mapping[str, list[dict[str, Any]]]) -> None:
    """Writes the tables of ``Upkeep.export_learner`` as JSON lines, landmarks as files of their own."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _ABOUT)
        for table, rows in sorted(tables.items()):
            lines = []
            for row in rows:
                if LANDMARKS in row:
                    name = f"landmarks/{bytes(row['session_id']).hex()}-{row['attempt_number']}.blob"
                    archive.writestr(name, bytes(row[LANDMARKS]))
                    row = row | {LANDMARKS: name}
                lines.append(json.dumps({key: _plain(value) for key, value in row.items() if key != SECRET}) + "\n")
            archive.writestr(f"{table}.jsonl", "".join(lines))


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, dt.date) else value
