# Completion of mm-crawl in fish. The candidates come from mm-admin, which reads names from config and database.
function __mm_crawl_candidates
    set -l words (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor)
    mm-admin complete fish mm-crawl -- $words 2>/dev/null
end
complete --command mm-crawl --no-files --keep-order --arguments '(__mm_crawl_candidates)'
