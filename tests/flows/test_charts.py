"""The picture of the accuracies."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

from flows.charts import BETTER, MOST_LANGUAGES, WORSE, accuracy_image
from tests.summaries import make_result, make_summary


def picture(markdown: str) -> ElementTree.Element:
    data = markdown.partition("base64,")[2].removesuffix(")")
    return ElementTree.fromstring(base64.b64decode(data))


def texts(image: ElementTree.Element) -> list[str]:
    return [str(element.text) for element in image.iter() if element.tag.endswith("text")]


def test_the_worst_change_comes_first() -> None:
    summary = make_summary()
    german = summary.languages["de"].model_copy(
        update={"suites": {"heldout": make_result(0.9, 0.8)}}
    )
    worse = summary.model_copy(update={"languages": {**summary.languages, "de": german}})
    image = picture(accuracy_image(worse, "heldout"))
    shown = texts(image)
    assert shown.index("German") < shown.index("Finnish")
    assert "90.0 → 80.0" in shown and "50.0 → 75.0" in shown
    colors = [str(element.get("stroke")) for element in image.iter()]
    assert colors.index(WORSE) < colors.index(BETTER)


def test_a_name_cannot_draw() -> None:
    summary = make_summary()
    evil = summary.languages["fi"].model_copy(update={"name": "</text><script>"})
    shown = summary.model_copy(update={"languages": {"fi": evil}})
    assert "</text><script>" in texts(picture(accuracy_image(shown, "heldout")))


def test_many_languages_stay_readable() -> None:
    summary = make_summary()
    many = {f"l{n}": summary.languages["fi"] for n in range(100)}
    image = picture(accuracy_image(summary.model_copy(update={"languages": many}), "heldout"))
    assert texts(image).count("Finnish") == MOST_LANGUAGES
