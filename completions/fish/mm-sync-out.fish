complete -c mm-sync-out -l only -d 'Only this target; may be given more than once' -r
complete -c mm-sync-out -l except -d 'All targets but this one; may be given more than once' -r
complete -c mm-sync-out -l rollback -d 'Put the targets back to the generation before the current one, or to this one, and pin them: later runs leave them alone' -r
complete -c mm-sync-out -l until -d 'How long they stay pinned: 2h, 2026-12-01T18:00 (UTC) or RFC 3339; without it until --resume' -r
complete -c mm-sync-out -l reason -d 'Why; shown to whoever wonders' -r
complete -c mm-sync-out -l check -d 'Try the way to a target: ssh, rsync, space, server; change nothing' -r
complete -c mm-sync-out -l lock-wait -d 'Wait so long for another run to end, such as 10m' -r
complete -c mm-sync-out -l max-runtime -d 'Give up after so long, with what is done committed' -r
complete -c mm-sync-out -l metrics-file -d 'Write how the run went to this file, for the textfile collector of Prometheus\' node exporter: one file for each job' -r -F
complete -c mm-sync-out -l config -d 'The config file' -r -F
complete -c mm-sync-out -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-sync-out -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-sync-out -l resume -d 'Let pinned targets go, and publish to them'
complete -c mm-sync-out -l status -d 'Show what each target answers from; change nothing'
complete -c mm-sync-out -l prune -d 'Only remove old generations from the targets'
complete -c mm-sync-out -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-sync-out -l quiet-if-locked -d 'Say nothing when another run holds the lock and is within its deadline'
complete -c mm-sync-out -l despite-hold -d 'Run although somebody holds the job (mm-admin hold)'
complete -c mm-sync-out -l accept-clock -d 'Run although the clock is behind, or far ahead of, the last recorded time'
complete -c mm-sync-out -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-sync-out -s q -l quiet -d 'Say less: errors only'
complete -c mm-sync-out -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-sync-out -s V -l version -d 'Print version'
