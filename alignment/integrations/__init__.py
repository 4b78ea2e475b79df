"""Copies of runs and versions on other servers: MLflow and the Hugging Face Hub."""
