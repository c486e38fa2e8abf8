"""What can go wrong, in one sentence for the person who reads the journal."""


class BackupError(Exception):
    """A backup or restore that can't go on; the message says what, where and what was expected."""


class BusyError(BackupError):
    """Another backup or restore is at work."""
