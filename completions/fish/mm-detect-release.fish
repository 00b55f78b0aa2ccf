# Completion of mm-detect-release in fish. The candidates come from mm-admin, which reads names from config and database.
function __mm_detect_release_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    mm-admin complete fish mm-detect-release -- $words 2>/dev/null
end
complete --command mm-detect-release --no-files --keep-order --arguments '(__mm_detect_release_candidates)'
