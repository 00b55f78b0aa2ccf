complete -c mm-scan-master -l category -d 'Scan only this category (repeatable) [default: all of the config]' -r
complete -c mm-scan-master -l path -d 'Scan only this directory and those below it; a full path, or one below the top of the only category' -r
complete -c mm-scan-master -l confirm-removals -d 'Apply the removals that the last scan held back, if they are N; directories that went missing since then are held back again' -r
complete -c mm-scan-master -l lock-wait -d 'How long to wait for another run to finish (e.g. 10m)' -r
complete -c mm-scan-master -l max-runtime -d 'Stop after this time; finished work is kept' -r
complete -c mm-scan-master -l metrics-file -d 'Write metrics of the run to this file, for the textfile collector of the Prometheus node exporter; one file per job' -r -F
complete -c mm-scan-master -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-scan-master -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-scan-master -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-scan-master -l if-changed -d 'Scan a category only if its watched files changed since its last scan or `max_age` has passed, and no `busy_files` exist'
complete -c mm-scan-master -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-scan-master -l quiet-if-locked -d 'Exit silently if another run holds the lock and is within its deadline'
complete -c mm-scan-master -l ignore-pause -d 'Run even if the job is paused (see mm-admin pause)'
complete -c mm-scan-master -l ignore-clock -d 'Run even if the clock is behind, or far ahead of, the last recorded time'
complete -c mm-scan-master -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-scan-master -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-scan-master -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-scan-master -s V -l version -d 'Print version'
