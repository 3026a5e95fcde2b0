# Read by process 1 of the container, before the command of the image or of the configuration: what is exported
# here reaches that command, and an exit here ends the container.
. /usr/local/share/remo-secrets/settings.sh || exit 69
remo_code=$(/usr/local/share/remo-secrets/remo-fetch-secrets start --user "$remo_user" $remo_watch) || exit 69
eval "$remo_code" || exit 69
unset remo_code remo_user remo_session_data remo_watch
