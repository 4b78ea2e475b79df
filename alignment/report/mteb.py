"""Scores in the JSON format of MTEB's results, so that its tools and leaderboards read them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import langcodes

from alignment import languages

MTEB_VERSION = "2.0.0"
"""Version of the format."""

TATOEBA_112 = (
    "afr amh ang ara arq arz ast awa aze bel ben ber bos bre bul cat cbk ceb ces cha cmn cor csb "
    "cym dan deu dsb dtp ell epo est eus fao fin fra fry gla gle glg gsw heb hin hrv hsb hun hye "
    "ido ile ina ind isl ita jav jpn kab kat kaz khm kor kur kzj lat lfn lit lvs mal mar max mhr "
    "mkd mon nds nld nno nob nov oci orv pam pes pms pol por ron rus slk slv spa sqi srp swe swg "
    "swh tam tat tel tgl tha tuk tur tzl uig ukr urd uzb vie war wuu xho yid yue zsm"
)
"""All test sets of LASER (Artetxe and Schwenk 2019). BCP-47 has one code for `dtp` and `kzj`."""
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

SUBSETS = {
    "Tatoeba 112": TATOEBA_112,
    "XTREME 36": TATOEBA_36,
    "multilingual USE 14": TATOEBA_14,
}


def subset_means(accuracy: Mapping[str, float]) -> dict[str, float]:
    """Means over the named subsets of Tatoeba that are complete, by name.

    The 112 test sets have 111 codes in BCP-47, so their mean is over 111 languages.

    Args:
        accuracy: Or another measure, by language: ISO 639-3 or BCP-47 codes.
    """
    by_code = {languages.canonical(code): value for code, value in accuracy.items()}
    means = {}
    for name, codes in SUBSETS.items():
        members = {languages.canonical(code) for code in codes.split()}
        if members <= by_code.keys():
            means[name] = math.fsum(by_code[code] for code in members) / len(members)
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
