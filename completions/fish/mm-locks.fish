complete -c mm-locks -l kill -d 'End this job, whatever its state; without a scope all of that name. May be given several times' -r
complete -c mm-locks -l grace -d 'How long those that are told to end may take before they are killed' -r
complete -c mm-locks -l wait -d 'Wait until nobody holds the lock of this job; without a scope of all of that name. Ends with 75 when the time is over' -r
complete -c mm-locks -l timeout -d 'With --wait: the longest. Without it: for ever' -r
complete -c mm-locks -l config -d 'The config file' -r -F
complete -c mm-locks -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-locks -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-locks -l kill-hung -d 'End the jobs that are past their deadline, and what dead jobs left running'
complete -c mm-locks -l clean -d 'Remove lock files that nobody holds'
complete -c mm-locks -l dry-run -d 'Only show what would be ended and removed'
complete -c mm-locks -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-locks -s q -l quiet -d 'Say less: errors only'
complete -c mm-locks -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-locks -s V -l version -d 'Print version'
