"""From clean pairs to triplets: meaning groups, candidates, guards, edited negatives, audit."""
