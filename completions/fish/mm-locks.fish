complete -c mm-locks -l kill -d 'Terminate this job, in any state; without SCOPE, all scopes (repeatable)' -r
complete -c mm-locks -l grace -d 'Time between SIGTERM and SIGKILL' -r
complete -c mm-locks -l wait -d 'Wait until no run holds the lock of this job; without SCOPE, all scopes (repeatable). Exits with 75 on timeout' -r
complete -c mm-locks -l timeout -d 'Limit for --wait; default: none' -r
complete -c mm-locks -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-locks -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-locks -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-locks -l kill-hung -d 'Terminate overdue jobs, and child processes of dead jobs'
complete -c mm-locks -l clean -d 'Remove stale lock files'
complete -c mm-locks -l dry-run -d 'Show what would be terminated and removed, without changing anything'
complete -c mm-locks -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-locks -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-locks -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-locks -s V -l version -d 'Print version'
