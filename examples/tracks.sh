#!/bin/sh
# A meeting of recordings that begin when their participants join.
# usage: tracks.sh LIST RESULT [FLAGS of diarizer run]
# LIST has a line for each recording: NAME,FILE,SECONDS after the meeting's begin.
set -eu
list=$1 result=$2
shift 2
whole=$(mktemp -d)
trap 'rm -rf "$whole"' EXIT
trap 'exit 129' HUP # some shells run the trap of EXIT only where the script ends by itself
trap 'exit 130' INT
trap 'exit 143' TERM
while IFS=, read -r name file seconds || [ -n "$name" ]; do
	case $name in '' | '#'*) continue ;; esac
	case $name in */*) echo "tracks.sh: $list: the name $name: expected none with a slash" >&2; exit 2 ;; esac
	late=$(awk -v s="$seconds" 'BEGIN { if (s !~ /^[0-9]+([.][0-9]+)?$/) exit 1; printf "%d", 1000 * s }') || {
		echo "tracks.sh: $list: $name begins at '$seconds': expected seconds, such as 12.5" >&2
		exit 2
	}
	ffmpeg -nostdin -loglevel error -i "$file" -ac 1 -ar 16000 -af "adelay=delays=$late:all=1" "$whole/$name.wav"
done <"$list"
${DIARIZER:-diarizer} run --tracks "$whole" --out "$result" "$@"
