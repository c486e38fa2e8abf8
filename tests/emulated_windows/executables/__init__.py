"""Real Windows executables for the emulated hosts: fetched or cross-compiled once, and kept.

Each is built into ``~/.cache/vttbench/windows/<name>-<version>/``; what is there is taken as it is.
"""
