# What the cases of scripts/test-system are written with. Read by 'cases'.
# shellcheck shell=bash
# Most functions are called by their names, as arguments of others:
# shellcheck disable=SC2317

payload=/opt/payload
spool=/var/spool/ganomaly
main=/etc/ganomaly/ganomalyd.yaml
failures=0
life_start=$SECONDS

# Says whether a command succeeds: check SENTENCE COMMAND… One line, and what helps to see why on a failure.
check() {
  local sentence=$1
  shift
  if "$@" >/tmp/output 2>&1; then
    printf 'PASS %s\n' "$sentence"
    return
  fi
  failures=$((failures + 1))
  printf 'FAIL %s\n' "$sentence"
  printf '     %s\n' "$*"
  tail --lines=8 /tmp/output | sed 's/^/     | /'
  journalctl --quiet --no-pager --lines=12 --output=short-monotonic --identifier=ganomalyd --identifier=systemd 2>/dev/null |
    sed 's/^/     journal| /'
}

# Tries a command again until it succeeds: eventually SECONDS COMMAND…
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    if ((SECONDS >= deadline)); then return 1; fi
    sleep 0.1
  done
}

heading() { printf '\n== %s (%d s)\n' "$1" "$((SECONDS - life_start))"; }
not() { ! "$@"; }

# Runs a command as a user, with the user's groups and without a session, which would be logged.
as() { setpriv --reuid="$1" --regid="$(id --group "$1")" --init-groups --reset-env -- "${@:2}"; }

property() { systemctl show --value --property="$2" "$1"; }
has_property() { [[ $(property "$1" "$2") == "$3" ]]; }
status_says() { [[ $(systemctl status --no-pager "$1") =~ Status:\ .*$2 ]]; }
restarted() { (($(property "$1" NRestarts) > $2)) && systemctl --quiet is-active "$1"; }

status_of() { # status_of EXPECTED COMMAND…
  local status=0
  "${@:2}" || status=$?
  echo "exit status $status"
  ((status == $1))
}

mode_of() { [[ $(stat --format='%a %U %G' "$1") == "$2" ]]; }

finish() {
  printf '\n%d s\n' "$((SECONDS - life_start))"
  trap - EXIT
  ((failures == 0)) || exit 1
  exit 0
}
