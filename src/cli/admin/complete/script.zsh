#compdef PROGRAM
# Completion of PROGRAM in zsh. The candidates come from mm-admin, which reads names from config and database.
local candidate
local -a complete_words open_words
for candidate in "${(@f)$(mm-admin complete zsh PROGRAM -- "${(@Q)words[1,CURRENT]}" 2>/dev/null)}"; do
    case ${candidate%%:*} in
    '') ;;
    *=|*/) open_words+=("$candidate") ;;
    *) complete_words+=("$candidate") ;;
    esac
done
(( $#complete_words )) && _describe -V 'PROGRAM' complete_words
(( $#open_words )) && _describe -V 'PROGRAM' open_words -S ''
