"""From raw pairs to clean ones: normalize, filter, deduplicate, keep evaluation suites out."""
