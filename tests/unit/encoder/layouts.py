"""Encoders in the layout on disk that their publishers chose."""

from __future__ import annotations

from typing import Any

from alignment.encoder.old_versions import APPLIES_SOFTCAPS, KEEPS_WINDOWS
from tests.unit.encoder.layout_files import (
    BERT,
    DIM,
    GEMMA,
    LLAMA,
    NAMES_IN_OLD_SPELLING,
    QWEN,
    T5,
    XLNET,
    Dense,
    Layout,
    Special,
)

SIZES: dict[str, Any] = {
    "hidden_size": DIM,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}
POSITIONS = {**SIZES, "max_position_embeddings": 64, "type_vocab_size": 2}
ROBERTA = {**SIZES, "max_position_embeddings": 66, "type_vocab_size": 1}
GROUPED = {**SIZES, "num_key_value_heads": 2, "head_dim": 8}
T5_SIZES = {"d_model": DIM, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
DISTILBERT = {
    "dim": DIM,
    "n_layers": 2,
    "n_heads": 4,
    "hidden_dim": 64,
    "max_position_embeddings": 64,
}
GEMMA3 = {
    **GROUPED,
    "layer_types": ["sliding_attention", "full_attention"],
    "use_bidirectional_attention": True,
    "query_pre_attn_scalar": 8,
    "sliding_window": 8,
}
MODERNBERT = {**SIZES, "local_attention": 8, "max_position_embeddings": 64}
GEMMA_PROMPTS = {
    "query": "task: search result | query: ",
    "document": "title: none | text: ",
    "Retrieval-query": "task: search result | query: ",
}
E5_PROMPTS = {"query": "query: ", "passage": "passage: "}
CAMEMBERT = Special(
    ("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"), "<s> $A </s>"
)
TANH = (Dense(DIM),)

PUBLISHED = [
    Layout("LaBSE", "Bert", POSITIONS, BERT, ("cls",), TANH, normalize=True),
    Layout("distiluse", "DistilBert", DISTILBERT, BERT, dense=(Dense(24),)),
    Layout("paraphrase-multilingual", "XLMRoberta", ROBERTA),
    Layout("multilingual-e5", "XLMRoberta", ROBERTA, normalize=True),
    Layout("multilingual-e5-prompts", "XLMRoberta", ROBERTA, normalize=True, prompts=E5_PROMPTS),
    Layout("BGE-M3", "XLMRoberta", ROBERTA, pooling=("cls",), normalize=True),
    Layout(
        "Arctic-Embed",
        "XLMRoberta",
        ROBERTA,
        pooling=("cls",),
        normalize=True,
        prompts={"query": "query: "},
        new_spelling=True,
    ),
    Layout("gte-base", "Gte", SIZES, pooling=("cls",), normalize=True, new_spelling=True),
    Layout(
        "EmbeddingGemma",
        "Gemma3Text",
        GEMMA3,
        GEMMA,
        dense=(Dense(48, "Identity", bias=False), Dense(DIM, "Identity", bias=False)),
        normalize=True,
        prompts=GEMMA_PROMPTS,
        since=KEEPS_WINDOWS,
    ),
    Layout(
        "Qwen3-Embedding",
        "Qwen3",
        GROUPED,
        QWEN,
        ("lasttoken",),
        normalize=True,
        prompts={"query": "task : search query : ", "document": ""},
    ),
    Layout("mmBERT", "ModernBert", MODERNBERT, GEMMA),
    Layout("mmBERT-cls", "ModernBert", MODERNBERT, GEMMA, ("cls",), normalize=True),
    Layout(
        "sentence-T5",
        "T5",
        T5_SIZES,
        T5,
        dense=(Dense(48, "Identity", bias=False),),
        normalize=True,
    ),
    Layout("mT5", "MT5", T5_SIZES, T5),
    Layout("UMT5", "UMT5", T5_SIZES, T5),
    Layout("all-mpnet", "MPNet", ROBERTA, normalize=True),
    Layout("CamemBERT", "Camembert", ROBERTA, CAMEMBERT),
    Layout("BERT-uncased", "Bert", POSITIONS, BERT, lower_case=True),
    Layout("MiniLM-2021", "Bert", POSITIONS, BERT, folder="0_Transformer"),
    Layout("DistilBERT", "DistilBert", DISTILBERT, BERT, new_spelling=True),
    Layout("ALBERT", "Albert", {**POSITIONS, "embedding_size": 16}, BERT),
    Layout("ELECTRA", "Electra", {**POSITIONS, "embedding_size": 16}, BERT),
    Layout(
        "DeBERTa-v2",
        "DebertaV2",
        {
            **POSITIONS,
            "relative_attention": True,
            "position_biased_input": False,
            "pos_att_type": ["p2c", "c2p"],
            "share_att_key": True,
            "norm_rel_ebd": "layer_norm",
            "position_buckets": 8,
        },
        BERT,
    ),
    Layout(
        "XLM",
        "XLM",
        {"emb_dim": DIM, "n_layers": 2, "n_heads": 4, "max_position_embeddings": 64},
    ),
    Layout("XLNet", "XLNet", {"d_model": DIM, "n_layer": 2, "n_head": 4, "d_inner": 64}, XLNET),
    Layout("Longformer", "Longformer", {**ROBERTA, "attention_window": 8}),
    Layout("BigBird", "BigBird", {**POSITIONS, "block_size": 4, "num_random_blocks": 1}, BERT),
    Layout("EuroBERT", "EuroBert", {**GROUPED, "max_position_embeddings": 64}, LLAMA),
    Layout("Llama", "Llama", GROUPED, LLAMA, ("lasttoken",), normalize=True),
    Layout("Mistral", "Mistral", {**GROUPED, "sliding_window": 8}, LLAMA, ("lasttoken",)),
    Layout("Gemma", "Gemma", GROUPED, GEMMA),
    Layout(
        "Gemma2",
        "Gemma2",
        {**GROUPED, "query_pre_attn_scalar": 8},
        GEMMA,
        since=APPLIES_SOFTCAPS,
    ),
    Layout("nomic-embed", "NomicBert", {**POSITIONS, "head_dim": 8}, BERT),
    Layout("jina-v3", "JinaEmbeddingsV3", ROBERTA),
    Layout(
        "Funnel",
        "Funnel",
        {"d_model": DIM, "n_head": 4, "d_head": 8, "d_inner": 64, "block_sizes": [2, 2]},
        BERT,
    ),
    Layout("RoFormer", "RoFormer", {**POSITIONS, "embedding_size": 16}, BERT),
    Layout("RemBERT", "RemBert", {**POSITIONS, "input_embedding_size": 16}, BERT),
    Layout(
        "INSTRUCTOR",
        "T5",
        T5_SIZES,
        T5,
        prompts={"query": "task : query : ", "document": "task : query : "},
        default_prompt="query",
        include_prompt=False,
        normalize=True,
    ),
]


def _poolings() -> list[Layout]:
    layouts = []
    for mode in NAMES_IN_OLD_SPELLING:
        for new in (False, True):
            name = f"{mode}, {'new' if new else 'old'} spelling"
            layouts.append(Layout(name, "XLMRoberta", ROBERTA, pooling=(mode,), new_spelling=new))
    layouts.append(Layout("cls and mean", "Bert", POSITIONS, BERT, ("cls", "mean")))
    return layouts


POOLINGS = _poolings()
LAYOUTS = PUBLISHED + POOLINGS
BY_NAME = {layout.name: layout for layout in LAYOUTS}
