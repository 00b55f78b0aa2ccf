complete -c mm-crawl -l host -d 'Crawl this host only; may be given several times' -r
complete -c mm-crawl -l category -d 'Crawl this category only; may be given several times' -r
complete -c mm-crawl -l lock-wait -d 'Wait so long for another run to end, such as 10m' -r
complete -c mm-crawl -l max-runtime -d 'Give up after so long, with what is done committed' -r
complete -c mm-crawl -l config -d 'The config file' -r -F
complete -c mm-crawl -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-crawl -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-crawl -l include-disabled -d 'Crawl hosts too that an admin or owner switched off; they stay so'
complete -c mm-crawl -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-crawl -l quiet-if-locked -d 'Say nothing when another run holds the lock and is within its deadline'
complete -c mm-crawl -l accept-clock -d 'Run although the clock is behind, or far ahead of, the last recorded time'
complete -c mm-crawl -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-crawl -s q -l quiet -d 'Say less: errors only'
complete -c mm-crawl -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-crawl -s V -l version -d 'Print version'
