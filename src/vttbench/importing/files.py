"""Importing files: what is there already stays, what is broken is named, the rest goes on."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from filelock import FileLock

from vttbench.importing.documents import Origin, documents_in, is_document_of_today
from vttbench.result import Result, ResultError
from vttbench.store import ResultStore, Stored, StoreError
from vttbench.store.naming import folder_of, stem_of


@dataclass
class Imported:
    """What became of the files.

    Attributes:
        written: new documents.
        known: results that were there already.
        skipped: files that are result documents of today, found in a folder.
        problems: one sentence a file that could not be imported.
    """

    written: list[Stored] = field(default_factory=list)
    known: int = 0
    skipped: int = 0
    problems: list[str] = field(default_factory=list)


def import_files(
    paths: Sequence[Path], store: ResultStore, origin: Origin, *, dry_run: bool = False
) -> Imported:
    """Import older files into a results directory; importing again changes nothing.

    Args:
        paths: files, or folders that are searched for ``*.json``.
        store: where the documents go.
        origin: what the files don't say; its name is replaced by each file's.
        dry_run: only say what would be written; paths of the answer are then the old files.
    """
    imported = Imported()
    # Not in the results directory: what lies there is committed.
    digest = hashlib.sha256(str(store.root.resolve()).encode()).hexdigest()[:16]
    with FileLock(Path(tempfile.gettempdir()) / f"vttbench-import-{digest}.lock"):
        for path in _files_in(paths, imported):
            try:
                content = path.read_bytes()
                if is_document_of_today(content):
                    imported.skipped += 1
                    continue
                documents = documents_in(content, replace(origin, name=path.name))
                _write(documents, content, path, store, imported, dry_run=dry_run)
            except OSError as error:
                imported.problems.append(f"{path}: can't be read: {error.strerror}")
            except ValueError as error:  # ImportFormatError, and whatever a document refuses
                imported.problems.append(f"{path}: {error}")
    return imported


def _files_in(paths: Iterable[Path], imported: Imported) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            found = sorted(file for file in path.rglob("*.json") if file.is_file())
            if not found:
                imported.problems.append(f"{path}: no *.json in this folder")
            yield from found
        else:
            yield path


def _write(
    documents: Sequence[Result],
    content: bytes,
    path: Path,
    store: ResultStore,
    imported: Imported,
    *,
    dry_run: bool,
) -> None:
    fresh = [document for document in documents if not _is_there(document, store)]
    imported.known += len(documents) - len(fresh)
    if dry_run:
        imported.written += [Stored(path, document) for document in fresh]
        return
    with tempfile.TemporaryDirectory(prefix="vttbench-import-") as scratch:
        (Path(scratch) / path.name).write_bytes(content)
        for document in fresh:
            imported.written.append(store.write(document, Path(scratch)))


def _is_there(document: Result, store: ResultStore) -> bool:
    """Look for the id under the only names that the document could have."""
    folder, stem = folder_of(store.root, document), stem_of(document)
    for path in [folder / f"{stem}.json", *folder.glob(f"{stem}-*.json")]:
        try:
            if path.exists() and store.read(path).result.result_id == document.result_id:
                return True
        except (ResultError, StoreError):
            continue  # broken: not this one
    return False
