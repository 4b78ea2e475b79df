"""The functions behind `import alignment`: the pipeline's steps on plain texts."""
