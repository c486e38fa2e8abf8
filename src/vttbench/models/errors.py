"""What goes wrong with models."""

from __future__ import annotations


class ModelError(ValueError):
    """A model, an inventory of models or a request for one that can't be used; says what to do."""


class NoModelsError(ModelError):
    """Nothing is left to measure: not one of the models that were asked for is there."""
