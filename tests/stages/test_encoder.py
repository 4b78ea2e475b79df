"""The encoder stage: from any source to a directory that gives the right vectors, or a refusal."""

import dataclasses
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer

from alignment import layout, tables
from alignment.config import LocalEncoder, RegistryEncoder, ScratchEncoder, SidePrompts
from alignment.context import RunContext
from alignment.encoder import directory
from alignment.encoder.directory import load_encoder
from alignment.encoder.weights_files import stored_dtype
from alignment.errors import AlignmentError, ConfigError, Corrupt, DataError, Missing
from alignment.registry import Registry
from alignment.stages import encoder as encoder_stage
from alignment.stages.encoder import EncoderCounts, base_encoder
from alignment.types import Accuracy, Approved, Artifact, Finding
from tests.stages.helpers import new_context, pairs_artifact
from tests.unit.encoder.toys import (
    TEXTS,
    add_dense,
    add_modules,
    add_own_code,
    change_weights,
    qwen,
    save_toy,
    scale_embedding,
    toy_tokenizer,
    write_json,
)

SMALL = ScratchEncoder(source="scratch", vocab_size=200, hidden_size=16, num_layers=1, num_heads=2)
TEXT = [(f"one cat sleeps {number}", f"yksi kissa nukkuu {number}") for number in range(40)]
FINDING = Finding("cy", "heldout", True, "", Accuracy(0, 0, 4), Accuracy(1, 1, 4), 0.5, 4, 0, 1.0)


@pytest.fixture
def cleaned(tmp_path: Path) -> dict[str, Artifact]:
    return {"fi": pairs_artifact(tmp_path, "fi", TEXT)}


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return save_toy(tmp_path / "toy")


def local(path: Path, **settings: Any) -> LocalEncoder:
    return LocalEncoder(source="local", path=path, **settings)


def built(context: RunContext, path: Path, **settings: Any) -> Path:
    """The directory that the stage makes of a local encoder."""
    return base_encoder(context, local(path, **settings), {}).path / layout.MODEL


def by_sentence_transformers(
    path: Path, texts: list[str] = TEXTS, method: str = "encode", **options: Any
) -> np.ndarray:
    model = SentenceTransformer(
        str(path), device="cpu", model_kwargs={"dtype": torch.float32}, **options
    )
    vectors: np.ndarray = getattr(model, method)(texts, normalize_embeddings=True)
    return vectors


def test_an_encoder_for_another_purpose(context: RunContext, toy: Path) -> None:
    base = base_encoder(context, local(toy), {})
    other = base_encoder(context, local(toy), {}, stage="semantic_encoder")
    assert (base.stage, other.stage) == ("encoder", "semantic_encoder")
    assert base.path != other.path
    assert base.files == other.files
    assert base_encoder(context, local(toy), {}, stage="semantic_encoder").reused


def same(first: np.ndarray, second: np.ndarray) -> bool:
    return first.shape == second.shape and np.allclose(first, second, atol=1e-5)


def test_a_scratch_encoder_is_trained_on_the_text(
    context: RunContext, cleaned: dict[str, Artifact], tmp_path: Path
) -> None:
    artifact = base_encoder(context, SMALL, cleaned)
    assert f"{layout.MODEL}/model.safetensors" in artifact.files
    assert EncoderCounts.of(artifact).parameters > 0
    again = base_encoder(new_context(tmp_path / "again"), SMALL, cleaned)
    assert again.directory(layout.MODEL).digest == artifact.directory(layout.MODEL).digest


def test_a_large_corpus_trains_the_tokenizer_on_a_sample(
    cleaned: dict[str, Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ROWS_PER_BATCH", 9)  # not a multiple of the step
    monkeypatch.setattr(encoder_stage, "SCRATCH_PAIRS", 13)
    sides = iter(encoder_stage._texts(cleaned))
    assert list(zip(sides, sides, strict=True)) == TEXT[::4]  # at most 13 of 40


def test_a_local_encoder_gives_the_same_vectors(
    context: RunContext, cleaned: dict[str, Artifact]
) -> None:
    scratch = base_encoder(context, SMALL, cleaned)
    settings = local(scratch.path / layout.MODEL)
    artifact = base_encoder(context, settings, {})
    vectors = [
        load_encoder(encoder.path / layout.MODEL).encode(["yksi kissa"])
        for encoder in (scratch, artifact)
    ]
    assert np.array_equal(vectors[0], vectors[1])
    assert base_encoder(context, settings, cleaned).reused  # its text does not matter


def test_weights_without_a_pooler_are_the_same_in_two_workspaces(toy: Path, tmp_path: Path) -> None:
    digests = []
    for name in ("one", "two"):
        artifact = base_encoder(new_context(tmp_path / name), local(toy), {})
        digests.append(artifact.directory(layout.MODEL).digest)
    assert digests[0] == digests[1]


def test_a_directory_that_is_no_encoder(context: RunContext, tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"not an encoder: config\.json is missing") as caught:
        base_encoder(context, local(tmp_path), {})
    assert "encoder.path" in str(caught.value.hint)


@pytest.mark.parametrize("layout_of", [lambda path: path, add_modules, add_dense])
def test_layouts(context: RunContext, toy: Path, layout_of: Callable[[Path], Path]) -> None:
    layout_of(toy)
    made = built(context, toy)
    right = by_sentence_transformers(toy)
    assert same(load_encoder(made, device="cpu").encode(TEXTS), right)
    assert same(by_sentence_transformers(made), right)


def with_prompts(path: Path, default: str | None) -> Path:
    add_modules(path)
    prompts = {"query": "the red ", "passage": "das rote "}
    content = {"prompts": prompts, "default_prompt_name": default}
    write_json(path / "config_sentence_transformers.json", content)
    return path


def test_the_default_prompt_is_inherited(context: RunContext, toy: Path) -> None:
    with_prompts(toy, "query")
    encoder = load_encoder(built(context, toy), device="cpu")
    assert encoder.prompts == ("the red ", "the red ")
    assert same(encoder.encode(TEXTS), by_sentence_transformers(toy))


def test_a_published_encoder_keeps_its_prompts(context: RunContext, toy: Path) -> None:
    two = SidePrompts(source="the red ", target="das rote ")
    first = built(context, toy, prompts=two)
    second = built(context, first)
    encoder = load_encoder(second, device="cpu")
    assert encoder.prompts == ("the red ", "das rote ")
    for method, side in (
        ("encode", "source"),
        ("encode_query", "source"),
        ("encode_document", "target"),
    ):
        theirs = by_sentence_transformers(second, method=method)
        assert same(encoder.encode(TEXTS, side=side), theirs)  # type: ignore[arg-type]
    assert not same(encoder.encode(TEXTS), encoder.encode(TEXTS, side="target"))


def test_unused_prompts_are_named(
    context: RunContext, toy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with_prompts(toy, None)
    with caplog.at_level(logging.WARNING, logger="alignment"):
        built(context, toy)
    assert caplog.text.count("none is used: passage 'das rote ', query 'the red '") == 1


@pytest.mark.parametrize("default", [None, "query"])
def test_no_prompt_on_purpose(
    context: RunContext, toy: Path, caplog: pytest.LogCaptureFixture, default: str | None
) -> None:
    with_prompts(toy, default)
    with caplog.at_level(logging.WARNING, logger="alignment"):
        made = built(context, toy, prompts=SidePrompts(source="", target=""))
    assert not caplog.records
    assert load_encoder(made, device="cpu").prompts == ("", "")
    assert same(
        by_sentence_transformers(made), by_sentence_transformers(made, method="encode_query")
    )


def test_case_and_limit_of_the_base(context: RunContext, toy: Path) -> None:
    write_json(toy / "sentence_bert_config.json", {"max_seq_length": 6, "do_lower_case": True})
    add_modules(toy)
    texts = [text.title() for text in TEXTS] + [" ".join(TEXTS)]
    made = built(context, toy)
    assert load_encoder(made, device="cpu").max_tokens == 6
    right = by_sentence_transformers(toy, texts)
    assert same(load_encoder(made, device="cpu").encode(texts), right)
    assert same(by_sentence_transformers(made, texts), right)


def test_a_lower_limit(context: RunContext, toy: Path) -> None:
    made = built(context, toy, max_tokens=8)
    assert load_encoder(made, device="cpu").max_tokens == 8
    assert SentenceTransformer(str(made), device="cpu").max_seq_length == 8


def test_a_limit_beyond_the_positions(context: RunContext, toy: Path) -> None:
    with pytest.raises(ConfigError, match="positions for 64 tokens, got 66"):
        built(context, toy, max_tokens=66)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_type_is_that_of_the_base(context: RunContext, toy: Path, dtype: str) -> None:
    target = getattr(torch, dtype)
    change_weights(toy, lambda weights: {name: w.to(target) for name, w in weights.items()})
    made = built(context, toy)
    assert stored_dtype(made) == dtype
    assert {w.dtype for w in load_file(made / "model.safetensors").values()} == {target}
    assert same(load_encoder(made, device="cpu").encode(TEXTS), by_sentence_transformers(toy))


def test_a_chosen_type_is_that_of_every_module(context: RunContext, toy: Path) -> None:
    add_dense(toy)
    made = built(context, toy, dtype="bfloat16")
    for file in made.rglob("*.safetensors"):
        assert {w.dtype for w in load_file(file).values()} == {torch.bfloat16}
    vectors = load_encoder(made, device="cpu").encode(TEXTS)
    cosines = (vectors * by_sentence_transformers(toy)).sum(axis=1)
    assert 0.99 < cosines.min() < 1 - 1e-6


def test_the_pooling_of_a_language_model(context: RunContext, tmp_path: Path) -> None:
    tokenizer = toy_tokenizer()
    path = save_toy(tmp_path / "llm", qwen(len(tokenizer)), tokenizer)
    with pytest.raises(ConfigError, match=r"is a language model"):
        built(context, path)
    made = built(context, path, pooling="lasttoken")
    pooling = json.loads((made / "1_Pooling/config.json").read_text())
    assert pooling["pooling_mode"] == "lasttoken" or pooling["pooling_mode_lasttoken"]
    theirs = by_sentence_transformers(made)
    assert same(load_encoder(made, device="cpu").encode(TEXTS), theirs)


def test_a_pooling_beside_that_of_the_base(context: RunContext, toy: Path) -> None:
    add_modules(toy)
    with pytest.raises(ConfigError, match="has a pooling of its own"):
        built(context, toy, pooling="cls")


def test_a_normalize_before_a_dense(context: RunContext, toy: Path) -> None:
    add_dense(toy)
    modules = json.loads((toy / "modules.json").read_text())
    kind = "sentence_transformers.models.Normalize"
    normalize = {"idx": 2, "name": "n", "path": "2_Normalize", "type": kind}
    write_json(toy / "modules.json", [*modules[:2], normalize, modules[2]])
    (toy / "2_Normalize").mkdir()
    right = by_sentence_transformers(toy)
    made = built(context, toy)
    assert same(load_encoder(made, device="cpu").encode(TEXTS), right)
    assert same(by_sentence_transformers(made), right)


def test_text_that_the_encoder_cannot_read(
    context: RunContext, toy: Path, cleaned: dict[str, Artifact]
) -> None:
    with pytest.raises(DataError, match=r"languages\.fi: the encoder cannot read"):
        base_encoder(context, local(toy), cleaned)


def test_two_loads_that_differ(
    context: RunContext, toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = []

    def load(path: Path, **options: Any) -> Any:
        encoder = load_encoder(path, **options)
        loads.append(path)
        scale_embedding(encoder.model, len(loads))
        return encoder

    monkeypatch.setattr(directory, "load_encoder", load)
    with pytest.raises(Corrupt, match="the vectors of two loads differ"):
        built(context, toy)


def test_code_of_the_model(context: RunContext, toy: Path, tmp_path: Path) -> None:
    right = by_sentence_transformers(toy)
    add_own_code(toy, tmp_path / "ran")
    with pytest.raises(Corrupt, match="Python code of its own, which is not run"):
        built(context, toy)
    assert not (tmp_path / "ran").exists()
    made = built(context, toy, trust_remote_code=True)
    with pytest.raises(Corrupt, match="Python code of its own, which is not run"):
        load_encoder(made, device="cpu")
    trusted = load_encoder(made, device="cpu", trust_remote_code=True)
    assert same(trusted.encode(TEXTS), right)
    assert same(by_sentence_transformers(made, trust_remote_code=True), right)


@pytest.mark.parametrize("file", ["modeling.py", "chat_template.jinja", "1_Pooling/config.json"])
def test_a_changed_file_is_another_encoder(context: RunContext, toy: Path, file: str) -> None:
    add_modules(toy)
    first = base_encoder(context, local(toy), {})
    assert base_encoder(context, local(toy), {}).reused
    content = (toy / file).read_text() if (toy / file).exists() else ""
    (toy / file).write_text(f"{content} \n")
    assert base_encoder(context, local(toy), {}).key != first.key


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry with two versions, of which the second is deployed."""
    root = tmp_path_factory.mktemp("published")
    path = save_toy(root / "toy")
    registry = Registry(root / "registry", "demo")
    digest = None
    for tokens in (8, 16):
        artifact = base_encoder(new_context(root), local(path, max_tokens=tokens), {})
        encoder = artifact.directory(layout.MODEL)
        approval = Approved((FINDING,), "the base encoder")
        registry.publish(encoder, approval, expected=digest, manifest={}, card="# demo")
        digest = encoder.digest
    return registry.root.parent


@pytest.fixture
def registry(published: Path, tmp_path: Path) -> Registry:
    """A copy that a test may change."""
    shutil.copytree(published, tmp_path / "registry", symlinks=True)
    return Registry(tmp_path / "registry", "demo")


@pytest.mark.parametrize(
    ("version", "name", "max_tokens"), [("champion", "demo v2", 16), ("v1", "demo v1", 8)]
)
def test_a_published_version(
    context: RunContext, registry: Registry, version: str, name: str, max_tokens: int
) -> None:
    settings = RegistryEncoder(source="registry", path=registry.root, version=version)
    artifact = base_encoder(context, settings, {})
    assert EncoderCounts.of(artifact).base == name
    assert load_encoder(artifact.path / layout.MODEL, device="cpu").max_tokens == max_tokens
    alias = RegistryEncoder(source="registry", path=registry.root, version=name[-2:])
    assert base_encoder(context, alias, {}).key == artifact.key


def test_the_registry_of_the_workspace(context: RunContext, registry: Registry) -> None:
    settings = RegistryEncoder(source="registry")
    context = dataclasses.replace(context, registry=registry)
    assert EncoderCounts.of(base_encoder(context, settings, {})).base == "demo v2"


def changed(registry: Registry) -> None:
    (registry.root / "v2/tokenizer.json").write_text("{}")


def added(registry: Registry) -> None:
    (registry.root / "v2/more.py").write_text("")


def none_is_published(registry: Registry) -> None:
    (registry.root / "champion").unlink()
    for version in ("v1", "v2"):
        (registry.root / version).rename(registry.root / f"old-{version}")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (changed, "the files of v2 are not those that were published"),
        (added, "the files of v2 are not those that were published"),
        (none_is_published, "there is no version 'champion'"),
    ],
)
def test_a_version_that_cannot_be_used(
    context: RunContext, registry: Registry, damage: Callable[[Registry], None], reason: str
) -> None:
    damage(registry)
    settings = RegistryEncoder(source="registry", path=registry.root)
    with pytest.raises(AlignmentError, match=reason):
        base_encoder(context, settings, {})


def test_the_registry_of_all_models(context: RunContext, registry: Registry) -> None:
    settings = RegistryEncoder(source="registry", path=registry.root.parent)
    with pytest.raises(Missing, match="holds several models") as caught:
        base_encoder(context, settings, {})
    assert "demo" in str(caught.value.hint)
