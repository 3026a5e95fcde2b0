# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_remo_fetch_secrets_global_optspecs
    string join \n project= socket= secrets-dir= home= timeout= h/help V/version
end

function __fish_remo_fetch_secrets_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_remo_fetch_secrets_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_remo_fetch_secrets_using_subcommand
    set -l cmd (__fish_remo_fetch_secrets_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -s V -l version -d 'Print version'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -f -a "exec" -d 'Run one command with the secrets, and return its exit status'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -f -a "env" -d 'Print shell code that sets the variables, for eval'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -f -a "check" -d 'Report what would be injected, without writing anything and without values'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -f -a "start" -d 'For the entrypoint of a container: inject for the remote user, and print shell code that sets the variables'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -f -a "hook" -d 'For the hooks that tooling runs in a container before the user\'s commands: succeed once the secrets are in'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -f -a "shell" -d 'For the start-up files of shells: print shell code that sets the variables, from the set that was injected'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -f -a "credential" -d 'For git, docker and the tools of AWS: answer one request for credentials'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -f -a "wait" -d 'Wait until a run without a command, or watch, has injected all that is required'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_needs_command" -f -a "watch" -d 'Inject, and keep files fresh as secrets change, until SIGTERM'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand exec" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand exec" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand exec" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand exec" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand exec" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand env" -l shell -d 'sh (also for bash, zsh, dash) or fish' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand env" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand env" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand env" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand env" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand env" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand env" -l reveal -d 'Print even to a terminal'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand check" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand check" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand check" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand check" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand check" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand check" -l json -d 'Print JSON'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand start" -l user -d 'The remote user: a name in /etc/passwd, or a number' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand start" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand start" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand start" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand start" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand start" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand start" -l watch -d 'Then keep the files fresh in the background, see watch'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand hook" -l user -d 'The remote user: a name in /etc/passwd, or a number' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand hook" -l session-data -d 'Where tooling keeps its session data, besides /tmp, /var/tmp and ~/.devcontainer' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand hook" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand hook" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand hook" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand hook" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand hook" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand hook" -l watch -d 'Keep the files fresh in the background where nobody does, see watch'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand hook" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand shell" -l user -d 'The remote user: a name in /etc/passwd, or a number' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand shell" -l shell -d 'sh (also for bash, zsh, dash) or fish' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand shell" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand shell" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand shell" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand shell" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand shell" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand shell" -l watch -d 'Keep the files fresh in the background where nobody does, see watch'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand shell" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand credential" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand credential" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand credential" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand credential" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand credential" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand credential" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand wait" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand wait" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand wait" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand wait" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand wait" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand watch" -l project -d 'The project; by default the only one with a socket in /run/remo-broker [env: REMO_PROJECT]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand watch" -l socket -d 'The project\'s socket; by default /run/remo-broker/PROJECT.sock [env: REMO_BROKER_PROJECT_SOCKET]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand watch" -l secrets-dir -d 'Where secrets are kept; must be memory-backed; by default /dev/shm/remo-secrets [env: REMO_SECRETS_DIR]' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand watch" -l home -d 'What ~ stands for; by default HOME, else the home in /etc/passwd' -r -F
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand watch" -l timeout -d 'How long to wait for what is required; by default 15 [env: REMO_FETCH_SECRETS_TIMEOUT_SECONDS]' -r
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand watch" -l detached -d 'For who starts it in the background: the right to be the one that watches is standard input'
complete -c remo-fetch-secrets -n "__fish_remo_fetch_secrets_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
