"""Settings come from defaults, then the environment, then the command line; a wrong one is named in a sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from server.config import ENVIRONMENT, ConfigError, Settings

HOME = {"HOME": "/home/ann"}


def test_defaults_need_nothing_but_a_home():
    settings = Settings.from_environment(HOME)
    assert (settings.host, settings.port) == ("127.0.0.1", 8400)
    assert settings.database_url == "sqlite:////home/ann/.local/share/storysign/storysign.db"
    assert settings.models_dir == Path("/home/ann/.cache/storysign/models")
    assert settings.state_dir == Path("/home/ann/.local/state/storysign")


def test_xdg_folders_move_everything_and_relative_ones_are_ignored():
    environ = HOME | {
        "XDG_DATA_HOME": "/d",
        "XDG_CACHE_HOME": "/c",
        "XDG_STATE_HOME": "relative",
    }
    settings = Settings.from_environment(environ)
    assert settings.database_url == "sqlite:////d/storysign/storysign.db"
    assert settings.models_dir == Path("/c/storysign/models")
    assert settings.state_dir == Path("/home/ann/.local/state/storysign")


def test_the_command_line_goes_before_the_environment():
    environ = HOME | {"STORYSIGN_PORT": "9000", "STORYSIGN_WARM": "7"}
    settings = Settings.from_environment(environ, port=9100, warm_actors=None)
    assert (settings.port, settings.warm_actors) == (9100, 7)


def test_every_variable_fills_a_setting():
    assert set(ENVIRONMENT.values()) <= set(Settings.model_fields)


def test_every_variable_is_explained_to_operators():
    page = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
    table = "".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `STORYSIGN_"))
    assert set(re.findall("STORYSIGN_[A-Z_]+", table)) == set(ENVIRONMENT)


@pytest.mark.parametrize(
    ("variable", "value"), [("STORYSIGN_PORT", "eighty"), ("STORYSIGN_PORT", "70000"), ("STORYSIGN_WARM", "-1")]
)
def test_a_wrong_value_is_named(variable: str, value: str):
    with pytest.raises(ConfigError, match=variable) as caught:
        Settings.from_environment(HOME | {variable: value})
    assert "\n" not in str(caught.value)


def test_only_our_own_pages_and_configured_origins_may_call():
    settings = Settings.from_environment(HOME | {"STORYSIGN_ORIGINS": "https://learn.example/, https://b.example"})
    assert {"http://127.0.0.1:8400", "http://localhost:8400", "https://learn.example"} <= settings.origins
    assert "https://b.example" in settings.origins
    assert "http://127.0.0.1:8401" not in settings.origins
    assert "null" not in settings.origins


def test_a_server_for_the_network_does_not_trust_localhost_by_itself():
    settings = Settings.from_environment(HOME, host="192.0.2.7", public_url="https://sign.example/")
    assert settings.origins == {"http://192.0.2.7:8400", "https://sign.example"}
    assert settings.base_url == "https://sign.example"


def test_a_server_on_every_address_is_this_machine_as_well():
    settings = Settings.from_environment(HOME, host="0.0.0.0")
    assert "http://localhost:8400" in settings.origins


def test_addresses_of_ipv6_stand_in_brackets():
    assert Settings.from_environment(HOME, host="::1").base_url == "http://[::1]:8400"


def test_relative_places_are_meant_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment(HOME | {"STORYSIGN_MODELS": "m"}, database_url="sqlite:///data/a.db")
    assert settings.database_url == f"sqlite:///{tmp_path}/data/a.db"
    assert settings.models_dir == tmp_path / "m"
