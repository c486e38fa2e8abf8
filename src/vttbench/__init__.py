"""Comparable, trustworthy hardware benchmarks of a fleet, from raw tool output to MLflow.

The rooms of this house, and the one direction in which they may call each other, are listed in
``docs/architecture.md``. Nothing below this package imports Ansible.
"""

__version__ = "0.1.0"
