# Completion of PROGRAM in bash. The candidates come from mm-admin, which reads names from config and database.
_FUNCTION() {
    mapfile -t COMPREPLY < <(
        mm-admin complete bash PROGRAM -- "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null
    )
}
complete -o bashdefault -o nospace -F _FUNCTION PROGRAM
