# A run of Clever Lake for Windows Task Scheduler (windows-task.xml). The secrets are in secrets.xml next to this file, which
# only the user who wrote it can decrypt, on this machine only; docs/scheduling.md describes how to write it.
$secrets = Import-Clixml "$PSScriptRoot\secrets.xml"
foreach ($name in $secrets.Keys) {
    Set-Item "env:$name" ([System.Net.NetworkCredential]::new('', $secrets[$name]).Password)
}
[Console]::OutputEncoding = [Text.Encoding]::UTF8
# Not `2>`: Windows PowerShell 5 turns each line of standard error into an error record and changes its encoding.
cmd /c "clever-lake --config ""$PSScriptRoot\clever-lake.json"" run > ""$PSScriptRoot\last-run.log"" 2>&1"
exit $LASTEXITCODE
