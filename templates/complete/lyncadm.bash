# What may come next lyncadm says itself; ":files" stands for names of files.
_lyncadm()
{
    local word glue='' candidate current=${COMP_WORDS[COMP_CWORD]}
    local -a words=()

    # bash splits at '=' and ':', and completes what is behind them
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ ${#words[@]} -gt 0 && (-n $glue || $word == [:=]*) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
        [[ $word == *[:=] ]] && glue=yes || glue=
    done
    [[ $current == [:=]* ]] && current=
    COMPREPLY=()
    while IFS= read -r candidate; do
        if [[ $candidate == :files ]]; then
            compopt -o default
        else
            # it is put into the command line as it is
            printf -v candidate %q "${candidate#"${words[-1]%"$current"}"}"
            COMPREPLY+=("$candidate")
        fi
    done < <("$1" help --complete -- "${words[@]}" 2>/dev/null)
}
complete -F _lyncadm lyncadm
