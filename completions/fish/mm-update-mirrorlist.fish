complete -c mm-update-mirrorlist -l accept -d 'Publish although this repository lost all of its hosts: repo=PREFIX/ARCH; may be given several times' -r
complete -c mm-update-mirrorlist -l lock-wait -d 'Wait so long for another run to end, such as 10m' -r
complete -c mm-update-mirrorlist -l max-runtime -d 'Give up after so long, with what is done committed' -r
complete -c mm-update-mirrorlist -l config -d 'The config file' -r -F
complete -c mm-update-mirrorlist -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-update-mirrorlist -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-update-mirrorlist -l accept-empty -d 'Publish although no host at all is listed'
complete -c mm-update-mirrorlist -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-update-mirrorlist -l quiet-if-locked -d 'Say nothing when another run holds the lock and is within its deadline'
complete -c mm-update-mirrorlist -l accept-clock -d 'Run although the clock is behind, or far ahead of, the last recorded time'
complete -c mm-update-mirrorlist -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-update-mirrorlist -s q -l quiet -d 'Say less: errors only'
complete -c mm-update-mirrorlist -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-update-mirrorlist -s V -l version -d 'Print version'
