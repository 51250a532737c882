#!/bin/sh
# Writes the files of a package that the program itself prints: manual pages and completions.
#
#     packaging/files.sh target/release/spec-kitty target/package
set -eu
program=$1
folder=$2
mkdir -p "$folder/man"

"$program" man >"$folder/man/spec-kitty.1"
# Each command, and each group that it is in.
"$program" commands | cut -f 1 | sed 's/^spec-kitty *//' | grep . |
  awk '{ path = $1; print path; for (n = 2; n <= NF; n++) { path = path " " $n; print path } }' | sort -u |
  while read -r command; do
    # shellcheck disable=SC2086 # A command of several words.
    "$program" man $command >"$folder/man/spec-kitty-$(echo "$command" | tr ' ' -).1"
  done

"$program" completions bash >"$folder/spec-kitty.bash"
"$program" completions fish >"$folder/spec-kitty.fish"
"$program" completions zsh >"$folder/_spec-kitty"
# zsh loads the file when it first completes the command, and then expects an answer at once.
# shellcheck disable=SC2016
echo '[ "$funcstack[1]" = _spec-kitty ] && _clap_dynamic_completer_spec_kitty "$@"' >>"$folder/_spec-kitty"
