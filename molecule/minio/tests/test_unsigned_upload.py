"""A write by somebody who knows a key id and no secret: what MinIO does, and what we do about it.

The community's code looks at no signature if a request says ``STREAMING-UNSIGNED-PAYLOAD-TRAILER``
and has its credential in the query (published in April 2026, never fixed there). An account's
policy can refuse such requests, and ours does. Nothing in the server can refuse the root user's.
"""

from __future__ import annotations

import base64
import http.client
import zlib
from datetime import UTC, datetime

import pytest
from conftest import BUCKET, Server
from minio import Minio

BODY = b"written by somebody without a secret"


def write_without_a_secret(
    server: Server, access_key: str, name: str, extra: dict[str, str] | None = None
) -> int:
    """Send the request; return the status of the answer."""
    now = datetime.now(UTC)
    scope = f"{access_key}/{now:%Y%m%d}/us-east-1/s3/aws4_request"
    checksum = base64.b64encode(zlib.crc32(BODY).to_bytes(4, "big"))
    chunks = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (len(BODY), BODY, checksum)
    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(BODY)),
        "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}",
        "x-amz-trailer": "x-amz-checksum-crc32",
        "content-encoding": "aws-chunked",
    }
    connection = http.client.HTTPConnection(server.address, 9000, timeout=20)
    try:
        connection.request(
            "PUT", f"/{BUCKET}/{name}?X-Amz-Credential={scope}", chunks, headers | (extra or {})
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()


def is_there(client: Minio, name: str) -> bool:
    return name in {found.object_name for found in client.list_objects(BUCKET)}


def test_with_an_accounts_key_id_it_is_refused(
    server: Server, root_s3: Minio, secrets: dict[str, str]
) -> None:
    assert write_without_a_secret(server, secrets["mlflow_access_key"], "unsigned") == 403
    assert not is_there(root_s3, "unsigned")


@pytest.mark.parametrize("header", ["Authtype", "Signatureversion"])
def test_headers_that_mean_to_deceive_the_policy_do_not_help(
    server: Server, root_s3: Minio, secrets: dict[str, str], header: str
) -> None:
    value = {"Authtype": "REST-HEADER", "Signatureversion": "AWS4-HMAC-SHA256"}[header]
    key = secrets["mlflow_access_key"]
    assert write_without_a_secret(server, key, "deceived", {header: value}) == 403
    assert not is_there(root_s3, "deceived")


def test_with_an_unknown_key_id_it_is_refused(server: Server, root_s3: Minio) -> None:
    assert write_without_a_secret(server, "nobody-knows-me", "unknown") == 403
    assert not is_there(root_s3, "unknown")


def test_with_the_root_users_name_it_succeeds_so_that_name_is_a_secret_and_the_ports_are_closed(
    server: Server, root_s3: Minio, secrets: dict[str, str]
) -> None:
    """Documents the hole. If this fails, upstream was fixed: say so in the role's README."""
    assert write_without_a_secret(server, secrets["root_user"], "hole") == 200
    assert is_there(root_s3, "hole")
    root_s3.remove_object(BUCKET, "hole")
