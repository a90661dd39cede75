# Cases: what goes wrong around a daemon at work. Read by 'cases'.
# shellcheck shell=bash
# shellcheck disable=SC2317

kill_it() {
  heading 'kill -9 while pictures stream in'
  drop "$spool/incoming" killed 300 &
  local writer=$! before
  before=$(property ganomalyd NRestarts)
  check 'pictures are being recorded' eventually 10 some_rows killed
  systemctl kill --signal=KILL ganomalyd
  wait "$writer"
  check 'systemd starts it again' eventually 10 restarted ganomalyd "$before"
  check 'once' has_property ganomalyd NRestarts "$((before + 1))"
  check 'every picture is recorded' eventually 30 recorded "$main" killed 300
  check 'each once' recorded_once "$main" killed 300
  check 'verdicts and scores are those of ganomaly score' verdicts_agree "$main" killed
  check 'every file is in incoming or quarantine, with its bytes' whole "$spool" killed 300
  check 'every picture is in the journal' eventually 10 journalled killed 300
}

hang() {
  heading 'a hang'
  # Half a minute in the unit; three seconds here, because a test waits for it.
  mkdir --parents /run/systemd/system/ganomalyd.service.d
  printf '[Service]\nWatchdogSec=3s\n' >/run/systemd/system/ganomalyd.service.d/test.conf
  systemctl daemon-reload
  systemctl restart ganomalyd
  local before
  before=$(property ganomalyd NRestarts)
  systemctl kill --signal=STOP ganomalyd
  drop "$spool/incoming" hung 40
  check 'the watchdog ends a stopped daemon, and systemd starts it again' eventually 20 restarted ganomalyd "$before"
  check 'it was the watchdog' grep --quiet -i watchdog <(journalctl --no-pager -q -u ganomalyd --since -1min)
  check 'what arrived meanwhile is recorded' eventually 20 recorded "$main" hung 40
  check 'each once' recorded_once "$main" hung 40
  before=$(property ganomalyd NRestarts)
  sleep 7
  check 'two watchdog periods of rest pass without a restart' has_property ganomalyd NRestarts "$before"
  rm --recursive /run/systemd/system/ganomalyd.service.d
  systemctl daemon-reload
  systemctl restart ganomalyd
}

stop_the_journal() {
  heading 'journald stopped for a minute'
  # The socket's queue takes some 500 entries, and 500 pictures with what the service manager says are more.
  local since=$SECONDS before
  before=$(property ganomalyd NRestarts)
  systemctl kill --signal=STOP systemd-journald
  drop "$spool/incoming" silent 500
  check 'pictures are inspected all the same' eventually 40 recorded "$main" silent 500
  while ((SECONDS - since < 60)); do sleep 0.1; done
  drop "$spool/incoming" silent 20 501
  check 'also after a minute' eventually 20 recorded "$main" silent 520
  check 'the watchdog has nothing against it' has_property ganomalyd NRestarts "$before"
  systemctl kill --signal=CONT systemd-journald
  check 'every entry comes when journald is back' eventually 40 journalled silent 520
  check 'each picture was recorded once' recorded_once "$main" silent 520
}

replace_the_model() {
  heading 'a model replaced while pictures stream in'
  drop "$spool/incoming" swapped 400 &
  local writer=$!
  check 'pictures are being recorded' eventually 10 some_rows swapped
  check 'ganomaly install puts the second model in' ganomaly install "$payload/model-2.safetensors"
  wait "$writer"
  check 'every picture is recorded' eventually 30 recorded "$main" swapped 400
  check 'each once' recorded_once "$main" swapped 400
  check 'every file is in incoming or quarantine, with its bytes' whole "$spool" swapped 400
  check 'the journal has them all' eventually 10 journalled swapped 400
  entries | jq --raw-output 'select(.GANOMALY_VERDICT) |
    select(.GANOMALY_FILE | split("/") | last | startswith("swapped-")) | .GANOMALY_MODEL_SHA256' |
    sort --unique >/tmp/models
  sha256sum "$payload"/model-?.safetensors | cut -d' ' -f1 | sort >/tmp/both
  check 'by the old model or the new one, and by both of them' cmp /tmp/models /tmp/both
  printf 'not a model' >/tmp/broken
  check 'a broken model is refused by ganomaly install' status_of 2 ganomaly install /tmp/broken
  cp /tmp/broken /var/lib/ganomaly/broken
  mv /var/lib/ganomaly/broken /var/lib/ganomaly/model.safetensors
  check 'one that gets there all the same is refused by the daemon' eventually 10 \
    entry MESSAGE_ID=92b038cf3b1646889f4f98418b8cc92d
  drop "$spool/incoming" afterwards 20
  check 'and the old one goes on' eventually 10 recorded "$main" afterwards 20
  check 'the first model is back' ganomaly install "$payload/model-1.safetensors"
}

fill_the_disk() {
  heading 'a full disk'
  local line=$spool/small
  mkdir "$line"
  mount --types tmpfs --options size=24m tmpfs "$line"
  printf 'minimum_free_bytes: 8 MiB\n' >/etc/ganomaly/small.yaml
  check 'a line on a small disk starts' systemctl start ganomalyd@small
  check 'ganomaly install gives it a model' ganomaly install --config /etc/ganomaly/small.yaml \
    "$payload/model-1.safetensors"
  drop "$line/incoming" before 20
  check 'it inspects' eventually 20 recorded /etc/ganomaly/small.yaml before 20
  head --bytes=18M /dev/zero >"$line/filler"
  # The room is looked at once a second.
  sleep 1.1
  drop "$line/incoming" full 20
  check 'intake pauses when the disk is nearly full' eventually 20 \
    entry MESSAGE_ID=bf98b23e9fbb43469686c7deed51b2ae _SYSTEMD_UNIT=ganomalyd@small.service PRIORITY=2
  check 'systemctl status tells it' eventually 5 status_says ganomalyd@small 'no room'
  # All that is left.
  head --bytes=18M /dev/zero >"$line/filler2" 2>/dev/null || true
  check 'nothing is judged on a full disk' recorded_once /etc/ganomaly/small.yaml full 0
  check 'it runs on' systemctl is-active ganomalyd@small
  rm "$line/filler" "$line/filler2"
  check 'intake goes on by itself' eventually 30 recorded /etc/ganomaly/small.yaml full 20
  check 'each picture is recorded once' recorded_once /etc/ganomaly/small.yaml full 20
  check 'every file is in incoming or quarantine, with its bytes' whole "$line" full 20
  check 'the line stops' systemctl stop ganomalyd@small
  umount "$line"
  rmdir "$line"
  rm /etc/ganomaly/small.yaml
}

leave_files_waiting() {
  heading 'before a reboot'
  drop "$spool/incoming" waiting 40
  check 'pictures wait while the service is stopped' recorded_once "$main" waiting 0
  systemctl start ganomalyd
  drop "$spool/incoming" rebooted 260
  ganomaly history --format json | wc --lines >/root/rows-at-reboot
}

come_back() {
  heading 'after a reboot'
  check 'the service runs' systemctl is-active ganomalyd
  check 'ganomaly status is 0, healthy' eventually 10 status_of 0 ganomaly status
  check 'and so do the lines' systemctl is-active ganomalyd@line1 ganomalyd@line2
  check 'what waited is recorded' eventually 30 recorded "$main" waiting 40
  check 'each once' recorded_once "$main" waiting 40
  check 'what arrived as the machine went down is recorded' eventually 30 recorded "$main" rebooted 260
  check 'each once' recorded_once "$main" rebooted 260
  check 'every file is in incoming or quarantine, with its bytes' whole "$spool" rebooted 260
  local prefix
  for prefix in 'hung 40' 'silent 520' 'swapped 400'; do
    # shellcheck disable=SC2086
    check "a reboot records nothing again: ${prefix% *}" recorded_once "$main" $prefix
  done
  check 'the journal has them all' eventually 10 journalled rebooted 260
}
