#!/usr/bin/env bash
# Times `ticket list` with 1,000 imported tickets against `serve`, and prints the median and the fastest run. It
# fails if a command fails, never because one is slow. It needs bash 5. `just ticket-list` builds first.
#   benches/ticket_list.sh [BINARY] [RUNS]
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-target/release/spec-kitty}")
runs=${2:-21}
tickets=1000

place=$(mktemp -d)
serving=
finish() {
  if [ -n "$serving" ]; then kill "$serving" 2>/dev/null || true; wait "$serving" 2>/dev/null || true; fi
  rm -rf "$place"
}
trap finish EXIT

# The configuration of this machine must not matter.
export HOME=$place/home SPEC_KITTY_HOME=$place/home/.spec-kitty
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_CEILING_DIRECTORIES=$place
unset SPEC_KITTY_SERVER SPEC_KITTY_SAAS_URL SPEC_KITTY_TOKEN SPEC_KITTY_TEAM
mkdir -m 700 "$HOME"

# ---- a control plane and a project ----------------------------------------------------------

data=$place/data
admin() { "$binary" admin "$@" --data "$data" >/dev/null; }
echo 'correct horse battery' | admin user add ada --team acme --link linear --password-stdin -q
admin project map web --provider linear --resource-type linear_team --resource-id T1
body=$(printf 'A sentence of the text of a ticket. %.0s' {1..60})
for n in $(seq 1 "$tickets"); do
  printf '%s{"provider":"linear","resource_type":"linear_team","resource_id":"T1","external_issue_id":"id-%s","external_issue_key":"WEB-%s","title":"Ticket number %s","status":"Todo","url":"https://linear.app/acme/issue/WEB-%s","updated_at":"2026-11-24T%02d:%02d:00Z","assignee":"Ada","body":"%s"}' \
    "$([ "$n" = 1 ] && echo '[' || echo ',')" "$n" "$n" "$n" "$n" $((n / 60)) $((n % 60)) "$body"
done >"$place/tickets.json"
echo ']' >>"$place/tickets.json"
admin tickets import "$place/tickets.json"
mkfifo "$place/said"
"$binary" serve --listen 127.0.0.1:0 --rate-limit 1000000 --data "$data" -q >"$place/said" 2>"$place/log" &
serving=$!
read -r _ _ url <"$place/said"

mkdir "$place/project"
cd "$place/project"
git init -q
"$binary" init >/dev/null
token=$("$binary" admin token create --user ada --team acme --name bench --json=token --data "$data" | sed 's/.*:"\(.*\)"}/\1/')
printf '%s' "$token" | "$binary" auth login --with-token --team acme --server "$url" >/dev/null
"$binary" tracker bind --provider linear --project-slug web >/dev/null

# ---- measuring ------------------------------------------------------------------------------

# measure GOAL COMMAND…: milliseconds of a command; its output is dropped.
measure() {
  local goal=$1 i begin end; shift
  : >"$place/times"
  "$@" >/dev/null 2>"$place/said.txt" || { cat "$place/said.txt" >&2; exit 1; }
  for ((i = 0; i < runs; i++)); do
    begin=$EPOCHREALTIME
    "$@" >/dev/null 2>&1
    end=$EPOCHREALTIME
    echo $((${end/./} - ${begin/./})) >>"$place/times"
  done
  shift
  sort -n "$place/times" | awk -v label="$*" -v goal="$goal" '{v[NR] = $1 / 1000} END {
    median = v[int((NR + 1) / 2)]
    printf "%-36s %8.1f %8.1f   %6s   %s\n", label, median, v[1], goal, median <= goal ? "yes" : "NO" }'
}

listed=$("$binary" ticket list --limit "$tickets" | wc -l)
[ "$listed" = "$tickets" ] || { echo "only $listed of $tickets tickets" >&2; exit 1; }
printf '%s, %s tickets, %s runs each; milliseconds\n\n' "$("$binary" --version)" "$tickets" "$runs"
printf '%-36s %8s %8s   %6s   %s\n' command median least 'at most' 'median within'
measure 100 "$binary" ticket list --limit "$tickets"
measure 100 "$binary" ticket list --limit "$tickets" --json
measure 100 "$binary" ticket list
measure 100 "$binary" ticket show WEB-500
