"""What is seen: each page answers one question, by cards that ``layout.yml`` declares."""

from importlib import import_module

_MODULES = ("changes", "compare", "models", "noting", "run", "systems", "trends")


def load_cards() -> None:
    """Import the modules that register cards."""
    for name in _MODULES:
        import_module(f"vttbench.dashboard.pages.{name}")
