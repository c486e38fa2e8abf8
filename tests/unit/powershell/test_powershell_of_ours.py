"""No PowerShell runs here: what a parser and rules can tell of our scripts before a laptop does."""

import re
from pathlib import Path

import pytest
import yaml
from tests.powershell_subset import commands, faults

ROOT = Path(__file__).parents[3]
SCRIPTS = sorted(
    path
    for folder in ("files", "src", "roles", "playbooks")
    for path in (ROOT / folder).rglob("*.ps1")
)
EACH = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
YAML = sorted(path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml"))
BOOTSTRAP = ROOT / "files" / "Enable-BenchmarkHost.ps1"

# Commands of ours that Windows 11 has without anything being installed. A new one is looked up
# before it is entered: a misspelt one fails on every laptop and nowhere here.
KNOWN = {
    "add-localgroupmember", "add-mppreference", "convertfrom-json", "convertto-json",
    "get-childitem", "get-ciminstance", "get-command", "get-content", "get-date", "get-item",
    "get-itemproperty", "get-localgroup", "get-localgroupmember", "get-localuser",
    "get-netconnectionprofile", "get-netfirewallrule", "get-service", "join-path",
    "new-item", "new-itemproperty", "new-localuser", "new-netfirewallrule", "new-object",
    "new-selfsignedcertificate", "read-host", "remove-item", "remove-itemproperty",
    "remove-localuser", "remove-mppreference", "remove-netfirewallrule", "set-content", "set-item",
    "set-itemproperty", "set-netconnectionprofile", "set-service", "split-path", "start-service",
    "start-sleep", "stop-service", "test-path", "where-object", "write-host",
}  # fmt: skip


@EACH
def test_has_no_fault_that_a_parser_can_see(script):
    assert faults(script.read_text(encoding="utf-8")) == []


@EACH
def test_calls_only_commands_that_are_known_or_its_own(script):
    text = script.read_text(encoding="utf-8")
    own = {name.lower() for name in re.findall(r"^function ([\w-]+)", text, re.MULTILINE)}
    called = {name for name in commands(text) if re.fullmatch(r"[a-z]+-[a-z]+", name)}
    assert called - own - KNOWN == set()


@EACH
def test_is_plain_ascii_so_that_no_code_page_reads_it_in_its_own_way(script):
    assert script.read_bytes().isascii()


@EACH
def test_stops_at_the_first_error(script):
    assert "$ErrorActionPreference = 'Stop'" in script.read_text()


@EACH
def test_reads_no_performance_counter_by_its_translated_name(script):
    text = script.read_text().lower()
    assert "get-counter" not in text
    assert "typeperf" not in text


def powershell_in(data, module=""):
    """Return PowerShell that stands in YAML: scripts of win_powershell, and text of win_shell."""
    if isinstance(data, dict):
        for key, value in data.items():
            name = str(key).rsplit(".", 1)[-1]
            if name == "win_powershell" and isinstance(value, dict):
                yield str(value.get("script", ""))
            elif name == "win_shell":
                yield value if isinstance(value, str) else str(value.get("cmd", ""))
            else:
                yield from powershell_in(value)
    elif isinstance(data, list):
        for item in data:
            yield from powershell_in(item)


def test_powershell_in_yaml_has_no_fault_either():
    found = {
        f"{path.relative_to(ROOT)}: {fault.message}"
        for path in YAML
        for script in powershell_in(yaml.safe_load(path.read_text()))
        for fault in faults(script)
    }
    assert found == set()


def test_powershell_in_yaml_is_found_and_its_expressions_are_no_fault():
    tasks = yaml.safe_load(
        "- ansible.windows.win_powershell:\n    script: Get-Item -Path '{{ folder }}'\n"
        "- block:\n    - ansible.windows.win_shell: if ($true) { {{ words }}\n"
    )
    good, broken = powershell_in(tasks)
    assert faults(good) == []
    assert faults(broken) != []


@pytest.mark.parametrize(
    "broken",
    [
        "if ($a) { Get-Item",
        "$a = 'unclosed",
        "foreach ($x of $y) { }",
        "if { $true }",
        "$a = @{ b = }",
        "Get-Item -Path 'a' |",
        "try { Get-Item 'a' }",
        "else { Get-Item 'a' }",
        "Get-Item 'a' && Get-Item 'b'",
        "Get-Item 'a' || Get-Item 'b'",
        "$a = $b ?? 'c'",
        "$a = $b ? 1 : 2",
        "def f(x):\n    return x",
    ],
)
def test_a_planted_fault_is_found(broken):
    assert faults(broken) != []


@pytest.mark.parametrize(
    "good",
    [
        "# a && b || c ?? d\n$a = 'x && y || z'",
        "try { Get-Item 'a' } catch { Write-Host $_ } finally { $b = 1 }",
        "if ($a) { 1 } elseif ($b) { 2 } else { 3 }",
    ],
)
def test_what_is_right_is_not_complained_of(good):
    assert faults(good) == []


def test_the_bootstrap_opens_the_port_for_the_controller_alone():
    text = BOOTSTRAP.read_text()
    assert re.search(r"New-NetFirewallRule .*-LocalPort 5986 .*-RemoteAddress \$Controller", text)
    assert "5985" not in text


def test_the_bootstrap_switches_on_ntlm_and_never_basic():
    text = BOOTSTRAP.read_text()
    assert re.search(r"Service\\Auth\\Negotiate' -Value 'true'", text)
    assert not re.search(r"Basic' -Value 'true'", text)
    assert not re.search(r"AllowUnencrypted' -Value 'true'", text)


def test_the_bootstrap_asks_for_the_password_and_holds_none():
    text = BOOTSTRAP.read_text()
    assert "-AsSecureString" in text
    assert "ConvertTo-SecureString" not in text


def test_undo_takes_back_every_thing_that_is_made():
    text = BOOTSTRAP.read_text()
    enable, undo = text.split("function Enable-Host")[1].split("function Disable-Host")
    for made, removed in {
        "New-LocalUser": "Remove-LocalUser",
        "New-NetFirewallRule": "Remove-NetFirewallRule",
        "New-SelfSignedCertificate": "Cert:\\LocalMachine\\My",
        "New-ItemProperty": "Remove-ItemProperty",
        "Set-NetConnectionProfile": "Set-NetConnectionProfile",
        "Set-Service": "Set-Service",
        "WSMan:\\localhost\\Listener": "WSMan:\\localhost\\Listener",
        "MaxEnvelopeSizekb": "MaxEnvelopeSizekb",
        "Auth\\Basic": "Auth\\Basic",
    }.items():
        assert made in enable, made
        assert removed in undo, f"{made} is never taken back"


@EACH
def test_what_a_program_writes_to_stderr_ends_no_script(script):
    """In 5.1 a redirected line on stderr is an error, and with `Stop` the end of the script."""
    text = script.read_text()
    for found in re.finditer(r"^.*2>&1.*$", text, re.MULTILINE):
        function = text[: found.start()].rsplit("\nfunction ", 1)[-1]
        assert "$ErrorActionPreference = 'Continue'" in function, found[0]
