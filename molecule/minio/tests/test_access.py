"""Who may do what: an account can use its bucket and nothing else."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from conftest import BUCKET, Server
from minio import Minio
from minio.deleteobjects import DeleteObject
from minio.error import MinioAdminException, S3Error
from minio.minioadmin import MinioAdmin
from minio.versioningconfig import ENABLED


def put(client: Minio, bucket: str, name: str, data: bytes) -> str | None:
    return client.put_object(bucket, name, io.BytesIO(data), len(data)).version_id


def get(client: Minio, bucket: str, name: str, version: str | None = None) -> bytes:
    answer = client.get_object(bucket, name, version_id=version)
    try:
        return answer.read()
    finally:
        answer.close()
        answer.release_conn()


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(S3Error) as caught:
        call()
    return str(caught.value.code)


def test_a_wrong_secret_is_refused(server: Server, secrets: dict[str, str]) -> None:
    client = server.s3(secrets["mlflow_access_key"], "not-the-secret")
    assert refusal(lambda: list(client.list_objects(BUCKET))) == "SignatureDoesNotMatch"


def test_an_unknown_key_is_refused(server: Server) -> None:
    client = server.s3("nobody-knows-me", "some-secret")
    assert refusal(lambda: list(client.list_objects(BUCKET))) == "InvalidAccessKeyId"


def test_nobody_reads_without_a_key(server: Server, account_s3: Minio) -> None:
    put(account_s3, BUCKET, "secret.txt", b"closed")
    stranger = Minio(f"{server.address}:9000", secure=False)
    assert refusal(lambda: get(stranger, BUCKET, "secret.txt")) == "AccessDenied"
    assert refusal(lambda: list(stranger.list_objects(BUCKET))) == "AccessDenied"


def test_an_account_writes_lists_reads_and_deletes_in_its_bucket(account_s3: Minio) -> None:
    put(account_s3, BUCKET, "a/b.txt", b"hello")
    assert [item.object_name for item in account_s3.list_objects(BUCKET, "a/")] == ["a/b.txt"]
    assert get(account_s3, BUCKET, "a/b.txt") == b"hello"
    account_s3.remove_object(BUCKET, "a/b.txt")
    assert list(account_s3.list_objects(BUCKET, "a/")) == []


def test_an_account_uploads_in_parts(account_s3: Minio) -> None:
    size = 12 * 1024 * 1024
    account_s3.put_object(
        BUCKET, "large.bin", io.BytesIO(bytes(size)), -1, part_size=5 * 1024 * 1024
    )
    assert account_s3.stat_object(BUCKET, "large.bin").size == size


def test_what_was_overwritten_or_deleted_is_kept_and_can_not_be_wiped_out(
    account_s3: Minio, root_s3: Minio
) -> None:
    assert root_s3.get_bucket_versioning(BUCKET).status == ENABLED
    first = put(account_s3, BUCKET, "kept.txt", b"first")
    put(account_s3, BUCKET, "kept.txt", b"second")
    account_s3.remove_object(BUCKET, "kept.txt")
    assert get(account_s3, BUCKET, "kept.txt", first) == b"first"
    assert refusal(lambda: account_s3.remove_object(BUCKET, "kept.txt", first)) == "AccessDenied"
    many = [DeleteObject("kept.txt", first)]
    assert [error.code for error in account_s3.remove_objects(BUCKET, many)] == ["AccessDenied"]
    assert get(account_s3, BUCKET, "kept.txt", first) == b"first"


def test_a_bucket_without_versioning_has_none(root_s3: Minio) -> None:
    assert root_s3.get_bucket_versioning("other").status != ENABLED


def test_another_bucket_is_closed_to_an_account(account_s3: Minio, root_s3: Minio) -> None:
    put(root_s3, "other", "theirs.txt", b"theirs")
    assert [bucket.name for bucket in account_s3.list_buckets()] == [BUCKET]
    for attempt in (
        lambda: list(account_s3.list_objects("other")),
        lambda: get(account_s3, "other", "theirs.txt"),
        lambda: put(account_s3, "other", "mine.txt", b"mine"),
        lambda: account_s3.remove_object("other", "theirs.txt"),
        lambda: account_s3.make_bucket("a-third"),
        lambda: account_s3.remove_bucket("other"),
        lambda: account_s3.delete_bucket_policy(BUCKET),
    ):
        assert refusal(attempt) == "AccessDenied"


def test_an_account_administers_nothing(account_admin: MinioAdmin, secrets: dict[str, str]) -> None:
    for attempt in (
        account_admin.info,
        account_admin.user_list,
        account_admin.policy_list,
        lambda: account_admin.user_add("intruder", "intruder-secret"),
        lambda: account_admin.policy_add("mlflow", policy={"Version": "2012-10-17"}),
        lambda: account_admin.attach_policy(["consoleAdmin"], user=secrets["mlflow_access_key"]),
        account_admin.service_restart,
    ):
        with pytest.raises(MinioAdminException, match="403"):
            attempt()


def test_an_account_makes_no_account_of_its_own(account_admin: MinioAdmin) -> None:
    with pytest.raises(MinioAdminException, match="403"):
        account_admin.add_service_account(access_key="escaped", secret_key="escaped-secret")
    everything = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:*", "admin:*"]}],
    }
    with pytest.raises(MinioAdminException, match="403"):
        account_admin.add_service_account(
            access_key="escaped", secret_key="escaped-secret", policy=everything
        )


def test_cve_2025_62506_is_closed_a_restricted_service_account_makes_no_unrestricted_one(
    server: Server, restricted: tuple[str, str], root_s3: Minio
) -> None:
    """What the published binaries allow: an account of its own, without its restrictions."""
    put(root_s3, "other", "out-of-reach.txt", b"closed")
    assert refusal(
        lambda: get(server.s3(*restricted), "other", "out-of-reach.txt")
    ) == "AccessDenied"  # fmt: skip
    with pytest.raises(MinioAdminException, match="403"):
        server.admin(*restricted).add_service_account(
            access_key="escaped", secret_key="escaped-secret"
        )
    assert refusal(
        lambda: get(server.s3("escaped", "escaped-secret"), "other", "out-of-reach.txt")
    ) == "InvalidAccessKeyId"  # fmt: skip


def test_there_are_no_users_but_the_named_ones(
    root_admin: MinioAdmin, secrets: dict[str, str]
) -> None:
    assert set(json.loads(root_admin.user_list())) == {
        secrets["mlflow_access_key"],
        secrets["guest_access_key"],
    }
