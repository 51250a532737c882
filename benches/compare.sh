#!/usr/bin/env bash
# Whole commands beside the programs they stand beside, in one run: A B A B …, medians and ratios.
# It judges nothing and fails only where something does not work. Needs bash 5, git and curl;
# peak memory wants /usr/bin/time or python3. `just compare` builds first.
#   benches/compare.sh [BINARY] [RUNS]
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."
binary=$(realpath "${1:-target/release/spec-kitty}")
runs=${2:-41}

place=$(mktemp -d)
serving=
finish() {
  if [ -n "$serving" ]; then kill "$serving" 2>/dev/null || true; wait "$serving" 2>/dev/null || true; fi
  rm -rf "$place"
}
trap finish EXIT

# Nothing of the machine's own configuration takes part.
export HOME=$place/home SPEC_KITTY_HOME=$place/home/.spec-kitty
export GIT_CONFIG_GLOBAL=$place/gitconfig GIT_CONFIG_NOSYSTEM=1 GIT_CEILING_DIRECTORIES=$place
unset SPEC_KITTY_SERVER SPEC_KITTY_SAAS_URL SPEC_KITTY_TOKEN SPEC_KITTY_TEAM
mkdir -m 700 "$HOME"
printf '[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n' >"$GIT_CONFIG_GLOBAL"

# ---- measuring ------------------------------------------------------------------------------

# The microseconds that a command takes; its output is thrown away. What it prepares before that is
# not counted: the command is a function's name, and NAME_before is called first where there is one.
microseconds() {
  if declare -F "${1}_before" >/dev/null; then "${1}_before"; fi
  local begin=$EPOCHREALTIME
  "$1" >/dev/null
  local end=$EPOCHREALTIME
  echo $((${end/./} - ${begin/./}))
}

median() { sort -n | awk '{v[NR]=$1} END {print v[int((NR+1)/2)]}'; }

# pair LABEL A B GOAL: both in turn; GOAL is an awk condition over a, b (ms) and r (a/b).
pair() {
  local label=$1 a=$2 b=$3 goal=$4 i
  : >"$place/a"; : >"$place/b"
  microseconds "$a" >/dev/null; microseconds "$b" >/dev/null
  for ((i = 0; i < runs; i++)); do
    microseconds "$a" >>"$place/a"
    microseconds "$b" >>"$place/b"
  done
  awk -v label="$label" -v b_name="${b//_/ }" -v goal="$goal" \
    -v a="$(median <"$place/a")" -v b="$(median <"$place/b")" 'BEGIN {
      a /= 1000; b /= 1000; r = a / b
      within = goal == "startup" ? a <= 2 * b + 2 : r <= goal + 0
      wanted = goal == "startup" ? "at most 2 x + 2 ms" : "at most " goal " x"
      printf "%-28s %8.2f ms  %-24s %8.2f ms  %5.2f x  %-20s %s\n", label, a, b_name, b, r, wanted, within ? "yes" : "NO"
    }'
}

# peak LABEL COMMAND…: the largest single process of a command, those it starts included.
peak() {
  local label=$1; shift
  local kilobytes
  if [ -x /usr/bin/time ]; then
    kilobytes=$(/usr/bin/time -f %M "$@" 2>&1 >/dev/null | tail -n 1)
  else
    # Python's own memory, about 10 MB, is the least this can show.
    kilobytes=$(python3 -c 'import resource as r, subprocess as s, sys
s.run(sys.argv[1:], stdout=s.DEVNULL, stderr=s.DEVNULL)
print(r.getrusage(r.RUSAGE_CHILDREN).ru_maxrss)' "$@")
  fi
  awk -v label="$label" -v k="$kilobytes" 'BEGIN {
    printf "%-42s %6.1f MB  %-15s %s\n", label, k / 1024, "at most 25 MB", k / 1024 <= 25 ? "yes" : "NO" }'
}

# ---- a control plane and a project ----------------------------------------------------------

data=$place/data
echo 'correct horse battery' | "$binary" admin user add ada --team acme --link linear --password-stdin --data "$data" -q >/dev/null
"$binary" admin project map web --provider linear --resource-type linear_team --resource-id T1 --data "$data" >/dev/null
for n in $(seq 1 30); do
  printf '%s{"provider":"linear","resource_type":"linear_team","resource_id":"T1","external_issue_id":"id-%s","external_issue_key":"WEB-%s","title":"Ticket number %s","status":"Todo","url":"https://linear.app/acme/issue/WEB-%s"}' \
    "$([ "$n" = 1 ] && echo '[' || echo ',')" "$n" "$n" "$n" "$n"
done >"$place/tickets.json"
echo ']' >>"$place/tickets.json"
"$binary" admin tickets import "$place/tickets.json" --data "$data" >/dev/null
mkfifo "$place/said"
"$binary" serve --listen 127.0.0.1:0 --rate-limit 1000000 --data "$data" -q >"$place/said" 2>"$place/log" &
serving=$!
read -r _ _ url <"$place/said"
token=$(curl -sS -H 'Content-Type: application/json' -d '{"username":"ada","password":"correct horse battery"}' \
  "$url/api/v1/token/" | sed 's/.*"access":"\([^"]*\)".*/\1/')

repository() {
  mkdir "$1"
  git -C "$1" init -q
  echo '# A project' >"$1/README.md"
  git -C "$1" add README.md
  git -C "$1" commit -qm Begin
}
repository "$place/ours"
repository "$place/theirs"
cd "$place/ours"
"$binary" init >/dev/null
"$binary" tracker bind --provider linear --project-slug web >/dev/null
git add .kittify && git commit -qm Project
printf '%s' "$token" | "$binary" auth login --with-token --team acme --server "$url" >/dev/null

# ---- the pairs ------------------------------------------------------------------------------

version() { "$binary" --version; }
help() { "$binary" --help; }
bin_true() { /bin/true; }
search_origin() { "$binary" tracker search-origin WEB-7; }
curl_of_the_same() {
  curl -sS -H "Authorization: Bearer $token" -H 'X-Team-Slug: acme' -H 'Content-Type: application/json' \
    -d '{"provider":"linear","project_slug":"web","limit":10,"query_key":"WEB-7"}' \
    "$url/api/v1/tracker/issue-search/"
}
made=0
specify() { "$binary" specify "mission-m$made"; }
specify_before() { made=$((made + 1)); echo "$made" >"$place/made"; }
# The same files in a repository of its own, which grows as ours does.
git_add_and_commit_before() {
  made=$(cat "$place/made")
  newest=$(basename "$(echo "$place"/ours/kitty-specs/*-mission-m"$made")")
  mkdir -p "$place/theirs/kitty-specs"
  cp -r "$place/ours/kitty-specs/$newest" "$place/theirs/kitty-specs/"
}
git_add_and_commit() {
  git -C "$place/theirs" add -- "kitty-specs/$newest"
  git -C "$place/theirs" commit -q -m "Add mission $newest" -- "kitty-specs/$newest"
}

printf 'medians of %s runs each, %s\n\n' "$runs" "$("$binary" --version)"
pair 'spec-kitty --version' version bin_true startup
pair 'spec-kitty --help' help bin_true startup
pair 'tracker search-origin' search_origin curl_of_the_same 1.5
pair 'specify NAME' specify git_add_and_commit 1.5

# ---- git processes --------------------------------------------------------------------------

real=$(command -v git)
mkdir "$place/shim"
printf '#!/bin/sh\necho "$*" >>"%s"\nexec "%s" "$@"\n' "$place/started" "$real" >"$place/shim/git"
chmod +x "$place/shim/git"
PATH="$place/shim:$PATH" "$binary" specify counted >/dev/null
started=$(wc -l <"$place/started")
printf '\n%-42s %6d     %-15s %s\n' 'git processes of specify NAME' "$started" 'at most 4' \
  "$([ "$started" -le 4 ] && echo yes || echo NO)"
sed 's/^/    git /' "$place/started" | cut -c1-110

# ---- memory ---------------------------------------------------------------------------------

echo
peak 'spec-kitty --version' "$binary" --version
peak 'tracker status' "$binary" tracker status
peak 'tracker search-origin WEB-7' "$binary" tracker search-origin WEB-7
peak 'tracker bind-origin' "$binary" tracker bind-origin --mission 1 --key WEB-8 --yes
peak 'specify NAME' "$binary" specify weighed
peak 'specify --from-ticket WEB-9' "$binary" specify --from-ticket WEB-9 --yes
peak 'sync status' "$binary" sync status
peak 'sync now' "$binary" sync now
peak 'doctor' "$binary" doctor
