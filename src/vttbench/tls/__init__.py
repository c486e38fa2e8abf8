"""Certificates of the deployment: which names they hold. Pure functions."""
