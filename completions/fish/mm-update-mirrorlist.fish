# Completion of mm-update-mirrorlist in fish. The candidates come from mm-admin, which reads names from config and database.
function __mm_update_mirrorlist_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    mm-admin complete fish mm-update-mirrorlist -- $words 2>/dev/null
end
complete --command mm-update-mirrorlist --no-files --keep-order --arguments '(__mm_update_mirrorlist_candidates)'
