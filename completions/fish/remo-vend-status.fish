complete -c remo-vend-status -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vend-status -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vend-status -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vend-status -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vend-status -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vend-status -l json -d 'As JSON, with times in UTC and nothing cut (docs/json.md)'
complete -c remo-vend-status -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vend-status -s V -l version -d 'Print version'
