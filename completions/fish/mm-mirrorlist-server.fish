# Completion of mm-mirrorlist-server in fish. The candidates come from mm-admin, which reads names from config and database.
function __mm_mirrorlist_server_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    mm-admin complete fish mm-mirrorlist-server -- $words 2>/dev/null
end
complete --command mm-mirrorlist-server --no-files --keep-order --arguments '(__mm_mirrorlist_server_candidates)'
