"""Unit tests are about plain classes: whoever needs a cluster is not a unit."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
import ray


@pytest.fixture(autouse=True)
def no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes ``ray.init`` raise, also when a remote call would start Ray by itself."""

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("a unit test must not start Ray")

    monkeypatch.setattr(ray, "init", refuse)
    monkeypatch.setattr("ray._private.auto_init_hook.auto_init_ray", refuse)
