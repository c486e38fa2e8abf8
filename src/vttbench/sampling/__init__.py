"""When to stop repeating, what to throw away, and how to summarise what is left."""
