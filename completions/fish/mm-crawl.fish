complete -c mm-crawl -l repo -d 'Ask only for this repository, by the prefix that clients send as repo=; may be given several times' -r
complete -c mm-crawl -l arch -d 'Of these repositories, only this architecture' -r
complete -c mm-crawl -l path -d 'Ask only for this directory and what lies below it, with or without the category\'s topdir before it; may be given several times' -r
complete -c mm-crawl -l host -d 'Crawl this host only, also outside its crawl window; may be given several times' -r
complete -c mm-crawl -l category -d 'Crawl this category only; may be given several times' -r
complete -c mm-crawl -l country -d 'Crawl hosts in this country only; may be given several times' -r
complete -c mm-crawl -l continent -d 'Crawl hosts on this continent only (AF, AN, AS, EU, NA, OC, SA); may be given several times' -r -f -a "AF\t''
AN\t''
AS\t''
EU\t''
NA\t''
OC\t''
SA\t''"
complete -c mm-crawl -l fraction -d 'Crawl the I-th of N parts of all hosts' -r
complete -c mm-crawl -l stale-for -d 'Leave out what was crawled within this time, such as 12h' -r
complete -c mm-crawl -l confirm -d 'Put in force what waits of this run, because too many mirrors lost too much in it' -r
complete -c mm-crawl -l revert -d 'Take this run back: what was known before it is in force again, and what waits of it is dropped' -r
complete -c mm-crawl -l try-url -d 'Look at this address as a mirror of --category, registered or not, and write nothing' -r
complete -c mm-crawl -l lock-wait -d 'Wait so long for another run to end, such as 10m' -r
complete -c mm-crawl -l max-runtime -d 'Give up after so long, with what is done committed' -r
complete -c mm-crawl -l metrics-file -d 'Write how the run went to this file, for the textfile collector of Prometheus\' node exporter: one file for each job' -r -F
complete -c mm-crawl -l config -d 'The config file' -r -F
complete -c mm-crawl -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-crawl -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-crawl -l full -d 'Ask for everything'
complete -c mm-crawl -l canary -d 'Ask only whether the mirrors can be reached'
complete -c mm-crawl -l repodata -d 'Ask only for directories with a repomd.xml'
complete -c mm-crawl -l changed -d 'Ask only for what the master changed since the last crawl'
complete -c mm-crawl -l propagation -d 'As --repodata, and record for each repository how many mirrors carry its newest repomd.xml and how far the others are behind'
complete -c mm-crawl -l include-disabled -d 'Crawl hosts too that an admin or owner switched off; they stay so'
complete -c mm-crawl -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-crawl -l quiet-if-locked -d 'Say nothing when another run holds the lock and is within its deadline'
complete -c mm-crawl -l despite-hold -d 'Run although somebody holds the job (mm-admin hold)'
complete -c mm-crawl -l accept-clock -d 'Run although the clock is behind, or far ahead of, the last recorded time'
complete -c mm-crawl -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-crawl -s q -l quiet -d 'Say less: errors only'
complete -c mm-crawl -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-crawl -s V -l version -d 'Print version'
