"""`python -m tests.unit.training.together JOB.json ...`: several jobs, as torchrun starts them.

The processes import torch and transformers once for all of them.
"""

import sys
from pathlib import Path

from alignment.training.job import Job
from alignment.training.ranks import Ranks
from alignment.training.run import run

if __name__ == "__main__":
    with Ranks.of_environment().connected(on_gpu=False):
        for path in sys.argv[1:]:
            run(Job.read(Path(path)))
