complete -c mm-locks -l config -d 'The config file' -r -F
complete -c mm-locks -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-locks -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-locks -l clean -d 'Remove lock files that nobody holds'
complete -c mm-locks -l dry-run -d 'With --clean: only show which'
complete -c mm-locks -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-locks -s q -l quiet -d 'Say less: errors only'
complete -c mm-locks -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-locks -s V -l version -d 'Print version'
