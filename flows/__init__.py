"""Thin Prefect flows: they wire the stages to Prefect and hold no logic themselves.

Importing this package sets environment variables, because Prefect reads them when it is imported,
and every module of the package imports it. It writes no file.
"""

from alignment.extras import require
from flows import environment

require("prefect", "prefect", "flows")

environment.set_defaults()
