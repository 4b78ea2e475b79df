"""Encoders: load one, encode text with it, and save it for others to load."""
