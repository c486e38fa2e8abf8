#!/bin/sh
# Runs one repeat of a benchmark tool on a POSIX host. It is copied there and started in a session
# of its own, so that a lost connection takes nothing with it.
#
# usage: run.sh DIRECTORY LIMIT_SECONDS WORD...
#
# Leaves in DIRECTORY: stdout stderr (of the tool), before after (snapshots of the host), cpu (user
# and system time of the shell and its children: before the tool, after it, at the end), started
# finished (seconds since the epoch), session (its id), and, last of all and atomically, rc (exit
# status).
dir=$1
limit=$2
shift 2
cd "$dir" || exit 97
here=$(dirname "$0")
tool=

# The session that all processes of this repeat belong to.
echo $$ >session

# `timeout` makes itself and the tool a process group, which is what has to go.
end_tool() {
  [ -n "$tool" ] || exit 98
  kill -TERM "-$tool" 2>/dev/null || kill -TERM "$tool" 2>/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    kill -0 "-$tool" 2>/dev/null || exit 98
    sleep 0.2
  done
  kill -KILL "-$tool" 2>/dev/null
  exit 98
}
trap end_tool TERM INT

now() { date +%s.%N; }

# shellcheck source=/dev/null
. "$here/snapshot.sh" >before
times >cpu
now >started
timeout -k 10 "$limit" "$@" >stdout 2>stderr </dev/null &
tool=$!
wait "$tool"
rc=$?
now >finished
times >>cpu
# shellcheck source=/dev/null
. "$here/snapshot.sh" >after
times >>cpu
echo "$rc" >rc.part
mv rc.part rc
