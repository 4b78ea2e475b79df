"""Thin Prefect flows: they wire the stages to Prefect and hold no logic of their own.

Importing the package applies our settings first, because Prefect reads its own when it is imported.
"""

from flows import environment

environment.apply()
