"""Speaking to an S3 server: the connection, its errors in a sentence, several requests at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from vttbench.backup.errors import BackupError
from vttbench.backup.settings import BucketAccess

_AT_ONCE = 8
_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def connect(access: BucketAccess) -> Minio:
    """Return a client; it speaks to the server only when it is asked something.

    Raises:
        BackupError: the endpoint is no URL.
    """
    url = urlsplit(access.endpoint)
    if url.scheme not in {"http", "https"} or not url.netloc:
        raise BackupError(f"bucket: endpoint {access.endpoint!r}, expected http(s)://host:port")
    return Minio(
        url.netloc,
        access_key=access.access_key,
        secret_key=access.secret_key,
        secure=url.scheme == "https",
        region=access.region,
        http_client=urllib3.PoolManager(
            maxsize=_AT_ONCE,
            timeout=urllib3.Timeout(connect=15, read=120),
            cert_reqs="CERT_REQUIRED",
            ca_certs=access.ca or None,
            retries=urllib3.Retry(
                total=4, backoff_factor=0.5, status_forcelist=[500, 502, 503, 504]
            ),
        ),
    )


@contextmanager
def asked(access: BucketAccess, what: str) -> Iterator[None]:
    """Turn what an S3 server or the way to it refuses into a :class:`BackupError`."""
    place = f"bucket {access.name} at {access.endpoint}: can't {what}"
    try:
        yield
    except S3Error as error:
        raise BackupError(f"{place} ({error.code}: {error.message})") from error
    except (MinioException, urllib3.exceptions.HTTPError, ValueError) as error:
        raise BackupError(f"{place} ({error})") from error


def in_parallel(work: Callable[[_Item], _Result], items: Iterable[_Item]) -> list[_Result]:
    """Work on all items, some at once; the first error ends it."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
