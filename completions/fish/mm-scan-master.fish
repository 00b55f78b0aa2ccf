# Completion of mm-scan-master in fish. The candidates come from mm-admin, which reads names from config and database.
function __mm_scan_master_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    mm-admin complete fish mm-scan-master -- $words 2>/dev/null
end
complete --command mm-scan-master --no-files --keep-order --arguments '(__mm_scan_master_candidates)'
