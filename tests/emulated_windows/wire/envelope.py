"""SOAP envelopes of WS-Management: reading requests, writing answers and faults.

Shapes follow MS-WSMV (Microsoft's "Web Services Management Protocol Extensions for Windows Vista"),
as far as Ansible's plugin ``winrm`` uses it.
"""

from __future__ import annotations

import base64
import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from uuid import uuid4
from xml.sax.saxutils import escape

_NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "rsp": "http://schemas.microsoft.com/wbem/wsman/1/windows/shell",
    "x": "http://schemas.xmlsoap.org/ws/2004/09/transfer",
    "p": "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd",
}
SHELL = _NS["rsp"]
CONTENT_TYPE = "application/soap+xml;charset=UTF-8"
_FAULT_ACTION = "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
_WMI_ERROR = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError"
_DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in _NS.items())
_DURATION = re.compile(r"PT(?:(\d+)M)?(?:([\d.]+)S)?$")


@dataclass(frozen=True)
class Request:
    """One request, as far as WinRM's remote shell needs it.

    Attributes:
        verb: last word of the action: Create, Command, Send, Receive, Signal or Delete.
        timeout_s: OperationTimeout, after which the client wants to hear at least a fault.
        stdin: what ``Send`` carries, decoded.
        stdin_follows: of ``Command``: whether ``Send`` comes before anything may run.
    """

    verb: str
    action: str
    message_id: str
    resource: str
    shell_id: str | None
    command_id: str | None
    timeout_s: float
    command_line: str = ""
    stdin: bytes = b""
    stdin_ends: bool = False
    stdin_follows: bool = False


@dataclass(frozen=True)
class Fault:
    """A fault of WS-Management.

    Attributes:
        code: Windows' error number, e.g. 2150858793.
        by_wmi: comes out of WMI, which wraps it in an object of its own.
    """

    name: str
    code: int
    text: str
    by_wmi: bool = False


def read(body: bytes) -> Request:
    """Read a request.

    Raises:
        ValueError: it is no envelope of WS-Management.
    """
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise ValueError(f"not XML: {error}") from error
    action = _text(root, "s:Header/a:Action")
    carrier = next((e for e in root.iter() if "CommandId" in e.attrib), None)
    stream = root.find("s:Body/rsp:Send/rsp:Stream", _NS)
    console = root.find("s:Header/w:OptionSet/w:Option[@Name='WINRS_CONSOLEMODE_STDIN']", _NS)
    words = [
        root.findtext("s:Body/rsp:CommandLine/rsp:Command", "", _NS),
        *(e.text or "" for e in root.findall("s:Body/rsp:CommandLine/rsp:Arguments", _NS)),
    ]
    return Request(
        verb=action.rsplit("/", 1)[-1],
        action=action,
        message_id=_text(root, "s:Header/a:MessageID"),
        resource=root.findtext("s:Header/w:ResourceURI", "", _NS),
        shell_id=root.findtext("s:Header/w:SelectorSet/w:Selector[@Name='ShellId']", None, _NS),
        command_id=carrier.get("CommandId") if carrier is not None else None,
        timeout_s=_seconds(root.findtext("s:Header/w:OperationTimeout", "PT60S", _NS)),
        command_line=" ".join(word for word in words if word),
        stdin=base64.b64decode(stream.text or "") if stream is not None else b"",
        stdin_ends=stream is not None and stream.get("End", "").lower() == "true",
        stdin_follows=console is not None and console.text == "FALSE",
    )


def answer(request: Request, body: str) -> bytes:
    """Write the answer to a request around a body of ours."""
    return _envelope(request.action + "Response", request.message_id, body)


def fault(request: Request, reason: Fault) -> bytes:
    """Write a fault."""
    text = escape(reason.text)
    detail = (
        '<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" '
        f'Code="{reason.code}" Machine="emulated"><f:Message>{text}</f:Message></f:WSManFault>'
    )
    if reason.by_wmi:
        detail = (
            f'<m:MSFT_WmiError xmlns:m="{_WMI_ERROR}"><m:error_Code>{reason.code}</m:error_Code>'
            f"<m:Message>{text}</m:Message></m:MSFT_WmiError>"
        )
    return _envelope(
        _FAULT_ACTION,
        request.message_id,
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode>"
        f"<s:Value>w:{reason.name}</s:Value></s:Subcode></s:Code>"
        f'<s:Reason><s:Text xml:lang="en-US">{text}</s:Text></s:Reason><s:Detail>{detail}'
        "</s:Detail></s:Fault>",
    )


def created(request: Request, shell_id: str) -> bytes:
    """Answer ``Create`` with the new shell's id."""
    return answer(
        request,
        "<x:ResourceCreated><a:Address>http://emulated:5985/wsman</a:Address>"
        f"<a:ReferenceParameters><w:ResourceURI>{SHELL}/cmd</w:ResourceURI>"
        f'<w:SelectorSet><w:Selector Name="ShellId">{shell_id}</w:Selector></w:SelectorSet>'
        "</a:ReferenceParameters></x:ResourceCreated>",
    )


def started(request: Request, command_id: str) -> bytes:
    """Answer ``Command`` with the new command's id."""
    return answer(
        request,
        f"<rsp:CommandResponse><rsp:CommandId>{command_id}</rsp:CommandId></rsp:CommandResponse>",
    )


def received(request: Request, stdout: bytes, stderr: bytes, returncode: int | None) -> bytes:
    """Answer ``Receive`` with output, and with the exit code where the command has ended."""
    streams = "".join(
        f'<rsp:Stream Name="{name}" CommandId="{request.command_id}">'
        f"{base64.b64encode(data).decode()}</rsp:Stream>"
        for name, data in (("stdout", stdout), ("stderr", stderr))
        if data
    )
    state, code = "Running", ""
    if returncode is not None:
        state, code = "Done", f"<rsp:ExitCode>{returncode}</rsp:ExitCode>"
    return answer(
        request,
        f'<rsp:ReceiveResponse>{streams}<rsp:CommandState CommandId="{request.command_id}" '
        f'State="{SHELL}/CommandState/{state}">{code}</rsp:CommandState></rsp:ReceiveResponse>',
    )


def _envelope(action: str, relates_to: str, body: str) -> bytes:
    return (
        f'<s:Envelope xml:lang="en-US" {_DECLARATIONS}><s:Header><a:Action>{action}</a:Action>'
        f"<a:MessageID>uuid:{str(uuid4()).upper()}</a:MessageID>"
        f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo></s:Header>"
        f"<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


def _text(root: ET.Element, path: str) -> str:
    found = root.findtext(path, None, _NS)
    if not found:
        raise ValueError(f"the envelope lacks {path}")
    return found


def _seconds(duration: str) -> float:
    matched = _DURATION.match(duration)
    if not matched:
        raise ValueError(f"not a duration: {duration}")
    return 60.0 * float(matched[1] or 0) + float(matched[2] or 0)
