complete -c mm-mirrorlist-server -l listen -d 'Listen on this address instead of the first one in server.listen; the port is optional' -r
complete -c mm-mirrorlist-server -l port -d 'Port of this address; 0 = any free port' -r
complete -c mm-mirrorlist-server -s m -l minimum -d 'Add mirrors from other continents if fewer than NUMBER are nearby' -r
complete -c mm-mirrorlist-server -l address-file -d 'Write the listen addresses to this file, one per line' -r -F
complete -c mm-mirrorlist-server -s c -l cache -d 'Serve this cache file of MirrorManager2, and reload it when it changes' -r -F
complete -c mm-mirrorlist-server -s g -l global_netblocks -d 'ASN table: lines of a prefix and an AS number' -r -F
complete -c mm-mirrorlist-server -s i -l internet2_netblocks -d 'Ignored; accepted for compatibility' -r -F
complete -c mm-mirrorlist-server -s l -l log -d 'Log requests for repositories to this file, in MirrorManager\'s format' -r -F
complete -c mm-mirrorlist-server -l cccsv -d 'Continents: lines of a country and a continent, instead of the built-in table' -r -F
complete -c mm-mirrorlist-server -l geoip -d 'Country database (mmdb)' -r -F
complete -c mm-mirrorlist-server -l trusted-proxy -d 'Also accept X-Forwarded-For and ip= from this peer (repeatable)' -r
complete -c mm-mirrorlist-server -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-mirrorlist-server -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-mirrorlist-server -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-mirrorlist-server -l check -d 'Load and check all data, print a report and exit'
complete -c mm-mirrorlist-server -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-mirrorlist-server -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-mirrorlist-server -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-mirrorlist-server -s V -l version -d 'Print version'
