"""The functions behind `import alignment`: the pipeline's steps for use from Python, on plain texts."""
