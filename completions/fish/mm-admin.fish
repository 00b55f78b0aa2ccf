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

complete -c mm-admin -n "__fish_mm_admin_needs_command" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_needs_command" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_needs_command" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_needs_command" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -s V -l version -d 'Print version'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "init" -d 'Create the database and missing directories'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "migrate" -d 'Upgrade the database schema, after a backup'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "apply" -d 'Apply a registry file, and show the changes'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "export" -d 'Write the registry as a file for apply'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "runs" -d 'List recent runs of jobs'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "changes" -d 'List recent changes of the registry (audit log)'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "repo" -d 'Move repositories, disable them, or offer only their newest metadata'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "release" -d 'Check the mirrors of a release'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "versions" -d 'List all versions, including those hidden from public pages'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "undo" -d 'Undo a change of the registry'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "backup" -d 'Copy the database while jobs run'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "restore" -d 'Replace the database with a backup'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "doctor" -d 'Check the installation, also for monitoring'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "incident" -d 'List current problems, each with the command that fixes it'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "config" -d 'Check the config file'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "pause" -d 'Pause a job, or list the paused jobs'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "resume" -d 'Resume a paused job'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "pending" -d 'List what waits for a decision: removals, losses, moves, pauses and pins'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "expect-removal" -d 'Announce the removal of a directory from the master, or list the announcements'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "mirrors" -d 'Show the status of every mirror for a directory'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "explain" -d 'Explain which mirrors the clients of an address are sent to, and why'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "share" -d 'Estimate a host\'s share of responses'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "verify" -d 'Check that each mirror of a metalink serves the promised file'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "why" -d 'Show the crawl results of a host'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "product" -d 'Products, such as Fedora or EPEL'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "version" -d 'Versions of products; release detection adds them'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "arch" -d 'Architectures'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "category" -d 'Categories: trees that hosts can carry'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "site" -d 'Sites: organizations that run hosts'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "host" -d 'Hosts: mirror servers'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "host-category" -d 'Categories of hosts'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "url" -d 'URLs of categories on hosts'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "netblock" -d 'Netblocks whose clients are sent to a host first'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "peer-asn" -d 'Autonomous systems whose clients are sent to a host first'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "country-allowed" -d 'Countries whose clients a host accepts (none = all)'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "country-denied" -d 'Countries whose clients a host does not accept'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "repository" -d 'Repositories (repo=, arch=); release detection adds them'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "redirect" -d 'Aliases of repository prefixes'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "netblock-country" -d 'Countries of netblocks; override GeoIP'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "country-continent" -d 'Continents of countries; override the built-in table'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "embargo" -d 'Countries that are not served'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "downtime" -d 'Downtimes of hosts, in which they are not crawled'
complete -c mm-admin -n "__fish_mm_admin_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -l dry-run -d 'Show what would be created; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand init" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -l dry-run -d 'Show whether a migration is needed; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand migrate" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l prune -d 'Remove rows that the file does not contain, and reset fields that it does not name'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -l force -d 'Apply what is probably a mistake, e.g. overlapping topdirs'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand apply" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand export" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -l job -d 'Only runs of this job: scan, detect, crawl, update, publish' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -s n -l number -d 'Maximum number of runs' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand runs" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l entity -d 'Only changes of this entity, e.g. host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l key -d 'Only changes of the row with this key' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -s n -l number -d 'Maximum number of changes' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand changes" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "move-devel-to-release" -d 'Move the repositories of a version from development/VERSION to the same path under releases/VERSION'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "move-to-archive" -d 'Move the repositories of a version to the same path in the archive'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "newest-only" -d 'List only mirrors with the newest metadata of a repository, and offer no older version, for a limited time'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "disable" -d 'Disable a repository: requests for it get an error'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "enable" -d 'Enable a disabled repository'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and not __fish_seen_subcommand_from move-devel-to-release move-to-archive newest-only disable enable help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l product -d 'Only versions of this product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l category -d 'Only repositories of this category (repeatable)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l min-mirrors -d 'Refuse if fewer mirrors than this would be listed [default: `publish.min_mirrors_to_move`]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l from -d 'Path components to replace; {version} is the version' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l to -d 'Their replacement' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -l dry-run -d 'Show the changes without applying them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-devel-to-release" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l product -d 'Only versions of this product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l category -d 'Only repositories of this category (repeatable)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l min-mirrors -d 'Refuse if fewer mirrors than this would be listed [default: `publish.min_mirrors_to_move`]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l archive-category -d 'Category of the archive' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l strip -d 'Beginning of the old names that is not part of the new ones' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -l dry-run -d 'Show the changes without applying them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from move-to-archive" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l until -d 'End: 48h, 2026-12-01, 2026-12-01T18:00 (UTC) or RFC 3339' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l off -d 'End the setting now'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -l dry-run -d 'Show the changes without applying them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from newest-only" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l arch -d 'Only for this architecture' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -l dry-run -d 'Show the changes without applying them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l arch -d 'Only for this architecture' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -l dry-run -d 'Show the changes without applying them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "move-devel-to-release" -d 'Move the repositories of a version from development/VERSION to the same path under releases/VERSION'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "move-to-archive" -d 'Move the repositories of a version to the same path in the archive'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "newest-only" -d 'List only mirrors with the newest metadata of a repository, and offer no older version, for a limited time'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Disable a repository: requests for it get an error'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Enable a disabled repository'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repo; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -f -a "readiness" -d 'Show which mirrors have a version: listed for it, or staged until the master makes it readable'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and not __fish_seen_subcommand_from readiness help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -l product -d 'Only of this product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from readiness" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from help" -f -a "readiness" -d 'Show which mirrors have a version: listed for it, or staged until the master makes it readable'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand release; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -l product -d 'Only versions of this product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand versions" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand undo" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand backup" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -l dry-run -d 'Check the backup; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand restore" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -l metrics-file -d 'Write the results to this file, for the textfile collector of the Prometheus node exporter; print nothing' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -l nagios -d 'Print one line with performance data, as a plugin of Nagios or Icinga'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand doctor" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand incident" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -f -a "check" -d 'Read the config file and its rule sets, and report errors'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and not __fish_seen_subcommand_from check help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Read the config file and its rule sets, and report errors'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -f -a "scan" -d 'Pause mm-scan-master: what mirrors should have stays as recorded'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -f -a "crawl" -d 'Pause mm-crawl; a crawl that is already running continues'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -f -a "publish" -d 'Pause mm-sync-out: all targets stay as they are. mm-update-mirrorlist still builds generations'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -f -a "list" -d 'List the jobs that are paused'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and not __fish_seen_subcommand_from scan crawl publish list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -l category -d 'Only this category (repeatable)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -l until -d 'End of the pause: 2026-12-01T18:00 (UTC), or 4h from now [default: until it is resumed]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -l reason -d 'Reason, shown in status output' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -l dry-run -d 'Show what would be paused; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from scan" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -l category -d 'Only this category (repeatable)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -l until -d 'End of the pause: 2026-12-01T18:00 (UTC), or 4h from now [default: until it is resumed]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -l reason -d 'Reason, shown in status output' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -l dry-run -d 'Show what would be paused; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from crawl" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from publish" -l until -d 'End of the pause: 2026-12-01T18:00 (UTC), or 4h from now [default: until it is resumed]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from publish" -l reason -d 'Reason, shown in status output' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from publish" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from publish" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from publish" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from publish" -l dry-run -d 'Show what would be paused; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from publish" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from publish" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from publish" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from help" -f -a "scan" -d 'Pause mm-scan-master: what mirrors should have stays as recorded'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from help" -f -a "crawl" -d 'Pause mm-crawl; a crawl that is already running continues'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from help" -f -a "publish" -d 'Pause mm-sync-out: all targets stay as they are. mm-update-mirrorlist still builds generations'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the jobs that are paused'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pause; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand resume" -l category -d 'Only the pause of this category [default: all pauses of the job]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand resume" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand resume" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand resume" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand resume" -l dry-run -d 'Show what would be resumed; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand resume" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand resume" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand resume" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -l all -d 'Also list what was rejected and is still so'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -f -a "show" -d 'Show the evidence for an item, and what a decision would do'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -f -a "confirm" -d 'Confirm an item: the change is made'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -f -a "reject" -d 'Reject an item: nothing is changed, and it is not reported again'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and not __fish_seen_subcommand_from show confirm reject help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from confirm" -l count -d 'Refuse unless the item has this number of directories, mirrors or repositories, as shown before' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from confirm" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from confirm" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from confirm" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from confirm" -l dry-run -d 'Show what would be done; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from confirm" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from confirm" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from confirm" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from reject" -l count -d 'Refuse unless the item has this number of directories, mirrors or repositories, as shown before' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from reject" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from reject" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from reject" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from reject" -l dry-run -d 'Show what would be done; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from reject" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from reject" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from reject" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the evidence for an item, and what a decision would do'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from help" -f -a "confirm" -d 'Confirm an item: the change is made'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from help" -f -a "reject" -d 'Reject an item: nothing is changed, and it is not reported again'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand pending; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -l until -d 'End of the announcement: 30d, 2026-12-01, 2026-12-01T18:00 (UTC) or RFC 3339' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -l repositories -d 'Accept that N repositories that clients can request lose their directory' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -l off -d 'Withdraw the announcement'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -l dry-run -d 'Show what would be announced; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand expect-removal" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand mirrors" -l category -d 'Category of the directory' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand mirrors" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand mirrors" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand mirrors" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand mirrors" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand mirrors" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand mirrors" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l ip -d 'IP address of the client' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l repo -d 'Repository name, as in repo=' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l arch -d 'Architecture, as in arch=' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l country -d 'Countries, as in country=' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l exclude-country -d 'Countries to exclude' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l protocol -d 'URL schemes, as in protocol=' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l country-of-client -d 'Country of the client, instead of looking it up' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l asn-of-client -d 'ASN of the client, instead of looking it up' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l generation -d 'Generation to use instead of the current one' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -l no-netblock -d 'Ignore netblocks and ASNs, as with netblock=0'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand explain" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l repo -d 'Only responses for this repository' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l places -d 'Number of places at the beginning of a response to count' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand share" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l sample -d 'Check this many random repositories at each server' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l server -d 'URL of a server; several with --sample [default: the server of the config, on this machine]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l metrics-file -d 'Write the success ratio of each server to this file, for the textfile collector of `node_exporter`' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l timeout -d 'Time limit for one request' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -l all -d 'Probe all mirrors, not only those for this machine'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand verify" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -l category -d 'Only this category' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand why" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one product'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one product with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List product rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more product rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one product; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l where -d 'Every product with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one product'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one product with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "list" -d 'List product rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more product rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one product; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand product; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -f -a "add" -d 'Add one version'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -f -a "show" -d 'Show one version with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -f -a "list" -d 'List version rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -f -a "set" -d 'Change fields of one or more version rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -f -a "eol" -d 'End the life of a version: move it to the archive, and announce its removal'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -f -a "remove" -d 'Remove one version; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and not __fish_seen_subcommand_from add show list set eol remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l product -d 'the product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -l product -d 'the product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l where -d 'Every version with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l product -d 'the product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l product -d 'Only versions of this product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l category -d 'Only repositories of this category (repeatable)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l min-mirrors -d 'Refuse if fewer mirrors than this would be listed [default: `publish.min_mirrors_to_move`]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l archive-category -d 'Category of the archive' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l strip -d 'Beginning of the old names that is not part of the new ones' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l redirect -d 'Answer requests for repository FROM as for TO, and do not move FROM (repeatable)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l until -d 'Until then scans remove the directories of the version without confirmation' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -l dry-run -d 'Show the changes without applying them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from eol" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l product -d 'the product' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one version'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one version with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "list" -d 'List version rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more version rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "eol" -d 'End the life of a version: move it to the archive, and announce its removal'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one version; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand version; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one arch'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one arch with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List arch rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more arch rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one arch; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l where -d 'Every arch with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one arch'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one arch with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "list" -d 'List arch rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more arch rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one arch; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand arch; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one category with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one category; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l product -d 'product of its releases' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l where -d 'Every category with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one category with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "list" -d 'List category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one category; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand category; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one site'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one site with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List site rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more site rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one site; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l where -d 'Every site with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one site'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one site with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "list" -d 'List site rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more site rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one site; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand site; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "add" -d 'Add one host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "show" -d 'Show one host with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "list" -d 'List host rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "set" -d 'Change fields of one or more host rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "downtime" -d 'Announce a downtime: the host is not crawled, and no failure is counted'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "remove" -d 'Remove one host; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and not __fish_seen_subcommand_from add show list set downtime remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l site -d 'owning site' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l where -d 'Every host with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l from -d 'Start; a duration counts from now [default: now]' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l until -d 'End; a duration counts from the start' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l reason -d 'Reason, shown in status output' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from downtime" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one host with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "list" -d 'List host rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more host rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "downtime" -d 'Announce a downtime: the host is not crawled, and no failure is counted'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one host; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one host-category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one host-category with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List host-category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more host-category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one host-category; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l where -d 'Add it to every host with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l url-from -d 'With --where: copy the URLs of this category' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l replace -d 'Replace a text in the copied URLs, e.g. --replace fedora epel' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l probe -d 'Add only URLs that serve the category now'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l where -d 'Every host-category with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one host-category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one host-category with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "list" -d 'List host-category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more host-category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one host-category; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand host-category; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one url'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one url with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List url rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more url rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one url; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l category -d 'the category' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l where -d 'Every url with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one url'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one url with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "list" -d 'List url rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more url rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one url; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand url; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one netblock'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one netblock with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List netblock rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more netblock rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one netblock; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l where -d 'Every netblock with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one netblock'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one netblock with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "list" -d 'List netblock rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more netblock rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one netblock; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one peer-asn'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one peer-asn with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List peer-asn rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more peer-asn rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one peer-asn; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l where -d 'Every peer-asn with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one peer-asn'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one peer-asn with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "list" -d 'List peer-asn rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more peer-asn rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one peer-asn; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand peer-asn; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "add" -d 'Add one country-allowed'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "show" -d 'Show one country-allowed with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "list" -d 'List country-allowed rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "remove" -d 'Remove one country-allowed; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and not __fish_seen_subcommand_from add show list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one country-allowed'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one country-allowed with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "list" -d 'List country-allowed rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one country-allowed; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-allowed; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "add" -d 'Add one country-denied'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "show" -d 'Show one country-denied with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "list" -d 'List country-denied rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "remove" -d 'Remove one country-denied; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and not __fish_seen_subcommand_from add show list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one country-denied'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one country-denied with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "list" -d 'List country-denied rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one country-denied; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-denied; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "show" -d 'Show one repository with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "list" -d 'List repository rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "set" -d 'Change fields of one or more repository rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "remove" -d 'Remove one repository; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and not __fish_seen_subcommand_from show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -l arch -d 'the architecture' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l where -d 'Every repository with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l arch -d 'the architecture' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l arch -d 'the architecture' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one repository with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "list" -d 'List repository rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more repository rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one repository; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand repository; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one redirect'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one redirect with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List redirect rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more redirect rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one redirect; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l where -d 'Every redirect with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one redirect'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one redirect with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "list" -d 'List redirect rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more redirect rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one redirect; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand redirect; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one netblock-country'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one netblock-country with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List netblock-country rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more netblock-country rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one netblock-country; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l where -d 'Every netblock-country with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one netblock-country'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one netblock-country with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "list" -d 'List netblock-country rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more netblock-country rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one netblock-country; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand netblock-country; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one country-continent'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one country-continent with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List country-continent rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more country-continent rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one country-continent; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l where -d 'Every country-continent with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one country-continent'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one country-continent with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "list" -d 'List country-continent rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more country-continent rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one country-continent; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand country-continent; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "add" -d 'Add one embargo'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "show" -d 'Show one embargo with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "list" -d 'List embargo rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "remove" -d 'Remove one embargo; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and not __fish_seen_subcommand_from add show list remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one embargo'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one embargo with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "list" -d 'List embargo rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one embargo; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand embargo; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "add" -d 'Add one downtime'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "show" -d 'Show one downtime with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "list" -d 'List downtime rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "set" -d 'Change fields of one or more downtime rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "remove" -d 'Remove one downtime; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and not __fish_seen_subcommand_from add show list set remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -l sort -d 'Sort by these fields; -FIELD = descending' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -l columns -d 'Fields to show' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l where -d 'Every downtime with this value (repeatable: with all of them)' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l confirm -d 'Confirm the number of affected rows, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l force -d 'Accept what is probably a mistake'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l host -d 'the host' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l confirm -d 'Confirm the number of affected hosts, if they are many' -r
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l config -d 'Config file (also MM_CONFIG)' -r -F
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l format -d 'Output format: text or json' -r -f -a "text\t'Readable text and tables'
json\t'One JSON document on stdout'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l color -d 'Color output: auto (on a terminal, unless NO_COLOR is set), always or never' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Colored, also in files and pipes'
never\t'Without color, even on a terminal'"
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l recursive -d 'Also remove the rows that refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -l dry-run -d 'Show what would change; change nothing'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to stderr (-vv: debug)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print errors only (for cron)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help: -h a summary, --help everything'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "add" -d 'Add one downtime'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one downtime with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "list" -d 'List downtime rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change fields of one or more downtime rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove one downtime; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand downtime; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "init" -d 'Create the database and missing directories'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "migrate" -d 'Upgrade the database schema, after a backup'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "apply" -d 'Apply a registry file, and show the changes'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "export" -d 'Write the registry as a file for apply'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "runs" -d 'List recent runs of jobs'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "changes" -d 'List recent changes of the registry (audit log)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "repo" -d 'Move repositories, disable them, or offer only their newest metadata'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "release" -d 'Check the mirrors of a release'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "versions" -d 'List all versions, including those hidden from public pages'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "undo" -d 'Undo a change of the registry'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "backup" -d 'Copy the database while jobs run'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "restore" -d 'Replace the database with a backup'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "doctor" -d 'Check the installation, also for monitoring'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "incident" -d 'List current problems, each with the command that fixes it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "config" -d 'Check the config file'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "pause" -d 'Pause a job, or list the paused jobs'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "resume" -d 'Resume a paused job'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "pending" -d 'List what waits for a decision: removals, losses, moves, pauses and pins'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "expect-removal" -d 'Announce the removal of a directory from the master, or list the announcements'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "mirrors" -d 'Show the status of every mirror for a directory'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "explain" -d 'Explain which mirrors the clients of an address are sent to, and why'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "share" -d 'Estimate a host\'s share of responses'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "verify" -d 'Check that each mirror of a metalink serves the promised file'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "why" -d 'Show the crawl results of a host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "product" -d 'Products, such as Fedora or EPEL'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "version" -d 'Versions of products; release detection adds them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "arch" -d 'Architectures'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "category" -d 'Categories: trees that hosts can carry'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "site" -d 'Sites: organizations that run hosts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "host" -d 'Hosts: mirror servers'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "host-category" -d 'Categories of hosts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "url" -d 'URLs of categories on hosts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "netblock" -d 'Netblocks whose clients are sent to a host first'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "peer-asn" -d 'Autonomous systems whose clients are sent to a host first'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "country-allowed" -d 'Countries whose clients a host accepts (none = all)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "country-denied" -d 'Countries whose clients a host does not accept'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "repository" -d 'Repositories (repo=, arch=); release detection adds them'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "redirect" -d 'Aliases of repository prefixes'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "netblock-country" -d 'Countries of netblocks; override GeoIP'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "country-continent" -d 'Continents of countries; override the built-in table'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "embargo" -d 'Countries that are not served'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "downtime" -d 'Downtimes of hosts, in which they are not crawled'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and not __fish_seen_subcommand_from init migrate apply export runs changes repo release versions undo backup restore doctor incident config pause resume pending expect-removal mirrors explain share verify why product version arch category site host host-category url netblock peer-asn country-allowed country-denied repository redirect netblock-country country-continent embargo downtime help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "move-devel-to-release" -d 'Move the repositories of a version from development/VERSION to the same path under releases/VERSION'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "move-to-archive" -d 'Move the repositories of a version to the same path in the archive'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "newest-only" -d 'List only mirrors with the newest metadata of a repository, and offer no older version, for a limited time'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "disable" -d 'Disable a repository: requests for it get an error'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repo" -f -a "enable" -d 'Enable a disabled repository'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from release" -f -a "readiness" -d 'Show which mirrors have a version: listed for it, or staged until the master makes it readable'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Read the config file and its rule sets, and report errors'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from pause" -f -a "scan" -d 'Pause mm-scan-master: what mirrors should have stays as recorded'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from pause" -f -a "crawl" -d 'Pause mm-crawl; a crawl that is already running continues'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from pause" -f -a "publish" -d 'Pause mm-sync-out: all targets stay as they are. mm-update-mirrorlist still builds generations'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from pause" -f -a "list" -d 'List the jobs that are paused'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from pending" -f -a "show" -d 'Show the evidence for an item, and what a decision would do'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from pending" -f -a "confirm" -d 'Confirm an item: the change is made'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from pending" -f -a "reject" -d 'Reject an item: nothing is changed, and it is not reported again'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "add" -d 'Add one product'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "show" -d 'Show one product with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "list" -d 'List product rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "set" -d 'Change fields of one or more product rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from product" -f -a "remove" -d 'Remove one product; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "add" -d 'Add one version'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "show" -d 'Show one version with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "list" -d 'List version rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "set" -d 'Change fields of one or more version rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "eol" -d 'End the life of a version: move it to the archive, and announce its removal'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from version" -f -a "remove" -d 'Remove one version; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "add" -d 'Add one arch'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "show" -d 'Show one arch with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "list" -d 'List arch rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "set" -d 'Change fields of one or more arch rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from arch" -f -a "remove" -d 'Remove one arch; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "add" -d 'Add one category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "show" -d 'Show one category with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "list" -d 'List category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "set" -d 'Change fields of one or more category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from category" -f -a "remove" -d 'Remove one category; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "add" -d 'Add one site'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "show" -d 'Show one site with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "list" -d 'List site rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "set" -d 'Change fields of one or more site rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from site" -f -a "remove" -d 'Remove one site; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "add" -d 'Add one host'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "show" -d 'Show one host with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "list" -d 'List host rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "set" -d 'Change fields of one or more host rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "downtime" -d 'Announce a downtime: the host is not crawled, and no failure is counted'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host" -f -a "remove" -d 'Remove one host; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "add" -d 'Add one host-category'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "show" -d 'Show one host-category with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "list" -d 'List host-category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "set" -d 'Change fields of one or more host-category rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from host-category" -f -a "remove" -d 'Remove one host-category; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "add" -d 'Add one url'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "show" -d 'Show one url with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "list" -d 'List url rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "set" -d 'Change fields of one or more url rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from url" -f -a "remove" -d 'Remove one url; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "add" -d 'Add one netblock'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "show" -d 'Show one netblock with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "list" -d 'List netblock rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "set" -d 'Change fields of one or more netblock rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock" -f -a "remove" -d 'Remove one netblock; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "add" -d 'Add one peer-asn'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "show" -d 'Show one peer-asn with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "list" -d 'List peer-asn rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "set" -d 'Change fields of one or more peer-asn rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from peer-asn" -f -a "remove" -d 'Remove one peer-asn; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-allowed" -f -a "add" -d 'Add one country-allowed'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-allowed" -f -a "show" -d 'Show one country-allowed with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-allowed" -f -a "list" -d 'List country-allowed rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-allowed" -f -a "remove" -d 'Remove one country-allowed; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-denied" -f -a "add" -d 'Add one country-denied'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-denied" -f -a "show" -d 'Show one country-denied with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-denied" -f -a "list" -d 'List country-denied rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-denied" -f -a "remove" -d 'Remove one country-denied; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repository" -f -a "show" -d 'Show one repository with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repository" -f -a "list" -d 'List repository rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repository" -f -a "set" -d 'Change fields of one or more repository rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from repository" -f -a "remove" -d 'Remove one repository; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "add" -d 'Add one redirect'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "show" -d 'Show one redirect with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "list" -d 'List redirect rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "set" -d 'Change fields of one or more redirect rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from redirect" -f -a "remove" -d 'Remove one redirect; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "add" -d 'Add one netblock-country'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "show" -d 'Show one netblock-country with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "list" -d 'List netblock-country rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "set" -d 'Change fields of one or more netblock-country rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from netblock-country" -f -a "remove" -d 'Remove one netblock-country; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "add" -d 'Add one country-continent'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "show" -d 'Show one country-continent with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "list" -d 'List country-continent rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "set" -d 'Change fields of one or more country-continent rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from country-continent" -f -a "remove" -d 'Remove one country-continent; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from embargo" -f -a "add" -d 'Add one embargo'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from embargo" -f -a "show" -d 'Show one embargo with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from embargo" -f -a "list" -d 'List embargo rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from embargo" -f -a "remove" -d 'Remove one embargo; fails while others refer to it'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "add" -d 'Add one downtime'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "show" -d 'Show one downtime with its parts'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "list" -d 'List downtime rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "set" -d 'Change fields of one or more downtime rows'
complete -c mm-admin -n "__fish_mm_admin_using_subcommand help; and __fish_seen_subcommand_from downtime" -f -a "remove" -d 'Remove one downtime; fails while others refer to it'
