complete -c mm-mirrorlist-server -l listen -d 'Address to listen on, with or without a port' -r
complete -c mm-mirrorlist-server -l port -d 'Port to listen on; 0 = any free one' -r
complete -c mm-mirrorlist-server -s m -l minimum -d 'Fewer nearby mirrors than this, and mirrors of the whole world are added' -r
complete -c mm-mirrorlist-server -l address-file -d 'Write the addresses listened on (host:port), and paths, into this file, one a line' -r -F
complete -c mm-mirrorlist-server -s c -l cache -d 'Serve this cache file of MirrorManager2; loaded anew when it changes' -r -F
complete -c mm-mirrorlist-server -s g -l global_netblocks -d 'AS numbers: lines of a prefix and a number' -r -F
complete -c mm-mirrorlist-server -s i -l internet2_netblocks -d 'Taken for the sake of old service files, and ignored' -r -F
complete -c mm-mirrorlist-server -s l -l log -d 'Log requests by repository into this file, in MirrorManager\'s lines' -r -F
complete -c mm-mirrorlist-server -l cccsv -d 'Continents: lines of a country and a continent, instead of the built-in table' -r -F
complete -c mm-mirrorlist-server -l geoip -d 'Country database (mmdb)' -r -F
complete -c mm-mirrorlist-server -l trusted-proxy -d 'Believe the X-Forwarded-For and ip= of this peer too, beside those of the config (without one: loopback); may be given more than once' -r
complete -c mm-mirrorlist-server -l config -d 'The config file' -r -F
complete -c mm-mirrorlist-server -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-mirrorlist-server -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-mirrorlist-server -l check -d 'Load and check everything, say what was found, and end'
complete -c mm-mirrorlist-server -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-mirrorlist-server -s q -l quiet -d 'Say less: errors only'
complete -c mm-mirrorlist-server -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-mirrorlist-server -s V -l version -d 'Print version'
