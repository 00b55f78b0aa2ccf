# Completion of PROGRAM in fish. The candidates come from mm-admin, which reads names from config and database.
function __FUNCTION_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    mm-admin complete fish PROGRAM -- $words 2>/dev/null
end
complete --command PROGRAM --no-files --keep-order --arguments '(__FUNCTION_candidates)'
