"""How long to go on repeating."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Limits(BaseModel):
    """Limits on the repeats of one benchmark step.

    The profile gives the defaults; a role or a user may override each of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    warmup: int = Field(default=3, ge=0, description="At most so many repeats are thrown away")
    min_repeats: int = Field(default=5, ge=1)
    max_repeats: int = Field(default=15, ge=1)
    target_half_width_percent: float = Field(
        default=2.0, gt=0, description="Relative half-width of the 95 % interval that is enough"
    )
    budget_s: float = Field(default=600.0, gt=0, description="Wall time of all repeats together")
    cooldown_s: float = Field(default=0.0, ge=0, description="Rest before each repeat")

    @model_validator(mode="after")
    def _minimum_fits_maximum(self) -> Limits:
        if self.min_repeats > self.max_repeats:
            raise ValueError(
                f"min_repeats {self.min_repeats} is larger than max_repeats {self.max_repeats}"
            )
        return self

    @property
    def max_attempts(self) -> int:
        """Hard limit on runs of the tool: contaminated and failed ones count here too."""
        return self.warmup + 2 * self.max_repeats
