# Everything that vttbench asks of a Windows host beside running a tool, in one answer: one line of JSON.
# What is asked for comes as JSON, is done in this order, and is left out where it is not asked for:
#   remove    a folder of ours, with all that is in it
#   make      a folder, with its parents
#   program   the first of these names or paths that can be run
#   cim       classes to read: name, namespace, class, filter, properties
#   wait_s    seconds, after which the same classes are read a second time
#   write     files to write, text by path
#   end       ids of processes: what they started is ended, with all that these started
#   end_too   ids of processes that are ended themselves, with all that they started
#   sizes     files whose length is wanted
#   list      a folder whose files are wanted by name
#   files     files whose content is wanted, at most limit bytes of each
#   erase     a folder that is removed at the very end
# CIM classes and not performance counters by name: those have other names on a Windows of another language.
# In check mode, when only questions are asked, Ansible runs a script only with this.
[CmdletBinding(SupportsShouldProcess)]
param([string] $Request)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$ask = ConvertFrom-Json -InputObject $Request

function Read-Class {
    param($Queries)
    $found = @{}
    foreach ($query in $Queries) {
        $options = @{ Namespace = $query.namespace; ClassName = $query.class; OperationTimeoutSec = 30 }
        if ($query.filter) {
            $options.Filter = $query.filter
        }
        try {
            $rows = @()
            foreach ($instance in @(Get-CimInstance @options)) {
                $row = @{}
                foreach ($property in $query.properties) {
                    $value = $instance.$property
                    if ($value -is [DateTime]) {
                        $value = $value.ToUniversalTime().ToString('o')
                    }
                    $row[$property] = $value
                }
                $rows += $row
            }
            $found[$query.name] = @{ rows = $rows }
        } catch {
            # A class that this Windows does not have, or that is not ours to read, costs no other.
            $found[$query.name] = @{ error = [string] $_ }
        }
    }
    return $found
}

function Remove-Tree {
    param($Path)
    if (Test-Path -LiteralPath $Path) {
        Remove-Item -LiteralPath $Path -Recurse -Force
    }
}

function Stop-Tree {
    param($Id)
    # Where the process is gone already it says so on stderr, which must not end this script.
    $ErrorActionPreference = 'Continue'
    $said = & "$env:SystemRoot\System32\taskkill.exe" '/F' '/T' '/PID' "$Id" 2>&1
}

$answer = @{ pid = $PID }
if ($ask.remove) {
    Remove-Tree $ask.remove
}
if ($ask.make) {
    $made = New-Item -ItemType Directory -Path $ask.make -Force
    $answer.made = $made.FullName
}
foreach ($name in $ask.program) {
    $command = @(Get-Command -Name $name -CommandType Application -ErrorAction SilentlyContinue)
    if ($command.Count -gt 0) {
        $answer.program = $command[0].Path
        break
    }
}
if ($ask.cim) {
    $answer.now = [DateTime]::UtcNow.ToString('o')
    $answer.cim = Read-Class $ask.cim
}
if ($ask.wait_s) {
    Start-Sleep -Milliseconds ([int] ($ask.wait_s * 1000))
    $answer.later = @{ now = [DateTime]::UtcNow.ToString('o'); cim = Read-Class $ask.cim }
}
if ($ask.write) {
    foreach ($file in $ask.write.PSObject.Properties) {
        [System.IO.File]::WriteAllText($file.Name, $file.Value)
    }
}
foreach ($id in $ask.end) {
    foreach ($child in @(Get-CimInstance -ClassName Win32_Process -Filter "ParentProcessId = $id")) {
        if ($child.Name -ne 'conhost.exe') {
            Stop-Tree $child.ProcessId
        }
    }
}
foreach ($id in $ask.end_too) {
    Stop-Tree $id
}
if ($ask.sizes) {
    $answer.sizes = @{}
    foreach ($path in $ask.sizes) {
        if (Test-Path -LiteralPath $path -PathType Leaf) {
            $answer.sizes[$path] = (Get-Item -LiteralPath $path -Force).Length
        }
    }
}
if ($ask.list) {
    $answer.list = @()
    if (Test-Path -LiteralPath $ask.list -PathType Container) {
        foreach ($item in @(Get-ChildItem -LiteralPath $ask.list -File)) {
            $answer.list += $item.Name
        }
    }
}
if ($ask.files) {
    $answer.files = @{}
    foreach ($path in $ask.files) {
        if (Test-Path -LiteralPath $path -PathType Leaf) {
            # Somebody may still be writing to it.
            $stream = [System.IO.File]::Open($path, 'Open', 'Read', 'ReadWrite')
            try {
                $length = [Math]::Min($stream.Length, [long] $ask.limit)
                $bytes = New-Object -TypeName 'byte[]' -ArgumentList $length
                $done = 0
                while ($done -lt $length) {
                    $more = $stream.Read($bytes, $done, $length - $done)
                    if ($more -eq 0) {
                        break
                    }
                    $done += $more
                }
                $answer.files[$path] = @{
                    size = $stream.Length
                    base64 = [Convert]::ToBase64String($bytes, 0, $done)
                }
            } finally {
                $stream.Dispose()
            }
        }
    }
}
if ($ask.erase) {
    try {
        Remove-Tree $ask.erase
    } catch {
        $answer.not_erased = [string] $_
    }
}
ConvertTo-Json -InputObject $answer -Depth 8 -Compress
