complete -c remo-reload -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-reload -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-reload -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-reload -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-reload -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-reload -l yes -d 'Approve without asking, for scripts: whatever the file asks for at this moment'
complete -c remo-reload -l json -d 'As JSON, with times in UTC and nothing cut (docs/json.md)'
complete -c remo-reload -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-reload -s V -l version -d 'Print version'
