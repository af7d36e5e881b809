#!/bin/busybox sh
# PID 1 of the test guest. Everything runs from RAM; only /data is on the disk.
# Prints its state on the serial console, then answers requests on the virtio-serial port "tlvm.ctl":
# one line in; answer lines with the prefix "= "; at last ". <exit status>".
# README.md lists the requests.
# shellcheck shell=dash

export PATH=/bin LD_LIBRARY_PATH=/lib TPM2TOOLS_TCTI=device:/dev/tpmrm0

EFIVARS=/sys/firmware/efi/efivars
GLOBAL_GUID=8be4df61-93ca-11d2-aa0d-00e098032b8c
TEST_GUID=5c1a7d52-4c1b-4a55-8a4e-7d0f5b1f6a01
PCRS=/sys/class/tpm/tpm0/pcr-sha256
SEALED=0x81010010 # persistent handle of the sealed secret
EK=0x81010001     # the RSA endorsement key, made when the TPM was manufactured
AK=0x81010020     # the attestation key, made by the first quote
EK_CERT=0x1c00002
COUNTER=0x1500011

# ---- boot --------------------------------------------------------------------------------------

say() { echo "GUEST: $*" >/dev/console; }

mount_kernel_file_systems() {
  /bin/busybox mkdir -p /proc /sys /dev /tmp /run /data
  /bin/busybox mount -t proc proc /proc
  /bin/busybox mount -t sysfs sys /sys
  /bin/busybox mount -t devtmpfs dev /dev 2>/dev/null
  /bin/busybox --install -s /bin
  mount -t tmpfs tmp /tmp
  mount -t tmpfs run /run
}

load() {
  for module in "$@"; do
    # /proc/modules spells every dash as an underscore.
    grep -q "^$(echo "$module" | tr - _) " /proc/modules && continue
    insmod "/modules/$module.ko" || { echo "insmod $module failed"; return 1; }
  done
}

load_drivers() {
  load virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk virtio_console \
    efivarfs failover net_failover virtio_net >/dev/console 2>&1
}

mount_disks() {
  mount -t efivarfs efivarfs $EFIVARS
  mount -t securityfs securityfs /sys/kernel/security
  [ -b /dev/vda2 ] && mount -t ext4 /dev/vda2 /data
}

# The device path of a virtio-serial port, by the name that the host gave it.
port() {
  for entry in /sys/class/virtio-ports/*; do
    [ "$(cat "$entry/name" 2>/dev/null)" = "$1" ] && echo "/dev/${entry##*/}" && return
  done
}

start_witness() {
  cat /proc/sys/kernel/random/uuid >/run/boot-id
  probe witness /run/ticks </dev/null >/dev/null 2>&1 &
}

# ---- helpers of the requests -------------------------------------------------------------------------

# An EFI variable file starts with four bytes of attributes.
efi_flag() {
  [ -f "$EFIVARS/$1-$GLOBAL_GUID" ] || { echo absent; return; }
  tail -c +5 "$EFIVARS/$1-$GLOBAL_GUID" | od -An -tu1 | tr -d ' \n'
}

secure_boot() { echo "SecureBoot=$(efi_flag SecureBoot) SetupMode=$(efi_flag SetupMode)"; }

base64_of() { base64 "$1" | tr -d '\n'; }

# Background work keeps no descriptor of the request, or its answer would never end.
in_background() { # NAME COMMAND...
  name=$1; shift
  rm -f "/run/$name.result"
  "$@" </dev/null >/dev/null 2>&1 3>&- &
  echo $! >"/run/$name.pid"
}

finish() { # NAME: ends the work and prints its summary
  [ -f "/run/$1.pid" ] || { echo "$1 is not running"; return 1; }
  kill -TERM "$(cat "/run/$1.pid")"
  rm "/run/$1.pid"
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    [ -f "/run/$1.result" ] && cat "/run/$1.result" && return
    sleep 0.25
  done
  echo "$1 gave no result"; return 1
}

# ---- requests: TPM ------------------------------------------------------------------------------------

cmd_pcrread() { # N
  value=$(cat "$PCRS/${1:-7}") && echo "$value" | tr A-F a-f
}

cmd_seal() { # SECRET
  [ -n "$1" ] || return 2
  cd /tmp || return
  tpm2_evictcontrol -C o -c $SEALED >/dev/null 2>&1
  tpm2_createprimary -Q -C o -g sha256 -G ecc -c primary.ctx &&
    tpm2_createpolicy -Q --policy-pcr -l sha256:7 -L policy &&
    printf %s "$1" | tpm2_create -Q -C primary.ctx -L policy -i - -u sealed.pub -r sealed.priv -a 'fixedtpm|fixedparent' &&
    tpm2_load -Q -C primary.ctx -u sealed.pub -r sealed.priv -c sealed.ctx &&
    tpm2_evictcontrol -Q -C o -c sealed.ctx $SEALED && echo ok
}

cmd_unseal() {
  secret=$(tpm2_unseal -c $SEALED -p pcr:sha256:7) && echo "$secret"
}

# Asking for an index that does not exist makes some versions of the tools crash, so look at the list.
nv_exists() { tpm2_getcap handles-nv-index | grep -qix -- "- $1"; }

cmd_counterread() {
  nv_exists $COUNTER || { echo "no counter yet"; return 1; }
  tpm2_nvread -C o -s 8 -o /tmp/counter $COUNTER || return
  echo $((0x$(od -An -tx1 /tmp/counter | tr -d ' \n')))
}

cmd_counter() {
  nv_exists $COUNTER || tpm2_nvdefine -Q -C o -a 'nt=counter|ownerread|ownerwrite' $COUNTER || return
  tpm2_nvincrement -Q -C o $COUNTER && cmd_counterread
}

cmd_ek() {
  nv_exists $EK_CERT || { echo "no EK certificate"; return 1; }
  tpm2_nvread -Q -C o -o /tmp/ek.der $EK_CERT 2>/dev/null || return
  tpm2_readpublic -Q -c $EK -f der -o /tmp/ek.pub 2>/dev/null || return
  echo "sha256=$(sha256sum </tmp/ek.der | cut -d' ' -f1)"
  echo "cert=$(base64_of /tmp/ek.der)"
  echo "public=$(base64_of /tmp/ek.pub)"
}

attestation_key() { # persistent, so that it is the same after reboots and moves
  tpm2_readpublic -Q -c $AK -f pem -o ak.pem 2>/dev/null && return
  tpm2_createak -Q -C $EK -c ak.ctx -G ecc -g sha256 -s ecdsa -u ak.pem -f pem -n ak.name &&
    tpm2_evictcontrol -Q -C o -c ak.ctx $AK
}

cmd_quote() { # NONCE_HEX
  [ -n "$1" ] || return 2
  cd /tmp || return
  attestation_key || return
  tpm2_quote -Q -c $AK -l sha256:0,2,4,7 -q "$1" -m quote.msg -f plain -s quote.sig -o quote.pcrs -g sha256 &&
    tpm2_checkquote -Q -u ak.pem -m quote.msg -s quote.sig -f quote.pcrs -g sha256 -q "$1" || return
  echo verified
  echo "ak=$(grep -v -- ----- ak.pem | tr -d '\n')"
  echo "msg=$(base64_of quote.msg)"
  echo "sig=$(base64_of quote.sig)"
  echo "pcrs=$(base64_of quote.pcrs)"
}

# ---- requests: RAM, time, disk, firmware -----------------------------------------------------------------

cmd_witness() { echo "boot=$(cat /run/boot-id) ticks=$(sed 's/^0*//' /run/ticks)"; }

cmd_pause_start() {
  [ -f /run/ticks.pid ] && { echo "already running"; return 1; }
  tick_port=$(port tlvm.tick)
  date +%s >/run/pause.clock
  cat /sys/class/rtc/rtc0/since_epoch >/run/pause.rtc
  in_background ticks probe ticks "${tick_port:--}" /run/ticks.result
  in_background tpmclock probe tpmclock /run/tpmclock.result
  echo "port=${tick_port:-none}"
}

cmd_pause_stop() {
  [ -f /run/ticks.pid ] || { echo "not running"; return 1; }
  finish ticks; ticks_status=$?
  finish tpmclock
  clock=$(($(date +%s) - $(cat /run/pause.clock)))
  rtc=$(($(cat /sys/class/rtc/rtc0/since_epoch) - $(cat /run/pause.rtc)))
  echo "rtc_pause_s=$((rtc - clock))"
  return $ticks_status
}

cmd_dirty() { # MIB [MIB_PER_SECOND]
  [ -f /run/dirty.pid ] && { echo "already running"; return 1; }
  in_background dirty probe dirty "${1:-32}" "${2:-40}" /run/dirty.result
  echo ok
}

cmd_write() { # TEXT
  printf '%s\n' "$*" >/data/mark && sync && echo ok
}

cmd_fill() { # MIB
  dd if=/dev/urandom of=/data/blob bs=64k count=$((${1:-4} * 16)) conv=fsync 2>/dev/null && cmd_datahash
}

cmd_datahash() { # read from the disk, not from the page cache
  sync
  echo 3 >/proc/sys/vm/drop_caches
  sha256sum </data/blob | cut -d' ' -f1
}

cmd_efivarset() { # VALUE
  file=$EFIVARS/TlvmTest-$TEST_GUID
  # The kernel marks variables it does not know as immutable.
  [ ! -f "$file" ] || probe mutable "$file" || return
  { printf '\007\000\000\000'; printf %s "$1"; } >/run/efivar
  # One write() is one SetVariable, so the attributes and the value must arrive together.
  dd if=/run/efivar of="$file" bs=4096 2>/dev/null && echo ok
}

cmd_efivarget() {
  [ -f "$EFIVARS/TlvmTest-$TEST_GUID" ] || { echo absent; return 1; }
  tail -c +5 "$EFIVARS/TlvmTest-$TEST_GUID"; echo
}

cmd_dmesg_errors() {
  dmesg | grep -c -E 'Bad page state|BUG|general protection|Oops|list_(add|del) corruption'
  return 0
}

cmd_vbs() {
  load irqbypass kvm kvm-amd && probe vbs
}

cmd_mac() {
  cat /sys/class/net/eth0/address 2>/dev/null || { echo "no network device"; return 1; }
}

leave() { # poweroff|reboot
  sync
  umount /data 2>/dev/null
  "$1" -f
}

# ---- the request loop ---------------------------------------------------------------------------------------

answer() {
  set +f
  request=$1; shift
  case $request in
    ping) echo "pong${1:+ $1}" ;;
    sb) secure_boot ;;
    lockdown) cat /sys/kernel/security/lockdown ;;
    pcrread) cmd_pcrread "$@" ;;
    seal) cmd_seal "$@" ;;
    unseal) cmd_unseal ;;
    counter) cmd_counter ;;
    counterread) cmd_counterread ;;
    clock) tpm2_readclock ;;
    ek) cmd_ek ;;
    quote) cmd_quote "$@" ;;
    witness) cmd_witness ;;
    pause-start) cmd_pause_start ;;
    pause-stop) cmd_pause_stop ;;
    dirty) cmd_dirty "$@" ;;
    undirty) finish dirty ;;
    write) cmd_write "$@" ;;
    readmark) cat /data/mark ;;
    fill) cmd_fill "$@" ;;
    datahash) cmd_datahash ;;
    efivarset) cmd_efivarset "$@" ;;
    efivarget) cmd_efivarget ;;
    dmesg) dmesg | tail -n "${1:-40}" ;;
    dmesg-errors) cmd_dmesg_errors ;;
    vbs) cmd_vbs ;;
    mac) cmd_mac ;;
    poweroff | reboot) leave "$request" ;;
    *) echo "unknown request"; return 127 ;;
  esac
}

serve() {
  while :; do
    # End of file means only that no host program is connected at the moment.
    if ! read -r line <&3; then sleep 0.2; continue; fi
    [ -n "$line" ] || continue
    set -f
    # shellcheck disable=SC2086 # a request is words
    text=$(answer $line 2>&1)
    status=$?
    set +f
    [ -z "$text" ] || printf '%s\n' "$text" | sed 's/^/= /' >&3
    echo ". $status" >&3
  done
}

main() {
  mount_kernel_file_systems
  load_drivers
  mount_disks
  start_witness
  say "$(secure_boot)"
  control=$(port tlvm.ctl)
  say "READY port=${control:-console} uptime=$(cut -d' ' -f1 /proc/uptime)"
  exec 3<>"${control:-/dev/console}"
  serve
}

main
