"""One module a tool: its raw output in, metrics with unit and direction out. Pure functions.

A parser takes a :class:`~vttbench.benchmarks.output.RawOutput` and returns a
:class:`~vttbench.benchmarks.output.Parsed`, or raises
:class:`~vttbench.benchmarks.output.OutputError`. The same code reads Windows and Linux output.
"""
