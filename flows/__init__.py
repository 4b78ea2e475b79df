"""Thin Prefect flows: they wire the stages to Prefect and hold no logic themselves.

Importing this package sets environment variables, because Prefect reads them when it is imported,
and every module of the package imports it. It writes no file.
"""

import sys
import warnings

from alignment.errors import ConfigError
from alignment.extras import require
from flows import environment

environment.set_defaults()  # before `require`, which imports Prefect
try:
    with warnings.catch_warnings():
        # The workspace may not exist yet; `environment.create_home` creates both directories.
        warnings.filterwarnings("ignore", message="Failed to create the Prefect home directory")
        require("prefect", "prefect", "flows")
except ConfigError as error:
    if sys.argv[0] != "-m":  # imported, not run by `python -m flows.serve`
        raise
    sys.stderr.write(f"error: {error}\n")
    sys.exit(error.exit_code)
