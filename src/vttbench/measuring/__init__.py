"""The loop around one benchmark on one host: run, parse, repeat, journal, write."""
