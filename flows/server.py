"""The address of a server that somebody else has started."""

from __future__ import annotations

import os

from alignment.errors import ConfigError


def api_address() -> str:
    """The address in `PREFECT_API_URL`. Without one, Prefect would start a server of its own.

    Raises:
        ConfigError: if there is none.
    """
    address = os.environ.get("PREFECT_API_URL", "")
    if not address:
        hint = "Set it to the address of the server, such as http://127.0.0.1:4200/api"
        raise ConfigError("got nothing, expected an address", where="PREFECT_API_URL", hint=hint)
    return address
