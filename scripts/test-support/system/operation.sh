# Cases: what operators do and read. Read by 'cases'.
# shellcheck shell=bash
# shellcheck disable=SC2317

# True when ganomalyd(8) has every metric that the daemon writes.
metrics_are_explained() {
  local metric manual
  manual=$(MANWIDTH=200 man ganomalyd)
  while IFS= read -r metric; do
    if [[ $manual != *"$metric"* ]]; then
      echo "missing: $metric"
      return 1
    fi
  done < <(sed --quiet 's/^# TYPE \([a-z_]*\) .*/\1/p' /run/ganomaly/metrics.prom)
}

start_without_model() {
  heading 'no model at first'
  check 'systemctl status tells that there is no model' eventually 5 status_says ganomalyd 'no model'
  check 'the journal tells it once' eventually 5 entry MESSAGE_ID=7757eafcd12c481eb3150822c2516982
  check 'ganomaly status is 1, degraded' eventually 5 status_of 1 ganomaly status
  drop "$spool/incoming" early 60
  check 'nothing is recorded without a model' recorded_once "$main" early 0
  check 'ganomaly install puts a model in' ganomaly install "$payload/model-1.safetensors"
  check 'what waited is recorded' eventually 20 recorded "$main" early 60
  check 'each picture once' recorded_once "$main" early 60
  check 'verdicts and scores are those of ganomaly score' verdicts_agree "$main" early
  check 'every file is in incoming or quarantine, with its bytes' whole "$spool" early 60
  check 'systemctl status shows counts' eventually 5 status_says ganomalyd '[0-9]+ normal'
  check 'an operator of the group lists the quarantine' as camera ganomaly quarantine list
  check 'anyone may gather the metrics' as nobody grep --quiet '^ganomaly' /run/ganomaly/metrics.prom
  check 'the manual explains every metric' metrics_are_explained
}

read_the_journal() {
  heading 'what users type'
  # A quarantine that nothing can be moved to makes the one message that asks somebody to do something.
  chown root:root "$spool/quarantine"
  chmod 0755 "$spool/quarantine"
  drop "$spool/incoming" stuck 200 1
  check 'an anomaly that cannot be moved is recorded' eventually 20 \
    entry MESSAGE_ID=81c1f49cbadb4a81a7a78381c282ca43
  chown ganomaly:ganomaly "$spool/quarantine"
  chmod 2750 "$spool/quarantine"
  check 'journalctl -u ganomalyd -p warning --since today' \
    test -n "$(journalctl --no-pager -q -u ganomalyd -p warning --since today | grep anomaly)"
  check 'journalctl GANOMALY_VERDICT=anomaly … has file, score and destination' test -n "$(
    journalctl --no-pager GANOMALY_VERDICT=anomaly -o json \
      --output-fields=GANOMALY_FILE,GANOMALY_SCORE,GANOMALY_DESTINATION |
      jq --slurp 'map(select(.GANOMALY_FILE and (.GANOMALY_SCORE | tonumber) > 0 and .GANOMALY_DESTINATION))[0] // empty')"
  check 'journalctl -x explains and says what to do' grep --quiet 'check the permissions of the quarantine' <(
    journalctl --no-pager -x MESSAGE_ID=81c1f49cbadb4a81a7a78381c282ca43)
  check 'journalctl -F GANOMALY_MODEL_SHA256 lists the model' grep --quiet --line-regexp \
    "$(sha256sum <"$payload/model-1.safetensors" | cut -d' ' -f1)" <(journalctl -F GANOMALY_MODEL_SHA256)
  check 'ranges by jq' test -n "$(journalctl --no-pager -o json GANOMALY_VERDICT=normal |
    jq --slurp 'map(select((.GANOMALY_SCORE|tonumber) > 0.0000001))[0] // empty')"
  check 'only the daemon writes as the unit' entry _SYSTEMD_UNIT=ganomalyd.service GANOMALY_VERDICT=anomaly
  check 'what could not be moved is moved later' eventually 40 whole_in_quarantine stuck
}

run_two_lines() {
  heading 'two lines side by side'
  local line number
  for number in 1 2; do
    touch "/etc/ganomaly/line$number.yaml"
    check "ganomalyd@line$number starts" systemctl enable --now "ganomalyd@line$number"
    check "it gets model $number" ganomaly install --config "/etc/ganomaly/line$number.yaml" \
      "$payload/model-$number.safetensors"
    check 'the camera may drop pictures' mode_of "$spool/line$number/incoming" '2770 root ganomaly'
  done
  drop "$spool/line1/incoming" both 60 1 &
  drop "$spool/line2/incoming" both 60 101
  wait $!
  for number in 1 2; do
    line=/etc/ganomaly/line$number.yaml
    check "line $number records its pictures" eventually 20 recorded "$line" both 60
    check 'each once' recorded_once "$line" both 60
    check 'every file is in its incoming or quarantine' whole "$spool/line$number" both 60
    check 'its entries name it' entry "_SYSTEMD_UNIT=ganomalyd@line$number.service" \
      "GANOMALY_MODEL_SHA256=$(sha256sum <"$payload/model-$number.safetensors" | cut -d' ' -f1)"
  done
  check 'line 1 gives the verdicts of ganomaly score' verdicts_agree /etc/ganomaly/line1.yaml both
  check 'none of it is in the ledger of ganomalyd.service' recorded_once "$main" both 0
  systemctl stop ganomalyd@line2
  check 'the others run on when one stops' systemctl is-active ganomalyd ganomalyd@line1
  systemctl restart ganomalyd
  check 'metrics of a line outlive a restart of ganomalyd.service' as nobody cat /run/ganomaly-line1/metrics.prom
  systemctl start ganomalyd@line2
}

review_the_quarantine() {
  heading 'the quarantine'
  local id other file normal
  normal=$(rows "$main" early | jq --raw-output 'select(.verdict == "normal") | .file | split("/") | last' | tail -1)
  normal=${normal#early-}
  id=$(ganomaly quarantine list --format json | jq --raw-output 'select(.file | test("killed-")) | .event_id' | head -1)
  other=$(ganomaly quarantine list --format json | jq --raw-output 'select(.file | test("killed-")) | .event_id' | sed -n 2p)
  file=$(ganomaly quarantine list --format json | jq --raw-output --arg id "$id" 'select(.event_id == $id) | .file')
  check 'ganomaly quarantine show tells about one' ganomaly quarantine show "$id"
  check 'ganomaly quarantine release gives it back' ganomaly quarantine release "$id"
  check 'to its place' test -e "$file"
  check 'the release is in the journal' eventually 5 entry MESSAGE_ID=33d9005f7ee4434991a7b89357c6450d
  # The watched folder is looked at once more before it is believed: no second quarantine.
  check 'it is recorded as normal, because it was released' eventually 10 \
    reason_of "$(basename "$file")" allowed
  check 'ganomaly quarantine confirm' ganomaly quarantine confirm "$other"
  check 'the confirmation is in the journal' eventually 5 entry MESSAGE_ID=e2dab3bf4a15447db697d3573f0222ca
  check 'a member of the group who is not root is told to use sudo' \
    grep --quiet --ignore-case sudo <(as camera ganomaly quarantine confirm "$other" 2>&1)
  check 'ganomaly reinspect has a picture looked at again' ganomaly reinspect "early-$normal"
  check 'with one more record' eventually 10 recorded_times "early-$normal" 2
  check 'ganomaly quarantine purge removes what is older' ganomaly quarantine purge --older-than 30d
  check 'which is nothing here' test -n "$(find "$spool/quarantine" -name '*.png' -print -quit)"
  check 'ganomaly quarantine purge keeps to a size' ganomaly quarantine purge --larger-than 20KiB
  check 'the oldest went' at_most 20480
  check 'the purge is in the journal' eventually 5 entry MESSAGE_ID=45bc345112a0496997e490f0caed6de8
}

reload_it() {
  heading 'reload and stop'
  local name
  name=$(jq --raw-output 'select(.verdict == "anomaly") | .file | split("/") | last' "$payload/scores-1.json" | head -1)
  printf 'on_anomaly: leave\n' >>"$main"
  check 'systemctl reload ganomalyd' systemctl reload ganomalyd
  check 'the journal tells that the configuration was read' eventually 10 \
    entry MESSAGE_ID=c8a3a8763ca4492c9a001f84305696af PRIORITY=5 _SYSTEMD_UNIT=ganomalyd.service
  as camera cp "$payload/parts/$name" "$spool/incoming/shadow-$name"
  check 'an anomaly is recorded in shadow mode' eventually 10 recorded "$main" shadow 1
  check 'and stays where it is' test -e "$spool/incoming/shadow-$name"
  sed --in-place '$d' "$main"
  printf 'nonsense: 1\n' >>"$main"
  check 'a reload of nonsense' systemctl reload ganomalyd
  check 'is refused in the journal' eventually 10 \
    entry MESSAGE_ID=c8a3a8763ca4492c9a001f84305696af PRIORITY=3 _SYSTEMD_UNIT=ganomalyd.service
  check 'and the daemon runs on' systemctl is-active ganomalyd
  check 'ganomalyd --check names the key' grep --quiet nonsense <(ganomalyd --check 2>&1)
  sed --in-place '$d' "$main"
  check 'right again' systemctl reload ganomalyd
  # A reload was asked for; a stop right behind it must still be orderly.
  check 'it stops' systemctl stop ganomalyd
  check 'in order' has_property ganomalyd Result success
  check 'with status 0' has_property ganomalyd ExecMainStatus 0
  check 'and says so' eventually 5 entry MESSAGE_ID=9c21f8ea2b6d4bcab827ca7b2dcac04a
  check 'ganomaly status is 2, down' status_of 2 ganomaly status
}
