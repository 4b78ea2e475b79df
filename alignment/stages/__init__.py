"""The stages. Each builds an artifact from its part of the configuration and its input artifacts.

`publish` is the exception: it adds a version to the registry.
"""
