"""``vttbench-backup``: back up, list, verify, fetch, restore."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vttbench.backup import manifest, settings, sqlite_files
from vttbench.backup.backing_up import back_up
from vttbench.backup.databases import Databases
from vttbench.backup.errors import BackupError, BusyError
from vttbench.backup.lock import alone
from vttbench.backup.repository import Repository
from vttbench.backup.restoring import restore
from vttbench.backup.target import Copies
from vttbench.backup.verification import damage

SETTINGS = Path("/etc/vttbench/backup/backup.toml")
_log = logging.getLogger("vttbench.backup")
BUSY = 75
"""Exit status where another backup is at work: try again later (EX_TEMPFAIL)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0, 1 (failed), 75 (another is at work)."""
    arguments = _parser().parse_args(argv)
    # The journal adds time and name; standard output is for what was asked.
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        result = _COMMANDS[arguments.command](settings.load(arguments.settings), arguments)
    except BusyError as error:
        _log.error("%s", error)
        return BUSY
    except (BackupError, OSError) as error:
        _log.error("%s", error)
        return 1
    if result is not None:
        sys.stdout.write(json.dumps(result, indent=2) + "\n")
    return 0


def _run(options: settings.Settings, arguments: argparse.Namespace) -> None:
    with alone(options.directory):
        content = back_up(options, prune=not arguments.keep_all)
    _log.info("backup %s is whole", content.name)


def _list(options: settings.Settings, _: argparse.Namespace) -> list[dict[str, Any]]:
    repository = Repository(options.directory)
    contents = (manifest.read_manifest(repository.folder(name)) for name in repository.names())
    return [asdict(content) for content in contents]


def _verify(options: settings.Settings, arguments: argparse.Namespace) -> dict[str, Any]:
    repository = Repository(options.directory)
    folder = repository.folder(arguments.backup)
    if wrong := damage(repository, folder):
        raise BackupError(f"backup {folder.name} is not whole: " + "; ".join(wrong))
    return asdict(manifest.read_manifest(folder))


def _fetch(options: settings.Settings, arguments: argparse.Namespace) -> dict[str, str]:
    if options.target is None:
        raise BackupError("no target is configured (backup_target)")
    repository = Repository(options.directory)
    with alone(options.directory):
        repository.prepare()
        return {"backup": Copies(options.target).fetch(repository, arguments.backup)}


def _work(options: settings.Settings, _: argparse.Namespace) -> dict[str, dict[str, int]]:
    found = {path: sqlite_files.work(Path(path)) for path in options.sqlite_files}
    if options.database is not None:
        databases = Databases(options.database)
        found |= {name: databases.work(name) for name in options.database.names}
    return found


def _restore(options: settings.Settings, arguments: argparse.Namespace) -> dict[str, Any]:
    with alone(options.directory):
        return asdict(restore(options, arguments.backup, overwrite=arguments.overwrite))


_COMMANDS = {
    "run": _run,
    "list": _list,
    "verify": _verify,
    "fetch": _fetch,
    "work": _work,
    "restore": _restore,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vttbench-backup", description=__doc__)
    parser.add_argument("--settings", type=Path, default=SETTINGS, help="default: %(default)s")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="make a backup, verify it, remove old ones, copy it away")
    run.add_argument("--keep-all", action="store_true", help="remove no old backup")
    commands.add_parser("list", help="print the manifests of all backups as JSON")
    commands.add_parser(
        "work", help="print what a restore would replace: rows of databases and files"
    )
    added = {
        name: commands.add_parser(name, help=text)
        for name, text in (
            ("verify", "read every byte of a backup and compare checksums"),
            ("fetch", "bring a backup back from the target"),
            ("restore", "bring a backup back into the databases and the bucket"),
        )
    }
    for command in added.values():
        command.add_argument("--backup", default="", help="its name; default: the newest")
    added["restore"].add_argument(
        "--overwrite", action="store_true", help="also replace databases that are in use"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
