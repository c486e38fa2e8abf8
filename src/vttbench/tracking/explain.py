"""What went wrong on the way to a server, in one sentence that says what to do."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import httpx

from vttbench.tracking.destination import display_uri
from vttbench.tracking.errors import AccessError, RejectedError, TrackingError, UnavailableError

_TEXT_CHARACTERS = 300


def failed_connection(uri: str, error: httpx.HTTPError) -> TrackingError:
    """Explain why no answer came.

    Args:
        uri: the tracking URI; credentials in it are masked.
        error: from httpx.
    """
    shown = display_uri(uri)
    text = _root_cause(error)
    if "CERTIFICATE_VERIFY_FAILED" in text or "certificate verify failed" in text:
        return AccessError(
            f"The certificate of {shown} is not trusted ({_after(text, 'failed: ')}): name its CA "
            "in MLFLOW_TRACKING_SERVER_CERT_PATH, or set MLFLOW_TRACKING_INSECURE_TLS=true."
        )
    if "SSL" in text or "TLS" in text:
        return AccessError(
            f"{shown} does not speak TLS as asked ({text}): try the address with http:// instead."
        )
    if isinstance(error, httpx.ConnectTimeout):
        why = "Nobody answers at {}: is the machine on, and does a firewall let us through?"
    elif isinstance(error, httpx.TimeoutException):
        why = "{} takes the connection and then does not answer: look at the server's log."
    elif "Name or service not known" in text or "name resolution" in text:
        host = urlsplit(uri).hostname
        return UnavailableError(
            f"The name {host} is not known here: correct MLFLOW_TRACKING_URI ({shown})."
        )
    elif "refused" in text:
        why = "Nothing listens at {}: start MLflow there, or correct MLFLOW_TRACKING_URI."
    elif isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return AccessError(f"{shown} is not an address of a server: correct MLFLOW_TRACKING_URI.")
    else:
        why = f"The connection to {{}} broke ({text or type(error).__name__}): try again later."
    return UnavailableError(why.format(shown))


def refused_request(
    uri: str, response: httpx.Response, login_source: str | None = None
) -> TrackingError:
    """Explain an answer that is not the one hoped for.

    Args:
        uri: the tracking URI; credentials in it are masked.
        response: with its body read.
        login_source: where user name and password came from; None when there were none.
    """
    shown, status = display_uri(uri), response.status_code
    code, message = _mlflow_error(response)
    if status == httpx.codes.UNAUTHORIZED:
        what = (
            f"does not accept our user name and password from {login_source}"
            if login_source
            else "asks for a user name and a password"
        )
        return AccessError(
            f"{shown} {what} (401): set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
            "have ansible-playbook playbooks/configure-clients.yml write them down here."
        )
    if status == httpx.codes.FORBIDDEN and "Invalid Host header" in response.text:
        host = urlsplit(uri).netloc.rpartition("@")[2]
        return AccessError(
            f"The server does not want to be called {host} (403, invalid Host header): add "
            f"{host} to its --allowed-hosts, or use a name that stands there."
        )
    if status == httpx.codes.FORBIDDEN:
        return AccessError(
            f"{shown} does not let this user write here (403): have its administrator grant EDIT "
            "on the experiment."
        )
    if response.is_redirect:
        target = display_uri(response.headers.get("location", "?"))
        return AccessError(
            f"{shown} redirects to {target}: put that address into MLFLOW_TRACKING_URI."
        )
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        detail = message or f"HTTP {status}"
        return UnavailableError(f"{shown} is in trouble ({detail}): look at the server's log.")
    if code is None:
        return AccessError(
            f"What answers at {shown} is no MLflow (HTTP {status}): correct MLFLOW_TRACKING_URI."
        )
    return RejectedError(f"{shown} refuses this ({code}): {message}")


def _mlflow_error(response: httpx.Response) -> tuple[str | None, str]:
    try:
        body = json.loads(response.text)
    except ValueError:
        return None, ""
    if not isinstance(body, dict) or "error_code" not in body:
        return None, ""
    return str(body["error_code"]), str(body.get("message", ""))[:_TEXT_CHARACTERS]


def _root_cause(error: BaseException) -> str:
    texts = []
    cause: BaseException | None = error
    while cause is not None:
        texts.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    return max(texts, key=len)[:_TEXT_CHARACTERS]


def _after(text: str, mark: str) -> str:
    return text.rpartition(mark)[2].partition(" (_ssl")[0]
