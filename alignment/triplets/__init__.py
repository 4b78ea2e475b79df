"""From clean pairs to triplets: meaning groups, mismatched translations, guards, the audit."""
