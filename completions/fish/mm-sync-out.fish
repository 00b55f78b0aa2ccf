# Completion of mm-sync-out in fish. The candidates come from mm-admin, which reads names from config and database.
function __mm_sync_out_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    mm-admin complete fish mm-sync-out -- $words 2>/dev/null
end
complete --command mm-sync-out --no-files --keep-order --arguments '(__mm_sync_out_candidates)'
