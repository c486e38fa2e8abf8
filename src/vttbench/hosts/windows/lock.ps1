# Takes, refreshes or gives back the lock of a Windows host, and says how it stands: one line of JSON.
# The request, as JSON: action (state, acquire, take_over, refresh, release), path, content (lines to write),
# id (of who asks), stale_id (of the holder whose place is taken), tools (filter for running benchmarks, in WQL).
# A file is made only where there is none, and changed only while nobody else has it open: two runs that want
# the lock at the same moment can't both get it.
# In check mode, when only questions are asked, Ansible runs a script only with this.
[CmdletBinding(SupportsShouldProcess)]
param([string] $Request)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$ask = ConvertFrom-Json -InputObject $Request
$utf8 = New-Object -TypeName 'System.Text.UTF8Encoding' -ArgumentList @($false)

# Windows counts its starts here; the time of the last one moves when the clock is set.
$boot = ''
$settings = 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters'
try {
    $boot = [string] (Get-ItemProperty -Path $settings -Name 'BootId').BootId
} catch {
    $boot = ''
}
$epoch = New-Object -TypeName 'DateTime' -ArgumentList @(1970, 1, 1, 0, 0, 0, [DateTimeKind]::Utc)
$now = [Math]::Floor(([DateTime]::UtcNow - $epoch).TotalSeconds)
$new = $utf8.GetBytes($ask.content + "boot=$boot`ntime=$now`n")

function Read-Holder {
    # Another run may have it open for the moment it takes to change it.
    foreach ($try in 1..20) {
        if (-not (Test-Path -LiteralPath $ask.path -PathType Leaf)) {
            return @()
        }
        try {
            return @([System.IO.File]::ReadAllLines($ask.path))
        } catch [System.IO.IOException] {
            Start-Sleep -Milliseconds 100
        }
    }
    throw "$($ask.path) can't be read: somebody keeps it open"
}

function Set-Holder {
    # Writes the new holder in the place of the one with this id, and says whether it did.
    param($Id)
    try {
        $stream = [System.IO.File]::Open($ask.path, 'Open', 'ReadWrite', 'None')
    } catch [System.IO.IOException] {
        return $false
    }
    try {
        $bytes = New-Object -TypeName 'byte[]' -ArgumentList $stream.Length
        $read = $stream.Read($bytes, 0, $bytes.Length)
        $lines = @($utf8.GetString($bytes, 0, $read) -split "`r?`n")
        if ($lines -notcontains "id=$Id") {
            return $false
        }
        $stream.SetLength(0)
        $stream.Write($new, 0, $new.Length)
        return $true
    } finally {
        $stream.Dispose()
    }
}

$verdict = @()
if ($ask.action -eq 'acquire') {
    $made = New-Item -ItemType Directory -Path (Split-Path -Parent $ask.path) -Force
    try {
        $stream = [System.IO.File]::Open($ask.path, 'CreateNew', 'Write', 'None')
        try {
            $stream.Write($new, 0, $new.Length)
        } finally {
            $stream.Dispose()
        }
        $verdict = @('taken')
    } catch [System.IO.IOException] {
        # It is there already: whose it is stands in the answer.
        $verdict = @()
    }
} elseif ($ask.action -eq 'take_over') {
    if (Set-Holder $ask.stale_id) {
        $verdict = @('taken')
    }
} elseif ($ask.action -eq 'refresh') {
    $refreshed = Set-Holder $ask.id
} elseif ($ask.action -eq 'release') {
    if (@(Read-Holder) -contains "id=$($ask.id)") {
        Remove-Item -LiteralPath $ask.path -Force
        $verdict = @('released')
    }
}
$running = @()
foreach ($process in @(Get-CimInstance -ClassName Win32_Process -Filter $ask.tools)) {
    $running += [string] $process.ProcessId
}
$answer = @{
    holder = @(Read-Holder)
    boot = @($boot)
    now = @([string] $now)
    running = $running
    verdict = $verdict
    'lock end' = @()
}
ConvertTo-Json -InputObject $answer -Depth 4 -Compress
