"""From raw pairs to clean ones: normalise, filter with a reason, deduplicate, keep suites apart."""
