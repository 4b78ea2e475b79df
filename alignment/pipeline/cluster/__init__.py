"""Runs stages as tasks of a Ray cluster. Only this package imports ray."""
