"""Readers of message catalogs, one module per format.

To add a format with one file per language, write a function `(name, data, on_skip) -> Texts` and
add its suffix to `alignment.corpora.catalog`.
"""
