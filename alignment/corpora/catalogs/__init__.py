"""Readers of message catalogs, one module per format."""
