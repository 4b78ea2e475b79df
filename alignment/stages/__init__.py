"""The stages: each a plain function of (its configuration slice, input artifacts) to an artifact."""
