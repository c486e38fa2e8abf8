"""Whether a client has everything that a benchmark will need, and what to do where it has not."""
