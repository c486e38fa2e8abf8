#!/bin/sh
# Prints what decides whether a Linux host is fit to be measured, in marked sections (sections.py).
# POSIX shell, needs no root, changes nothing. $work_dir is set before: benchmarks will work there.
LC_ALL=C
export LC_ALL
section() { echo "==> $1 <=="; }
cpu0=/sys/devices/system/cpu/cpu0/cpufreq

# Given several files, head prints the mark of each.
head -n 8 $cpu0/scaling_driver $cpu0/scaling_governor $cpu0/energy_performance_preference \
  /sys/firmware/acpi/platform_profile /sys/class/dmi/id/chassis_type \
  /sys/class/power_supply/*/type /sys/class/power_supply/*/online \
  /sys/class/power_supply/*/status /sys/class/power_supply/*/scope \
  /proc/loadavg /proc/meminfo /sys/devices/system/cpu/online 2>/dev/null
if command -v powerprofilesctl >/dev/null 2>&1; then
  section powerprofilesctl
  powerprofilesctl get 2>/dev/null </dev/null
fi

# The folder may not exist yet: its nearest parent tells where it will lie.
folder=${work_dir:-$HOME}
while [ -n "$folder" ] && [ ! -d "$folder" ]; do folder=${folder%/*}; done
section df
df -P -k "${folder:-/}" 2>/dev/null
section filesystem
stat -f -c %T "${folder:-/}" 2>/dev/null

# Who has a graphics device open; without root that shows only this user's processes.
if [ -e /dev/kfd ] || [ -d /dev/dri ]; then
  section "gpu users"
  find /proc/[0-9]*/fd \( -lname '/dev/kfd' -o -lname '/dev/dri/renderD*' \) 2>/dev/null |
    cut -d / -f 3 | sort -un |
    while read -r pid; do echo "$pid $(cat "/proc/$pid/comm" 2>/dev/null)"; done
fi
if command -v nvidia-smi >/dev/null 2>&1; then
  section "nvidia apps"
  nvidia-smi --query-compute-apps=pid,process_name --format=csv,noheader 2>/dev/null </dev/null
fi
section "probe end"
