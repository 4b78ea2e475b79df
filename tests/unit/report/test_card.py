from __future__ import annotations

from dataclasses import replace
from typing import Any

import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results

from alignment.report.card import render_card
from alignment.report.onnx import OnnxResults
from alignment.report.summary import CorpusUse
from alignment.types import Accuracy, Finding

FINDING = Finding(
    language="no",
    suite="heldout",
    passed=True,
    reason="",
    before=Accuracy(0.5, 0.6, 40),
    after=Accuracy(0.9, 0.8, 40),
    floor=0.5,
    wins=9,
    losses=1,
    p_worse=0.99,
)
ENCODER: dict[str, Any] = {
    "modules": ["Transformer", "Pooling", "Dense", "Normalize"],
    "pooling": "mean",
    "prompts": {"source": "", "target": ""},
    "max_tokens": 128,
    "dtype": "bfloat16",
    "trust_remote_code": False,
}


def card(**changes: Any) -> str:
    values: dict[str, Any] = {
        "name": "demo",
        "origin": "fine-tuned from BAAI/bge-m3",
        "reference": "v1",
        "findings": [FINDING],
        "corpora": [CorpusUse(name="tiny", version="1", license="BSD-3-Clause", pairs=7)],
        "training": {"steps": 60},
        "encoder": ENCODER,
        "names": {"en": "English", "no": "Norwegian"},
    }
    return render_card(**{**values, **changes})


def headings(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("#")]


def test_front_matter_is_yaml_with_the_languages() -> None:
    front = yaml.safe_load(card().split("---")[1])
    assert front["language"] == ["en", "no"]


def test_results_as_the_hub_reads_them() -> None:
    """`huggingface_hub` parses the card, and finds MTEB's scores in it."""
    measures = {"accuracy_by_index": 0.875, "f1": 0.8331, "precision": 0.82, "accuracy": 0.9}
    measured = replace(FINDING, measures={"forward": measures, "backward": measures})
    digest = {"no/heldout": "d" * 64}
    data: Any = ModelCard(card(findings=[measured], suites=digest)).data
    assert data.language == ["en", "no"]
    name, results = model_index_to_eval_results(data.to_dict()["model-index"])
    assert name == "demo"
    assert {result.metric_type: result.metric_value for result in results} == {
        "accuracy": 87.5,
        "f1": 83.31,
        "precision": 82.0,
        "recall": 87.5,
        "main_score": 83.31,
    }
    (first, *_) = results
    assert (first.task_type, first.dataset_type) == ("BitextMining", "heldout")
    assert (first.dataset_config, first.dataset_split) == ("nob-eng", "test")
    assert first.dataset_revision == "d" * 64


def test_what_was_not_measured_is_not_in_the_front_matter() -> None:
    assert "model-index" not in card()


def test_accuracy_in_percent() -> None:
    assert "| Norwegian | heldout | 40 | 55.0 | 85.0 | 50.0 |" in card()


def test_corpora_with_their_licenses() -> None:
    assert "| tiny | 1 | BSD-3-Clause | 7 |" in card()


def card_with(**encoder: Any) -> str:
    return card(encoder={**ENCODER, **encoder})


def test_modules_and_types() -> None:
    assert "| Transformer, Pooling, Dense, Normalize | mean | 128 | bfloat16 |" in card()


def test_a_prompt_is_explained_only_if_there_is_one() -> None:
    assert "prompt" not in card()
    text = card_with(prompts={"source": "query: ", "target": "query: "})
    assert "Every text needs the prompt `query: `" in text
    assert "model.encode([" in text


def test_two_prompts() -> None:
    text = card_with(prompts={"source": "query: ", "target": "passage: "})
    assert "Texts in English need the prompt `query: `, texts in the other languages\n" in text
    assert "`passage: `" in text
    assert "model.encode_document([" in text


def test_code_that_comes_with_the_model() -> None:
    assert "trust_remote_code" not in card()
    text = card_with(trust_remote_code=True)
    assert 'SentenceTransformer("path/to/this/directory", trust_remote_code=True)' in text
    assert "Python code of its own" in text


def test_a_license_cannot_forge_a_heading_or_a_cell() -> None:
    forged = CorpusUse(
        name="a | 9 |\n\n# Approved", version="`", license="MIT\n| x | y | z | 1 |", pairs=7
    )
    text = card(corpora=[forged])
    assert headings(text) == headings(card())
    rows = text[text.index("| corpus |") :].splitlines()[2:]
    table = rows[: rows.index("")]
    assert table == [r"| a \| 9 \| \# Approved | \` | MIT \| x \| y \| z \| 1 \| | 7 |"]


def test_settings_cannot_end_their_block() -> None:
    text = card(training={"note": "```\n# Approved"})
    assert headings(text) == headings(card())


def test_onnx_graphs_with_their_loss_and_why_one_is_left_out() -> None:
    score = {"torch": 0.85, "onnx": 0.83, "refused": False, "reason": "keeps it"}
    refused = {**score, "onnx": 0.8, "refused": True, "reason": "loses 5 | points"}
    graph = {"precision": "fp32", "accepted": True, "bytes": 450_000_000}
    graphs = {
        "onnx": {**graph, "languages": {"no": {"heldout": score}}},
        "onnx-int8": {
            "precision": "int8",
            "accepted": False,
            "bytes": 114_000_000,
            "languages": {"no": {"heldout": refused}},
        },
    }
    results = OnnxResults.model_validate({"lowest_cosine": 1.0, "problem": "", "graphs": graphs})
    text = card(onnx=results)
    assert "- `onnx/`: the model for ONNX Runtime, with weights in float32 (450.0 MB)" in text
    assert "- `onnx-int8/` was left out, because the gate refused it." in text
    assert "  - Norwegian, heldout: loses 5 \\| points" in text
    assert "| Norwegian | heldout | onnx | 85.0 | 83.0 | 2.0 |" in text
    assert "## ONNX" not in card()
