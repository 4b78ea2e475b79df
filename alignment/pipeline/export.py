"""Export an encoder to ONNX, verify it, measure it by language, and refuse it if it lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from alignment.errors import ConfigError
from alignment.files import remove, replace_durably, sync_tree
from alignment.pipeline.export_suites import Suite
from alignment.pipeline.measure import LanguageScores, measure_encoder
from alignment.pipeline.search import FoundModel, Models

if TYPE_CHECKING:
    from alignment.encoder.encoder import Encoder
    from alignment.encoder.onnx.files import Precision
    from alignment.encoder.onnx.runtime import OnnxEncoder

Format = Literal["onnx", "onnx-int8"]
PRECISIONS: Mapping[Format, Precision] = {"onnx": "fp32", "onnx-int8": "int8"}


@dataclass(frozen=True)
class ExportScore:
    """Accuracy@1 of one language on one suite, the mean of both directions, in [0, 1]."""

    suite: str
    language: str
    pairs: int
    digest: str
    """Of the pairs."""
    torch: float
    fp32: float
    int8: float | None
    """None for an export in float32."""

    @property
    def exported(self) -> float:
        """Of what is exported."""
        return self.fp32 if self.int8 is None else self.int8

    @property
    def loss(self) -> float:
        """Accuracy that the export loses; negative if it gains."""
        return self.torch - self.exported


@dataclass(frozen=True)
class Export:
    """What an export is like, and whether it was written."""

    format: Format
    model: str
    lowest_cosine: float
    """Between torch and float32 ONNX, over sample texts."""
    scores: tuple[ExportScore, ...]
    bytes: int
    """Of the graph with its weights."""
    torch_bytes: int
    """Of the encoder's weights as they are stored."""
    margin: float

    @property
    def refused(self) -> list[ExportScore]:
        """Languages that lose more than the margin: nothing was written if there are any."""
        return [score for score in self.scores if score.loss > self.margin + 1e-9]


def export(
    model: FoundModel,
    models: Models,
    out: Path,
    suites: Sequence[Suite],
    *,
    format: Format = "onnx",  # noqa: A002 - the name of the option
    margin: float = 0.01,
    on_step: Callable[[str], None] = lambda _: None,
) -> Export:
    """Write an encoder as ONNX into a new directory, unless it loses accuracy.

    Args:
        model: What is exported.
        models: Opens it with torch, to compare.
        out: The directory to write; complete or absent.
        suites: What is measured.
        format: Weights in float32, or in 8 bits.
        margin: Accuracy that a language may lose on a suite, in [0, 1].
        on_step: Called with what is done next.

    Raises:
        ConfigError: if `out` exists, the encoder cannot be exported, or the extra is missing.
        NotExportable: if torch cannot export it, or the graph does not give the encoder's vectors.
    """
    if out.exists():
        raise ConfigError("this exists already", where=str(out), hint="Give --out a new name.")
    draft = out.with_name(f".{out.name}.partial")
    remove(draft)
    draft.mkdir(parents=True)
    try:
        result = _exported(model, models, draft, suites, format, margin, on_step)
        if not result.refused:
            sync_tree(draft)
            replace_durably(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return result


def _exported(
    model: FoundModel,
    models: Models,
    draft: Path,
    suites: Sequence[Suite],
    format: Format,  # noqa: A002
    margin: float,
    on_step: Callable[[str], None],
) -> Export:
    from alignment.encoder.onnx.export import describe_export, export_encoder, graph_bytes
    from alignment.encoder.onnx.runtime import OnnxEncoder

    on_step("exporting")
    encoder = models.open(model)
    lowest = export_encoder(model.path, draft, encoder)
    plain = OnnxEncoder(draft)
    measured = {"torch": _measured(encoder, suites, "torch", on_step)}
    measured["fp32"] = _measured(plain, suites, "ONNX", on_step)
    if format == "onnx-int8":
        on_step("quantizing")
        _quantize(draft)
        measured["int8"] = _measured(OnnxEncoder(draft), suites, "int8 ONNX", on_step)
    result = Export(
        format=format,
        model=model.described.name,
        lowest_cosine=lowest,
        scores=tuple(_scores(suites, measured)),
        bytes=graph_bytes(draft),
        torch_bytes=sum(file.stat().st_size for file in model.path.rglob("*.safetensors")),
        margin=margin,
    )
    facts = {
        "model": asdict(model.described),
        "margin": margin,
        "accuracy": [asdict(score) for score in result.scores],
    }
    describe_export(draft, encoder, PRECISIONS[format], lowest, facts)
    return result


def _quantize(draft: Path) -> None:
    """Replace the graph by that with int8 weights."""
    from alignment.encoder.onnx.files import MODEL
    from alignment.encoder.onnx.quantize import quantize_graph

    folder = draft / "int8"
    folder.mkdir()
    quantize_graph(draft / MODEL, folder / MODEL)
    for file in draft.glob(f"{MODEL}*"):
        file.unlink()
    for file in folder.iterdir():  # large weights are in a second file
        file.rename(draft / file.name)
    folder.rmdir()


def _measured(
    encoder: Encoder | OnnxEncoder,
    suites: Sequence[Suite],
    name: str,
    on_step: Callable[[str], None],
) -> list[list[LanguageScores]]:
    """Scores by suite and language."""
    scores = []
    for suite in suites:
        on_step(f"measuring {name} on {suite.name}")
        # `OnnxEncoder.encode` has the two parameters that measuring uses.
        scores.append(measure_encoder(cast("Encoder", encoder), suite.bitexts))
    return scores


def _scores(
    suites: Sequence[Suite], measured: Mapping[str, list[list[LanguageScores]]]
) -> list[ExportScore]:
    scores = []
    for place, suite in enumerate(suites):
        for row, bitext in enumerate(suite.bitexts):
            accuracy = {name: values[place][row].accuracy for name, values in measured.items()}
            scores.append(
                ExportScore(
                    suite=suite.name,
                    language=bitext.language,
                    pairs=len(bitext.sources),
                    digest=bitext.digest,
                    torch=accuracy["torch"],
                    fp32=accuracy["fp32"],
                    int8=accuracy.get("int8"),
                )
            )
    return scores
