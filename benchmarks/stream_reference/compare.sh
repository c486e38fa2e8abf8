#!/bin/sh
# Our STREAM kernel beside likwid-bench's on this machine: does it measure what others measure?
#
#   benchmarks/stream_reference/compare.sh [pairs]
#
# For copy and triad, plain and non-temporal stores, one thread and all cores: alternating runs with equal
# arrays, pinned threads and equal passes. Prints the median over the pairs of the ratio of mean bandwidths
# (ours / likwid-bench) with the smallest and largest, and the best that either reached. likwid-bench prints
# means only, so means are compared; our results are the best pass.
# Needs gcc and likwid (Debian: apt-get install gcc libc6-dev likwid).
set -eu
cd "$(dirname "$0")/../.."

pairs=${1:-9}
passes=20
for tool in gcc likwid-bench; do
  command -v "$tool" >/dev/null || { echo "$tool is missing: apt-get install gcc libc6-dev likwid" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
flags="-std=c11 -O3 -fopenmp -ffp-contract=off -fno-tree-loop-distribute-patterns"
# shellcheck disable=SC2086  # the flags are words
gcc $flags -DSTREAM_FLAGS="\"$flags\"" roles/benchmark_stream/files/stream.c -o "$work/stream" -lm

cache=$("$work/stream" --cache)
bytes=268435456
while [ "$bytes" -lt $((4 * cache)) ]; do bytes=$((2 * bytes)); done
cores=$(lscpu --parse=core,socket | grep -v '^#' | sort -u | wc -l)

ours() { # kernel stores threads -> GB/s
  OMP_PROC_BIND=close OMP_PLACES=cores "$work/stream" --bytes "$bytes" --passes $((passes + 1)) \
    --stores "$2" --threads "$3" | sed -n "s/.*\"$1\": .*\"avg_gb_s\": \([0-9.]*\).*/\1/p"
}

# Its unit is 1000 bytes. Ours asks for huge pages, so malloc is told to do the same for it.
theirs() { # likwid's kernel, arrays, threads -> GB/s
  GLIBC_TUNABLES=glibc.malloc.hugetlb=1 likwid-bench -t "$1" -i "$passes" -w "N:$(($2 * bytes / 1000))kB:$3" 2>/dev/null |
    awk '/^MByte\/s:/ {print $2 / 1000}'
}

echo "load before: $(cat /proc/loadavg); arrays of $bytes bytes, last-level cache $cache, $pairs pairs of $passes passes"
echo "kernel stores threads | ratio: median smallest largest | best GB/s: ours likwid-bench"
for threads in 1 "$cores"; do
  for case in "copy plain copy_sse 2" "copy nt copy_mem_sse 2" "triad plain stream_sse 3" "triad nt stream_mem_sse 3"; do
    # shellcheck disable=SC2086  # four words
    set -- $case
    : >"$work/pairs"
    pair=0
    while [ "$pair" -lt "$pairs" ]; do
      if [ $((pair % 2)) = 0 ]; then
        a=$(ours "$1" "$2" "$threads")
        b=$(theirs "$3" "$4" "$threads")
      else
        b=$(theirs "$3" "$4" "$threads")
        a=$(ours "$1" "$2" "$threads")
      fi
      echo "$a $b" | awk '{print $1 / $2, $1, $2}' >>"$work/pairs"
      pair=$((pair + 1))
    done
    sort -n "$work/pairs" | awk -v name="$1 $2 $threads" '
      {ratio[NR] = $1; if ($2 > a) a = $2; if ($3 > b) b = $3}
      END {
        median = NR % 2 ? ratio[(NR + 1) / 2] : (ratio[NR / 2] + ratio[NR / 2 + 1]) / 2
        printf "%s | %.3f %.3f %.3f | %.1f %.1f\n", name, median, ratio[1], ratio[NR], a, b
      }'
  done
  [ "$cores" -gt 1 ] || break
done
echo "load after: $(cat /proc/loadavg)"
