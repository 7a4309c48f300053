"""Audits along a training run: call the trail after a step; it keeps what it found and draws it."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from proofs_check.auditing.audit import Audit, audit
from theory.errors import BadInput


@dataclass
class AuditTrail:
    """A callback `trail(model, step)` that audits every `every` steps, on data of its own choice.

    diverged: the first step at which a weight was not finite, else None; no audit is made from there on.
    """

    loss: Any
    data: Any
    eta: float
    batch_size: int | None = None
    every: int = 100
    sampling: str = "without"
    exact: bool = False
    steps: list[int] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    diverged: int | None = None

    def __call__(self, model: Any, step: int) -> Audit | None:
        """The audit of this step, if one was due."""
        if self.diverged is not None or step % self.every:
            return None
        was_training = model.training
        model.eval()
        try:
            if not all(bool(parameter.isfinite().all()) for parameter in model.parameters()):
                self.diverged = step
                return None
            found = audit(model, self.loss, self.data, eta=self.eta, batch_size=self.batch_size,
                          sampling=self.sampling, exact=self.exact)  # fmt: skip
        except BadInput as fault:
            if "not finite" not in str(fault):
                raise
            self.diverged = step  # weights are finite, outputs or the loss no longer
            return None
        finally:
            model.train(was_training)
        self.steps.append(step)
        self.audits.append(found)
        return found

    def text(self) -> str:
        """What became of the run."""
        end = f"diverged: not finite at step {self.diverged}" if self.diverged is not None else "finite throughout"
        return f"{len(self.audits)} audits, every {self.every} steps; {end}"

    def plot(self, out: str | Path) -> Path:
        """η·λ_max/2, η·tr H/2 and η over its mean-square threshold along the run, with the loss below."""
        from proofs_check.report.audits import draw_trail
        from proofs_check.report.files import require_place

        if not self.audits:
            raise BadInput(f"the trail holds no audit ({self.text()}); call it with a step divisible by {self.every}")
        return draw_trail(self, require_place(out))

    def series(self) -> dict[str, np.ndarray]:
        """The curves of the figure.   Shapes: (audits,) each."""
        eta = [one.eta for one in self.audits]
        rate = np.array([one.verdicts[0].limit.value for one in self.audits])  # 2/η
        limits = [one.threshold for one in self.audits]
        missing = math.nan
        return {
            "step": np.array(self.steps),
            "loss": np.array([one.loss for one in self.audits]),
            "lambda_max": np.array([one.lambda_max.value for one in self.audits]) / rate,
            "trace": np.array([one.trace.value for one in self.audits]) / rate,
            "at_most": np.array([e / one.low if one else missing for e, one in zip(eta, limits, strict=True)]),
            "at_least": np.array([e / one.high if one else missing for e, one in zip(eta, limits, strict=True)]),
        }
