complete -c remo-vault-watcher -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault-watcher -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault-watcher -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault-watcher -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault-watcher -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault-watcher -l no-refresh -d 'Do not renew logins that are due; `remo-login refresh --all-due` does the same'
complete -c remo-vault-watcher -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault-watcher -s V -l version -d 'Print version'
