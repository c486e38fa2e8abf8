"""The dashboard: which machine is best, which got worse, and why, in a browser.

``store`` keeps a columnar copy of all results up to date, ``pages`` turns it into what is seen,
``web`` serves it.
"""
