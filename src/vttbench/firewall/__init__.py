"""A host's packet filter: which rules it gets, and what is never locked out. Pure functions."""
