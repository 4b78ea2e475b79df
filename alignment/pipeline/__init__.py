"""Wires the stages into a run, for every runner."""
