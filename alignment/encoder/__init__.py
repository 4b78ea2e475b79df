"""Encoders: bring one in, encode text with it, and save it for others to load."""
