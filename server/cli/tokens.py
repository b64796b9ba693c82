"""The guest that this machine's user is at each server, so that the same learner goes on next time."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path


class TokenFile:
    """Bearer tokens by the address of their server, in a file that this user alone can read (mode 0600)."""

    def __init__(self, state_dir: Path) -> None:
        self._file = state_dir / "guests.json"

    def get(self, url: str) -> str | None:
        """The token for a server; None where there is none, or the file cannot be used."""
        token = self._read().get(url)
        return token if isinstance(token, str) else None

    def put(self, url: str, token: str) -> None:
        """Keeps a token; the file is replaced in one step. Raises OSError."""
        tokens = self._read() | {url: token}
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._file.with_name(f".{self._file.name}.{secrets.token_hex(4)}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as out:
                json.dump(tokens, out, indent=1)
            new.replace(self._file)
        except BaseException:
            new.unlink(missing_ok=True)
            raise

    def _read(self) -> dict[str, object]:
        try:
            tokens = json.loads(self._file.read_text())
        except (OSError, ValueError):
            return {}
        return tokens if isinstance(tokens, dict) else {}
