#!/bin/sh
# run.sh TARGET SECONDS CORPUS: fuzzes for a while from a corpus. What is found
# to be new on the way goes to a directory of its own, so that the corpus in the
# tree grows only when somebody decides so.
set -eu
found=$(mktemp -d)
trap 'rm -rf "$found"' EXIT
"$1" -max_total_time="$2" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 "$found" "$3"
