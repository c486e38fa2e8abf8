"""From a command line of WinRM to an action on the emulated host, or a loud refusal."""

from __future__ import annotations

import base64
import hashlib
import json
import queue
import threading
import traceback
from collections.abc import Mapping
from typing import Any

from . import modules, powershell
from .ansible_payload import bootstrap, manifest
from .ansible_payload.documentation import ArgumentsError, UndocumentedError, checked
from .ansible_payload.manifest import Action, Manifest, ModuleAction
from .machine.drive import DiskFullError, PathError
from .machine.state import Machine
from .modules import Call, ModuleFailed, Refused
from .wire.shells import Command, Output

_SECRET = ("password", "secret", "token")


class Executor:
    """Executes the commands that arrive at one machine."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def __call__(self, command: Command) -> Output:
        """Run one command."""
        try:
            text = bootstrap.decode(command.line)
            if text.is_bootstrap:
                return self._manifest(manifest.read(bytes(command.stdin)), command)
            if text.looks_like_bootstrap:
                return self._refuse(
                    f"Ansible's bootstrap has changed (SHA-256 {text.sha256}): read it, then add "
                    "it to tests/emulated_windows/ansible_payload/bootstrap.py"
                )
            if text.removed_path is not None:
                return self._remove(text.removed_path)
            return self._text(text.content, command)
        except (bootstrap.UnknownTextError, manifest.ManifestError) as error:
            return self._refuse(str(error))
        except (OSError, PathError) as error:
            return Output(stderr=str(error).encode(), returncode=1)

    def _manifest(self, wanted: Manifest, command: Command) -> Output:
        if wanted.module is not None:
            return self._module(wanted, wanted.module, command)
        if wanted.only is not None:
            for name, method in (
                ("winrm_put_file.ps1", self._put),
                ("winrm_fetch_file.ps1", self._fetch),
                ("powershell_mkdtemp.ps1", self._make_temporary),
                ("powershell_expand_user.ps1", self._expand_user),
            ):
                if wanted.only.name == name:
                    return method(wanted.only, wanted.input)
        names = ", ".join(action.name for action in wanted.actions)
        return self._refuse(f"no way to do these actions: {names}")

    def _put(self, action: Action, raw: bytes) -> Output:
        content = b"".join(base64.b64decode(line) for line in raw.split())
        path = str(action.params["Path"])
        self._machine.drive.write(self._machine.drive.real(path), content)
        self._machine.journal.note("put", path=path, bytes=len(content))
        return Output(json.dumps({"sha1": hashlib.sha1(content).hexdigest()}).encode())

    def _fetch(self, action: Action, _: bytes) -> Output:
        path = str(action.params["Path"])
        real = self._machine.drive.real(path)
        if real.is_dir():
            return Output(b"[DIR]\r\n")
        if not real.is_file():
            return Output(stderr=f"{path} does not exist\r\n".encode(), returncode=1)
        with real.open("rb") as file:
            file.seek(int(action.params["Offset"]))
            piece = file.read(int(action.params["BufferSize"]))
        return Output(base64.b64encode(piece) + b"\r\n" if piece else b"")

    def _make_temporary(self, action: Action, _: bytes) -> Output:
        path = self._machine.drive.expand(action.params["Directory"] + "\\" + action.params["Name"])
        self._machine.drive.real(path).mkdir(parents=True)
        return Output(path.encode() + b"\r\n")

    def _expand_user(self, action: Action, _: bytes) -> Output:
        path, home = str(action.params["Path"]), self._machine.environment["USERPROFILE"]
        if path == "~" or path.startswith("~\\"):
            path = home + path[1:]
        return Output(path.encode() + b"\r\n")

    def _remove(self, path: str) -> Output:
        real = self._machine.drive.real(path)
        if not real.exists():
            return Output(stderr=f"Cannot find path '{path}'".encode(), returncode=1)
        self._machine.drive.remove(real)
        return Output()

    def _text(self, text: str, command: Command) -> Output:
        script = powershell.script_of(text)
        if script is None:
            return self._refuse(f"unknown PowerShell: {' '.join(text.split())[:200]}")
        self._machine.journal.note("powershell", script=script.name)
        return script.run(
            self._machine, powershell.Invocation(text=text, stdin=bytes(command.stdin))
        )

    def _module(self, wanted: Manifest, action: ModuleAction, command: Command) -> Output:
        become = wanted.action("become_wrapper.ps1")
        user = str(become.params.get("BecomeUser")) if become else None
        if not action.for_module:
            return self._text(action.source, command)
        detached = wanted.action("async_wrapper.ps1")
        if detached is not None:
            watchdog = wanted.action("async_watchdog.ps1")
            limit_s = float(watchdog.params["Timeout"]) if watchdog else 0.0
            return self._detach(action, user, detached, limit_s)
        return self._call(action, user, command.cancelled)

    def _call(self, action: ModuleAction, user: str | None, cancelled: threading.Event) -> Output:
        result = self.run_module(action, user, cancelled)
        if refusal := result.pop("_refused", None):
            return Output(json.dumps(result).encode(), str(refusal).encode(), 1)
        return Output(
            json.dumps(result, default=str).encode() + b"\r\n", b"", int(bool(result.get("failed")))
        )

    def run_module(
        self,
        action: ModuleAction,
        user: str | None,
        cancelled: threading.Event,
        pid: int = 700,
    ) -> dict[str, Any]:
        """Run a module and return its result, whatever happens."""
        handler = modules.handler_of(action.name)
        public = {k: v for k, v in action.arguments.items() if not k.startswith("_ansible")}
        self._machine.journal.note(
            "module", name=action.name, args=_censored(public), become=user,
            emulated=handler is not None,
        )  # fmt: skip
        if handler is None:
            return self._refused(f"module {action.name} is not emulated")
        try:
            call = Call(
                module=action.name,
                args=checked(action.name, public),
                check=bool(action.arguments.get("_ansible_check_mode")),
                environment=action.environment,
                become_user=user,
                cancelled=cancelled,
                pid=pid,
            )
            result = handler(self._machine, call)
        except ModuleFailed as failure:
            result = {"changed": False, **failure.result, "failed": True, "msg": str(failure)}
        except ArgumentsError as error:
            result = {"failed": True, "msg": str(error)}
        except (Refused, UndocumentedError) as error:
            return self._refused(str(error))
        except (DiskFullError, PathError, OSError) as error:
            result = {"failed": True, "msg": f"Unhandled exception while executing module: {error}"}
        except Exception as error:  # the play must hear of it, whatever it was
            result = {"failed": True, "msg": f"MISTAKE IN THE EMULATED HOST: {error!r}"}
            traceback.print_exc()
        result.setdefault("changed", False)
        result["invocation"] = {"module_args": public}
        return result

    def _detach(
        self, action: ModuleAction, user: str | None, wrapper: Action, limit_s: float
    ) -> Output:
        """Run a module as a job of its own, with a watchdog as Ansible's.

        The watchdog gives up after its limit and says so in the job's file; what the module started
        goes on, as it does on Windows.
        """
        folder = self._machine.drive.real(str(wrapper.params["AsyncDir"]))
        watchdog = self._machine.processes.start("powershell.exe", f"async {action.name}")
        job = f"{wrapper.params['AsyncJid']}.{watchdog.pid}"
        place = folder / job
        first = {
            "started": True,
            "finished": False,
            "results_file": self._machine.drive.windows(place),
            "ansible_job_id": job,
            "_ansible_suppress_tmpdir_delete": True,
            "ansible_async_watchdog_pid": watchdog.pid,
        }
        self._machine.drive.write(place, json.dumps(first).encode())
        results: queue.Queue[dict[str, Any]] = queue.Queue()

        def work() -> None:
            results.put(self.run_module(action, user, watchdog.ended, watchdog.pid))

        def watch() -> None:
            try:
                result = results.get(timeout=limit_s or None)
            except queue.Empty:
                result = {
                    "failed": True,
                    "msg": "failure during async watchdog: timed out waiting for module completion",
                }
            if watchdog.ended.is_set():
                return  # killed, by somebody or by a power loss: nobody writes the end
            result.pop("_refused", None)
            # Whoever removed the folder meanwhile does not want it back.
            if place.parent.is_dir():
                self._machine.drive.write(
                    place, json.dumps({**first, **result, "finished": True}, default=str).encode()
                )
            self._machine.processes.end(watchdog)

        for target in (work, watch):
            threading.Thread(target=target, daemon=True, name=f"async {job}").start()
        return Output(json.dumps(first).encode() + b"\r\n")

    def _refused(self, reason: str) -> dict[str, Any]:
        self._machine.journal.note("refused", reason=reason)
        message = f"EMULATED HOST REFUSES: {reason}"
        return {"failed": True, "msg": message, "_refused": message}

    def _refuse(self, reason: str) -> Output:
        refused = self._refused(reason)
        message = str(refused.pop("_refused"))
        return Output(json.dumps(refused).encode(), message.encode(), 1)


def _censored(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: "********" if any(word in name.lower() for word in _SECRET) else value
        for name, value in arguments.items()
    }
