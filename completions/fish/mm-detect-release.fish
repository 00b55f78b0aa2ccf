complete -c mm-detect-release -l acknowledge -d 'Acknowledge an unresolved path, or all below it with a trailing slash (repeatable): it is not reported again, and a repository whose directory is missing is removed' -r
complete -c mm-detect-release -l apply-moves -d 'Apply all proposed moves, or those of these prefixes; without a prefix, no move back to an older directory' -r
complete -c mm-detect-release -l explain -d 'Explain the result of the rules for a directory, recorded or not, without changing anything' -r
complete -c mm-detect-release -l category -d 'With --explain: the category of the path [default: the one whose topdir contains it]' -r
complete -c mm-detect-release -l test-rules -d 'Test the rules against a table of expected names (tab-separated columns category, directory, version, arch, prefix) and report every mismatch' -r -F
complete -c mm-detect-release -l lock-wait -d 'How long to wait for another run to finish (e.g. 10m)' -r
complete -c mm-detect-release -l max-runtime -d 'Stop after this time; finished work is kept' -r
complete -c mm-detect-release -l metrics-file -d 'Write metrics of the run to this file, for the textfile collector of the Prometheus node exporter; one file per job' -r -F
complete -c mm-detect-release -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-detect-release -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-detect-release -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-detect-release -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-detect-release -l quiet-if-locked -d 'Exit silently if another run holds the lock and is within its deadline'
complete -c mm-detect-release -l ignore-pause -d 'Run even if the job is paused (see mm-admin pause)'
complete -c mm-detect-release -l ignore-clock -d 'Run even if the clock is behind, or far ahead of, the last recorded time'
complete -c mm-detect-release -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-detect-release -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-detect-release -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-detect-release -s V -l version -d 'Print version'
