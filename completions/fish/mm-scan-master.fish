complete -c mm-scan-master -l category -d 'Scan this category only; may be given several times. Without it: all of the config' -r
complete -c mm-scan-master -l path -d 'Scan this directory and what lies below it only: a full name, or below the top of the one category that is given' -r
complete -c mm-scan-master -l lock-wait -d 'Wait so long for another run to end, such as 10m' -r
complete -c mm-scan-master -l max-runtime -d 'Give up after so long, with what is done committed' -r
complete -c mm-scan-master -l metrics-file -d 'Write how the run went to this file, for the textfile collector of Prometheus\' node exporter: one file for each job' -r -F
complete -c mm-scan-master -l config -d 'The config file' -r -F
complete -c mm-scan-master -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-scan-master -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-scan-master -l if-changed -d 'Scan only if the watched files of the category changed since its last scan, or that is long ago (`max_age`); and not while a `busy` file is there'
complete -c mm-scan-master -l confirm-removals -d 'Let the missing directories go that the last scan held back. What is missing since then is held back anew'
complete -c mm-scan-master -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-scan-master -l quiet-if-locked -d 'Say nothing when another run holds the lock and is within its deadline'
complete -c mm-scan-master -l despite-hold -d 'Run although somebody holds the job (mm-admin hold)'
complete -c mm-scan-master -l accept-clock -d 'Run although the clock is behind, or far ahead of, the last recorded time'
complete -c mm-scan-master -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-scan-master -s q -l quiet -d 'Say less: errors only'
complete -c mm-scan-master -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-scan-master -s V -l version -d 'Print version'
