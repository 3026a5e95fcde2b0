complete -c project-launch -l project -d 'The project, or _remo-vault' -r
complete -c project-launch -l exec -d 'Run this in the project\'s shell instead of opening one' -r
complete -c project-launch -l detach -d 'Run it in the background; what it prints goes to ~/.local/state/remo/NAME.log'
complete -c project-launch -s h -l help -d 'Print help (see more with \'--help\')'
complete -c project-launch -s V -l version -d 'Print version'
