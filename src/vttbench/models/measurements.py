"""What is measured of each model: the product of models and contexts, one llama-bench run each.

One process a model and context, so that a model that does not fit or crashes takes nothing but
itself down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vttbench.models.contexts import contexts


def measurements(
    models: Iterable[Mapping[str, Any]],
    profile: str,
    flags: Sequence[str] = (),
    repetitions: int = 3,
) -> list[dict[str, Any]]:
    """Return the measurements of a run, as plain data.

    Args:
        models: as :meth:`vttbench.models.selection.Selected.as_facts` gives them.
        profile: run profile or context profile; see :func:`vttbench.models.contexts.contexts`.
        flags: words for llama-bench's command line that this host needs, e.g. ``-ngl 999``.
        repetitions: how often llama-bench repeats each test within one run.

    Returns:
        One entry a model and context, with ``variant``, ``arguments`` (all but the program) and
        ``parameters`` (what results record); for a model that is missing one entry with
        ``skip_reason``.

    Raises:
        ModelError: unknown profile.
    """
    wanted = contexts(profile)
    found: list[dict[str, Any]] = []
    for model in models:
        known = {"model": model["name"], "size_gb": model.get("size_gb")}
        if model.get("quant"):
            known["quant"] = model["quant"]
        if model["status"] != "ok":
            reason = f"model {model['name']} is missing: {model.get('reason') or 'not found'}"
            found.append(
                {
                    "variant": model["name"],
                    "arguments": [],
                    "parameters": known,
                    "skip_reason": reason,
                }
            )
            continue
        found += [
            {
                "variant": f"{model['name']} {context.name}",
                "arguments": [
                    *("-m", str(model["file"])),
                    *context.arguments,
                    *("-r", str(repetitions), "-o", "jsonl"),
                    *(str(word) for word in flags),
                ],
                "parameters": known
                | {
                    "prompt": context.prompt,
                    "generation": context.generation,
                    "depth": context.depth,
                    "repetitions": repetitions,
                    "flags": " ".join(str(word) for word in flags),
                },
                "skip_reason": "",
            }
            for context in wanted
        ]
    return found
