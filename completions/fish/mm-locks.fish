# Completion of mm-locks in fish. The candidates come from mm-admin, which reads names from config and database.
function __mm_locks_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    mm-admin complete fish mm-locks -- $words 2>/dev/null
end
complete --command mm-locks --no-files --keep-order --arguments '(__mm_locks_candidates)'
