"""What a run costs by the size of its corpus: used by `benchmarks.cost_model`."""
