"""Backup and restore of a results server: its databases and the bucket of artifacts.

This package runs on the server, where the rest of ``vttbench`` is not installed: it imports the
standard library, ``boto3`` (in :mod:`vttbench.backup.bucket` alone) and itself. The role ``backup``
copies it there.
"""
