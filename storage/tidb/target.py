"""A ``mysql://`` URL: where the database is and how it is spoken to.

    mysql://USER:PASSWORD@HOST:PORT/DATABASE?ca=FILE&pool=8&deadline_s=10
    mysql://USER@localhost/DATABASE?socket=/run/mysqld/mysqld.sock

``ca``: the certificate authority that must have signed the server's certificate; ``tls=system`` trusts the system's
authorities instead. Without either the connection is not encrypted, which is right for a socket or a private network
only.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from storage.errors import StoreUnusable

SCHEME = "mysql"
DEFAULT_PORT = 4000
DEFAULT_POOL = 8
DEFAULT_DEADLINE_S = 10.0
_OPTIONS = {"ca", "tls", "pool", "deadline_s", "socket"}


@dataclass(frozen=True, slots=True)
class Target:
    """``deadline_s`` bounds every transaction, connecting included; ``pool`` is connections for each of read, write."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    socket: str | None = None
    ca: str | None = None
    system_tls: bool = False
    pool: int = DEFAULT_POOL
    deadline_s: float = DEFAULT_DEADLINE_S

    @property
    def where(self) -> str:
        """For messages: no user, no password."""
        return f"{self.database} at {self.socket or f'{self.host}:{self.port}'}"

    def ssl_context(self) -> ssl.SSLContext | None:
        """Verifies certificate and host name. Raises StoreUnusable for a file that holds no certificate."""
        if self.ca is None and not self.system_tls:
            return None
        try:
            return ssl.create_default_context(cafile=self.ca)
        except (OSError, ssl.SSLError) as error:
            raise StoreUnusable(f"{self.ca} can not be read as the certificate of an authority: {error}") from error

    def connect_arguments(self) -> dict[str, Any]:
        """For asyncmy."""
        place = {"unix_socket": self.socket} if self.socket else {"host": self.host, "port": self.port}
        return {
            **place,
            "user": self.user,
            "password": self.password,
            "database": self.database,
            "ssl": self.ssl_context(),
            "connect_timeout": self.deadline_s,
        }


def parse(url: str) -> Target:
    """Reads the URL. Raises StoreUnusable, in words, for a wrong one."""
    try:
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
        unknown = options.keys() - _OPTIONS
        if parts.scheme != SCHEME or unknown or not parts.hostname or len(parts.path) < 2 or "/" in parts.path[1:]:
            raise ValueError(f"unknown option {', '.join(sorted(unknown))}" if unknown else "a part is missing")
        if options.get("tls", "system") != "system":
            raise ValueError("tls can only be `system`")
        target = Target(
            host=parts.hostname,
            port=parts.port or DEFAULT_PORT,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=unquote(parts.path[1:]),
            socket=options.get("socket"),
            ca=options.get("ca"),
            system_tls="tls" in options,
            pool=int(options.get("pool", DEFAULT_POOL)),
            deadline_s=float(options.get("deadline_s", DEFAULT_DEADLINE_S)),
        )
        if target.pool < 1 or not 0 < target.deadline_s < 3600:
            raise ValueError("pool and deadline_s must be positive")
        return target
    except ValueError as error:
        raise StoreUnusable(
            f"the database URL is wrong ({error}); it reads"
            " mysql://USER:PASSWORD@HOST:PORT/DATABASE?ca=FILE&pool=8&deadline_s=10"
        ) from error
