# Cases: the package and scripts/install, from the first installation to the purge. Read by 'cases'.
# shellcheck shell=bash
# shellcheck disable=SC2317

# Completes a command's line in bash as a key press would: completes WORD… CANDIDATE
completes() {
  # shellcheck disable=SC2016
  bash -c '
    . /usr/share/bash-completion/bash_completion
    _completion_loader "$1"
    COMP_WORDS=("${@:1:$#-1}") COMP_CWORD=$(($# - 2)) COMP_LINE="${*:1:$#-1}" COMP_POINT=${#COMP_LINE}
    function=$(complete -p "$1" | sed "s/.*-F \([^ ]*\) .*/\1/")
    "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
    printf "%s\n" "${COMPREPLY[@]}"' complete "$@" | sed 's/ *$//' | grep --line-regexp -- "${*: -1}"
}

install_package() {
  heading 'the package'
  # Images of containers forbid services to start; this container is a machine.
  rm --force /usr/sbin/policy-rc.d
  useradd --no-create-home camera
  check 'the package installs' dpkg --install "$payload/ganomalyd.deb"
  usermod --append --groups ganomaly camera
  check 'the service is enabled' systemctl is-enabled ganomalyd
  check 'the service runs' systemctl is-active ganomalyd
  check 'the camera may drop pictures, others see nothing' mode_of "$spool/incoming" '2770 root ganomaly'
  check 'operators may read the quarantine' mode_of "$spool/quarantine" '2750 ganomaly ganomaly'
  check 'others do not get into the spool' not as nobody ls "$spool/incoming"
  local page
  for page in ganomalyd.8 ganomaly.1 ganomalyd.yaml.5; do
    check "there is a manual $page" man --where "${page##*.}" "${page%.*}"
  done
  check 'bash completes a command' completes ganomaly qu quarantine
  check 'bash completes an option of the daemon' completes ganomalyd --ch --check
  check 'both programs have one version' test "$(ganomalyd --version | cut -d, -f1 | cut -d' ' -f2)" = \
    "$(ganomaly --version | cut -d, -f1 | cut -d' ' -f2)"
  check 'the configuration is sound' ganomalyd --check --spool "$spool" --state /var/lib/ganomaly
}

run_confined() {
  heading 'the unit'
  local process
  process=$(property ganomalyd MainPID)
  check 'systemd measures the exposure of the loaded unit as 0.2 or less' \
    systemd-analyze security --no-pager --threshold=2 ganomalyd.service
  check 'it runs as the user ganomaly' test "$(stat --format=%U "/proc/$process")" = ganomaly
  check 'without any capability' grep --extended-regexp '^CapBnd:\s+0+$' "/proc/$process/status"
  check 'behind a filter of system calls' grep --extended-regexp '^Seccomp:\s+2$' "/proc/$process/status"
  check 'no page is writable and executable' not grep --quiet ' .wx' "/proc/$process/maps"
  check 'without a network' test "$(find "/proc/$process/net/" -name dev -exec grep --count : {} +)" = 1
}

remove_the_package() {
  heading 'removal and purge'
  local before
  before=$(find "$spool" -name '*.png' | wc --lines)
  check 'the package is removed' dpkg --remove ganomalyd
  check 'the service is gone' not systemctl --quiet is-active ganomalyd
  check 'and so are the lines' not systemctl --quiet is-active 'ganomalyd@line1' 'ganomalyd@line2'
  check 'no process is left' not pgrep --exact ganomalyd
  check 'the settings stay' test -e "$main"
  check 'it installs again' dpkg --install "$payload/ganomalyd.deb"
  check 'and runs, with its model' eventually 10 status_says ganomalyd '[0-9]+ normal'
  check 'and upgrades to itself' dpkg --install "$payload/ganomalyd.deb"
  check 'it is purged' purge
  check 'and says that pictures stay' grep --quiet "'$spool' stays" /tmp/purge
  check 'the settings are gone' not test -e "$main"
  check 'the programs are gone' not test -e /usr/bin/ganomalyd
  check 'no picture is gone' test "$(find "$spool" -name '*.png' | wc --lines)" = "$before"
  check 'the ledger is there' test -e /var/lib/ganomaly/ledger.sqlite
  rm --recursive --force /etc/ganomaly
}

purge() { dpkg --purge ganomalyd >/tmp/purge 2>&1; }

# Everything that an installation could put somewhere.
list_files() {
  find /usr /etc /lib/systemd -xdev \( -path /usr/share/mime -o -path /etc/ssl -o -name 'ld.so.cache' \) -prune -o \
    -type f -print | grep --invert-match --extended-regexp '/(passwd|group|shadow|gshadow|subuid|subgid)-?$|catalog/database$|\.pyc$' |
    sort
}

install_from_the_checkout() {
  heading 'scripts/install'
  list_files >/tmp/before
  check 'it installs below /usr/local' "$payload/project/scripts/install" --programs "$payload/programs"
  # This shell remembers where the package had them.
  hash -r
  check 'the service starts' systemctl enable --now ganomalyd
  check 'from there' test "$(readlink "/proc/$(property ganomalyd MainPID)/exe")" = /usr/local/bin/ganomalyd
  drop "$spool/incoming" local 20
  check 'it inspects' eventually 20 recorded "$main" local 20
  check 'journalctl -x explains' grep --quiet 'is ready' <(
    journalctl --no-pager -x MESSAGE_ID=490852b0e2d34e8aa41fea08c7e6f4ba --since -1min)
  check 'the exposure is the same' systemd-analyze security --no-pager --threshold=2 ganomalyd.service
  check 'it installs over itself' "$payload/project/scripts/install" --programs "$payload/programs"
  check 'the service runs' eventually 10 systemctl is-active ganomalyd
  check 'it is uninstalled' "$payload/project/scripts/uninstall"
  check 'the service is gone' not systemctl --quiet is-active ganomalyd
  list_files >/tmp/after
  check 'nothing of it is left' diff /tmp/before /tmp/after
  check 'the pictures stay' test -n "$(find "$spool" -name '*local-*.png' -print -quit)"
}
