# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_remo_global_optspecs
    string join \n h/help V/version
end

function __fish_remo_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_remo_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_remo_using_subcommand
    set -l cmd (__fish_remo_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c remo -n "__fish_remo_needs_command" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_needs_command" -s V -l version -d 'Print version'
complete -c remo -n "__fish_remo_needs_command" -f -a "shell" -d 'Open a shell in a project, or in the vault; without a name, choose one'
complete -c remo -n "__fish_remo_needs_command" -f -a "up" -d 'Start a project\'s container, or make it; _remo-vault starts the vault'
complete -c remo -n "__fish_remo_needs_command" -f -a "trust" -d 'See what a project asks for beyond what was approved, and approve exactly that'
complete -c remo -n "__fish_remo_needs_command" -f -a "status" -d 'Show projects, manifests, containers, and what needs a restart'
complete -c remo -n "__fish_remo_needs_command" -f -a "doctor" -d 'Check every prerequisite, each with its remedy'
complete -c remo -n "__fish_remo_needs_command" -f -a "clone" -d 'Clone a repository into a new project'
complete -c remo -n "__fish_remo_needs_command" -f -a "delete" -d 'Delete a project: its container, its folder, and what was approved for it'
complete -c remo -n "__fish_remo_needs_command" -f -a "adopt-vault" -d 'Tell which container is the vault\'s, when somebody else has made it'
complete -c remo -n "__fish_remo_needs_command" -f -a "network" -d 'Keep containers away from the cloud\'s metadata addresses and from the vault'
complete -c remo -n "__fish_remo_needs_command" -f -a "install" -d 'Set this host up: broker, units, links of an account'
complete -c remo -n "__fish_remo_needs_command" -f -a "uninstall" -d 'Take everything away that `remo install` brought, and the state'
complete -c remo -n "__fish_remo_needs_command" -f -a "vault" -d 'Build, start, replace or stop the container of the vault'
complete -c remo -n "__fish_remo_using_subcommand shell" -s p -l project -d 'The project, or _remo-vault' -r
complete -c remo -n "__fish_remo_using_subcommand shell" -l exec -d 'Run this in the project\'s shell instead of opening one' -r
complete -c remo -n "__fish_remo_using_subcommand shell" -l detach -d 'Run it in the background; what it prints goes to ~/.local/state/remo/NAME.log'
complete -c remo -n "__fish_remo_using_subcommand shell" -l no-session -d 'Without a session'
complete -c remo -n "__fish_remo_using_subcommand shell" -l detached -d 'This is the process in the background'
complete -c remo -n "__fish_remo_using_subcommand shell" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo -n "__fish_remo_using_subcommand up" -l uid -d 'A user of its containers that may fetch secrets, beside the owner of the folder' -r
complete -c remo -n "__fish_remo_using_subcommand up" -l rebuild -d 'Throw its container away and make it again'
complete -c remo -n "__fish_remo_using_subcommand up" -l yes -d 'Approve the manifest as it is, without a question'
complete -c remo -n "__fish_remo_using_subcommand up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo -n "__fish_remo_using_subcommand trust" -l host -d 'Approve that it runs on this host, without a container'
complete -c remo -n "__fish_remo_using_subcommand trust" -l revoke -d 'Take back what was approved'
complete -c remo -n "__fish_remo_using_subcommand trust" -l yes -d 'Approve without a question'
complete -c remo -n "__fish_remo_using_subcommand trust" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand status" -l json -d 'As JSON'
complete -c remo -n "__fish_remo_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo -n "__fish_remo_using_subcommand doctor" -l json -d 'As JSON'
complete -c remo -n "__fish_remo_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand clone" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo -n "__fish_remo_using_subcommand delete" -l yes -d 'Delete it without a question; the name once more' -r
complete -c remo -n "__fish_remo_using_subcommand delete" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand adopt-vault" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand network; and not __fish_seen_subcommand_from apply remove status show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo -n "__fish_remo_using_subcommand network; and not __fish_seen_subcommand_from apply remove status show" -f -a "apply" -d 'Put the rules in force, in the place of what is there'
complete -c remo -n "__fish_remo_using_subcommand network; and not __fish_seen_subcommand_from apply remove status show" -f -a "remove" -d 'Take them away'
complete -c remo -n "__fish_remo_using_subcommand network; and not __fish_seen_subcommand_from apply remove status show" -f -a "status" -d 'Say whether they are in force; 1 when they are not, or are others'
complete -c remo -n "__fish_remo_using_subcommand network; and not __fish_seen_subcommand_from apply remove status show" -f -a "show" -d 'Print them, as nft reads them'
complete -c remo -n "__fish_remo_using_subcommand network; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand network; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand network; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand network; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand install" -l user -d 'The account whose projects these are; by default the one that called sudo' -r
complete -c remo -n "__fish_remo_using_subcommand install" -l projects-root -d 'Where its projects are; by default ~/projects' -r -F
complete -c remo -n "__fish_remo_using_subcommand install" -l from -d 'The unpacked release; by default the one that this program lies in' -r -F
complete -c remo -n "__fish_remo_using_subcommand install" -l root -d 'A directory that will be the root of a host, for images' -r -F
complete -c remo -n "__fish_remo_using_subcommand install" -l no-menu -d 'Show no menu at a login'
complete -c remo -n "__fish_remo_using_subcommand install" -l links-only -d 'Only the links and the start-up line of your own account; takes no root'
complete -c remo -n "__fish_remo_using_subcommand install" -l dry-run -d 'Say what would be changed, and change nothing'
complete -c remo -n "__fish_remo_using_subcommand install" -l json -d 'Say what was changed as JSON'
complete -c remo -n "__fish_remo_using_subcommand install" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo -n "__fish_remo_using_subcommand uninstall" -l user -d 'The account whose links go; by default the one that called sudo' -r
complete -c remo -n "__fish_remo_using_subcommand uninstall" -l keep -d 'What stays; can be given several times' -r -f -a "secrets\t'The vault\'s volume and its sealed key: every stored secret'
log\t'The audit log'
configuration\t'/etc/remo-broker and what was approved for projects'"
complete -c remo -n "__fish_remo_using_subcommand uninstall" -l root -d 'A directory that will be the root of a host, for images' -r -F
complete -c remo -n "__fish_remo_using_subcommand uninstall" -l yes -d 'Without a question'
complete -c remo -n "__fish_remo_using_subcommand uninstall" -l links-only -d 'Only the links and the start-up line of your own account; takes no root'
complete -c remo -n "__fish_remo_using_subcommand uninstall" -l dry-run -d 'Say what would be changed, and change nothing'
complete -c remo -n "__fish_remo_using_subcommand uninstall" -l json -d 'Say what was changed as JSON'
complete -c remo -n "__fish_remo_using_subcommand uninstall" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo -n "__fish_remo_using_subcommand vault; and not __fish_seen_subcommand_from build up down status" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand vault; and not __fish_seen_subcommand_from build up down status" -f -a "build" -d 'Build the image of the vault'
complete -c remo -n "__fish_remo_using_subcommand vault; and not __fish_seen_subcommand_from build up down status" -f -a "up" -d 'Start the vault; make it, or make it again when its image or its settings are not what they should be'
complete -c remo -n "__fish_remo_using_subcommand vault; and not __fish_seen_subcommand_from build up down status" -f -a "down" -d 'Stop the vault; the broker keeps what it has'
complete -c remo -n "__fish_remo_using_subcommand vault; and not __fish_seen_subcommand_from build up down status" -f -a "status" -d 'Show whether the vault runs and does its work'
complete -c remo -n "__fish_remo_using_subcommand vault; and __fish_seen_subcommand_from build" -l base -d 'The image to build on [default: a small Debian, as the context says]' -r
complete -c remo -n "__fish_remo_using_subcommand vault; and __fish_seen_subcommand_from build" -l context -d 'The folder to build from [default: /usr/share/remo/vault-image]' -r -F
complete -c remo -n "__fish_remo_using_subcommand vault; and __fish_seen_subcommand_from build" -l offline -d 'Without a network'
complete -c remo -n "__fish_remo_using_subcommand vault; and __fish_seen_subcommand_from build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo -n "__fish_remo_using_subcommand vault; and __fish_seen_subcommand_from up" -l recreate -d 'Make the container again in any case'
complete -c remo -n "__fish_remo_using_subcommand vault; and __fish_seen_subcommand_from up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo -n "__fish_remo_using_subcommand vault; and __fish_seen_subcommand_from down" -s h -l help -d 'Print help'
complete -c remo -n "__fish_remo_using_subcommand vault; and __fish_seen_subcommand_from status" -l json -d 'As JSON'
complete -c remo -n "__fish_remo_using_subcommand vault; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
