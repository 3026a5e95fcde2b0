# Read by every sh, bash and zsh that reads start-up files, once a shell: puts the secrets of this project into its
# environment, and ends it where they are not to be had. Users other than the remote user get nothing.
if [ "${remo_shell:-}" != "$$" ]; then
    remo_shell=$$
    . /usr/local/share/remo-secrets/settings.sh || exit 69
    remo_code=$(/usr/local/share/remo-secrets/remo-fetch-secrets shell --user "$remo_user" $remo_watch) || exit 69
    eval "$remo_code" || exit 69
    unset remo_code remo_user remo_session_data remo_watch
    # The start-up file of interactive shells that the image had named before.
    case "${REMO_SHELL_FILE:-}" in
        '' | /usr/local/share/remo-secrets/*) ;;
        *) if [ "${ENV:-}" = /usr/local/share/remo-secrets/shell.sh ] && [ -r "$REMO_SHELL_FILE" ]; then
            case $- in *i*) . "$REMO_SHELL_FILE" ;; esac
        fi ;;
    esac
fi
