"""compose.yaml: what can be tried without Docker."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml
from sqlalchemy import make_url

from tests.support import ROOT

SETTINGS = """
import json
from prefect.settings import get_current_settings
print(json.dumps(get_current_settings().server.database.connection_url.get_secret_value()))
"""


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    return services


def test_a_password_may_have_any_character(services: dict[str, Any]) -> None:
    password = "p@ss:w/o?r#d %41$&"
    environment = {
        name: password if "PASSWORD" in name else value
        for name, value in services["server"]["environment"].items()
        if value is not None
    }
    inherited = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
    printed = subprocess.check_output(
        [sys.executable, "-c", SETTINGS], env={**inherited, **environment}, text=True
    )
    url = make_url(json.loads(printed))
    assert url.password == password
    assert (url.drivername, url.host, url.username) == ("postgresql+asyncpg", "database", "prefect")


def test_everything_is_restarted_and_waits_for_what_it_needs(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["restart"] == "unless-stopped", name
        assert service["logging"] == {"driver": "local"}, "the default keeps all log lines for ever"
        for needed, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            assert "healthcheck" in services[needed], needed


def test_configurations_are_not_baked_in(services: dict[str, Any]) -> None:
    for name in ("worker", "watch"):  # the watch renews the forms of the UI
        assert "./configs:/app/configs:ro" in services[name]["volumes"]


def test_the_password_has_no_default(services: dict[str, Any]) -> None:
    assert services["database"]["environment"]["POSTGRES_PASSWORD"].startswith(
        "${POSTGRES_PASSWORD:?"
    )


def test_no_secret_has_a_default(services: dict[str, Any]) -> None:
    """A variable without a value comes from `.env`; an empty login would lock everybody out."""
    for name, service in services.items():
        for variable, value in service.get("environment", {}).items():
            if re.search("PASSWORD|AUTH_STRING|TOKEN", variable):
                assert value is None or str(value).startswith("${POSTGRES_PASSWORD:?"), name
    example = (ROOT / "deploy" / "example.env").read_text()
    assert "\nPOSTGRES_PASSWORD=\n" in example


def test_services_have_no_rights(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert "no-new-privileges:true" in service["security_opt"], name
        if name != "database":  # its entry point changes the owner of its files
            assert service["read_only"] and service["cap_drop"] == ["ALL"], name
            assert service["tmpfs"] == ["/tmp"], name


def test_ports_are_open_on_loopback_only(services: dict[str, Any]) -> None:
    for service in services.values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")
