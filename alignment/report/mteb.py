"""Scores in the JSON format of MTEB's results, so that its tools and leaderboards read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import langcodes

from alignment import languages

MTEB_VERSION = "2.0.0"
"""Version of the format."""

TATOEBA_36 = (
    "afr ara ben bul cmn deu ell est eus fin fra heb hin hun ind ita jav jpn kat kaz kor mal mar "
    "nld pes por rus spa swh tam tel tgl tha tur urd vie"
)
"""The languages of XTREME (Hu et al. 2020)."""
_INDIVIDUAL = {
    "fas": "pes",
    "fil": "tgl",
    "lav": "lvs",
    "msa": "zsm",
    "nor": "nob",
    "swa": "swh",
    "zho": "cmn",
}
"""The language that Tatoeba means, where BCP-47 has the code of a group of languages."""
TATOEBA_14 = "ara cmn deu fra ita jpn kor nld pol por rus spa tha tur"
"""The languages of the multilingual Universal Sentence Encoder (Chidambaram et al. 2019)."""


def subset_means(accuracy: Mapping[str, float]) -> dict[str, float]:
    """Means over the named subsets of Tatoeba that are complete, by name.

    Args:
        accuracy: By language: ISO 639-3 or BCP-47 codes.
    """
    by_code = {languages.canonical(code): value for code, value in accuracy.items()}
    subsets = {"XTREME 36": TATOEBA_36, "14": TATOEBA_14}
    means = {}
    for name, codes in subsets.items():
        canonical = [languages.canonical(code) for code in codes.split()]
        members = [by_code[code] for code in canonical if code in by_code]
        if len(members) == len(canonical):
            means[name] = sum(members) / len(members)
    return means


def result(
    task: str, scores: Sequence[Mapping[str, Any]], *, revision: str, seconds: float
) -> dict[str, Any]:
    """One result file of a bitext mining task.

    Args:
        task: Name of the task, such as Tatoeba.
        scores: Of each language `language`, `pivot` (BCP-47), `accuracy`, `f1`, `precision` and
            `recall`, from the language to the pivot, as MTEB measures.
        revision: Identifies the pairs.
        seconds: What the evaluation took.
    """
    entries = []
    for entry in scores:
        language, pivot = entry["language"], entry["pivot"]
        entries.append(
            {
                "precision": entry["precision"],
                "recall": entry["recall"],
                "f1": entry["f1"],
                "accuracy": entry["accuracy"],
                "main_score": entry["f1"],
                "hf_subset": f"{alpha3(language)}-{alpha3(pivot)}",
                "languages": [_with_script(language), _with_script(pivot)],
            }
        )
    return {
        "dataset_revision": revision,
        "task_name": task,
        "mteb_version": MTEB_VERSION,
        "scores": {"test": entries},
        "evaluation_time": seconds,
        "kg_co2_emissions": None,
    }


def alpha3(code: str) -> str:
    """The ISO 639-3 code of a language, as MTEB writes it: cy -> cym, zh -> cmn."""
    written = langcodes.Language.get(code).to_alpha3()
    return _INDIVIDUAL.get(written, written)


def _with_script(code: str) -> str:
    """A language with its script, as MTEB writes it: cy -> cym-Latn."""
    tag = langcodes.Language.get(code)
    script = tag.script or tag.maximize().script
    return f"{alpha3(code)}-{script}"
