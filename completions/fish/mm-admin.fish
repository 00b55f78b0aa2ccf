# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mm_admin_global_optspecs
    string join \n config= format= color= v/verbose q/quiet h/help V/version
end

function __fish_mm_admin_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mm_admin_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mm_admin_using_subcommand
    set -l cmd (__fish_mm_admin_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mm-admin -n "__fish_mm_admin_needs_command" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_needs_command" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_needs_command" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -s V -l version -d 'Print version'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "init" -d 'Create the database and the directories that are missing'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "migrate" -d 'Bring the database up to this version of the programs, after a backup beside it'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "apply" -d 'Make the registry what a file says; shows what changes'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "export" -d 'Write the registry as a file that `apply` reads'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "runs" -d 'List the last runs of the jobs'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "changes" -d 'List the last changes of the registry: who, when, what'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "repo" -d 'Commands for repositories: move them, switch them off, list only the newest in an emergency'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "release" -d 'Commands for releases'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "versions" -d 'List all versions, also those that no public page shows: hidden ones, and what the master keeps closed'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "undo" -d 'Take back a change'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "backup" -d 'Copy the database while jobs run'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "restore" -d 'Put a backup in the place of the database'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "doctor" -d 'Look after everything: config, database, directories, programs, clock, jobs, locks, disk'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "incident" -d 'Show on one page what is wrong now and the command that mends it: locks, jobs, hosts, targets, disk, database, holds'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "config" -d 'Check the config file'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "hold" -d 'Let scans, crawls or publishing do nothing for a while'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "holders" -d 'Tell which mirrors hold a directory, and what is known of the others'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "explain" -d 'Tell why clients of an address are sent to each host, or are not'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "share" -d 'Tell how many of the answers name a host, and how many send clients there first'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "verify" -d 'Look at the mirrors of a repository from outside: fetch the metalink and what it promises, and compare'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "why" -d 'Tell what crawls found out about a host, and why directories of it are not current'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "product" -d 'Products, such as Fedora or EPEL'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "version" -d 'Versions of products; release detection adds them'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "arch" -d 'Architectures'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "category" -d 'Categories: trees that mirrors can carry'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "site" -d 'Sites: who runs mirrors'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "host" -d 'Hosts: the mirrors'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "host-category" -d 'Categories that hosts carry'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "url" -d 'Addresses of categories on hosts'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "netblock" -d 'Netblocks whose clients are sent to a host first'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "peer-asn" -d 'Autonomous systems whose clients are sent to a host first'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "country-allowed" -d 'Countries whose clients a host takes; none = all'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "country-denied" -d 'Countries whose clients a host does not take'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "repository" -d 'Repositories: what repo= and arch= stand for; release detection adds them'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "redirect" -d 'Aliases of repository prefixes'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "netblock-country" -d 'Countries of netblocks, over what GeoIP says'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "country-continent" -d 'Continents of countries, over the built-in table'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "embargo" -d 'Countries that are not served'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "downtime" -d 'Times in which a host is down and not crawled'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -l dry-run -d 'Show what would be made; make nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -l dry-run -d 'Show whether there is something to do; do nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l prune -d 'The file is the whole truth: remove what it does not hold, and set back what it does not say'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -l job -d 'Only runs of this job: scan, detect, crawl, update, publish' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -s n -l number -d 'So many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l noun -d 'Only changes of this noun, such as host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l key -d 'Only changes of the row with this key' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -s n -l number -d 'So many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "move-devel-to-release" -d 'Point the repositories of a version from development/VERSION to the same path under releases/VERSION'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "move-to-archive" -d 'Point the repositories of a version to the same path in the archive'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "newest-only" -d 'List only holders of the newest metadata of a repository, and offer no older version, until a moment'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "disable" -d 'Tell clients that a repository is disabled'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "enable" -d 'Serve a disabled repository again'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l product -d 'Only versions of this product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l category -d 'Only repositories of this category; may be given several times' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l min-holders -d 'Refuse where fewer hosts than this would be listed [default: `update.min_holders` of the config]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l from -d 'The directory they lie under, {version} standing for the version: whole components, anywhere in the path' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l to -d 'The directory they go under' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l product -d 'Only versions of this product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l category -d 'Only repositories of this category; may be given several times' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l min-holders -d 'Refuse where fewer hosts than this would be listed [default: `update.min_holders` of the config]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l archive-category -d 'The category of the archive' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l strip -d 'What the archive leaves out at the beginning of the old names' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l until -d 'Until then: 48h, 2026-12-01, 2026-12-01T18:00 (UTC) or RFC 3339' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l off -d 'End it now'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l arch -d 'Only for this architecture; without it, for all' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l arch -d 'Only for this architecture; without it, for all' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "move-devel-to-release" -d 'Point the repositories of a version from development/VERSION to the same path under releases/VERSION'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "move-to-archive" -d 'Point the repositories of a version to the same path in the archive'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "newest-only" -d 'List only holders of the newest metadata of a repository, and offer no older version, until a moment'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Tell clients that a repository is disabled'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Serve a disabled repository again'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -f -a "readiness" -d 'Tell which mirrors have a version: listed for it, or staged until the master opens it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -l product -d 'Only of this product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from help" -f -a "readiness" -d 'Tell which mirrors have a version: listed for it, or staged until the master opens it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -l product -d 'Only of this product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -l dry-run -d 'Show what would be done; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -l dry-run -d 'Check the backup; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -f -a "check" -d 'Read the config file and say what is wrong with it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Read the config file and say what is wrong with it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -f -a "scan" -d 'Let mm-scan-master do nothing: what mirrors should have stays as it is'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -f -a "crawl" -d 'Let mm-crawl do nothing: what mirrors hold stays as it is. A crawl under way goes on: see mm-locks --kill crawl. mm-crawl --confirm and --revert work all the same'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -f -a "publish" -d 'Let mm-sync-out do nothing: all targets stay as they are. mm-update-mirrorlist goes on making generations'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -f -a "list" -d 'List what is held'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -f -a "release" -d 'Let a job go on'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and not __fish_seen_subcommand_from scan crawl publish list release help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -l category -d 'Only this category; may be given several times' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -l until -d 'When it ends by itself: 2026-12-01T18:00 (UTC), or 4h from now on. Without it: when it is released' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -l reason -d 'Why: everybody who wonders is told' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -l dry-run -d 'Show what would be held; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from scan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -l category -d 'Only this category; may be given several times' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -l until -d 'When it ends by itself: 2026-12-01T18:00 (UTC), or 4h from now on. Without it: when it is released' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -l reason -d 'Why: everybody who wonders is told' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -l dry-run -d 'Show what would be held; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from crawl" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from publish" -l until -d 'When it ends by itself: 2026-12-01T18:00 (UTC), or 4h from now on. Without it: when it is released' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from publish" -l reason -d 'Why: everybody who wonders is told' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from publish" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from publish" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from publish" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from publish" -l dry-run -d 'Show what would be held; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from publish" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from publish" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from publish" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from release" -l category -d 'Only the hold of this category. Without it all holds of the job end' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from release" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from release" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from release" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from release" -l dry-run -d 'Show what would be released; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from release" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from release" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from help" -f -a "scan" -d 'Let mm-scan-master do nothing: what mirrors should have stays as it is'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from help" -f -a "crawl" -d 'Let mm-crawl do nothing: what mirrors hold stays as it is. A crawl under way goes on: see mm-locks --kill crawl. mm-crawl --confirm and --revert work all the same'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from help" -f -a "publish" -d 'Let mm-sync-out do nothing: all targets stay as they are. mm-update-mirrorlist goes on making generations'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from help" -f -a "list" -d 'List what is held'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from help" -f -a "release" -d 'Let a job go on'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand hold; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand holders" -l category -d 'In this category' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand holders" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand holders" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand holders" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand holders" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand holders" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand holders" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l ip -d 'The client\'s address' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l repo -d 'What it sends as repo=' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l arch -d 'What it sends as arch=' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l country -d 'What it sends as country=' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l exclude-country -d 'The countries that it excludes' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l protocol -d 'What it sends as protocol=' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l country-of-client -d 'Take this for the country of the client' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l asn-of-client -d 'Take this for the system of the client' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l generation -d 'Another generation than the published one' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l no-netblock -d 'As with netblock=0: netblocks and systems do not count'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l repo -d 'Only what clients of this repository get' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l places -d 'So many places at the beginning of an answer' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l server -d 'The address of the server; by default the one of the config, on this machine' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l timeout -d 'The longest that one answer may take' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l all -d 'Ask for the mirrors of the whole world, not for those that this machine would be sent to'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -l category -d 'Only this category' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one product'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one product, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List product rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one product'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one product; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l publiclist -d 'the public pages show it [default: true]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one product'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one product, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "list" -d 'List product rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one product'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one product; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one version'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one version, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List version rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one version'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one version; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l codename -d 'a code name, if people use one' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l display-name -d 'what pages call it instead of its name' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l is-test -d 'a test release [default: false]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l display -d 'the public pages show it [default: true]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l sortorder -d 'pages list higher numbers first [default: 0]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one version'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one version, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "list" -d 'List version rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one version'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one version; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one arch'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one arch, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List arch rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one arch'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one arch; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l primary -d 'a primary architecture of the distribution [default: false]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l publiclist -d 'the public pages show it [default: true]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one arch'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one arch, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "list" -d 'List arch rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one arch'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one arch; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one category, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one category; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l product -d 'the product its releases belong to' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l topdir -d 'the path clients ask for, such as pub/fedora/linux' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l canonicalhost -d 'where the master is reachable for the world, for pages' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l publiclist -d 'the public pages show it [default: true]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l admin-only -d 'only admins may add it to a host [default: false]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one category, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "list" -d 'List category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one category; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one site'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one site, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List site rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one site'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one site; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l org-url -d 'its page' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l private -d 'its hosts are never on public lists [default: false]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l admin-active -d 'switched on by an admin [default: true]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l user-active -d 'switched on by its owner [default: true]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l comment -d 'free text' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one site'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one site, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "list" -d 'List site rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one site'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one site; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "add" -d 'Add one host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "show" -d 'Show one host, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "list" -d 'List host rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "set" -d 'Change fields of one host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "downtime" -d 'Say that a host will be down: it is not crawled then, and no failure is held against it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "remove" -d 'Remove one host; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l site -d 'whose it is' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l country -d 'where it stands, such as DE' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l bandwidth -d 'its uplink in Mbit/s [default: 100]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l private -d 'only for its netblocks and peer ASNs, never on public lists [default: false]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l admin-active -d 'switched on by an admin [default: true]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l user-active -d 'switched on by its owner, or by the crawler [default: true]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l disabled-by -d 'who switched it off: crawler, admin or owner' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l disable-reason -d 'why it was switched off' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l internet2 -d 'reachable over Internet2 [default: false]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l internet2-clients -d 'a private host that also serves Internet2 clients [default: false]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l asn -d 'the autonomous system it stands in' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l asn-clients -d 'clients of that system are sent to it first [default: true]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l max-connections -d 'connections a client may open [default: 1]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l crawl-connections -d 'connections the crawler opens at once; empty = as the config says' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l crawl-rate -d 'requests a second by the crawler; empty = as the config says' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l crawl-budget -d 'requests in 24 hours by the crawler; empty = as the config says' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l crawl-window -d 'when it may be crawled, such as 22:00-06:00 in UTC; empty = always' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l crawl-probe -d 'how it is asked: rsync, index or head; empty = the cheapest that answers' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l robot-email -d 'whom to write to' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l comment -d 'free text' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l reason -d 'With user_active=false: why' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l from -d 'When it begins; as a length, counted from now [default: now]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l until -d 'When it ends; as a length, counted from its beginning' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l reason -d 'Why' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one host, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "list" -d 'List host rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "downtime" -d 'Say that a host will be down: it is not crawled then, and no failure is held against it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one host; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one host-category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one host-category, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List host-category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one host-category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one host-category; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l always-up2date -d 'never crawled and always listed [default: false]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one host-category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one host-category, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "list" -d 'List host-category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one host-category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one host-category; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one url'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one url, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List url rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one url'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one url; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l host -d 'on which host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l category -d 'of which category' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l private -d 'for mirrors and the crawler only [default: false]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one url'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one url, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "list" -d 'List url rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one url'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one url; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one netblock'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one netblock, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List netblock rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one netblock'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one netblock; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l name -d 'what it is called' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one netblock'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one netblock, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "list" -d 'List netblock rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one netblock'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one netblock; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one peer-asn'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one peer-asn, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List peer-asn rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one peer-asn'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one peer-asn; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l name -d 'what it is called' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one peer-asn'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one peer-asn, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "list" -d 'List peer-asn rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one peer-asn'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one peer-asn; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "add" -d 'Add one country-allowed'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "show" -d 'Show one country-allowed, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "list" -d 'List country-allowed rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "remove" -d 'Remove one country-allowed; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one country-allowed'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one country-allowed, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "list" -d 'List country-allowed rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one country-allowed; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "add" -d 'Add one country-denied'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "show" -d 'Show one country-denied, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "list" -d 'List country-denied rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "remove" -d 'Remove one country-denied; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one country-denied'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one country-denied, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "list" -d 'List country-denied rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one country-denied; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "show" -d 'Show one repository, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "list" -d 'List repository rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "set" -d 'Change fields of one repository'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "remove" -d 'Remove one repository; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one repository, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "list" -d 'List repository rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one repository'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one repository; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one redirect'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one redirect, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List redirect rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one redirect'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one redirect; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l to -d 'what they are given; empty = nothing' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one redirect'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one redirect, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "list" -d 'List redirect rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one redirect'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one redirect; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one netblock-country'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one netblock-country, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List netblock-country rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one netblock-country'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one netblock-country; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l country -d 'its country, over what GeoIP says' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one netblock-country'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one netblock-country, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "list" -d 'List netblock-country rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one netblock-country'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one netblock-country; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one country-continent'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one country-continent, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List country-continent rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one country-continent'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one country-continent; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l continent -d 'its continent, over the built-in table: AF AN AS EU NA OC SA' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one country-continent'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one country-continent, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "list" -d 'List country-continent rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one country-continent'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one country-continent; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "add" -d 'Add one embargo'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "show" -d 'Show one embargo, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "list" -d 'List embargo rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "remove" -d 'Remove one embargo; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one embargo'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one embargo, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "list" -d 'List embargo rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one embargo; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one downtime'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one downtime, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List downtime rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one downtime'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one downtime; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l until -d 'when it ends' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l reason -d 'why' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l config -d 'The config file' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l format -d 'How to print results' -r -f -a "text\t'For people'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l recursive -d 'Remove what refers to it, too'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Say more; twice: everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Say less: errors only'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one downtime'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one downtime, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "list" -d 'List downtime rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one downtime'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one downtime; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "init" -d 'Create the database and the directories that are missing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "migrate" -d 'Bring the database up to this version of the programs, after a backup beside it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "apply" -d 'Make the registry what a file says; shows what changes'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "export" -d 'Write the registry as a file that `apply` reads'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "runs" -d 'List the last runs of the jobs'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "changes" -d 'List the last changes of the registry: who, when, what'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "repo" -d 'Commands for repositories: move them, switch them off, list only the newest in an emergency'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "release" -d 'Commands for releases'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "versions" -d 'List all versions, also those that no public page shows: hidden ones, and what the master keeps closed'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "undo" -d 'Take back a change'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "backup" -d 'Copy the database while jobs run'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "restore" -d 'Put a backup in the place of the database'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "doctor" -d 'Look after everything: config, database, directories, programs, clock, jobs, locks, disk'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "incident" -d 'Show on one page what is wrong now and the command that mends it: locks, jobs, hosts, targets, disk, database, holds'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "config" -d 'Check the config file'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "hold" -d 'Let scans, crawls or publishing do nothing for a while'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "holders" -d 'Tell which mirrors hold a directory, and what is known of the others'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "explain" -d 'Tell why clients of an address are sent to each host, or are not'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "share" -d 'Tell how many of the answers name a host, and how many send clients there first'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "verify" -d 'Look at the mirrors of a repository from outside: fetch the metalink and what it promises, and compare'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "why" -d 'Tell what crawls found out about a host, and why directories of it are not current'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "product" -d 'Products, such as Fedora or EPEL'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "version" -d 'Versions of products; release detection adds them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "arch" -d 'Architectures'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "category" -d 'Categories: trees that mirrors can carry'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "site" -d 'Sites: who runs mirrors'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "host" -d 'Hosts: the mirrors'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "host-category" -d 'Categories that hosts carry'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "url" -d 'Addresses of categories on hosts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "netblock" -d 'Netblocks whose clients are sent to a host first'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "peer-asn" -d 'Autonomous systems whose clients are sent to a host first'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "country-allowed" -d 'Countries whose clients a host takes; none = all'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "country-denied" -d 'Countries whose clients a host does not take'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "repository" -d 'Repositories: what repo= and arch= stand for; release detection adds them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "redirect" -d 'Aliases of repository prefixes'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "netblock-country" -d 'Countries of netblocks, over what GeoIP says'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "country-continent" -d 'Continents of countries, over the built-in table'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "embargo" -d 'Countries that are not served'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "downtime" -d 'Times in which a host is down and not crawled'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config hold holders explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "move-devel-to-release" -d 'Point the repositories of a version from development/VERSION to the same path under releases/VERSION'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "move-to-archive" -d 'Point the repositories of a version to the same path in the archive'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "newest-only" -d 'List only holders of the newest metadata of a repository, and offer no older version, until a moment'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "disable" -d 'Tell clients that a repository is disabled'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "enable" -d 'Serve a disabled repository again'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from release" -f -a "readiness" -d 'Tell which mirrors have a version: listed for it, or staged until the master opens it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Read the config file and say what is wrong with it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from hold" -f -a "scan" -d 'Let mm-scan-master do nothing: what mirrors should have stays as it is'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from hold" -f -a "crawl" -d 'Let mm-crawl do nothing: what mirrors hold stays as it is. A crawl under way goes on: see mm-locks --kill crawl. mm-crawl --confirm and --revert work all the same'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from hold" -f -a "publish" -d 'Let mm-sync-out do nothing: all targets stay as they are. mm-update-mirrorlist goes on making generations'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from hold" -f -a "list" -d 'List what is held'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from hold" -f -a "release" -d 'Let a job go on'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "add" -d 'Add one product'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "show" -d 'Show one product, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "list" -d 'List product rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "set" -d 'Change fields of one product'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "remove" -d 'Remove one product; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "add" -d 'Add one version'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "show" -d 'Show one version, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "list" -d 'List version rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "set" -d 'Change fields of one version'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "remove" -d 'Remove one version; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "add" -d 'Add one arch'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "show" -d 'Show one arch, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "list" -d 'List arch rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "set" -d 'Change fields of one arch'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "remove" -d 'Remove one arch; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "add" -d 'Add one category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "show" -d 'Show one category, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "list" -d 'List category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "set" -d 'Change fields of one category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "remove" -d 'Remove one category; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "add" -d 'Add one site'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "show" -d 'Show one site, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "list" -d 'List site rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "set" -d 'Change fields of one site'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "remove" -d 'Remove one site; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "add" -d 'Add one host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "show" -d 'Show one host, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "list" -d 'List host rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "set" -d 'Change fields of one host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "downtime" -d 'Say that a host will be down: it is not crawled then, and no failure is held against it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "remove" -d 'Remove one host; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "add" -d 'Add one host-category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "show" -d 'Show one host-category, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "list" -d 'List host-category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "set" -d 'Change fields of one host-category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "remove" -d 'Remove one host-category; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "add" -d 'Add one url'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "show" -d 'Show one url, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "list" -d 'List url rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "set" -d 'Change fields of one url'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "remove" -d 'Remove one url; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "add" -d 'Add one netblock'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "show" -d 'Show one netblock, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "list" -d 'List netblock rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "set" -d 'Change fields of one netblock'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "remove" -d 'Remove one netblock; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "add" -d 'Add one peer-asn'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "show" -d 'Show one peer-asn, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "list" -d 'List peer-asn rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "set" -d 'Change fields of one peer-asn'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "remove" -d 'Remove one peer-asn; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-allowed" -f -a "add" -d 'Add one country-allowed'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-allowed" -f -a "show" -d 'Show one country-allowed, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-allowed" -f -a "list" -d 'List country-allowed rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-allowed" -f -a "remove" -d 'Remove one country-allowed; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-denied" -f -a "add" -d 'Add one country-denied'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-denied" -f -a "show" -d 'Show one country-denied, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-denied" -f -a "list" -d 'List country-denied rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-denied" -f -a "remove" -d 'Remove one country-denied; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repository" -f -a "show" -d 'Show one repository, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repository" -f -a "list" -d 'List repository rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repository" -f -a "set" -d 'Change fields of one repository'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repository" -f -a "remove" -d 'Remove one repository; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "add" -d 'Add one redirect'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "show" -d 'Show one redirect, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "list" -d 'List redirect rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "set" -d 'Change fields of one redirect'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "remove" -d 'Remove one redirect; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "add" -d 'Add one netblock-country'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "show" -d 'Show one netblock-country, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "list" -d 'List netblock-country rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "set" -d 'Change fields of one netblock-country'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "remove" -d 'Remove one netblock-country; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "add" -d 'Add one country-continent'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "show" -d 'Show one country-continent, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "list" -d 'List country-continent rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "set" -d 'Change fields of one country-continent'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "remove" -d 'Remove one country-continent; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from embargo" -f -a "add" -d 'Add one embargo'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from embargo" -f -a "show" -d 'Show one embargo, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from embargo" -f -a "list" -d 'List embargo rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from embargo" -f -a "remove" -d 'Remove one embargo; refused while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "add" -d 'Add one downtime'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "show" -d 'Show one downtime, and what belongs to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "list" -d 'List downtime rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "set" -d 'Change fields of one downtime'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "remove" -d 'Remove one downtime; refused while others refer to it'
