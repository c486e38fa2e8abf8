"""At which sizes a model is measured."""

from __future__ import annotations

from dataclasses import dataclass

from vttbench.models.errors import ModelError


@dataclass(frozen=True, order=True)
class Context:
    """One test of llama-bench.

    Attributes:
        prompt: tokens of the prompt that is processed (``-p``); 0 for none.
        generation: tokens that are generated (``-n``).
        depth: tokens that are in the context before the test begins (``-d``).
    """

    prompt: int
    generation: int
    depth: int = 0

    @property
    def name(self) -> str:
        """Short name for variants and tables, e.g. ``pp512-tg128`` or ``tg128-d8192``."""
        parts = [
            f"pp{self.prompt}" if self.prompt else "",
            f"tg{self.generation}" if self.generation else "",
            f"d{self.depth}" if self.depth else "",
        ]
        return "-".join(part for part in parts if part)

    @property
    def arguments(self) -> list[str]:
        """Words for llama-bench's command line."""
        return ["-p", str(self.prompt), "-n", str(self.generation), "-d", str(self.depth)]


_QUICK = (Context(512, 128),)
_STANDARD = (*_QUICK, Context(4096, 512), Context(16384, 512), Context(0, 128, depth=8192))
_COMPREHENSIVE = (*_STANDARD, Context(2048, 256), Context(8192, 512), Context(32768, 512))

CONTEXT_PROFILES = {"quick": _QUICK, "standard": _STANDARD, "comprehensive": _COMPREHENSIVE}
# Which of them a run of that profile takes.
OF_RUN_PROFILE = {"quick": "quick", "standard": "standard", "full": "comprehensive"}


def contexts(profile: str) -> list[Context]:
    """Return the tests of a context profile, or of a run profile.

    Args:
        profile: ``quick``, ``standard`` or ``comprehensive``; ``full`` means ``comprehensive``.

    Raises:
        ModelError: unknown profile; names the known ones.
    """
    found = CONTEXT_PROFILES.get(OF_RUN_PROFILE.get(profile, profile))
    if found is None:
        known = ", ".join(CONTEXT_PROFILES)
        raise ModelError(f"there is no context profile {profile!r}: choose one of {known}")
    return list(found)
