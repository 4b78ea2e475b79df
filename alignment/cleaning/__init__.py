"""From raw pairs to clean ones: normalize, filter with a reason, deduplicate, keep suites apart."""
