# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_remo_vault_global_optspecs
    string join \n store= key-file= source= fnox= admin-socket= h/help V/version
end

function __fish_remo_vault_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_remo_vault_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_remo_vault_using_subcommand
    set -l cmd (__fish_remo_vault_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c remo-vault -n "__fish_remo_vault_needs_command" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_needs_command" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_needs_command" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_needs_command" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_needs_command" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -s V -l version -d 'Print version'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "watch" -d 'Push at every change of the store, and whenever the broker comes back'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "push" -d 'Hand everything in the store to the broker, now'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "clear" -d 'Make the broker forget every secret'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "set" -d 'Store a secret; its value comes from standard input or a prompt'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "get" -d 'Show what is stored under a name; the value only with --reveal'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "list" -d 'List names, kinds, fields and times of change, never values'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "remove" -d 'Remove secrets from the store; all of them or, when one is not there, none'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "import" -d 'Store every variable of an .env file, in one write'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "init" -d 'Make an empty fnox store for the vault key'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "env" -d 'Print shell code after which a plain `fnox` works on the store'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "restore" -d 'Take the last good copy of the store back'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "message" -d 'Greet somebody who opens a shell in the vault: where one is, how it stands, what to type next'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "health" -d 'Say whether the vault does its work: for the health check of its container'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "tui" -d 'See secrets, projects and the audit log on the terminal, and change them by keys'
complete -c remo-vault -n "__fish_remo_vault_needs_command" -f -a "key" -d 'Manage the vault key'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand watch" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand watch" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand watch" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand watch" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand watch" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand watch" -l no-refresh -d 'Do not renew logins that are due; `remo-login refresh --all-due` does the same'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand push" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand push" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand push" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand push" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand push" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand clear" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand clear" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand clear" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand clear" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand clear" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand clear" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -l scalar -d 'Store a JSON object as text, not as a bundle'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -l keep-newline -d 'Store standard input exactly, line end included'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -l trim -d 'Take one line end off, also when there are several lines'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -l allow-empty -d 'Store an empty value'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand get" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand get" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand get" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand get" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand get" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand get" -l reveal -d 'Write the value to standard output, exactly; a bundle as JSON'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand get" -l json -d 'Describe it as JSON'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand list" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand list" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand list" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand list" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand list" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand list" -l json -d 'As JSON'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand remove" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand remove" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand remove" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand remove" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand remove" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand import" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand import" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand import" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand import" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand import" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand import" -l dry-run -d 'Say what would happen, and change nothing'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand import" -l force -d 'Replace secrets that are stored with another value'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand init" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand init" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand init" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand init" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand init" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand env" -l shell -d 'The shell to write for' -r -f -a "sh\t'Any POSIX shell: sh, dash, bash, zsh'
fish\t'fish'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand env" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand env" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand env" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand env" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand env" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand env" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand restore" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand restore" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand restore" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand restore" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand restore" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand restore" -l yes -d 'Do not ask'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand restore" -l with-removed -d 'Bring back too what was removed from the store since the copy was made'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand message" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand message" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand message" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand message" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand message" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand message" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand health" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand health" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand health" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand health" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand health" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand tui" -l audit-log -d 'The broker\'s audit log, shown while it grows' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand tui" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand tui" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand tui" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand tui" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand tui" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand tui" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -f -a "ensure" -d 'Make the vault key unless it is there'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -f -a "unseal" -d 'Unseal the key into memory-backed storage, as the boot does'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -f -a "status" -d 'Show how well the key is protected, and whether all is well with it'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -f -a "rotate" -d 'Put a new key in the place of the present one'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and not __fish_seen_subcommand_from ensure unseal status rotate reseal" -f -a "reseal" -d 'Seal a store anew for the first identity of the key file (run by `key rotate` as the owner of the store)'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l owner -d 'Whom the unsealed key belongs to: the vault\'s user, by number' -r
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l sealed-dir -d 'The folder of the sealed key, on a disk of the instance [default: /var/lib/remo-vault-key]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l runtime-dir -d 'The folder of the unsealed key, memory-backed [default: /run/remo-vault-key]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l tpm2-device -d 'The TPM2, as systemd-creds names devices [default: the one that systemd finds]' -r
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l allow-plaintext -d 'Allow the lowest tier: a key in a plaintext file of mode 0600'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l import -d 'Take the key from standard input, as a key file holds it, in place of making one'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -l no-tpm2 -d 'Use the next tier although there is a TPM2'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from ensure" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l owner -d 'Whom the unsealed key belongs to [default: as `key ensure` recorded]' -r
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l sealed-dir -d 'The folder of the sealed key, on a disk of the instance [default: /var/lib/remo-vault-key]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l runtime-dir -d 'The folder of the unsealed key, memory-backed [default: /run/remo-vault-key]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l tpm2-device -d 'The TPM2, as systemd-creds names devices [default: the one that systemd finds]' -r
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -l no-tpm2 -d 'Use the next tier although there is a TPM2'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from unseal" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l sealed-dir -d 'The folder of the sealed key, on a disk of the instance [default: /var/lib/remo-vault-key]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l runtime-dir -d 'The folder of the unsealed key, memory-backed [default: /run/remo-vault-key]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l tpm2-device -d 'The TPM2, as systemd-creds names devices [default: the one that systemd finds]' -r
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l json -d 'As JSON'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -l no-tpm2 -d 'Use the next tier although there is a TPM2'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -l sealed-dir -d 'The folder of the sealed key, on a disk of the instance [default: /var/lib/remo-vault-key]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -l runtime-dir -d 'The folder of the unsealed key, memory-backed [default: /run/remo-vault-key]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -l tpm2-device -d 'The TPM2, as systemd-creds names devices [default: the one that systemd finds]' -r
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -l no-tpm2 -d 'Use the next tier although there is a TPM2'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from reseal" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from reseal" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from reseal" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from reseal" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from reseal" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from reseal" -l check -d 'Change nothing, and succeed when the one key of the file opens everything'
complete -c remo-vault -n "__fish_remo_vault_using_subcommand key; and __fish_seen_subcommand_from reseal" -s h -l help -d 'Print help (see more with \'--help\')'
