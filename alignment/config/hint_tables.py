"""What other tools, older versions and habit call our keys.

The names come from sentence-transformers, transformers, FlagEmbedding, OpusFilter, Marian and
mozilla/translations. Words of a row are separated by spaces. Several keys may share a word: the
one of the section where the user wrote it comes first.
"""

from __future__ import annotations

RENAMED = {
    # top level
    "name": "run_name experiment experiment_name project model_id",
    "pivot": "src src_lang source_lang source_language pivot_lang pivot_language base_language",
    "seed": "random_seed random_state manual_seed",
    "encoder": "base_model backbone pretrained model_name model_name_or_path",
    "languages": (
        "langs lang language tgt trg tgt_lang target_lang target_langs target_language "
        "target_languages"
    ),
    "control": "controls control_languages",
    "corpora": "corpus data dataset datasets sources train_data train_dataset training_data",
    "licenses": "licences license_policy",
    "lock": "lockfile lock_file",
    "holdout": "heldout held_out eval evaluation split splits",
    "clean": "cleaning filter filtering preprocessing",
    "semantic_encoder": "filter_encoder filter_model scoring_encoder scoring_model",
    "triplets": "mining triplet",
    "train": "training trainer training_args training_arguments finetune finetuning",
    "gate": "gates quality_gate",
    "runner": "executor engine cluster distributed ray parallel",
    # runner
    "runner.kind": "type name backend executor",
    "runner.address": "head host url server ray_address",
    "runner.cpus_per_task": "cpus num_cpus cores workers n_jobs num_workers",
    "runner.memory_per_task": "memory mem ram",
    "runner.gpus": "gpu num_gpus gpus_per_task",
    # encoder
    "encoder.source": "type kind",
    "encoder.model": "model_name model_name_or_path repo repo_id id",
    "encoder.revision": "commit sha hash",
    "encoder.path": "dir directory registry",
    "encoder.version": "alias",
    "encoder.prompts": (
        "prefix prompt prefixes instruction instructions query_prefix passage_prefix "
        "document_prefix query_prompt passage_prompt document_prompt query_instruction "
        "passage_instruction query_instruction_for_retrieval passage_instruction_for_retrieval "
        "query_instruction_for_rerank default_prompt_name prompt_name"
    ),
    "encoder.prompts.source": "query pivot anchor src",
    "encoder.prompts.target": "document passage corpus positive tgt trg translation",
    "encoder.pooling": ("pooling_mode pooling_method sentence_pooling_method pooler pooling_type"),
    "encoder.trust_remote_code": "remote_code allow_remote_code custom_code",
    "encoder.dtype": "torch_dtype model_dtype",
    "encoder.max_tokens": (
        "max_length max_len max_seq_len max_seq_length model_max_length query_max_len "
        "passage_max_len"
    ),
    "encoder.vocab_size": "vocab vocabulary_size",
    "encoder.hidden_size": "dim hidden d_model embedding_dim",
    "encoder.num_layers": "layers n_layers num_hidden_layers",
    "encoder.num_heads": "heads n_heads num_attention_heads",
    # an entry of corpora
    "corpora.kind": "type format",
    "corpora.license": "licence",
    "corpora.max_pairs": "limit sample max_samples max_examples max_sentences num_samples",
    "corpora.weight": "ratio proportion sampling_weight",
    "corpora.languages": "langs lang",
    "corpora.version": "release",
    "corpora.revision": "commit sha hash",
    "corpora.path": "file files filename dir directory data_files",
    "corpora.url": "uri address link",
    "corpora.target_path": "target_file tgt_path tgt_file trg_path",
    "corpora.columns": "fields column_names",
    "corpora.min_state": "state states status approved_only",
    "corpora.package": "wheel distribution",
    "corpora.dataset": "path repo repo_id id",
    "corpora.configuration": "config config_name subset",
    "corpora.corpus": "dataset id",
    "corpora.test_set": "testset test dataset",
    "corpora.columns.source": "src source_column",
    "corpora.columns.target": "tgt trg target_column",
    "corpora.columns.language": "lang language_column",
    # licenses
    "licenses.allow": "allowed allowlist whitelist accept",
    "licenses.deny": "denied denylist blocklist blacklist",
    # holdout
    "holdout.share": "test_size test_share test_split test_ratio eval_split eval_size",
    "holdout.max_pairs": "max_samples max_test_pairs",
    "holdout.suites": "suite test_sets testsets benchmarks devtest eval_dataset eval_datasets",
    "holdout.development": "dev develop devset dev_set dev_suites",
    "holdout.contamination": "decontaminate decontamination",
    # clean
    "clean.filters": "filter rules",
    "clean.repair": "ftfy fix_encoding fix_unicode",
    "clean.min_chars": "min_length min_len",
    "clean.max_chars": "max_length max_len",
    "clean.min_words": "min_tokens",
    "clean.max_words": "max_tokens",
    "clean.max_ratio": "ratio length_ratio max_length_ratio",
    "clean.min_script": "script script_ratio character_score",
    "clean.max_similarity": "similarity",
    "clean.max_other_language": "langid lid language_id fasttext cld2 langid_threshold",
    "clean.language_model": "lid_model langid_model fasttext_model",
    "clean.near_duplicates": "dedup deduplicate deduplication dedup_threshold minhash near_dedup",
    "clean.semantic": (
        "laser bicleaner bicleaner_ai margin_score sentence_embedding semantic_threshold"
    ),
    "clean.keep_rejects": "rejects save_rejects keep_rejected",
    # triplets
    "triplets.shares": "negatives hard_negatives strategy strategies sampling_strategy",
    "triplets.num_candidates": "candidates top_k topk k range_max",
    "triplets.skip_top": "skip range_min",
    "triplets.relative_margin": "absolute_margin guide_margin max_score",
    "triplets.max_chrf": "chrf",
    # train
    "train.loss": "loss_fn loss_type loss_function criterion",
    "train.triplet_weight": "mix loss_weight",
    "train.distance": "distance_metric",
    "train.in_batch_negatives": "in_batch in_batch_negative use_inbatch_neg batch_hard",
    "train.explicit_negatives": "explicit",
    "train.scale": "logit_scale inverse_temperature",
    "train.distill_weight": "distil distill distillation distil_weight kd_weight",
    "train.matryoshka_dims": "dims mrl mrl_dims matryoshka truncate_dims",
    "train.center": "centre centering centring",
    "train.char_noise": "noise noise_ratio typos",
    "train.weight_by_score": "weighted use_scores score_weight",
    "train.steps": "max_steps num_steps train_steps training_steps total_steps iterations updates",
    "train.batch_size": (
        "batch bs train_batch_size per_device_batch_size per_device_train_batch_size mini_batch"
    ),
    "train.batch_tokens": "max_batch_tokens tokens_per_batch mini_batch_words",
    "train.group_related": "kin",
    "train.mix_languages": "mixed",
    "train.language_temperature": "sampling_temperature",
    "train.max_oversampling": "max_repeats oversample oversampling",
    "train.learning_rate": "lr base_lr max_lr peak_lr learn_rate",
    "train.warmup_ratio": "warmup warmup_proportion",
    "train.weight_decay": "wd",
    "train.max_grad_norm": "grad_clip grad_norm clip_norm gradient_clip gradient_clip_val",
    "train.dropout": "dropout_rate dropout_prob hidden_dropout hidden_dropout_prob",
    "train.freeze": "frozen freeze_layers freeze_embeddings",
    "train.layerwise_lr_decay": "llrd lr_decay layer_decay layerwise_decay",
    "train.gradient_cache": "grad_cache gradcache gc",
    "train.gradient_checkpointing": "checkpointing activation_checkpointing",
    "train.validation_share": (
        "development dev_share dev_split val_split val_size val_share validation_split "
        "validation_size"
    ),
    "train.evaluate_every": "eval_every eval_steps eval_interval evaluation_steps valid_freq",
    "train.remine_every": "refresh refresh_every remine mine_every",
    "train.early_stopping_patience": "patience early_stop early_stopping",
    "train.lora_rank": "lora lora_r lora_dim r rank",
    "train.tensorboard": "report_to",
    "train.precision": "dtype torch_dtype",
    "train.sharding": "fsdp fsdp_config fsdp2 sharding_strategy deepspeed zero zero_stage",
    # gate
    "gate.floor": "threshold min_accuracy min_score accuracy",
    "gate.margin": "tolerance non_inferiority noninferiority_margin max_drop max_loss",
    "gate.alpha": "p_value pvalue significance significance_level",
    "gate.min_gain": "min_improvement min_delta improvement",
    "gate.detect": "effect_size min_effect",
    "gate.sequential": "alpha_spending",
    "gate.min_queries": "min_pairs min_samples",
    "gate.approval": "manual_approval require_approval approve",
    "gate.approval_timeout": "approval_hours timeout",
    "gate.onnx.margin": "max_loss max_drop tolerance",
    "gate.onnx.refuses": "required on_failure",
    # publish
    "publish.onnx": "export onnx_export",
    "publish.onnx.int8": "quantize quantized quantization",
}
"""Words by the key to use in their place."""

EXPLAINED = {
    "": {
        "epoch epochs num_epochs num_train_epochs max_epochs n_epochs": (
            "there are no epochs; set `train.steps` (optimizer steps)"
        ),
        "temperature temp tau softmax_temperature": (
            "`train.scale` is the scale of the InfoNCE softmax (1 / temperature); "
            "`train.language_temperature` oversamples small languages"
        ),
        "warmup_steps": (
            "set `train.warmup_ratio`, the share of `train.steps` in which the learning rate rises"
        ),
        "lr_scheduler lr_scheduler_type lr_schedule scheduler": (
            "the learning rate always rises for `train.warmup_ratio` of the steps "
            "and then falls linearly to 0"
        ),
        "optim optimizer optimiser": (
            "the optimizer is always AdamW; set `train.learning_rate` and `train.weight_decay`"
        ),
        "fp16 half half_precision": (
            "fp16 is not supported; set `train.precision` to auto, bf16 or fp32"
        ),
        "bf16 amp mixed_precision": "set `train.precision: bf16`",
        "normalize normalize_embeddings normalized": (
            "vectors always have unit length; remove this key"
        ),
        "model": (
            "set `encoder`, for example encoder: {source: hub, model: BAAI/bge-m3, revision: ...}"
        ),
        "num_negatives num_hard_negatives negatives_per_anchor train_group_size": (
            "each triplet has one mined negative; `train.in_batch_negatives` adds others and "
            "`triplets.num_candidates` sets how many are considered"
        ),
        "gradient_accumulation gradient_accumulation_steps accumulate_grad_batches": (
            "raise `train.batch_size` and set `train.gradient_cache: true`, "
            "which bounds the memory and keeps all in-batch negatives"
        ),
        "mini_batch_size": (
            "set `train.batch_size`; `train.gradient_cache: true` encodes it in chunks"
        ),
        "save_steps save_every save_strategy save_total_limit save_freq": (
            "checkpoints are written automatically and a killed run resumes; remove this key"
        ),
        "resume resume_from_checkpoint": "a killed run resumes when it is started again",
        "logging_steps log_every logging_strategy disp_freq": (
            "every step is logged to curves.jsonl; remove this key"
        ),
        "output_dir save_dir out_dir": (
            "results go to the workspace; choose it with `workspace` or `--workspace`"
        ),
        "device gpu use_cpu no_cuda": (
            "the fastest device is chosen automatically; remove this key"
        ),
        "workers num_workers num_proc dataloader_num_workers": (
            "all available CPU cores are used; remove this key"
        ),
        "teacher teacher_model": (
            "the teacher is always the base encoder; set `train.distill_weight`"
        ),
        "metric_for_best_model load_best_model_at_end": (
            "the weights with the best validation accuracy are always kept; "
            "see `train.validation_share`"
        ),
    },
    "languages.CODE": {
        "trained train_on": "list a language under `control` to evaluate it without training on it",
    },
    "corpora": {
        "src tgt source target src_col tgt_col source_column target_column": (
            "name the columns in `corpora.columns`, for example "
            "columns: {source: english, target: welsh}"
        ),
        "language source_lang target_lang src_lang tgt_lang": (
            "list the corpus under one language (languages: {cy: {corpora: [...]}}), "
            "or restrict it with `corpora.languages`"
        ),
    },
    "clean": {
        "threshold": "each filter has its own limit, for example `clean.max_ratio`",
    },
    "triplets": {
        "margin": (
            "`triplets.relative_margin` guards against false negatives; "
            "`train.margin` is the margin of the loss"
        ),
        "threshold": (
            "set `triplets.relative_margin` (cosine) or `triplets.max_chrf` (characters)"
        ),
    },
}
"""Explanations by section ("" for any) and words, where no single key does the same."""
