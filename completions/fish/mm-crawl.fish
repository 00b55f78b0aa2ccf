complete -c mm-crawl -l repo -d 'Probe only the repository with this prefix, as in repo= (repeatable)' -r
complete -c mm-crawl -l arch -d 'Limit --repo to this architecture' -r
complete -c mm-crawl -l path -d 'Probe only this directory and those below it (repeatable)' -r
complete -c mm-crawl -l host -d 'Crawl only this host, even outside its crawl window (repeatable)' -r
complete -c mm-crawl -l category -d 'Crawl only this category (repeatable)' -r
complete -c mm-crawl -l country -d 'Crawl only hosts in this country (repeatable)' -r
complete -c mm-crawl -l continent -d 'Crawl only hosts on this continent (repeatable)' -r -f -a "AF\t''
AN\t''
AS\t''
EU\t''
NA\t''
OC\t''
SA\t''"
complete -c mm-crawl -l fraction -d 'Crawl only part I of N of all hosts' -r
complete -c mm-crawl -l min-age -d 'Skip hosts crawled within this time (e.g. 12h)' -r
complete -c mm-crawl -l apply-pending -d 'Apply the results of RUN that were held back because too many mirrors lost content' -r
complete -c mm-crawl -l reject-pending -d 'Discard the results of RUN that were held back; the results that were applied stay' -r
complete -c mm-crawl -l revert -d 'Undo RUN: restore the previous state and discard its pending results' -r
complete -c mm-crawl -l test-url -d 'Test URL as a mirror of --category without storing anything' -r
complete -c mm-crawl -l lock-wait -d 'How long to wait for another run to finish (e.g. 10m)' -r
complete -c mm-crawl -l max-runtime -d 'Stop after this time; finished work is kept' -r
complete -c mm-crawl -l metrics-file -d 'Write metrics of the run to this file, for the textfile collector of the Prometheus node exporter; one file per job' -r -F
complete -c mm-crawl -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-crawl -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-crawl -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-crawl -l full -d 'Probe every directory'
complete -c mm-crawl -l canary -d 'Probe only whether the mirrors are reachable'
complete -c mm-crawl -l repodata -d 'Probe only directories with a repomd.xml'
complete -c mm-crawl -l changed -d 'Probe only what the master changed since the last crawl'
complete -c mm-crawl -l propagation -d 'Like --repodata, and record how many mirrors have which version of each repository'
complete -c mm-crawl -l include-disabled -d 'Also crawl hosts that an admin or owner disabled; they stay disabled'
complete -c mm-crawl -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-crawl -l quiet-if-locked -d 'Exit silently if another run holds the lock and is within its deadline'
complete -c mm-crawl -l ignore-pause -d 'Run even if the job is paused (see mm-admin pause)'
complete -c mm-crawl -l ignore-clock -d 'Run even if the clock is behind, or far ahead of, the last recorded time'
complete -c mm-crawl -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-crawl -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-crawl -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-crawl -s V -l version -d 'Print version'
