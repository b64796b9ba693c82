"""What an operator can set, and the only place that reads the environment.

Every setting has a working default for one person on one machine. Folders follow the XDG base directory
specification: data that must not be lost under ``XDG_DATA_HOME``, what can be fetched again under ``XDG_CACHE_HOME``,
what belongs to this machine under ``XDG_STATE_HOME``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

APPLICATION = "storysign"
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8400
DEFAULT_URL = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"
_SQLITE = "sqlite:///"
_REACHED_AS_LOCALHOST = frozenset({"127.0.0.1", "::1", "localhost", "0.0.0.0", "::"})

ENVIRONMENT: Mapping[str, str] = {
    "STORYSIGN_HOST": "host",
    "STORYSIGN_PORT": "port",
    "STORYSIGN_DATABASE": "database_url",
    "STORYSIGN_WARM": "warm_actors",
    "STORYSIGN_RESERVE": "reserve_actors",
    "STORYSIGN_MAX_SESSIONS": "max_sessions",
    "STORYSIGN_LATE_SHARE_MAX": "late_share_max",
    "STORYSIGN_RAY_ADDRESS": "ray_address",
    "STORYSIGN_MODELS": "models_dir",
    "STORYSIGN_STATE": "state_dir",
    "STORYSIGN_ORIGINS": "allowed_origins",
    "STORYSIGN_PUBLIC_URL": "public_url",
    "STORYSIGN_TICKET_TTL_MS": "ticket_ttl_ms",
    "STORYSIGN_CONNECTION_IDLE_MS": "connection_idle_ms",
    "STORYSIGN_PASSIVATE_AFTER_MS": "passivate_after_ms",
    "STORYSIGN_DRAIN_MS": "drain_ms",
    "STORYSIGN_REQUEST_BODY_MAX_BYTES": "request_body_max_bytes",
}
"""Which environment variable fills which setting; origins are separated by commas."""


class ConfigError(ValueError):
    """A setting is wrong; the text names it and says what it should be."""


class Settings(BaseModel):
    """All settings of one server process. Times in ms, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default=DEFAULT_HOST, description="address to listen on")
    port: int = Field(default=DEFAULT_PORT, ge=0, le=65_535, description="port to listen on; 0 takes a free one")
    database_url: str = Field(description="where the data is kept, such as sqlite:///PATH")
    warm_actors: int = Field(
        default=2, ge=0, le=1_000, description="session actors that are started beforehand and used up as learners come"
    )
    reserve_actors: int = Field(
        default=2, ge=0, le=100, description="blank session actors that are kept ready in the long run"
    )
    max_sessions: int | None = Field(
        default=None, ge=1, le=10_000, description="live sessions at most; none: as many as memory has room for"
    )
    late_share_max: float = Field(
        default=0.05, ge=0, le=1, description="share of marks that may come late before newcomers wait; 1: any"
    )
    ray_address: str | None = Field(default=None, description="a running Ray cluster; none starts one in this machine")
    public_url: str | None = Field(
        default=None, pattern=r"^https?://", description="address that learners see when a proxy stands in front"
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(), description="origins of browsers' pages, beside this server's own, that may use it"
    )

    models_dir: Path = Field(description="MediaPipe's model files")
    state_dir: Path = Field(description="what belongs to this machine: tokens of guests, logs")

    ticket_ttl_ms: int = Field(default=300_000, gt=0, description="how long a ticket for the stream can be used")
    connection_idle_ms: int = Field(default=900_000, gt=0, description="silence after which a connection is closed")
    passivate_after_ms: int = Field(
        default=60_000, gt=0, description="time without a connection after which a session's actor is freed"
    )
    drain_ms: int = Field(default=15_000, gt=0, description="time that a closing server gives its sessions to flush")
    request_body_max_bytes: int = Field(default=65_536, gt=0, description="largest body of a REST request")

    @field_validator("database_url")
    @classmethod
    def _absolute_database(cls, url: str) -> str:
        """Ray's workers have another working folder, so what is meant from here has to be said in full."""
        return _SQLITE + str(Path(url.removeprefix(_SQLITE)).absolute()) if url.startswith(_SQLITE) else url

    @field_validator("models_dir", "state_dir")
    @classmethod
    def _absolute_folder(cls, folder: Path) -> Path:
        return folder.absolute()

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Defaults, then the environment, then ``overrides`` that are not None. Raises ConfigError."""
        environ = os.environ if environ is None else environ
        values: dict[str, Any] = _folders(environ)
        values |= {field: environ[name] for name, field in ENVIRONMENT.items() if environ.get(name)}
        values |= {field: value for field, value in overrides.items() if value is not None}
        if isinstance(values.get("allowed_origins"), str):
            values["allowed_origins"] = tuple(filter(None, map(str.strip, values["allowed_origins"].split(","))))
        try:
            return cls(**values)
        except ValidationError as error:
            raise ConfigError(_sentence(error)) from None

    def with_port(self, port: int) -> Settings:
        """The same settings with the port that was really bound."""
        return self.model_copy(update={"port": port})

    @property
    def base_url(self) -> str:
        """Address of the server as its users see it, without a slash at the end."""
        return (self.public_url or f"http://{_in_url(self.host)}:{self.port}").rstrip("/")

    @property
    def origins(self) -> frozenset[str]:
        """Exactly these origins of a browser's page may use REST and stream: our own pages and the configured ones."""
        own = {f"http://{_in_url(self.host)}:{self.port}", self.base_url}
        if self.host in _REACHED_AS_LOCALHOST:
            own |= {f"http://{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        return frozenset(own | {origin.rstrip("/") for origin in self.allowed_origins})


def _folders(environ: Mapping[str, str]) -> dict[str, Any]:
    home = Path(environ.get("HOME") or Path.home())
    data = _xdg(environ, "XDG_DATA_HOME", home / ".local" / "share")
    return {
        "database_url": f"sqlite:///{data / 'storysign.db'}",
        "models_dir": _xdg(environ, "XDG_CACHE_HOME", home / ".cache") / "models",
        "state_dir": _xdg(environ, "XDG_STATE_HOME", home / ".local" / "state"),
    }


def _xdg(environ: Mapping[str, str], name: str, default: Path) -> Path:
    """The specification says that relative paths are to be ignored."""
    value = environ.get(name, "")
    return (Path(value) if value.startswith("/") else default) / APPLICATION


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _sentence(error: ValidationError) -> str:
    names = {field: name for name, field in ENVIRONMENT.items()}
    first = error.errors()[0]
    field = str(first["loc"][0]) if first["loc"] else "settings"
    variable = f" (environment variable {names[field]})" if field in names else ""
    return f"The setting '{field}'{variable} cannot be {first['input']!r}: {first['msg']}."
