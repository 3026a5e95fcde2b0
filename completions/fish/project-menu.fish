complete -c project-menu -s h -l help -d 'Print help (see more with \'--help\')'
complete -c project-menu -s V -l version -d 'Print version'
