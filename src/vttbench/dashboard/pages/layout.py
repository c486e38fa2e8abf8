"""Which cards a page has, from a YAML file that people edit."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from vttbench.dashboard.pages.card import REGISTRY

OWN = Path(__file__).with_name("layout.yml")


class LayoutError(ValueError):
    """The layout file is wrong; the message names the file and the place."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CardSpec(_Strict):
    """A card on a page.

    Attributes:
        card: which one, by its name.
        title: what stands above it.
        width: of the page.
        options: handed to the card.
    """

    card: str
    title: str
    width: Literal["full", "half", "third"] = "full"
    options: dict[str, str | int | float | bool] = {}


class PageSpec(_Strict):
    """A page.

    Attributes:
        path: of its URL.
        name: in the navigation.
        question: that it answers.
        filters: controls besides those that every page has.
        hidden: whether the navigation leaves it out.
        cards: in order.
    """

    path: str
    name: str
    question: str
    filters: tuple[Literal["workload", "metric", "sort", "group"], ...] = ()
    hidden: bool = False
    cards: tuple[CardSpec, ...]


class Layout(_Strict):
    """All pages."""

    pages: tuple[PageSpec, ...]

    def page(self, path: str) -> PageSpec | None:
        """Return the page of a path; ``/run/019d…`` is the page ``/run``."""
        first = "/" + path.strip("/").partition("/")[0]
        return next((page for page in self.pages if page.path == first), None)


def read_layout(path: Path = OWN) -> Layout:
    """Read a layout file.

    Raises:
        LayoutError: it can't be read, is no YAML, or names a card that there is not.
    """
    try:
        layout = Layout.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise LayoutError(f"{path}: can't be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise LayoutError(f"{path}: no YAML: {error}") from error
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise LayoutError(f"{path}: {where or 'document'}: {fault['msg']}") from error
    for page in layout.pages:
        names = [spec.card for spec in page.cards]
        for name in names:
            if name not in REGISTRY:
                raise LayoutError(
                    f"{path}: page {page.path}: there is no card {name!r}; there are "
                    f"{', '.join(sorted(REGISTRY))}"
                )
            if names.count(name) > 1:
                raise LayoutError(f"{path}: page {page.path}: the card {name!r} stands there twice")
    return layout
