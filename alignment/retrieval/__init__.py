"""Bitext retrieval: arrays in, numbers out."""
