#!/bin/sh
# Puts the helper and the hooks into the image. Runs as root while the image is built, with what a POSIX shell and
# the plainest tools give: cp, mkdir, chmod.
set -eu

place=/usr/local/share/remo-secrets
user=${_REMOTE_USER:-root}
session=${SESSIONDATAFOLDER:-}
case ${WATCH:-true} in
    true) watch=--watch ;;
    *) watch= ;;
esac

fail() {
    echo "secrets feature: $1" >&2
    echo "hint: $2" >&2
    exit 1
}

# A name in single quotes, for a file that shells read.
plain() {
    case $1 in
        *[!A-Za-z0-9_./:-]*) fail "the $2 '$1' has characters that are not supported" "use letters, digits and _ . / : -" ;;
    esac
}

plain "$user" "remote user"
plain "$session" "folder for session data"
case $0 in
    */*) cd "${0%/*}" ;;
esac
[ -f remo-fetch-secrets ] || fail "the helper remo-fetch-secrets is missing beside install.sh" \
    "take the feature from devcontainer-feature-secrets.tgz, or make it: cargo xtask package --only feature"

mkdir -p "$place"
cp remo-fetch-secrets entrypoint.sh hook shell.sh shell.fish "$place/"
echo "remo_user='$user' remo_session_data='$session' remo_watch='$watch'" >"$place/settings.sh"
chmod 0755 "$place" "$place/hook"
chmod 0644 "$place/entrypoint.sh" "$place/shell.sh" "$place/shell.fish" "$place/settings.sh"
# Not readable: the kernel then keeps a process of it out of reach of other processes of its user from its first
# instruction on, also in the moment in which root becomes that user.
chmod 0711 "$place/remo-fetch-secrets"
"$place/remo-fetch-secrets" --version >/dev/null || fail "the helper does not run in this image" \
    "it is made for one kind of processor; make it where the container runs: cargo xtask package --only feature"
mkdir -p /usr/local/bin
# docker finds its helper by its name on the path, git by the line below, and AWS's tools by a file that is made at start.
for name in git-credential-remo docker-credential-remo aws-credential-remo; do
    ln -sf remo-fetch-secrets "$place/$name"
done
for name in remo-fetch-secrets docker-credential-remo; do
    [ -e "/usr/local/bin/$name" ] || ln -s "$place/$name" "/usr/local/bin/$name"
done

# Copies of the environment that tooling would write there lead to nowhere from the start.
if [ -n "$session" ]; then
    mkdir -p "$session"
    chown "$user" "$session"
    for kind in loginInteractiveShell loginShell interactiveShell; do
        ln -sf /dev/null "$session/env-$kind.json"
    done
fi

line=". $place/shell.sh"

# Adds the line to a start-up file, unless it is there.
add() {
    if [ -f "$1" ]; then
        while IFS= read -r found || [ -n "$found" ]; do
            [ "$found" != "$line" ] || return 0
        done <"$1"
    fi
    echo "$line" >>"$1"
}

# git, for every user and beside what is there. A section may stand in such a file twice. The helper answers for hosts
# that were approved only, and git goes on with its other helpers for the rest.
git_helper="	helper = $place/git-credential-remo"
git_knows=
if [ -f /etc/gitconfig ]; then
    while IFS= read -r found || [ -n "$found" ]; do
        [ "$found" != "$git_helper" ] || git_knows=yes
    done </etc/gitconfig
fi
if [ -z "$git_knows" ]; then
    if [ ! -f /etc/gitconfig ]; then
        : >/etc/gitconfig
        chmod 0644 /etc/gitconfig
    fi
    # A last line without its end would take the section in.
    { echo; echo '[credential]'; echo "$git_helper"; } >>/etc/gitconfig
fi

# Login shells.
reads_folder=
if [ -f /etc/profile ]; then
    while IFS= read -r found || [ -n "$found" ]; do
        case $found in *profile.d*) reads_folder=yes ;; esac
    done </etc/profile
fi
if [ -n "$reads_folder" ]; then
    mkdir -p /etc/profile.d
    echo "$line" >/etc/profile.d/remo-secrets.sh
else
    add /etc/profile
fi

# Interactive bash.
bash_file=
for file in /etc/bash.bashrc /etc/bashrc /etc/bash/bashrc; do
    [ ! -f "$file" ] || bash_file=$file
done
if [ -n "$bash_file" ]; then
    add "$bash_file"
elif command -v bash >/dev/null 2>&1; then
    add /etc/bash.bashrc
fi

# Every zsh, and every fish.
if [ -d /etc/zsh ]; then
    add /etc/zsh/zshenv
elif command -v zsh >/dev/null 2>&1; then
    add /etc/zshenv
fi
mkdir -p /etc/fish/conf.d
cp shell.fish /etc/fish/conf.d/remo-secrets.fish
echo "secrets feature: secrets are for the user $user"
