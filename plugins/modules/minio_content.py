# GNU General Public License not needed: imports Ansible's module_utils only, which are BSD.
"""Buckets and accounts of a MinIO server, by its own API, from the host that it runs on."""

from __future__ import annotations

DOCUMENTATION = r"""
module: minio_content
short_description: Buckets and accounts of a MinIO server
description:
  - Makes buckets, sets their versioning, and makes accounts that may use certain buckets and nothing else.
  - An account is a MinIO user with a policy of its own, not a service account of the root user. So a hole in the
    restrictions of service accounts (CVE-2025-62506) has nothing to escape into.
  - The policy denies everything administrative, the deletion of old versions of objects and, with
    O(refuse_unsigned_trailers), uploads whose body is not signed. MinIO's community code does not look at the
    signature of such an upload at all if the key id stands in the query of the address.
  - Nothing that is not named here is touched, but for key ids that an account of the same name had before.
  - Runs on the host and needs the Python package C(minio) there.
options:
  endpoint:
    description: Address of the server, such as V(http://127.0.0.1:9000).
    type: str
    required: true
  root_user:
    description: Name of the server's root user.
    type: str
    required: true
  root_password:
    description: Password of the server's root user.
    type: str
    required: true
  ca:
    description: File of certificates to trust, for an endpoint with TLS.
    type: path
  buckets:
    description: Buckets that shall be there.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the bucket.
        type: str
        required: true
      versioning:
        description: Whether what is overwritten or deleted is kept as an older version.
        type: bool
        default: true
  accounts:
    description: Accounts that shall be there.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the account; its policy gets the same name.
        type: str
        required: true
      access_key:
        description: Key id. An account whose key id changed loses the older one.
        type: str
        required: true
      secret_key:
        description: Secret that belongs to it.
        type: str
        required: true
      buckets:
        description: Buckets that it may read and write.
        type: list
        elements: str
        required: true
  refuse_unsigned_trailers:
    description: Whether accounts are denied uploads with an unsigned body and a trailing checksum.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    description: Looks, and says what would change.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Make the bucket and its account
  minio_content:
    endpoint: http://127.0.0.1:9000
    root_user: "{{ minio_root_user }}"
    root_password: "{{ minio_root_password }}"
    buckets:
      - {name: mlflow-artifacts, versioning: true}
    accounts:
      - {name: mlflow, access_key: "{{ key }}", secret_key: "{{ secret }}", buckets: [mlflow-artifacts]}
  vars:
    ansible_python_interpreter: /opt/vttbench/minio/client/bin/python
  no_log: true
"""

RETURN = r"""
changes:
  description: What was changed, or would be, in words. Holds no key.
  type: list
  elements: str
  returned: always
"""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

try:
    import urllib3
    from minio import Minio
    from minio.commonconfig import ENABLED
    from minio.credentials.providers import StaticProvider
    from minio.error import MinioAdminException, MinioException, S3Error
    from minio.minioadmin import MinioAdmin
    from minio.versioningconfig import SUSPENDED, VersioningConfig
except ImportError:
    HAS_MINIO = False
else:
    HAS_MINIO = True

if TYPE_CHECKING:
    from collections.abc import Iterable

_SERVERS_OWN_POLICIES = frozenset(
    {"consoleAdmin", "diagnostics", "readonly", "readwrite", "writeonly"}
)
_IN_BUCKET = [
    "s3:GetBucketLocation", "s3:GetBucketVersioning", "s3:ListBucket",
    "s3:ListBucketMultipartUploads", "s3:ListBucketVersions",
]  # fmt: skip
_IN_OBJECTS = [
    "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:GetObjectTagging",
    "s3:GetObjectVersion", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging",
]  # fmt: skip


def policy_for(buckets: Iterable[str], *, refuse_unsigned_trailers: bool) -> dict[str, Any]:
    """Return the policy of an account that may use these buckets and nothing else.

    The condition looks at the very header that leads MinIO into the code that checks no
    signature, so it can't be got around. (``s3:authType`` could: MinIO prefers a header of the
    same name, which the caller sends.)
    """
    names = sorted(set(buckets))
    objects = [f"arn:aws:s3:::{name}/*" for name in names]
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": _IN_BUCKET,
            "Resource": [f"arn:aws:s3:::{name}" for name in names],
        },
        {"Effect": "Allow", "Action": _IN_OBJECTS, "Resource": objects},
        # Unless it is denied, MinIO lets whoever may delete an object delete its older versions.
        {"Effect": "Deny", "Action": ["s3:DeleteObjectVersion"], "Resource": objects},
        # Unless it is denied, a user makes service accounts of its own.
        {"Effect": "Deny", "Action": ["admin:*"]},
    ]
    if refuse_unsigned_trailers:
        header = {"s3:x-amz-content-sha256": ["STREAMING-UNSIGNED-PAYLOAD-TRAILER"]}
        statements.append({
            "Effect": "Deny",
            "Action": ["s3:*"],
            "Resource": ["arn:aws:s3:::*"],
            "Condition": {"StringEquals": header},
        })  # fmt: skip
    return {"Version": "2012-10-17", "Statement": statements}


def means_the_same(one: Any, other: Any) -> bool:
    """Compare policies; the server keeps lists as sets and writes a single value as it likes."""
    return _canonical(one) == _canonical(other)


def _canonical(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items() if item not in ([], "", {})}
    if isinstance(value, list):
        return sorted((_canonical(item) for item in value), key=lambda item: json.dumps(item))
    return [value] if isinstance(value, str) else value


class Content:
    """What a server holds, and what is done to it."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.changes: list[str] = []
        endpoint = urlsplit(module.params["endpoint"])
        # Fewer retries than by default: a server that isn't there is told within seconds.
        http = urllib3.PoolManager(
            timeout=urllib3.Timeout(connect=5, read=60),
            ca_certs=module.params["ca"],
            retries=urllib3.Retry(total=5, backoff_factor=0.3, status_forcelist=[502, 503, 504]),
        )
        self._connection = {
            "endpoint": endpoint.netloc,
            "secure": endpoint.scheme == "https",
            "http_client": http,
        }
        root = (module.params["root_user"], module.params["root_password"])
        self.s3 = Minio(access_key=root[0], secret_key=root[1], **self._connection)
        self.admin = MinioAdmin(credentials=StaticProvider(*root), **self._connection)

    def _change(self, words: str) -> bool:
        """Remember a change; return whether it shall be made now."""
        self.changes.append(words)
        return not self.module.check_mode

    def bucket(self, name: str, *, versioning: bool) -> None:
        """Make a bucket and set its versioning."""
        is_there = self.s3.bucket_exists(name)
        if not is_there and self._change(f"bucket {name} made"):
            self.s3.make_bucket(name)
            is_there = True
        enabled = is_there and self.s3.get_bucket_versioning(name).status == ENABLED
        if enabled != versioning and self._change(
            f"bucket {name}: versioning {'on' if versioning else 'off'}"
        ):
            self.s3.set_bucket_versioning(
                name, VersioningConfig(ENABLED if versioning else SUSPENDED)
            )

    def account(
        self, name: str, access_key: str, secret_key: str, policy: dict[str, Any], bucket: str
    ) -> None:
        """Make an account with its policy; take away key ids that it had before."""
        users: dict[str, Any] = json.loads(self.admin.user_list())
        policies: dict[str, Any] = json.loads(self.admin.policy_list())
        if not means_the_same(policies.get(name), policy) and self._change(
            f"account {name}: policy set"
        ):
            self.admin.policy_add(name, policy=policy)
        user = users.get(access_key)
        if (
            user is None or user.get("status") != "enabled"
            or not self._secret_is(access_key, secret_key, bucket)
        ) and self._change(f"account {name}: keys set"):  # fmt: skip
            self.admin.user_add(access_key, secret_key)
        attached = {item for item in (user or {}).get("policyName", "").split(",") if item}
        if attached != {name} and self._change(f"account {name}: policy given"):
            if name not in attached:
                self.admin.attach_policy([name], user=access_key)
            if others := sorted(attached - {name}):
                self.admin.detach_policy(others, user=access_key)
        for older, details in users.items():
            if (
                older != access_key
                and details.get("policyName") == name
                and self._change(f"account {name}: older keys removed")
            ):
                self.admin.user_remove(older)

    def _secret_is(self, access_key: str, secret_key: str, bucket: str) -> bool:
        """Try the secret, since the server never tells one. What it may do doesn't matter here."""
        client = Minio(access_key=access_key, secret_key=secret_key, **self._connection)
        try:
            next(iter(client.list_objects(bucket)), None)
        except S3Error as error:
            return error.code in ("AccessDenied", "NoSuchBucket")
        return True


def _arguments() -> dict[str, Any]:
    bucket = {
        "name": {"type": "str", "required": True},
        "versioning": {"type": "bool", "default": True},
    }
    account = {
        "name": {"type": "str", "required": True},
        "access_key": {"type": "str", "required": True, "no_log": True},
        "secret_key": {"type": "str", "required": True, "no_log": True},
        "buckets": {"type": "list", "elements": "str", "required": True},
    }
    return {
        "endpoint": {"type": "str", "required": True},
        "root_user": {"type": "str", "required": True, "no_log": True},
        "root_password": {"type": "str", "required": True, "no_log": True},
        "ca": {"type": "path"},
        "buckets": {"type": "list", "elements": "dict", "default": [], "options": bucket},
        "accounts": {"type": "list", "elements": "dict", "default": [], "options": account},
        "refuse_unsigned_trailers": {"type": "bool", "default": True},
    }


def _objections(params: dict[str, Any]) -> Iterable[str]:
    for account in params["accounts"]:
        if account["name"] in _SERVERS_OWN_POLICIES:
            yield f"an account can't be named {account['name']}: MinIO has a policy of that name"
        if not account["buckets"]:
            yield f"account {account['name']} has no bucket"
    for key in ("name", "access_key"):
        values = [account[key] for account in params["accounts"]]
        if len(set(values)) != len(values):
            yield f"two accounts have the same {key}"


def main() -> None:
    """Bring a server to the wanted content."""
    module = AnsibleModule(argument_spec=_arguments(), supports_check_mode=True)
    if not HAS_MINIO:
        module.fail_json(msg=missing_required_lib("minio"))
    for objection in _objections(module.params):
        module.fail_json(msg=objection)
    content = Content(module)
    try:
        for bucket in module.params["buckets"]:
            content.bucket(bucket["name"], versioning=bucket["versioning"])
        for account in module.params["accounts"]:
            policy = policy_for(
                account["buckets"],
                refuse_unsigned_trailers=module.params["refuse_unsigned_trailers"],
            )
            content.account(
                account["name"], account["access_key"], account["secret_key"], policy,
                account["buckets"][0],
            )  # fmt: skip
    except S3Error as error:
        module.fail_json(
            msg=f"{module.params['endpoint']} says {error.code}: {error.message}",
            changes=content.changes,
        )
    except (MinioException, MinioAdminException, urllib3.exceptions.HTTPError) as error:
        module.fail_json(
            msg=f"{module.params['endpoint']} can't be administered: {error}",
            changes=content.changes,
        )
    module.exit_json(changed=bool(content.changes), changes=content.changes)


if __name__ == "__main__":
    main()
