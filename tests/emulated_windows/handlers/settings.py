"""Environment, services, accounts, firewall, time zone: what an administrator sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..machine.power import Plan
from ..machine.state import Machine
from ..modules import Call, ModuleFailed, Refused, module


@module("ansible.windows.win_environment")
def win_environment(machine: Machine, call: Call) -> dict[str, Any]:
    """Set or remove variables of the machine or of the user."""
    level = call.args["level"]
    if level == "process":
        raise Refused("win_environment of a process: it is gone when the module ends")
    variables: dict[str, str] = getattr(machine.settings, f"{level}_environment")
    wanted: Mapping[str, Any] = call.args["variables"] or {call.args["name"]: call.args["value"]}
    if call.args["state"] == "absent":
        wanted = dict.fromkeys(wanted)
    changed = False
    for name, value in wanted.items():
        if not name:
            raise ModuleFailed("one of the following is required: name, variables")
        if not value:
            changed |= name in variables
        else:
            changed |= variables.get(name) != str(value)
        if not call.check:
            variables.pop(name, None)
            if value:
                variables[name] = str(value)
    return {"changed": changed, "value": call.args["value"]}


@module("ansible.windows.win_path")
def win_path(machine: Machine, call: Call) -> dict[str, Any]:
    """Add or remove folders of a variable such as PATH."""
    variables: dict[str, str] = getattr(machine.settings, f"{call.args['scope']}_environment")
    name = call.args["name"]
    before = variables.get(name, machine.environment.get(name, "")).split(";")
    lower = [part.lower() for part in before]
    if call.args["state"] == "absent":
        gone = {element.lower() for element in call.args["elements"]}
        after = [part for part in before if part.lower() not in gone]
    else:
        after = before + [e for e in call.args["elements"] if e.lower() not in lower]
    if after != before and not call.check:
        variables[name] = ";".join(after)
    return {"changed": after != before}


_SERVICES: dict[str, dict[str, Any]] = {
    "W32Time": {"display_name": "Windows Time", "state": "stopped", "start_mode": "manual"},
    "wuauserv": {"display_name": "Windows Update", "state": "started", "start_mode": "manual"},
    "UsoSvc": {"display_name": "Update Orchestrator", "state": "started", "start_mode": "delayed"},
    "WinRM": {
        "display_name": "Windows Remote Management",
        "state": "started",
        "start_mode": "auto",
    },
    "WSearch": {"display_name": "Windows Search", "state": "started", "start_mode": "delayed"},
    "SysMain": {"display_name": "SysMain", "state": "started", "start_mode": "auto"},
    "bits": {"display_name": "Background Transfer", "state": "stopped", "start_mode": "manual"},
}


def services(machine: Machine) -> dict[str, dict[str, Any]]:
    """The services of a host by lower-case name."""
    known = machine.settings.services
    for name, service in _SERVICES.items():
        known.setdefault(name.lower(), {"name": name, "description": "", **service})
    return known


@module("ansible.windows.win_service")
def win_service(machine: Machine, call: Call) -> dict[str, Any]:
    """Start, stop or configure a service that is there."""
    name, known = str(call.args["name"]).lower(), services(machine)
    if call.args["path"]:
        raise Refused("win_service with a path: no services are made here")
    service = known.get(name)
    if service is None:
        if call.args["state"] == "absent":
            return {"exists": False}
        raise ModuleFailed(
            f"Service '{call.args['name']}' is not found: The specified service does not exist as "
            "an installed service"
        )
    changed = False
    mode, state = call.args["start_mode"], call.args["state"]
    if mode and service["start_mode"] != mode:
        changed = True
        if not call.check:
            service["start_mode"] = mode
    wanted = {"started": "started", "stopped": "stopped", "paused": "paused"}.get(state)
    if state == "restarted" or (wanted and service["state"] != wanted):
        if state in {"started", "restarted"} and service["start_mode"] == "disabled":
            raise ModuleFailed(f"Failed to start service '{name}': it is disabled")
        changed = True
        if not call.check:
            service["state"] = wanted or "started"
    return {"changed": changed, "exists": True, **service, "state": _state(service)}


@module("ansible.windows.win_service_info")
def win_service_info(machine: Machine, call: Call) -> dict[str, Any]:
    """Describe services."""
    wanted = str(call.args["name"] or "").lower()
    found = [s for n, s in services(machine).items() if not wanted or n == wanted]
    return {"exists": bool(found), "services": [{**s, "state": _state(s)} for s in found]}


def _state(service: Mapping[str, Any]) -> str:
    return "running" if service["state"] == "started" else str(service["state"])


@module("ansible.windows.win_user")
def win_user(machine: Machine, call: Call) -> dict[str, Any]:
    """Make, change or remove a local account."""
    users, name = machine.settings.users, call.args["name"]
    user = users.get(name)
    if call.args["state"] == "query":
        return {"name": name, "state": "present" if user else "absent", **(user or {})}
    if call.args["state"] == "absent":
        if not call.check:
            users.pop(name, None)
        return {"changed": user is not None, "name": name, "state": "absent"}
    kept = ("description", "fullname", "password_never_expires", "user_cannot_change_password")
    wanted = {k: call.args[k] for k in kept if call.args[k] is not None}
    groups = set(call.args["groups"] or [])
    before = set((user or {}).get("groups", []))
    match call.args["groups_action"]:
        case "add":
            groups |= before
        case "remove":
            groups = before - groups
    after = {**(user or {}), **wanted, "groups": sorted(groups or before)}
    changed = after != user
    if call.args["password"] and (user is None or call.args["update_password"] == "always"):
        changed |= user is None
    if not call.check:
        users[name] = after
    return {"changed": changed, "name": name, "state": "present", **after}


@module("ansible.windows.win_whoami")
def win_whoami(machine: Machine, call: Call) -> dict[str, Any]:
    """Say who we are: an administrator with a full token, in session 0."""
    return {
        "account": {
            "account_name": machine.user,
            "domain_name": machine.computer_name,
            "sid": "S-1-5-21-1000-1000-1000-1001",
            "type": "User",
        },
        "label": {
            "account_name": "High Mandatory Level",
            "domain_name": "Mandatory Label",
            "sid": "S-1-16-12288",
            "type": "Label",
        },
        "logon_type": "Network",
        "authentication_package": "NTLM",
        "groups": [
            {
                "account_name": "Administrators",
                "domain_name": "BUILTIN",
                "sid": "S-1-5-32-544",
                "type": "Alias",
                "attributes": ["Mandatory", "Enabled by default", "Enabled", "Owner"],
            }
        ],
        "privileges": {"SeDebugPrivilege": "enabled-by-default"},
        "rights": [],
        "token_type": "TokenPrimary",
        "impersonation_level": "SecurityAnonymous",
    }


@module("community.windows.win_firewall_rule")
def win_firewall_rule(machine: Machine, call: Call) -> dict[str, Any]:
    """Add, change or remove a rule."""
    rules, name = machine.settings.firewall, call.args["name"]
    wanted = {k: v for k, v in call.args.items() if v is not None and k not in {"state", "name"}}
    if call.args["state"] == "absent":
        changed = name in rules
        if not call.check:
            rules.pop(name, None)
        return {"changed": changed}
    changed = rules.get(name) != wanted
    if not call.check:
        rules[name] = wanted
    return {"changed": changed}


@module("ansible.windows.win_timezone")
def win_timezone(machine: Machine, call: Call) -> dict[str, Any]:
    """Set the time zone."""
    key = r"HKLM:\SYSTEM\CurrentControlSet\Control\TimeZoneInformation"
    values = machine.settings.registry.setdefault(key, {"TimeZoneKeyName": "UTC"})
    before, wanted = values["TimeZoneKeyName"], call.args["timezone"]
    if not call.check:
        values["TimeZoneKeyName"] = wanted
    return {"changed": before != wanted, "previous_timezone": before, "timezone": wanted}


@module("community.windows.win_power_plan")
def win_power_plan(machine: Machine, call: Call) -> dict[str, Any]:
    """Choose a power plan by name or identifier."""
    power = machine.power
    plan = _plan(machine, call)
    changed = power.active != plan.guid
    if changed and not call.check:
        power.active = plan.guid
    return {
        "changed": changed,
        "power_plan_name": plan.name,
        "power_plan_enabled": True,
        "all_available_plans": {p.name: p.guid == power.active for p in power.plans.values()},
    }


def _plan(machine: Machine, call: Call) -> Plan:
    name, guid = call.args["name"], call.args["guid"]
    for plan in machine.power.plans.values():
        if plan.guid == str(guid).lower() or plan.name == name:
            return plan
    known = ", ".join(plan.name for plan in machine.power.plans.values())
    raise ModuleFailed(f"Defined power_plan: {name or guid} is not available. Available: {known}")
