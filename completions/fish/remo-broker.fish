# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_remo_broker_global_optspecs
    string join \n config= socket-dir= state-dir= audit-log-path= projects-root= h/help V/version
end

function __fish_remo_broker_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_remo_broker_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_remo_broker_using_subcommand
    set -l cmd (__fish_remo_broker_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c remo-broker -n "__fish_remo_broker_needs_command" -l config -d 'Configuration file [default: /etc/remo-broker/config.toml, if it is there]' -r -F
complete -c remo-broker -n "__fish_remo_broker_needs_command" -l socket-dir -d 'Directory of the sockets' -r -F
complete -c remo-broker -n "__fish_remo_broker_needs_command" -l state-dir -d 'Directory of the pins and the generation' -r -F
complete -c remo-broker -n "__fish_remo_broker_needs_command" -l audit-log-path -d 'The audit log' -r -F
complete -c remo-broker -n "__fish_remo_broker_needs_command" -l projects-root -d 'Directory whose direct children are the projects [env: REMO_PROJECTS_ROOT]' -r -F
complete -c remo-broker -n "__fish_remo_broker_needs_command" -s h -l help -d 'Print help'
complete -c remo-broker -n "__fish_remo_broker_needs_command" -s V -l version -d 'Print version'
complete -c remo-broker -n "__fish_remo_broker_needs_command" -f -a "run" -d 'Run the daemon in the foreground'
complete -c remo-broker -n "__fish_remo_broker_needs_command" -f -a "check-config" -d 'Test a configuration file and say what is wrong with it'
complete -c remo-broker -n "__fish_remo_broker_needs_command" -f -a "audit" -d 'Read the audit log'
complete -c remo-broker -n "__fish_remo_broker_using_subcommand run" -l config -d 'Configuration file [default: /etc/remo-broker/config.toml, if it is there]' -r -F
complete -c remo-broker -n "__fish_remo_broker_using_subcommand run" -l socket-dir -d 'Directory of the sockets' -r -F
complete -c remo-broker -n "__fish_remo_broker_using_subcommand run" -l state-dir -d 'Directory of the pins and the generation' -r -F
complete -c remo-broker -n "__fish_remo_broker_using_subcommand run" -l audit-log-path -d 'The audit log' -r -F
complete -c remo-broker -n "__fish_remo_broker_using_subcommand run" -l projects-root -d 'Directory whose direct children are the projects [env: REMO_PROJECTS_ROOT]' -r -F
complete -c remo-broker -n "__fish_remo_broker_using_subcommand run" -s h -l help -d 'Print help'
complete -c remo-broker -n "__fish_remo_broker_using_subcommand check-config" -l config -d 'The file' -r -F
complete -c remo-broker -n "__fish_remo_broker_using_subcommand check-config" -s h -l help -d 'Print help'
complete -c remo-broker -n "__fish_remo_broker_using_subcommand audit" -l audit-log-path -d 'The log [default: the one of the configuration]' -r -F
complete -c remo-broker -n "__fish_remo_broker_using_subcommand audit" -l config -d 'Configuration file that names the log' -r -F
complete -c remo-broker -n "__fish_remo_broker_using_subcommand audit" -l project -d 'Only this project' -r
complete -c remo-broker -n "__fish_remo_broker_using_subcommand audit" -l event -d 'Only this event, such as fetch or manifest.approved; may be given more than once' -r -f -a "fetch\t''
secrets.pushed\t''
secrets.cleared\t''
project.registered\t''
project.unregistered\t''
manifest.approved\t''
manifest.invalid\t''
peer.unexpected\t''
rate.limited\t''
socket.recovered\t''
audit.lost\t''
started\t''
shutdown\t''"
complete -c remo-broker -n "__fish_remo_broker_using_subcommand audit" -l since -d 'Only since this time: RFC 3339, or how long ago (90s, 15m, 2h, 7d)' -r
complete -c remo-broker -n "__fish_remo_broker_using_subcommand audit" -s f -l follow -d 'Go on with what is written from now on'
complete -c remo-broker -n "__fish_remo_broker_using_subcommand audit" -l json -d 'Lines as they stand in the log instead of a table'
complete -c remo-broker -n "__fish_remo_broker_using_subcommand audit" -s h -l help -d 'Print help'
