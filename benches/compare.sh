#!/usr/bin/env bash
# Times whole commands in turn with other programs (A B A B …) and prints the medians, the fastest runs and
# both ratios. On a busy machine the fastest runs say more than the medians. It fails if a command fails, never
# because one is slow. It needs bash 5, git and curl, and /usr/bin/time or python3 for peak memory.
# `just compare` builds first.
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

# The configuration of this machine must not matter.
export HOME=$place/home SPEC_KITTY_HOME=$place/home/.spec-kitty
export GIT_CONFIG_GLOBAL=$place/gitconfig GIT_CONFIG_NOSYSTEM=1 GIT_CEILING_DIRECTORIES=$place
unset SPEC_KITTY_SERVER SPEC_KITTY_SAAS_URL SPEC_KITTY_TOKEN SPEC_KITTY_TEAM
mkdir -m 700 "$HOME"
printf '[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n' >"$GIT_CONFIG_GLOBAL"

# ---- measuring ------------------------------------------------------------------------------

# Microseconds of a command, which is the name of a function; its output is dropped. NAME_before runs first, if it
# exists, and is not counted.
microseconds() {
  if declare -F "${1}_before" >/dev/null; then "${1}_before"; fi
  local begin=$EPOCHREALTIME
  "$1" >/dev/null
  local end=$EPOCHREALTIME
  echo $((${end/./} - ${begin/./}))
}

# Prints the median and the fastest.
summary() { sort -n "$1" | awk '{v[NR]=$1} END {print v[int((NR+1)/2)], v[1]}'; }

# pair LABEL A B GOAL: runs both in turn. GOAL is the largest ratio A/B, or `startup`.
pair() {
  local label=$1 a=$2 b=$3 goal=$4 i
  : >"$place/a"; : >"$place/b"
  microseconds "$a" >/dev/null; microseconds "$b" >/dev/null
  for ((i = 0; i < runs; i++)); do
    microseconds "$a" >>"$place/a"
    microseconds "$b" >>"$place/b"
  done
  echo "$(summary "$place/a") $(summary "$place/b")" |
    awk -v label="$label" -v other="${b//_/ }" -v goal="$goal" '{
      a = $1 / 1000; a_least = $2 / 1000; b = $3 / 1000; b_least = $4 / 1000
      within = goal == "startup" ? a <= 2 * b + 2 : a <= goal * b
      wanted = goal == "startup" ? "2 x + 2 ms" : goal " x"
      printf "%-26s %-24s %8.2f %8.2f %6.2f x   %8.2f %8.2f %6.2f x   %-10s %s\n", label, other, \
        a, b, a / b, a_least, b_least, a_least / b_least, wanted, within ? "yes" : "NO"
    }'
}

# peak LABEL COMMAND…: the peak memory of the largest process of a command, including its children.
peak() {
  local label=$1; shift
  local kilobytes
  if [ -x /usr/bin/time ]; then
    kilobytes=$(/usr/bin/time -f %M "$@" 2>&1 >/dev/null | tail -n 1)
  else
    # This cannot show less than the memory of Python itself, about 10 MB.
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

# repository FOLDER FILES: creates a project with this many files, in folders of 50.
repository() {
  local n
  mkdir "$1"
  git -C "$1" init -q
  git -C "$1" remote add origin https://git.example.org/acme/web.git
  for ((n = 0; n < $2; n++)); do
    if ((n % 50 == 0)); then mkdir "$1/folder$n"; local folder=$1/folder$n; fi
    echo "file $n" >"$folder/file$n"
  done
  "$binary" -C "$1" init >/dev/null
  "$binary" -C "$1" tracker bind --provider linear --project-slug web >/dev/null
  git -C "$1" add --all
  git -C "$1" commit -qm Begin
}
for files in 0 1000; do
  repository "$place/ours$files" "$files"
  repository "$place/theirs$files" "$files"
done
cd "$place/ours0"
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
files=0
specify() { "$binary" -C "$place/ours$files" specify "mission-m$made"; }
specify_before() { made=$((made + 1)); }
# Commits the same files in a second repository that grows in the same way.
git_add_and_commit_before() {
  newest=$(basename "$place/ours$files"/kitty-specs/*-mission-m"$made")
  mkdir -p "$place/theirs$files/kitty-specs"
  cp -r "$place/ours$files/kitty-specs/$newest" "$place/theirs$files/kitty-specs/"
}
git_add_and_commit() {
  git -C "$place/theirs$files" add -- "kitty-specs/$newest"
  git -C "$place/theirs$files" commit -q -m "Add mission $newest" -- "kitty-specs/$newest"
}
git_the_same_with_fsync_before() { git_add_and_commit_before; }
git_the_same_with_fsync() {
  git -C "$place/theirs$files" -c core.fsync=all add -- "kitty-specs/$newest"
  git -C "$place/theirs$files" -c core.fsync=all commit -q -m "Add mission $newest" -- "kitty-specs/$newest"
}

printf '%s, %s runs each; milliseconds\n\n' "$("$binary" --version)" "$runs"
printf '%-26s %-24s %8s %8s %8s   %8s %8s %8s   %-10s %s\n' A B 'median A' B A/B 'least A' B A/B 'at most' 'median within'
pair 'spec-kitty --version' version bin_true startup
pair 'spec-kitty --help' help bin_true startup
pair 'tracker search-origin' search_origin curl_of_the_same 1.5
for files in 0 1000; do
  pair "specify NAME, $files files" specify git_add_and_commit 1.5
  # By default git syncs nothing; spec-kitty syncs what it promises.
  pair "specify NAME, $files files" specify git_the_same_with_fsync 1.5
done
files=0

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
