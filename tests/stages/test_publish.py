import logging
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from alignment.config import Config, HubEncoder, RegistryEncoder, parse_config
from alignment.encoder.directory import save_encoder
from alignment.encoder.prompts import Prompts, choose_prompts
from alignment.errors import NotApproved
from alignment.files import tree_digests
from alignment.gate.record import verdict_from_json
from alignment.registry import Aliases, Registry
from alignment.report.summary import CorpusUse
from alignment.stages.publish import describe_origin, publish, publish_refused
from alignment.types import Accuracy, Approved, Artifact, Finding, Override, Rejected
from tests.encoders import trained_artifact
from tests.unit.encoder.examples import small_encoder

CONFIG = """
name: demo
encoder: {source: scratch}
corpora: [{kind: local, path: "{lang}.tsv", license: MIT}]
languages: {cy: {}}
"""
FINDING = Finding(
    "cy", "heldout", True, "", Accuracy(0.5, 0.5, 40), Accuracy(0.9, 0.8, 40), 0.5, 40, 0, 1.0
)
APPROVED = Approved((FINDING,), "the base encoder")
CORPORA = [CorpusUse(name="tiny", version="1", license="MIT", pairs=7)]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return parse_config(CONFIG, base=tmp_path)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry", "demo")


def test_the_first_version(registry: Registry, config: Config, tmp_path: Path) -> None:
    artifact = trained_artifact(tmp_path, "a")
    reference = {"name": "the base encoder", "digest": "d"}
    version = publish(
        registry, artifact, APPROVED, config, CORPORA, expected=None, reference=reference
    )
    assert version.name == "v1"
    assert version.digest == artifact.directory("model").digest
    assert version.manifest["compared_with"] == reference
    assert version.manifest["accuracy"] == {"heldout": {"cy": 0.85}}
    assert version.manifest["train_key"] == "a"
    assert version.manifest["corpora"][0]["license"] == "MIT"
    assert verdict_from_json(version.manifest["verdict"]) == APPROVED
    assert set(version.manifest["digests"]) == {"configuration", "code", "environment"}
    card = (version.path / "README.md").read_text()
    assert "| Welsh | heldout | 40 | 50.0 | 85.0 | 50.0 |" in card
    assert "| tiny | 1 | MIT | 7 |" in card


def test_a_challenger_has_the_digests_of_its_data_and_suites(
    registry: Registry, config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = trained_artifact(tmp_path, "a")
    publish(registry, first, APPROVED, config, CORPORA, expected=None, reference={})
    with caplog.at_level(logging.INFO, logger="alignment"):
        version = publish(
            registry,
            trained_artifact(tmp_path, "b"),
            APPROVED,
            config,
            CORPORA,
            expected=first.directory("model").digest,
            reference={},
            data=[first],
            suites={"cy/heldout": "d"},
            deploy=False,
        )
    assert registry.aliases() == Aliases(champion="v1", challenger="v2")
    assert "alignment registry promote demo v2" in caplog.text
    assert version.manifest["suites"] == {"cy/heldout": "d"}
    assert len(version.manifest["digests"]["data"]) == 64


def test_a_rolled_back_version_stays_out_of_service(
    registry: Registry, config: Config, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first = trained_artifact(tmp_path, "a")
    second = trained_artifact(tmp_path, "b")
    publish(registry, first, APPROVED, config, CORPORA, expected=None, reference={})
    expected = first.directory("model").digest
    publish(registry, second, APPROVED, config, CORPORA, expected=expected, reference={})
    registry.rollback()
    with caplog.at_level(logging.WARNING, logger="alignment"):
        version = publish(
            registry, second, APPROVED, config, CORPORA, expected=expected, reference={}
        )
    assert version.name == "v2"
    assert "alignment registry promote demo v2" in caplog.text
    champion = registry.champion()
    assert champion is not None
    assert champion.name == "v1"


def test_the_origin_names_model_and_revision() -> None:
    encoder = HubEncoder(source="hub", model="BAAI/bge-m3", revision="0123456789abcdef" + "0" * 24)
    assert describe_origin(encoder) == "fine-tuned from BAAI/bge-m3 at 0123456789ab"


def test_the_origin_names_the_version_of_an_alias() -> None:
    encoder = RegistryEncoder(source="registry", version="champion")
    assert describe_origin(encoder, "demo v3") == "trained on from demo v3"


def test_manifest_and_card_say_what_the_encoder_is(registry: Registry, tmp_path: Path) -> None:
    encoder = "{source: local, path: base, trust_remote_code: true}"
    config = parse_config(CONFIG.replace("{source: scratch}", encoder), base=tmp_path)
    small = small_encoder()
    choose_prompts(small.container, Prompts("query: ", "passage: "))
    save_encoder(tmp_path / "a/model", small, dtype=torch.bfloat16)
    files = tree_digests(tmp_path / "a")
    artifact = Artifact("train", "", "a", tmp_path / "a", files, {}, 0.0, "a")
    version = publish(registry, artifact, APPROVED, config, CORPORA, expected=None, reference={})
    assert version.manifest["encoder"] == {
        "base": "fine-tuned from the encoder in base",
        "revision": None,
        "modules": ["Transformer", "Pooling", "Normalize"],
        "pooling": "mean",
        "prompts": {"source": "query: ", "target": "passage: "},
        "max_tokens": 32,
        "dtype": "bfloat16",
        "trust_remote_code": True,
    }
    card = (version.path / "README.md").read_text()
    assert "| Transformer, Pooling, Normalize | mean | 32 | bfloat16 |" in card
    assert "trust_remote_code=True" in card


def test_a_refused_encoder_is_published_only_with_a_name_and_a_reason(
    registry: Registry, config: Config, tmp_path: Path
) -> None:
    first = trained_artifact(tmp_path, "a")
    publish(registry, first, APPROVED, config, CORPORA, expected=None, reference={})
    finding = replace(FINDING, passed=False, reason="below the floor")
    version = publish_refused(
        registry,
        trained_artifact(tmp_path, "b"),
        Rejected((finding,), "v1"),
        config,
        CORPORA,
        Override("Welsh is urgent", "ana"),
        reference={"name": "v1", "digest": "d"},
    )
    assert (version.name, version.approved) == ("v2", False)
    assert version.manifest["override"] == {"reason": "Welsh is urgent", "by": "ana"}
    card = (version.path / "README.md").read_text()
    assert "**The quality gate refused this version.** ana deployed it nevertheless" in card
    assert "below the floor" in card
    assert registry.history()[-1]["action"] == "override"
    registry.rollback()
    with pytest.raises(NotApproved):
        registry.promote("v2")
