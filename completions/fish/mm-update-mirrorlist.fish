complete -c mm-update-mirrorlist -l accept-loss -d 'Accept the loss of mirrors of this repository, or of this host in all repositories (repeatable)' -r
complete -c mm-update-mirrorlist -l diff -d 'Show differences from the published generation, or from another kept one, and write nothing' -r
complete -c mm-update-mirrorlist -l mm2-cache -d 'Also write the data as a cache file of MirrorManager2' -r -F
complete -c mm-update-mirrorlist -l lock-wait -d 'How long to wait for another run to finish (e.g. 10m)' -r
complete -c mm-update-mirrorlist -l max-runtime -d 'Stop after this time; finished work is kept' -r
complete -c mm-update-mirrorlist -l metrics-file -d 'Write metrics of the run to this file, for the textfile collector of the Prometheus node exporter; one file per job' -r -F
complete -c mm-update-mirrorlist -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-update-mirrorlist -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-update-mirrorlist -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-update-mirrorlist -l accept-empty -d 'Publish even if no host is listed'
complete -c mm-update-mirrorlist -l verify-master -d 'Compare the newest repomd.xml of each repository with the master\'s; exit with 3 if they differ'
complete -c mm-update-mirrorlist -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-update-mirrorlist -l quiet-if-locked -d 'Exit silently if another run holds the lock and is within its deadline'
complete -c mm-update-mirrorlist -l ignore-pause -d 'Run even if the job is paused (see mm-admin pause)'
complete -c mm-update-mirrorlist -l ignore-clock -d 'Run even if the clock is behind, or far ahead of, the last recorded time'
complete -c mm-update-mirrorlist -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-update-mirrorlist -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-update-mirrorlist -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-update-mirrorlist -s V -l version -d 'Print version'
