# What the ledger, the journal and the folders must show. Read by 'cases'.
# shellcheck shell=bash
# shellcheck disable=SC2317

# Drops pictures as the camera's user: drop FOLDER PREFIX COUNT [FIRST]. Every other one is copied, the rest renamed in.
drop() {
  # shellcheck disable=SC2016
  find "$payload/parts" -name '*.png' ! -name '*.view.png' -printf '%f\n' | sort | sed --quiet "${4:-1},$((${4:-1} + $3 - 1))p" |
    as camera bash -c '
      number=0
      while IFS= read -r name; do
        if ((number++ % 2 == 0)); then
          cp "$2/$name" "$1/$3-$name"
        else
          cp "$2/$name" "$1/$3-$name.part" && mv "$1/$3-$name.part" "$1/$3-$name"
        fi
      done' drop "$1" "$payload/parts" "$2"
}

# Prints the rows of a line's ledger that are about files with a prefix: rows CONFIG PREFIX.
rows() { ganomaly history --config "$1" --format json | jq --compact-output --arg prefix "$2-" \
  'select(.file | split("/") | last | startswith($prefix))'; }

# True when each of COUNT files with a prefix has a row: recorded CONFIG PREFIX COUNT.
recorded() { (($(rows "$1" "$2" | jq --raw-output .file | sort --unique | wc --lines) == $3)); }

# True when none of them has two: recorded_once CONFIG PREFIX COUNT.
recorded_once() { (($(rows "$1" "$2" | wc --lines) == $3)) && recorded "$@"; }

# True when the verdicts are those of 'ganomaly score' with the first model, to the last digit of the score.
verdicts_agree() {
  rows "$1" "$2" | jq --raw-output --arg prefix "$2-" \
    '[(.file | split("/") | last | ltrimstr($prefix)), .verdict, .score] | @tsv' | sort >/tmp/verdicts
  jq --raw-output '[(.file | split("/") | last), .verdict, .score] | @tsv' "$payload/scores-1.json" | sort |
    join --check-order - <(cut --fields=1 /tmp/verdicts) -t $'\t' >/tmp/expected
  [[ -s /tmp/expected ]] && cmp /tmp/expected /tmp/verdicts
}

# True when every dropped file is in incoming or quarantine, with the bytes it was dropped with: whole SPOOL PREFIX COUNT.
whole() {
  local found
  found=$(find "$1/incoming" "$1/quarantine" -type f -name "*$2-*.png" ! -name '*.view.png' -print | while IFS= read -r file; do
    cmp --silent "$file" "$payload/parts/${file##*"$2"-}" && echo same
  done | wc --lines)
  echo "$found of $3 files are where they should be, as they were"
  ((found == $3))
}

# Prints entries of the journal as JSON: entries MATCH…
entries() { journalctl --sync && journalctl --quiet --all --output=json SYSLOG_IDENTIFIER=ganomalyd "$@"; }

# True when there is such an entry: entry MATCH…
entry() { [[ -n $(entries --lines=1 "$@") ]]; }

# True when each of COUNT inspections of files with a prefix has an entry: journalled PREFIX COUNT.
journalled() {
  (($(entries | jq --raw-output --arg prefix "$1-" 'select(.GANOMALY_VERDICT) |
    select(.GANOMALY_FILE | split("/") | last | startswith($prefix)) | .GANOMALY_EVENT_ID' |
    sort --unique | wc --lines) == $2))
}

# True when every file with this prefix that has an anomaly's row lies in quarantine.
whole_in_quarantine() {
  local expected
  expected=$(rows "$main" "$1" | jq --raw-output 'select(.verdict == "anomaly") | .file' | wc --lines)
  ((expected > 0 && $(find "$spool/quarantine" -name "*$1-*.png" ! -name '*.view.png' | wc --lines) == expected))
}

some_rows() { [[ -n $(rows "$main" "$1") ]]; }

# True when the last row of a file has a reason: reason_of NAME REASON.
reason_of() {
  [[ $(ganomaly history --format json | jq --raw-output --arg name "$1" \
    'select(.file | split("/") | last == $name) | .reason' | tail -1) == "$2" ]]
}

# True when a file has so many rows: recorded_times NAME COUNT.
recorded_times() {
  (($(ganomaly history --format json | jq --raw-output --arg name "$1" \
    'select(.file | split("/") | last == $name) | .event_id' | wc --lines) == $2))
}

# True when quarantine has pictures, of no more bytes than this.
at_most() {
  local bytes
  bytes=$(find "$spool/quarantine" -name '*.png' -printf '%s\n' | awk '{ sum += $1 } END { print sum + 0 }')
  ((bytes > 0 && bytes <= $1))
}
