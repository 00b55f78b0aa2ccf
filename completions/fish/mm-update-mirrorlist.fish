complete -c mm-update-mirrorlist -l accept -d 'Let the lost hosts of this repository go, or this host from all repositories: repo=PREFIX/ARCH or host=NAME; may be given several times' -r
complete -c mm-update-mirrorlist -l diff -d 'Show which hosts, repositories and directories would be gained and lost against the published generation, or against another one that is kept; write nothing' -r
complete -c mm-update-mirrorlist -l mm2-cache -d 'Write the same as a cache of MirrorManager2, too' -r -F
complete -c mm-update-mirrorlist -l lock-wait -d 'Wait so long for another run to end, such as 10m' -r
complete -c mm-update-mirrorlist -l max-runtime -d 'Give up after so long, with what is done committed' -r
complete -c mm-update-mirrorlist -l metrics-file -d 'Write how the run went to this file, for the textfile collector of Prometheus\' node exporter: one file for each job' -r -F
complete -c mm-update-mirrorlist -l config -d 'The config file' -r -F
complete -c mm-update-mirrorlist -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-update-mirrorlist -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-update-mirrorlist -l accept-empty -d 'Publish although no host at all is listed'
complete -c mm-update-mirrorlist -l verify-master -d 'Compare the newest repomd.xml of each repository with the one that the master holds now; exit status 3 when they differ'
complete -c mm-update-mirrorlist -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-update-mirrorlist -l quiet-if-locked -d 'Say nothing when another run holds the lock and is within its deadline'
complete -c mm-update-mirrorlist -l despite-hold -d 'Run although somebody holds the job (mm-admin hold)'
complete -c mm-update-mirrorlist -l accept-clock -d 'Run although the clock is behind, or far ahead of, the last recorded time'
complete -c mm-update-mirrorlist -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-update-mirrorlist -s q -l quiet -d 'Say less: errors only'
complete -c mm-update-mirrorlist -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-update-mirrorlist -s V -l version -d 'Print version'
