"""Thin Prefect flows: they wire the stages to Prefect and hold no logic of their own."""
