"""What the chosen negatives look like under the base encoder: hardness, similarity, examples."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

Hardness = Literal["easy", "semi-hard", "hard"]
EXAMPLES = 3


def hardness(positive_similarity: float, negative_similarity: float, margin: float) -> Hardness:
    """By cosine distance: hard if the negative is nearer than the positive, semi-hard if within the margin."""
    gap = positive_similarity - negative_similarity  # d(a, n) - d(a, p)
    if gap <= 0:
        return "hard"
    return "semi-hard" if gap < margin else "easy"


def describe(triplets: Iterable[dict[str, Any]], margin: float) -> dict[str, Any]:
    """Per strategy: count, hardness shares, mean similarities and a few examples."""
    found: dict[str, dict[str, Any]] = {}
    for row in triplets:
        own = found.setdefault(
            row["strategy"],
            {
                "count": 0,
                "easy": 0,
                "semi-hard": 0,
                "hard": 0,
                "positive_similarity": 0.0,
                "negative_similarity": 0.0,
                "examples": [],
            },
        )
        own["count"] += 1
        if row["positive_similarity"] is None:  # ready triplets are not measured under the base encoder
            continue
        own[hardness(row["positive_similarity"], row["negative_similarity"], margin)] += 1
        own["positive_similarity"] += row["positive_similarity"]
        own["negative_similarity"] += row["negative_similarity"]
        if len(own["examples"]) < EXAMPLES and int(row["pair_id"][:4], 16) % 16 == 0:  # spread over the corpus
            own["examples"].append({key: row[key] for key in ("anchor", "positive", "negative", "rank", "chrf")})
    for own in found.values():
        for key in ("positive_similarity", "negative_similarity"):
            own[key] = round(own[key] / own["count"], 4)
    return found
