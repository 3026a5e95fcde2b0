# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_remo_login_global_optspecs
    string join \n show name= json recipes-dir= home= show-output store= key-file= source= fnox= admin-socket= h/help V/version
end

function __fish_remo_login_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_remo_login_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_remo_login_using_subcommand
    set -l cmd (__fish_remo_login_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c remo-login -n "__fish_remo_login_needs_command" -l name -d 'Store the credential under this name' -r
complete -c remo-login -n "__fish_remo_login_needs_command" -l recipes-dir -d 'A folder of recipes of your own [default: /etc/remo-vault/recipes.d and ~/.config/remo-vault/recipes]' -r -F
complete -c remo-login -n "__fish_remo_login_needs_command" -l home -d 'The memory-backed folder in which the tool\'s home is made [default: that of the session, else /dev/shm]' -r -F
complete -c remo-login -n "__fish_remo_login_needs_command" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-login -n "__fish_remo_login_needs_command" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-login -n "__fish_remo_login_needs_command" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-login -n "__fish_remo_login_needs_command" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-login -n "__fish_remo_login_needs_command" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-login -n "__fish_remo_login_needs_command" -l show -d 'Explain the recipe instead, and do nothing; without one, list them'
complete -c remo-login -n "__fish_remo_login_needs_command" -l json -d 'List as JSON'
complete -c remo-login -n "__fish_remo_login_needs_command" -l show-output -d 'Let the tool write to standard error although that is no terminal; it may write the credential'
complete -c remo-login -n "__fish_remo_login_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-login -n "__fish_remo_login_needs_command" -s V -l version -d 'Print version'
complete -c remo-login -n "__fish_remo_login_needs_command" -a "status" -d 'Show the logins with the time left'
complete -c remo-login -n "__fish_remo_login_needs_command" -a "refresh" -d 'Renew credentials that expire, by their recipes and without asking'
complete -c remo-login -n "__fish_remo_login_needs_command" -a "forget" -d 'Forget a login: its time and what was kept for a refresh; the secret stays in the store'
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -l recipes-dir -d 'A folder of recipes of your own [default: /etc/remo-vault/recipes.d and ~/.config/remo-vault/recipes]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -l home -d 'The memory-backed folder in which the tool\'s home is made [default: that of the session, else /dev/shm]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -l json -d 'As JSON'
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -l show-output -d 'Let the tool write to standard error although that is no terminal; it may write the credential'
complete -c remo-login -n "__fish_remo_login_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -l recipes-dir -d 'A folder of recipes of your own [default: /etc/remo-vault/recipes.d and ~/.config/remo-vault/recipes]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -l home -d 'The memory-backed folder in which the tool\'s home is made [default: that of the session, else /dev/shm]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -l all-due -d 'Only those that are due; for a timer'
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -l show-output -d 'Let the tool write to standard error although that is no terminal; it may write the credential'
complete -c remo-login -n "__fish_remo_login_using_subcommand refresh" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c remo-login -n "__fish_remo_login_using_subcommand forget" -l recipes-dir -d 'A folder of recipes of your own [default: /etc/remo-vault/recipes.d and ~/.config/remo-vault/recipes]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand forget" -l home -d 'The memory-backed folder in which the tool\'s home is made [default: that of the session, else /dev/shm]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand forget" -l store -d 'The encrypted store [default: /var/lib/remo-vault/fnox.toml, or store.age there with --source embedded]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand forget" -l key-file -d 'The vault key: an age X25519 identity, as age-keygen writes it' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand forget" -l source -d 'The kind of store [default: embedded for a --store that does not end in .toml, fnox otherwise]' -r -f -a "fnox\t'A fnox configuration, whose secrets are encrypted one by one'
embedded\t'One age-encrypted file, written by this program'"
complete -c remo-login -n "__fish_remo_login_using_subcommand forget" -l fnox -d 'The fnox program [default: fnox on the path]' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand forget" -l admin-socket -d 'The broker\'s admin socket' -r -F
complete -c remo-login -n "__fish_remo_login_using_subcommand forget" -l show-output -d 'Let the tool write to standard error although that is no terminal; it may write the credential'
complete -c remo-login -n "__fish_remo_login_using_subcommand forget" -s h -l help -d 'Print help (see more with \'--help\')'
