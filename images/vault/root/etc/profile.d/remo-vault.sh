# Whoever opens a shell reads where that is, how it stands, and what to type next.
case $- in
    *i*)
        PS1='_remo-vault:\w\$ '
        if [ -t 1 ] && [ -z "${REMO_VAULT_GREETED:-}" ]; then
            export REMO_VAULT_GREETED=yes
            remo-vault message
        fi
        ;;
esac
