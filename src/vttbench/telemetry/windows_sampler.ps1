# Writes what a Windows machine says about itself, once an interval, as lines of JSON, until it is told to end.
# It only reads and writes: which classes are read stands in the request, what they mean is decided on the
# controller. CIM classes and not performance counters by name: those are translated.
# The request, as JSON: cim (name, namespace, class, filter, properties), lines (file to write), stop (file
# whose appearance ends it), lease (folder), lease_s, interval_s, lifetime_s.
param([string] $Request)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$ask = ConvertFrom-Json -InputObject $Request
$epoch = New-Object -TypeName 'DateTime' -ArgumentList @(1970, 1, 1, 0, 0, 0, [DateTimeKind]::Utc)
$clock = [System.Diagnostics.Stopwatch]::StartNew()
$wall = ([DateTime]::UtcNow - $epoch).TotalSeconds
# UTF-8 without a mark at its beginning.
$utf8 = New-Object -TypeName 'System.Text.UTF8Encoding' -ArgumentList @($false)

function Write-Line {
    param($Line)
    $text = ConvertTo-Json -InputObject $Line -Depth 6 -Compress
    [System.IO.File]::AppendAllText($ask.lines, $text + "`n", $utf8)
}

# A class that is absent once is absent for good: it is not asked for again.
$queries = @($ask.cim)
$absent = @{}
Write-Line @{ windows_sampler = 1; pid = $PID; started = $wall; interval_s = $ask.interval_s }
$reason = ''
$due = 0.0
while (-not $reason) {
    $line = @{ t = [Math]::Round($wall + $clock.Elapsed.TotalSeconds, 3); cim = @{} }
    foreach ($query in $queries) {
        if ($absent.ContainsKey($query.name)) {
            continue
        }
        $options = @{ Namespace = $query.namespace; ClassName = $query.class; OperationTimeoutSec = 10 }
        if ($query.filter) {
            $options.Filter = $query.filter
        }
        try {
            $rows = @()
            foreach ($instance in @(Get-CimInstance @options)) {
                $row = @{}
                foreach ($property in $query.properties) {
                    $row[$property] = $instance.$property
                }
                $rows += $row
            }
            $line.cim[$query.name] = @{ rows = $rows }
        } catch {
            $absent[$query.name] = [string] $_
            $line.cim[$query.name] = @{ error = [string] $_ }
        }
    }
    $line.cpu_s = [Math]::Round([System.Diagnostics.Process]::GetCurrentProcess().TotalProcessorTime.TotalSeconds, 3)
    Write-Line $line
    # After a pause of the machine: no burst.
    $due = [Math]::Max($due + $ask.interval_s, $clock.Elapsed.TotalSeconds)
    $wait = [int] (1000 * [Math]::Max(0.05, $due - $clock.Elapsed.TotalSeconds))
    Start-Sleep -Milliseconds $wait
    if (Test-Path -LiteralPath $ask.stop) {
        $reason = 'stop'
    } elseif ($clock.Elapsed.TotalSeconds -gt $ask.lifetime_s) {
        $reason = 'lifetime'
    } elseif (-not (Test-Path -LiteralPath $ask.lease)) {
        $reason = 'lease is gone'
    } else {
        $age = ([DateTime]::UtcNow - (Get-Item -LiteralPath $ask.lease).LastWriteTimeUtc).TotalSeconds
        if ($age -gt $ask.lease_s) {
            $reason = 'lease is old'
        }
    }
}
if (Test-Path -LiteralPath $ask.lease) {
    Write-Line @{ end = $reason; t = [Math]::Round($wall + $clock.Elapsed.TotalSeconds, 3) }
}
ConvertTo-Json -InputObject @{ ended = $reason } -Compress
