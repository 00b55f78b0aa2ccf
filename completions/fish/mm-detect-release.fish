complete -c mm-detect-release -l ack -d 'Acknowledge what waits at a path, or with a slash at the end at all paths below: one that no rule knows or that its tree contradicts is not told of again; a repository whose directory is gone is removed. May be given more than once' -r
complete -c mm-detect-release -l apply-moves -d 'Make the proposed moves, or those of these prefixes only. Without a prefix, a move back to an older directory is left out' -r
complete -c mm-detect-release -l explain -d 'Tell what the rules make of the directory and why, whether it is in the database or not; change nothing' -r
complete -c mm-detect-release -l category -d 'With --explain: the category of the path, if it is not the one whose topdir the path begins with' -r
complete -c mm-detect-release -l check -d 'Hold the rules against a table of directories and names (tab-separated: category, directory, version, arch, prefix), and tell of each row that comes out otherwise; change nothing' -r -F
complete -c mm-detect-release -l lock-wait -d 'Wait so long for another run to end, such as 10m' -r
complete -c mm-detect-release -l max-runtime -d 'Give up after so long, with what is done committed' -r
complete -c mm-detect-release -l metrics-file -d 'Write how the run went to this file, for the textfile collector of Prometheus\' node exporter: one file for each job' -r -F
complete -c mm-detect-release -l config -d 'The config file' -r -F
complete -c mm-detect-release -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-detect-release -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-detect-release -l dry-run -d 'Show what would be done; change nothing, take no lock'
complete -c mm-detect-release -l quiet-if-locked -d 'Say nothing when another run holds the lock and is within its deadline'
complete -c mm-detect-release -l despite-hold -d 'Run although somebody holds the job (mm-admin hold)'
complete -c mm-detect-release -l accept-clock -d 'Run although the clock is behind, or far ahead of, the last recorded time'
complete -c mm-detect-release -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-detect-release -s q -l quiet -d 'Say less: errors only'
complete -c mm-detect-release -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-detect-release -s V -l version -d 'Print version'
