# Prepares a Windows 11 machine to be measured, or takes that back. Run once, by hand, as administrator:
#
#   powershell -ExecutionPolicy Bypass -File Enable-BenchmarkHost.ps1 -Controller 192.168.7.30
#   powershell -ExecutionPolicy Bypass -File Enable-BenchmarkHost.ps1 -Undo
#
# What it changes, each with the reason beside the code:
#   1  a local account of its own, member of Administrators
#   2  its rights over the network are not cut down (LocalAccountTokenFilterPolicy)
#   3  WinRM over HTTPS with a certificate of this machine; none over HTTP
#   4  NTLM on, Basic off, large enough messages
#   5  a firewall rule that lets in the controller and nobody else
#   6  public networks become private ones (only with -PrivateNetwork)
# What was there before is written to C:\ProgramData\vttbench\bootstrap.json, and -Undo puts it back.
# It can be run again: what is there already stays.
param(
    # Address of the machine that runs Ansible, or a network such as 192.168.7.0/24.
    [string] $Controller = '',
    # Name of the account; its password is asked for, and never stands on a command line.
    [string] $Account = 'vttbench',
    # Also turn public networks into private ones. The firewall rule works without it.
    [switch] $PrivateNetwork,
    [switch] $Undo
)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$folder = Join-Path -Path $env:ProgramData -ChildPath 'vttbench'
$memory = Join-Path -Path $folder -ChildPath 'bootstrap.json'
$rule = 'vttbench-WinRM-HTTPS'
$policy = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System'
$name = 'LocalAccountTokenFilterPolicy'
# Group of the administrators by its number: its name is translated.
$administrators = 'S-1-5-32-544'

function Write-Step {
    param([string] $Text)
    Write-Host "  $Text"
}

function Test-Administrator {
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $principal = New-Object -TypeName 'Security.Principal.WindowsPrincipal' -ArgumentList $identity
    return $principal.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Get-HttpsListener {
    # Listeners that answer on HTTPS, with the thumbprint of their certificate.
    $found = @()
    foreach ($listener in @(Get-ChildItem -Path 'WSMan:\localhost\Listener' -ErrorAction SilentlyContinue)) {
        if ($listener.Keys -contains 'Transport=HTTPS') {
            $found += $listener
        }
    }
    return $found
}

function Read-Memory {
    if (Test-Path -LiteralPath $memory) {
        return (ConvertFrom-Json -InputObject (Get-Content -LiteralPath $memory -Raw))
    }
    return $null
}

function Enable-Host {
    # Written only once: a second run must not take our own changes for what was there before.
    $before = Read-Memory
    $known = @{}
    if ($before) {
        foreach ($entry in $before.PSObject.Properties) {
            $known[$entry.Name] = $entry.Value
        }
    } else {
        $service = Get-Service -Name 'WinRM'
        $filter = (Get-ItemProperty -LiteralPath $policy -ErrorAction SilentlyContinue).$name
        $known = @{
            account = ''
            winrm_start = [string] $service.StartType
            winrm_running = ($service.Status -eq 'Running')
            filter_policy = $filter
            basic = ''
            negotiate = ''
            envelope = ''
            certificate = ''
            networks = @()
        }
    }

    Write-Host 'Preparing this machine:'

    # 1 An account of its own can be locked or deleted without touching anybody's work.
    $user = Get-LocalUser -Name $Account -ErrorAction SilentlyContinue
    if ($user) {
        Write-Step "the account $Account is there already; its password stays as it is"
    } else {
        $password = Read-Host -Prompt "  Password for the new account $Account" -AsSecureString
        $user = New-LocalUser -Name $Account -Password $password -PasswordNeverExpires -AccountNeverExpires -Description 'VTT hardware benchmarks, over WinRM'
        $known.account = $Account
        Write-Step "made the account $Account"
    }
    $group = Get-LocalGroup -SID $administrators
    $member = @(Get-LocalGroupMember -Group $group | Where-Object { $_.SID -eq $user.SID })
    if ($member.Count -eq 0) {
        Add-LocalGroupMember -Group $group -Member $user
        Write-Step "made $Account a member of $($group.Name)"
    }

    # 2 Windows cuts a local administrator's rights down when he comes over the network, which shows as
    #   "access is denied" in the first task that changes something.
    $set = New-ItemProperty -LiteralPath $policy -Name $name -Value 1 -PropertyType 'DWord' -Force
    Write-Step "set $name to 1: local administrators keep their rights over the network"

    # The service that everything below talks to.
    Set-Service -Name 'WinRM' -StartupType 'Automatic'
    Start-Service -Name 'WinRM'

    # 3 Only HTTPS. A certificate of this machine signs for itself: it protects against listening, and against
    #   somebody in the middle where the controller is given its copy.
    $listeners = @(Get-HttpsListener)
    if ($listeners.Count -gt 0) {
        Write-Step 'WinRM listens on HTTPS already'
    } else {
        $names = @($env:COMPUTERNAME, 'localhost')
        $certificate = New-SelfSignedCertificate -DnsName $names -CertStoreLocation 'Cert:\LocalMachine\My' -NotAfter (Get-Date).AddYears(5)
        $known.certificate = $certificate.Thumbprint
        $listener = New-Item -Path 'WSMan:\localhost\Listener' -Transport 'HTTPS' -Address '*' -CertificateThumbPrint $certificate.Thumbprint -Force
        Write-Step "WinRM listens on HTTPS, port 5986; SHA-1 of its certificate: $($certificate.Thumbprint)"
    }

    # 4 NTLM does not send the password; Basic does. Ansible's largest message has more than the 150 kB
    #   that old settings allow.
    if (-not $before) {
        $known.basic = [string] (Get-Item -Path 'WSMan:\localhost\Service\Auth\Basic').Value
        $known.negotiate = [string] (Get-Item -Path 'WSMan:\localhost\Service\Auth\Negotiate').Value
        $known.envelope = [string] (Get-Item -Path 'WSMan:\localhost\MaxEnvelopeSizekb').Value
    }
    Set-Item -Path 'WSMan:\localhost\Service\Auth\Basic' -Value 'false' -Force
    Set-Item -Path 'WSMan:\localhost\Service\Auth\Negotiate' -Value 'true' -Force
    Set-Item -Path 'WSMan:\localhost\Service\AllowUnencrypted' -Value 'false' -Force
    if ([int] $known.envelope -lt 500) {
        Set-Item -Path 'WSMan:\localhost\MaxEnvelopeSizekb' -Value '500' -Force
    }
    Write-Step 'NTLM is on, Basic is off, messages of 500 kB are allowed'

    # 5 Whoever is not the controller does not even get to the password.
    $there = @(Get-NetFirewallRule -Name $rule -ErrorAction SilentlyContinue)
    if ($there.Count -gt 0) {
        Remove-NetFirewallRule -Name $rule
    }
    $opened = New-NetFirewallRule -Name $rule -DisplayName 'WinRM over HTTPS for VTT hardware benchmarks' -Direction 'Inbound' -Action 'Allow' -Protocol 'TCP' -LocalPort 5986 -RemoteAddress $Controller -Profile 'Any'
    Write-Step "the firewall lets $Controller in at port 5986, and nobody else"

    # 6 Not needed for the rule above, which holds on every kind of network.
    if ($PrivateNetwork) {
        $changed = @()
        foreach ($network in @(Get-NetConnectionProfile | Where-Object { $_.NetworkCategory -eq 'Public' })) {
            Set-NetConnectionProfile -InterfaceIndex $network.InterfaceIndex -NetworkCategory 'Private'
            $changed += $network.InterfaceIndex
            Write-Step "the network $($network.Name) is a private one now"
        }
        if ($changed.Count -gt 0) {
            $known.networks = $changed
        }
    }

    $made = New-Item -ItemType Directory -Path $folder -Force
    Set-Content -LiteralPath $memory -Value (ConvertTo-Json -InputObject $known) -Encoding 'UTF8'
    Write-Host ''
    Write-Host "Done. From the controller: ansible $env:COMPUTERNAME -m ansible.windows.win_ping"
    Write-Host 'To take all of it back, here and as administrator:'
    Write-Host '  powershell -ExecutionPolicy Bypass -File Enable-BenchmarkHost.ps1 -Undo'
}

function Disable-Host {
    $before = Read-Memory
    if (-not $before) {
        Write-Host "Nothing to take back: there is no $memory."
        return
    }
    Write-Host 'Taking back what was changed:'
    # Its settings can only be reached while it runs.
    Start-Service -Name 'WinRM'

    if (@(Get-NetFirewallRule -Name $rule -ErrorAction SilentlyContinue).Count -gt 0) {
        Remove-NetFirewallRule -Name $rule
        Write-Step 'removed the firewall rule'
    }
    if ($before.certificate) {
        foreach ($listener in @(Get-HttpsListener)) {
            Remove-Item -Path "WSMan:\localhost\Listener\$($listener.Name)" -Recurse -Force
        }
        $path = "Cert:\LocalMachine\My\$($before.certificate)"
        if (Test-Path -Path $path) {
            Remove-Item -Path $path -Force
        }
        Write-Step 'WinRM no longer listens on HTTPS; removed its certificate'
    }
    if ($before.basic) {
        Set-Item -Path 'WSMan:\localhost\Service\Auth\Basic' -Value $before.basic -Force
        Set-Item -Path 'WSMan:\localhost\Service\Auth\Negotiate' -Value $before.negotiate -Force
        Set-Item -Path 'WSMan:\localhost\MaxEnvelopeSizekb' -Value $before.envelope -Force
        Write-Step "put WinRM's settings back"
    }
    if ($null -eq $before.filter_policy) {
        Remove-ItemProperty -LiteralPath $policy -Name $name -ErrorAction SilentlyContinue
    } else {
        Set-ItemProperty -LiteralPath $policy -Name $name -Value $before.filter_policy
    }
    Write-Step "put $name back"
    foreach ($index in @($before.networks)) {
        Set-NetConnectionProfile -InterfaceIndex $index -NetworkCategory 'Public' -ErrorAction SilentlyContinue
        Write-Step "network $index is a public one again"
    }
    # The service last, as the settings above are its own.
    if (-not $before.winrm_running) {
        Stop-Service -Name 'WinRM'
    }
    Set-Service -Name 'WinRM' -StartupType $before.winrm_start
    if ($before.account) {
        Remove-LocalUser -Name $before.account
        Write-Step "removed the account $($before.account); its folder below C:\Users stays"
    }
    Remove-Item -LiteralPath $memory -Force
    Write-Host 'Done.'
}

if (-not (Test-Administrator)) {
    Write-Host 'Run this as administrator: right click on Start, then Terminal (Admin).'
    exit 1
}
if ($Undo) {
    Disable-Host
} elseif ($Controller) {
    Enable-Host
} else {
    Write-Host 'Say which address the controller has, e.g. -Controller 192.168.7.30, or -Undo.'
    exit 1
}
