#!/bin/sh
# agent-runner @VERSION@ for @TARGET@
# The program is packed behind this text. The first start unpacks it into a cache folder, later ones find it there.
set -u

id='@ID@'
app_at=@APP_AT@
app_bytes=@APP_BYTES@
runtime_at=@RUNTIME_AT@

# Replaces this shell by the program if the folder $1 holds it whole; the other arguments are the program's.
start_from() {
  folder=$1
  shift
  if [ -x "$folder/deno" ] && [ -s "$folder/app.js" ]; then
    export AGENT_RUNNER_SELF="$self"
    # Without it the runtime asks its maker for a newer version.
    export DENO_NO_UPDATE_CHECK=1
    exec "$folder/deno" run -A --no-prompt --no-config --no-lock --cached-only --no-remote --no-check --quiet --v8-flags=--max-semi-space-size=1,--min-semi-space-size=1,--heap-growing-percent=10 \
      "$folder/app.js" "$@"
  fi
}

# Unpacks into the folder $1/$id by way of a folder of its own, so that starts at the same time do not meet. Each file
# appears whole and synced, the script last; a second one of the same name is the same file.
unpack_in() {
  find "$1" -maxdepth 1 -name '.new.*' -mmin +60 -exec rm -rf {} + 2>/dev/null
  new=$(mktemp -d "$1/.new.XXXXXX" 2>/dev/null) || return 1
  trap 'rm -rf "$new"; exit 143' HUP INT TERM
  tail -c "+$app_at" "$self" 2>/dev/null | head -c "$app_bytes" | gzip -dc >"$new/app.js" &&
    tail -c "+$runtime_at" "$self" | gzip -dc >"$new/deno" &&
    chmod 700 "$new/deno" &&
    "$new/deno" --version >/dev/null &&
    { sync "$new/deno" "$new/app.js" 2>/dev/null || sync; } &&
    mkdir -p "$1/$id" &&
    mv -f "$new/deno" "$1/$id/deno" &&
    mv -f "$new/app.js" "$1/$id/app.js"
  unpacked=$?
  rm -rf "$new"
  trap - HUP INT TERM
  return "$unpacked"
}

# Whether $1 is a folder that only this user can enter: in a shared place anybody can make one of that name.
is_private() {
  [ -n "$(find "$1" -prune -type d -user "$user" -perm 700 2>/dev/null)" ]
}

# The path by which this file was called, made absolute. A link stays one: an upgrade may point it elsewhere.
case $0 in
  /*) self=$0 ;;
  */*) self=$PWD/${0#./} ;;
  *) if [ -f "$0" ]; then self=$PWD/$0; else self=$(command -v -- "$0"); fi ;;
esac

case ${XDG_CACHE_HOME:-}:${HOME:-} in
  /*) cache=$XDG_CACHE_HOME/agent-runner ;;
  *:/*) cache=$HOME/.cache/agent-runner ;;
  *) cache= ;;
esac
[ -z "$cache" ] || start_from "$cache/$id" "$@"

user=$(id -u)
shared=${TMPDIR:-/tmp}/agent-runner-$user
! is_private "$shared" || start_from "$shared/$id" "$@"

if [ -n "$cache" ] && mkdir -p "$cache" 2>/dev/null && unpack_in "$cache"; then
  start_from "$cache/$id" "$@"
fi
mkdir -m 700 "$shared" 2>/dev/null
if is_private "$shared" && unpack_in "$shared"; then
  start_from "$shared/$id" "$@"
fi

cat >&2 <<END
error: Cannot unpack agent-runner into ${cache:+$cache or }$shared
hint: give it a folder of your own with 200 MB of room where programs may run: XDG_CACHE_HOME=/path/to/folder $self
END
exit 71
