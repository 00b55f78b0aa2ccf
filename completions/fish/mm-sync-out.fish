complete -c mm-sync-out -l only -d 'Publish only to this target (repeatable)' -r
complete -c mm-sync-out -l exclude -d 'Exclude this target (repeatable)' -r
complete -c mm-sync-out -l rollback -d 'Roll the targets back to GENERATION, or to the one before the current, and pin them to it' -r
complete -c mm-sync-out -l until -d 'Unpin the targets at TIME: 2h, 2026-12-01T18:00 (UTC) or RFC 3339; without it, they stay pinned until --unpin' -r
complete -c mm-sync-out -l reason -d 'Reason, shown in status output' -r
complete -c mm-sync-out -l test -d 'Test the connection to a target (ssh, rsync, free space, server) without changing anything' -r
complete -c mm-sync-out -l lock-wait -d 'How long to wait for another run to finish (e.g. 10m)' -r
complete -c mm-sync-out -l max-runtime -d 'Stop after this time; finished work is kept' -r
complete -c mm-sync-out -l metrics-file -d 'Write metrics of the run to this file, for the textfile collector of the Prometheus node exporter; one file per job' -r -F
complete -c mm-sync-out -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-sync-out -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-sync-out -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-sync-out -l unpin -d 'Unpin the targets and publish to them'
complete -c mm-sync-out -l status -d 'Show the generation that each target serves, without changing anything'
complete -c mm-sync-out -l prune -d 'Remove old generations from the targets, without publishing'
complete -c mm-sync-out -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-sync-out -l quiet-if-locked -d 'Exit silently if another run holds the lock and is within its deadline'
complete -c mm-sync-out -l ignore-pause -d 'Run even if the job is paused (see mm-admin pause)'
complete -c mm-sync-out -l ignore-clock -d 'Run even if the clock is behind, or far ahead of, the last recorded time'
complete -c mm-sync-out -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-sync-out -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-sync-out -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-sync-out -s V -l version -d 'Print version'
