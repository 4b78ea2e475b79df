"""What is refused by name from the files of a directory, before anything is loaded."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import peft
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from alignment.encoder.directory import load_encoder
from alignment.errors import AlignmentError, Corrupt
from tests.unit.encoder.toys import (
    TEXTS,
    add_dense,
    add_modules,
    add_own_code,
    change_json,
    change_weights,
    save_toy,
    toy_tokenizer,
    write_json,
    xlmr,
)


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    return save_toy(tmp_path / "toy")


def refusal(path: Path, **options: Any) -> str:
    with pytest.raises(AlignmentError) as caught:
        load_encoder(path, device="cpu", **options)
    assert caught.value.hint
    assert path.name in str(caught.value.where)
    return str(caught.value)


def test_same_vectors_as_sentence_transformers(toy: Path) -> None:
    """The toy itself is accepted, in all of its layouts."""
    for layout in (lambda path: path, add_modules, add_dense):
        layout(toy)
        theirs = SentenceTransformer(str(toy), device="cpu").encode(
            TEXTS, normalize_embeddings=True
        )
        assert np.allclose(load_encoder(toy, device="cpu").encode(TEXTS), theirs, atol=1e-5)


def test_the_old_layout_with_a_folder_for_the_transformer(tmp_path: Path) -> None:
    save_toy(tmp_path / "toy/0_Transformer")
    toy = add_modules(tmp_path / "toy", first="0_Transformer")
    write_json(toy / "0_Transformer/sentence_bert_config.json", {"max_seq_length": 6})
    encoder = load_encoder(toy, device="cpu")
    theirs = SentenceTransformer(str(toy), device="cpu").encode(TEXTS, normalize_embeddings=True)
    assert encoder.max_tokens == 6
    assert np.allclose(encoder.encode(TEXTS), theirs, atol=1e-5)


def test_case_and_length_of_sentence_bert_config(toy: Path) -> None:
    write_json(toy / "sentence_bert_config.json", {"max_seq_length": 6, "do_lower_case": True})
    add_modules(toy)
    texts = [text.title() for text in TEXTS] + [" ".join(TEXTS)]
    theirs = SentenceTransformer(str(toy), device="cpu").encode(texts, normalize_embeddings=True)
    assert np.allclose(load_encoder(toy, device="cpu").encode(texts), theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("CrossEncoder", "a CrossEncoder: it scores a pair of texts"),
        ("SparseEncoder", "a SparseEncoder: its vectors have one dimension per word"),
        ("MultiVectorEncoder", "a MultiVectorEncoder: it gives one vector per token"),
        ("Other", "a Other: it is not one of dense sentence vectors"),
    ],
)
def test_other_kinds_of_sentence_transformers(toy: Path, kind: str, reason: str) -> None:
    write_json(toy / "config_sentence_transformers.json", {"model_type": kind})
    assert reason in refusal(toy)


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("StaticEmbedding", "a table of word vectors without a transformer"),
        ("WordEmbeddings", "a table of word vectors without a transformer"),
        ("BoW", "it counts words"),
        ("Router", "different modules for queries and documents"),
        ("Asym", "different modules for queries and documents"),
        ("CLIPModel", "it also reads images"),
        ("WeightedLayerPooling", "it needs the outputs of all layers"),
        ("SomethingNew", "the module SomethingNew of sentence-transformers is not supported"),
        ("custom_st.Head", "custom_st.Head is Python code that comes with the model"),
    ],
)
def test_other_modules(toy: Path, module: str, reason: str) -> None:
    add_modules(toy, module)
    assert reason in refusal(toy)


def test_a_static_embedding_alone(tmp_path: Path) -> None:
    kind = "sentence_transformers.models.StaticEmbedding"
    write_json(tmp_path / "s/modules.json", [{"idx": 0, "name": "0", "path": "", "type": kind}])
    assert "StaticEmbedding" in refusal(tmp_path / "s")


def test_no_pooling(toy: Path) -> None:
    kind = "sentence_transformers.models.Transformer"
    write_json(toy / "modules.json", [{"idx": 0, "name": "0", "path": "", "type": kind}])
    assert "expected a Transformer, then a Pooling" in refusal(toy)


@pytest.mark.parametrize("content", [{}, [], [3], [{"type": "x"}]])
def test_a_list_of_modules_that_is_none(toy: Path, content: Any) -> None:
    write_json(toy / "modules.json", content)
    assert "this is no list of modules" in refusal(toy)


def test_an_activation_from_elsewhere(toy: Path) -> None:
    add_dense(toy, activation="my_package.Swish")
    assert "activation function my_package.Swish is code from outside torch" in refusal(toy)


def test_a_dense_with_a_pickle(toy: Path) -> None:
    add_dense(toy)
    (toy / "2_Dense/model.safetensors").rename(toy / "2_Dense/pytorch_model.bin")
    message = refusal(toy)
    assert "weights of the module Dense are not there as safetensors" in message
    assert f"SentenceTransformer({str(toy)!r}).save('NEW')" in message


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("pytorch_model.bin", "pickled weights (.bin), which are not loaded. Convert them with"),
        ("model.pt", "pickled weights (.pt)"),
        ("onnx/model.onnx", "ONNX weights, which cannot be trained"),
        ("openvino/openvino_model.xml", "OpenVINO weights"),
        ("model.gguf", "GGUF weights"),
        ("tf_model.h5", "TensorFlow weights"),
        ("flax_model.msgpack", "Flax weights"),
    ],
)
def test_weights_in_another_format(toy: Path, file: str, name: str) -> None:
    (toy / "model.safetensors").unlink()
    (toy / file).parent.mkdir(exist_ok=True)
    (toy / file).write_bytes(b"x")
    assert name in refusal(toy)


def test_the_command_for_a_pickle_works(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = load_encoder(toy, device="cpu").encode(TEXTS)
    torch.save(xlmr(len(toy_tokenizer())).state_dict(), toy / "pytorch_model.bin")
    (toy / "model.safetensors").unlink()
    command = refusal(toy).partition("Convert them with ")[2].removesuffix(" and use NEW.")
    program, flag, code = shlex.split(command)
    assert (program, flag) == ("python", "-c")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    assert np.allclose(load_encoder(tmp_path / "NEW", device="cpu").encode(TEXTS), right, atol=1e-6)


def cut(path: Path) -> None:
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def cut_in_the_header(path: Path) -> None:
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:50])


def empty(path: Path) -> None:
    (path / "model.safetensors").write_bytes(b"")


def garbage(path: Path) -> None:
    (path / "model.safetensors").write_bytes(b"\x10" + bytes(7) + b"{not json}      " + b"x" * 50)


def pointer(path: Path) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4\n"
    (path / "model.safetensors").write_text(text)


def part_is_missing(path: Path) -> None:
    (path / "model.safetensors").unlink()
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    write_json(path / "model.safetensors.index.json", index)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut, "the file with the weights is damaged: it has"),
        (cut_in_the_header, "the file with the weights is damaged: it has 50 bytes"),
        (empty, "the file with the weights is damaged: it has 0 bytes"),
        (garbage, "the file with the weights is damaged: its header cannot be read"),
        (pointer, "this is a pointer of Git LFS"),
        (part_is_missing, "1 of 1 files with weights are missing: model-00001-of-00002"),
    ],
)
def test_damaged_weights(toy: Path, damage: Callable[[Path], None], reason: str) -> None:
    damage(toy)
    assert reason in refusal(toy)


@pytest.mark.parametrize(
    "change",
    [
        lambda weights: {f"_orig_mod.{name}": weight for name, weight in weights.items()},
        lambda weights: {f"auto_model.{name}": weight for name, weight in weights.items()},
        lambda weights: {name: w for name, w in weights.items() if "layer.1." not in name},
    ],
)
def test_missing_weights(toy: Path, change: Any) -> None:
    change_weights(toy, change)
    assert "weights of XLMRobertaModel are not in its files" in refusal(toy)


@pytest.mark.parametrize("method", ["gptq", "awq", "bitsandbytes", "fp8"])
def test_quantized_weights(toy: Path, method: str) -> None:
    change_json(toy / "config.json", quantization_config={"quant_method": method})
    assert f"the weights are quantized ({method})" in refusal(toy)


def test_images(toy: Path) -> None:
    change_json(toy / "config.json", vision_config={"hidden_size": 8})
    assert "also reads images or sound" in refusal(toy)


def test_a_classifier(toy: Path) -> None:
    change_json(toy / "config.json", architectures=["XLMRobertaForSequenceClassification"])
    assert "a classifier or a CrossEncoder" in refusal(toy)
    add_modules(toy)  # trained by sentence-transformers from such a checkpoint
    assert load_encoder(toy, device="cpu").dim == 32


def with_adapter(base: Path, adapter: Path) -> NDArray[np.float32]:
    """Write a LoRA adapter of `base` beside what is in `adapter`; the vectors with it."""
    toy = load_encoder(base, device="cpu")
    settings = peft.LoraConfig(r=2, target_modules=["query", "value"], init_lora_weights=False)
    torch.manual_seed(2)
    adapted = peft.get_peft_model(toy.model, settings)
    adapted.save_pretrained(str(adapter))
    adapted.merge_and_unload()
    return toy.encode(TEXTS)


def run_merge(message: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = message.partition("erge it with ")[2].partition(" and use NEW")[0]
    program, flag, code = shlex.split(command)
    assert (program, flag) == ("python", "-c")
    monkeypatch.chdir(folder)
    exec(code, {})


def test_an_adapter_alone(toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toy_tokenizer().save_pretrained(tmp_path / "a")
    add_modules(tmp_path / "a", pooling={"embedding_dimension": 32, "pooling_mode": "cls"})
    add_modules(toy, pooling={"embedding_dimension": 32, "pooling_mode": "cls"})
    right = with_adapter(toy, tmp_path / "a")
    message = refusal(tmp_path / "a")
    assert f"a PEFT adapter, which has to be merged with its base model '{toy}'" in message
    run_merge(message, tmp_path, monkeypatch)
    merged = load_encoder(tmp_path / "NEW", device="cpu")
    assert np.allclose(merged.encode(TEXTS), right, atol=1e-6)


@pytest.mark.parametrize("first", ["", "0_Transformer"])
def test_an_adapter_beside_a_model(
    first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toy = tmp_path / "toy"
    save_toy(toy / first)
    add_modules(toy, first=first)
    plain = load_encoder(toy, device="cpu").encode(TEXTS)
    right = with_adapter(toy, toy / first)
    with pytest.raises(Corrupt, match="a PEFT adapter beside the weights of a model") as caught:
        load_encoder(toy, device="cpu")
    run_merge(str(caught.value), tmp_path, monkeypatch)
    merged = load_encoder(tmp_path / "NEW", device="cpu").encode(TEXTS)
    assert np.allclose(merged, right, atol=1e-6)
    assert not np.allclose(merged, plain, atol=1e-2)


def test_modules_of_a_newer_sentence_transformers(toy: Path) -> None:
    """Version 6 moved Normalize, which version 5 does not find."""
    add_modules(toy, "sentence_transformers.base.modules.of_tomorrow.Normalize")
    message = refusal(toy)
    assert "names sentence_transformers.base.modules.of_tomorrow, which the installed" in message
    assert "pip install --upgrade sentence-transformers" in message


def test_no_tokenizer(tmp_path: Path) -> None:
    xlmr(30).save_pretrained(tmp_path / "m")
    assert "the tokenizer's files are missing" in refusal(tmp_path / "m")
    write_json(tmp_path / "m/tokenizer_config.json", {})
    assert "the tokenizer's files are missing" in refusal(tmp_path / "m")


def test_a_tokenizer_from_elsewhere(toy: Path) -> None:
    add_modules(toy)
    write_json(toy / "sentence_bert_config.json", {"tokenizer_name_or_path": "some/model"})
    assert "taken from another place, 'some/model'" in refusal(toy)


def test_code_of_the_model_is_not_run_and_not_asked_about(
    toy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object) -> str:
        raise AssertionError("the terminal is asked")

    monkeypatch.setattr("builtins.input", asked)
    add_own_code(toy, tmp_path / "ran")
    message = refusal(toy)
    assert "comes with Python code of its own, which is not run" in message
    assert "encoder.trust_remote_code: true" in message
    assert not (tmp_path / "ran").exists()


def test_code_of_the_model_is_run_if_trusted(toy: Path, tmp_path: Path) -> None:
    right = load_encoder(toy, device="cpu").encode(TEXTS)
    add_own_code(toy, tmp_path / "ran")
    encoder = load_encoder(toy, device="cpu", trust_remote_code=True)
    assert type(encoder.model).__name__ == "ToyModel"
    assert (tmp_path / "ran").exists()
    assert np.allclose(encoder.encode(TEXTS), right, atol=1e-6)


@pytest.mark.parametrize("trusted", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_code_of_another_repository(toy: Path, tmp_path: Path, trusted: bool, known: bool) -> None:
    add_own_code(toy, tmp_path / "ran")
    changes: dict[str, Any] = {"auto_map": {"AutoModel": "some/code--modeling.ToyModel"}}
    if known:
        changes["model_type"] = "xlm-roberta"
    change_json(toy / "config.json", **changes)
    if known and not trusted:  # transformers' own class is used
        assert load_encoder(toy, device="cpu").dim == 32
        return
    message = refusal(toy, trust_remote_code=trusted)
    assert "the model's code is in another repository, some/code" in message


def test_tokenizer_code_of_another_repository(toy: Path) -> None:
    change_json(
        toy / "tokenizer_config.json",
        auto_map={"AutoTokenizer": [None, "some/code--tokenization.Toy"]},
    )
    assert "another repository, some/code" in refusal(toy, trust_remote_code=True)


def test_code_of_the_tokenizer(toy: Path) -> None:
    change_json(
        toy / "tokenizer_config.json",
        tokenizer_class="ToyTokenizer",
        auto_map={"AutoTokenizer": ["tokenization.ToyTokenizer", None]},
    )
    assert "comes with Python code of its own" in refusal(toy)
