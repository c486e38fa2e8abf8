"""A Windows laptop as far as our roles can tell: files, power, sessions, programs, settings."""
