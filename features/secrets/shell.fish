# Read by every fish: puts the secrets of this project into its environment, and ends it where they are not to be had.
# An exit in a file that is read ends the reading only, hence the exec.
set -l remo_code (/bin/sh -c '. /usr/local/share/remo-secrets/settings.sh && exec /usr/local/share/remo-secrets/remo-fetch-secrets shell --user "$remo_user" $remo_watch --shell fish' | string collect --no-trim-newlines; or true)
if test $pipestatus[1] -ne 0
    exec /bin/sh -c 'exit 69'
end
eval $remo_code
