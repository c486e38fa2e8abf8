# Changes what would disturb a measurement on a Windows host, or puts it back, and prints one line of JSON.
# What is to be done comes as JSON, is done in this order, and is left out where it is not asked for:
#   read      names of registry values, by key, that are wanted as they are before anything is changed
#   write     files to write, text by path
#   powercfg  lists of words for powercfg.exe
#   registry  values to set, by key and name; null removes one
#   exclude   folders that Defender leaves alone from now on
#   include   folders that it looks at again
#   remove    a file
# The decisions are made on the controller: vttbench/hosts/windows/stillness.py.
param([string] $Request)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$ask = ConvertFrom-Json -InputObject $Request
$answer = @{ registry = @{}; failed = @() }

function Set-Power {
    # Returns what powercfg complained of. What a program writes to stderr must not end this script.
    param($Words)
    $ErrorActionPreference = 'Continue'
    $said = & "$env:SystemRoot\System32\powercfg.exe" $Words 2>&1
    if ($LASTEXITCODE -ne 0) {
        return "powercfg $($Words -join ' '): $said"
    }
    return ''
}

if ($ask.read) {
    foreach ($key in $ask.read.PSObject.Properties) {
        $values = @{}
        foreach ($name in $key.Value) {
            $found = Get-ItemProperty -LiteralPath $key.Name -Name $name -ErrorAction SilentlyContinue
            if ($found) {
                $values[$name] = [string] $found.$name
            }
        }
        $answer.registry[$key.Name] = $values
    }
}
if ($ask.write) {
    foreach ($file in $ask.write.PSObject.Properties) {
        $made = New-Item -ItemType Directory -Path (Split-Path -Parent $file.Name) -Force
        [System.IO.File]::WriteAllText($file.Name, $file.Value)
    }
}
foreach ($line in $ask.powercfg) {
    $complaint = Set-Power @($line)
    if ($complaint) {
        $answer.failed += $complaint
    }
}
if ($ask.registry) {
    foreach ($key in $ask.registry.PSObject.Properties) {
        if (-not (Test-Path -LiteralPath $key.Name)) {
            $made = New-Item -Path $key.Name -Force
        }
        foreach ($value in $key.Value.PSObject.Properties) {
            if ($null -eq $value.Value) {
                Remove-ItemProperty -LiteralPath $key.Name -Name $value.Name -ErrorAction SilentlyContinue
            } else {
                Set-ItemProperty -LiteralPath $key.Name -Name $value.Name -Value $value.Value -Type 'String'
            }
        }
    }
}
foreach ($folder in $ask.exclude) {
    try {
        Add-MpPreference -ExclusionPath $folder
    } catch {
        # Another virus scanner, or an organisation that allows no exclusions.
        $answer.failed += "Defender does not leave $folder alone: $_"
    }
}
foreach ($folder in $ask.include) {
    try {
        Remove-MpPreference -ExclusionPath $folder
    } catch {
        $answer.failed += "Defender still leaves $folder alone: $_"
    }
}
if ($ask.remove) {
    if (Test-Path -LiteralPath $ask.remove) {
        Remove-Item -LiteralPath $ask.remove -Force
    }
}
ConvertTo-Json -InputObject $answer -Depth 5 -Compress
