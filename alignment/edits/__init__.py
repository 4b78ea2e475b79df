"""Copies of a sentence with another meaning: hard negatives, and the hard pool of a suite."""
