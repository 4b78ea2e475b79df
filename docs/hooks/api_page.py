"""The reference of the Python API, which mkdocstrings fills in."""

from __future__ import annotations

import alignment

API_GROUPS = {
    "Run the pipeline": "run load_config Config Workspace Outcome StepMetrics",
    "Encode": "load_encoder Encoder TextEncoder",
    "Read corpora": "read_pairs SentencePair",
    "Mine hard negatives": "mine_hard_negatives HardNegatives",
    "Measure": "evaluate EvaluationReport LanguageReport retrieve nearest wilson",
    "Gate": "gate_languages Approved Rejected Finding sign_test",
    "Train with the losses": "triplet_loss infonce_loss",
    "Published models": "Registry",
    "Errors": (
        "AlignmentError ConfigError SourceError DataError ArtifactError TrainingError RegistryError"
    ),
}
"""The public names by task."""


def api_page() -> str:
    """Every public name, grouped by task."""
    lines = [
        "# Python API",
        "",
        "`import alignment` loads nothing heavy; each name is imported when it is first used.",
        "[Use it from Python](../how-to/use-from-python.md) shows how they work together.",
        "",
    ]
    grouped: list[str] = []
    for title, names in API_GROUPS.items():
        lines += [f"## {title}", ""]
        for name in names.split():
            value = getattr(alignment, name)
            lines += [f"::: {value.__module__}.{value.__name__}", ""]
            grouped.append(name)
    if sorted(grouped) != sorted(alignment.__all__):
        difference = set(grouped) ^ set(alignment.__all__)
        raise RuntimeError(f"API_GROUPS here and alignment.__all__ differ: {difference}")
    return "\n".join(lines) + "\n"
