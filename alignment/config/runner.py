"""`runner`: what runs the stages that work on one language at a time."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from alignment.config.base import Section

RunnerKind = Literal["local", "threads", "ray"]
AUTO = "auto"
GB = 10**9
_HOST_AND_PORT = re.compile(r"[A-Za-z0-9_.-]+:([0-9]{1,5})|\[[0-9A-Fa-f:]+\]:([0-9]{1,5})")
_ONLY_RAY = ("address", "gpus")


class RunnerSettings(Section):
    """Where the stages that work on one language at a time run, and what each task needs."""

    kind: RunnerKind = Field(
        "local",
        description="local: in this process, one language after another. threads: several "
        "languages at once on this machine. ray: as tasks of a Ray cluster (extra `ray`).",
    )
    address: str = Field(
        AUTO,
        description="Head of the Ray cluster as HOST:PORT. auto: the cluster that this machine "
        "is part of.",
    )
    cpus_per_task: int = Field(
        1, ge=1, le=1024, description="CPU cores that a task of one language gets."
    )
    memory_per_task: float = Field(
        2.0,
        gt=0.0,
        le=65_536.0,
        description="Memory that a task of one language needs, in GB (10^9 bytes). No more tasks "
        "run at once than fit into the memory of a machine.",
    )
    gpus: float = Field(
        0.0,
        ge=0.0,
        le=64.0,
        description="GPUs of a Ray task that encodes text; 0.5 lets two tasks share one. At 0 it "
        "encodes on CPUs.",
    )

    @field_validator("address")
    @classmethod
    def _usable_address(cls, address: str) -> str:
        match = _HOST_AND_PORT.fullmatch(address)
        port = int(match[1] or match[2]) if match else 0
        if address == AUTO or 0 < port < 65_536:
            return address
        if address.startswith("ray://"):
            raise ValueError(
                "Ray Client (ray://) is not supported: start the run on a machine of the cluster "
                "with `auto`, or with the HOST:PORT that `ray start --head` prints"
            )
        raise ValueError(
            f"expected auto or HOST:PORT, such as 10.0.0.5:6379, as `ray start --head` prints it; "
            f"got {address!r}"
        )

    @field_validator("gpus")
    @classmethod
    def _whole_or_part_of_one(cls, gpus: float) -> float:
        if gpus > 1 and gpus != int(gpus):
            raise ValueError("expected a part of one GPU or a whole number of them")
        return gpus

    @model_validator(mode="after")
    def _keys_of_the_kind(self) -> RunnerSettings:
        # The record of a run has every key, with the default of those that were left out.
        fields = type(self).model_fields
        surplus = [key for key in _ONLY_RAY if getattr(self, key) != fields[key].default]
        if surplus and self.kind != "ray":
            raise ValueError(f"only kind: ray has {' and '.join(surplus)}; the kind is {self.kind}")
        return self
