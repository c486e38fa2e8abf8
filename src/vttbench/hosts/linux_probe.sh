#!/bin/sh
# Prints what explains a difference between two Linux machines, in marked sections (sections.py).
# POSIX shell, needs no root, changes nothing. What can't be read or isn't installed is left out.
# $work_dir, if set before, is the folder whose storage is of interest.
LC_ALL=C
export LC_ALL
section() { echo "==> $1 <=="; }
# run NAME WORD...: output of a program, where there is one; a driver that hangs costs ten seconds.
run() {
  title=$1
  shift
  command -v "$1" >/dev/null 2>&1 || return 0
  section "$title"
  if command -v timeout >/dev/null 2>&1; then timeout 10 "$@"; else "$@"; fi 2>/dev/null </dev/null
}

dmi=/sys/class/dmi/id
cpu=/sys/devices/system/cpu
# Given several files, head prints the mark of each.
head -n 64 \
  $dmi/sys_vendor $dmi/product_name $dmi/product_version $dmi/product_family $dmi/product_sku \
  $dmi/product_uuid $dmi/product_serial $dmi/board_vendor $dmi/board_name $dmi/board_serial \
  $dmi/bios_vendor $dmi/bios_version $dmi/bios_date $dmi/ec_firmware_release $dmi/chassis_type \
  $cpu/online $cpu/smt/active $cpu/cpufreq/boost $cpu/intel_pstate/no_turbo \
  $cpu/amd_pstate/status $cpu/cpu0/cpufreq/scaling_driver $cpu/cpu0/cpufreq/scaling_governor \
  $cpu/cpu0/cpufreq/energy_performance_preference $cpu/cpu0/cpufreq/cpuinfo_max_freq \
  /sys/firmware/acpi/platform_profile /sys/kernel/mm/transparent_hugepage/enabled \
  /sys/class/power_supply/*/type /sys/class/power_supply/*/online \
  /sys/class/power_supply/*/status /sys/class/power_supply/*/scope \
  /sys/class/powercap/*:?/name /sys/class/powercap/*:?/constraint_?_name \
  /sys/class/powercap/*:?/constraint_?_power_limit_uw \
  /sys/class/drm/card?/device/vendor /sys/class/drm/card?/device/device \
  /sys/class/drm/card?/device/uevent /sys/class/drm/card?/device/vbios_version \
  /sys/class/drm/card?/device/mem_info_vram_total /sys/class/drm/card?/device/mem_info_gtt_total \
  /sys/module/amdgpu/version /sys/module/amdgpu/parameters/gttsize \
  /sys/module/ttm/parameters/pages_limit /sys/module/nvidia/version /sys/module/xe/version \
  /proc/cmdline /proc/version /sys/hypervisor/type /opt/rocm/.info/version 2>/dev/null

section cpuinfo
grep -m 1 '^microcode' /proc/cpuinfo 2>/dev/null
grep -m 1 '^model name' /proc/cpuinfo 2>/dev/null
section "cpu flag hypervisor"
grep -m 1 -o -w hypervisor /proc/cpuinfo 2>/dev/null
section environment
env | grep -E '^(HSA|HIP|ROCR|ROCM|GGML|RADV|MESA|VK|AMD_VULKAN|CUDA|OMP|GOMP|KMP)_[A-Z_0-9]*='

run "virt vm" systemd-detect-virt --vm
run "virt container" systemd-detect-virt --container
run lscpu lscpu
run glibc getconf GNU_LIBC_VERSION
run powerprofilesctl powerprofilesctl get
run tuned-adm tuned-adm active
[ "$(id -u)" = 0 ] && run dmidecode dmidecode -t memory
run lspci lspci -nn
run "modinfo amdgpu" modinfo -F version amdgpu
run vulkaninfo vulkaninfo --summary
run nvidia-smi nvidia-smi \
  --query-gpu=name,driver_version,memory.total,power.limit,vbios_version --format=csv,noheader

# The folder may not exist yet: its nearest parent tells where it will lie.
folder=${work_dir:-$HOME}
while [ -n "$folder" ] && [ ! -d "$folder" ]; do folder=${folder%/*}; done
run df df -P -k "${folder:-/}"
run findmnt findmnt -n -r -o SOURCE,FSTYPE,OPTIONS -T "${folder:-/}"
run lsblk lsblk -n -P -o NAME,TYPE,PKNAME,MODEL,TRAN,ROTA,SIZE
section end
