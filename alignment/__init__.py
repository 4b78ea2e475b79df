"""Cross-lingual alignment: from parallel corpora to a better multilingual sentence encoder.

    import alignment

    outcome = alignment.run("configs/quickstart.yaml", workspace="workspace")
    encoder = alignment.load_encoder("workspace/registry/quickstart/champion")
    vectors = encoder.encode(["Bore da", "Good morning"])
    negatives = alignment.mine_hard_negatives(sources, targets, encoder)
    report = alignment.evaluate(encoder, {"cy": pairs})

Every name in `__all__` is imported when it is first used, so `import alignment` loads neither
torch nor numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alignment.lazy import importer

if TYPE_CHECKING:
    from alignment.api.evaluation import EvaluationReport, LanguageReport, evaluate
    from alignment.api.gate import gate_languages
    from alignment.api.negatives import HardNegatives, mine_hard_negatives
    from alignment.api.run import run
    from alignment.api.vectors import TextEncoder
    from alignment.config import Config, load_config
    from alignment.corpora.read import read_pairs
    from alignment.encoder.directory import load_encoder
    from alignment.encoder.encoder import Encoder
    from alignment.errors import (
        AlignmentError,
        ArtifactError,
        ConfigError,
        DataError,
        RegistryError,
        SourceError,
        TrainingError,
    )
    from alignment.gate import sign_test, wilson
    from alignment.pipeline.run import Outcome
    from alignment.pipeline.workspace import Workspace
    from alignment.registry import Registry
    from alignment.retrieval.metrics import retrieve
    from alignment.retrieval.neighbors import nearest
    from alignment.training.losses import infonce_loss, triplet_loss
    from alignment.types import Approved, Finding, Rejected, SentencePair, StepMetrics

__version__ = "0.1.0"

__all__ = [
    "AlignmentError",
    "Approved",
    "ArtifactError",
    "Config",
    "ConfigError",
    "DataError",
    "Encoder",
    "EvaluationReport",
    "Finding",
    "HardNegatives",
    "LanguageReport",
    "Outcome",
    "Registry",
    "RegistryError",
    "Rejected",
    "SentencePair",
    "SourceError",
    "StepMetrics",
    "TextEncoder",
    "TrainingError",
    "Workspace",
    "evaluate",
    "gate_languages",
    "infonce_loss",
    "load_config",
    "load_encoder",
    "mine_hard_negatives",
    "nearest",
    "read_pairs",
    "retrieve",
    "run",
    "sign_test",
    "triplet_loss",
    "wilson",
]

_MODULES = {
    "alignment.api.evaluation": ("EvaluationReport", "LanguageReport", "evaluate"),
    "alignment.api.gate": ("gate_languages",),
    "alignment.api.negatives": ("HardNegatives", "mine_hard_negatives"),
    "alignment.api.run": ("run",),
    "alignment.api.vectors": ("TextEncoder",),
    "alignment.config": ("Config", "load_config"),
    "alignment.corpora.read": ("read_pairs",),
    "alignment.encoder.directory": ("load_encoder",),
    "alignment.encoder.encoder": ("Encoder",),
    "alignment.errors": (
        "AlignmentError",
        "ArtifactError",
        "ConfigError",
        "DataError",
        "RegistryError",
        "SourceError",
        "TrainingError",
    ),
    "alignment.gate": ("sign_test", "wilson"),
    "alignment.pipeline.run": ("Outcome",),
    "alignment.pipeline.workspace": ("Workspace",),
    "alignment.registry": ("Registry",),
    "alignment.retrieval.metrics": ("retrieve",),
    "alignment.retrieval.neighbors": ("nearest",),
    "alignment.training.losses": ("infonce_loss", "triplet_loss"),
    "alignment.types": ("Approved", "Finding", "Rejected", "SentencePair", "StepMetrics"),
}

if not TYPE_CHECKING:
    __getattr__ = importer(__name__, _MODULES)

    def __dir__() -> list[str]:
        """The public names, imported or not."""
        return sorted({*globals(), *__all__})
