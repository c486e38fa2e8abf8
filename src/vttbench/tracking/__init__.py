"""MLflow: what a run looks like there, shipping, the spool, exactly once."""
