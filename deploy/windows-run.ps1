# A run of Clever Lake for Windows Task Scheduler (windows-task.xml). The secrets are in secrets.xml beside this file, which
# only the user who wrote it, on this machine, can decrypt; docs/scheduling.md tells how to write it.
$secrets = Import-Clixml "$PSScriptRoot\secrets.xml"
foreach ($name in $secrets.Keys) {
    Set-Item "env:$name" ([System.Net.NetworkCredential]::new('', $secrets[$name]).Password)
}
[Console]::OutputEncoding = [Text.Encoding]::UTF8
# Not `2>`: Windows PowerShell 5 makes an error record of each line of standard error, and does not keep their encoding.
cmd /c "clever-lake --config ""$PSScriptRoot\clever-lake.json"" run > ""$PSScriptRoot\last-run.log"" 2>&1"
exit $LASTEXITCODE
