#!/bin/sh
# The whole story of Wisp on this machine: real programs, real files, real HTTP on loopback.
#
#     examples/demo.sh BUILD_DIR
#
# Every step says what it proves and checks it; the first that does not hold ends the demo with a
# non-zero exit and the log that shows why. `./dev demo` builds everything and runs this.
set -eu

build=$(cd "$1" && pwd)
examples=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
modules=$build/examples/scheduler
log=$work/program.log
program= server= port=
cd "$work"

# ---------------------------------------------------------------------- how it is told

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m')
else bold= plain=; fi

now_ms() { echo $(($(date +%s%N) / 1000000)); }

demo_began=$(now_ms) step_began=$demo_began

step() {
    step_began=$(now_ms)
    printf '\n%s%s%s\n' "$bold" "$*" "$plain"
}

say() { printf '   %s\n' "$*"; }

# The lines that a program printed, as they were.
show() { sed 's/^/   | /'; }

# The command as a person would type it.
typed() { printf '   $ %s\n' "$*"; }

wisp() { "$build/cli/wisp" "$@"; }

proved() { printf '   => %s (%s ms)\n' "$*" $(($(now_ms) - step_began)); }

fail() {
    printf '\nThe demo failed: %s\n' "$*" >&2
    [ ! -s "$log" ] || { echo "The program's last lines:" >&2; tail -n 15 "$log" >&2; }
    exit 1
}

stop() { # PID
    [ -n "$1" ] || return 0
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

end() {
    rc=$?
    stop "$program"
    stop "$server"
    if [ -n "${KEEP:-}" ]; then echo "Kept: $work"; else rm -rf "$work"; fi
    exit $rc
}
trap end EXIT
trap 'exit 130' INT TERM PIPE HUP

# Waits until a line of the program's log since the last `mark` matches PATTERN; prints that line.
mark() { marked=$(wc -l <"$log"); }

expect() { # PATTERN
    tries=0
    until tail -n +$((marked + 1)) "$log" | grep -E -m 1 "$1" >line; do
        tries=$((tries + 1))
        [ $tries -lt 300 ] || fail "no line '$1' within 15 s"
        kill -0 "$program" 2>/dev/null || fail "the program ended while '$1' was expected"
        sleep 0.05
    done
    show <line
}

# The throughput printed last, in tenths of a MiB/s.
throughput() { grep 'MiB/s' "$log" | tail -n 1 | sed 's/.* \([0-9]*\)\.\([0-9]\) MiB.*/\1\2/; s/^0*\(.\)/\1/'; }

tenths() { echo "$(($1 / 10)).$(($1 % 10))"; }

start_program() {
    : >"$log"
    marked=0
    "$modules/scheduler" scheduler.conf >>"$log" 2>&1 &
    program=$!
}

start_server() { # the port stays the same over restarts
    rm -f serve.log # lest the last server's lines are taken for the new one's
    "$build/cli/wisp" serve project --port "${port:-0}" --events fleet.sqlite >serve.log 2>&1 &
    server=$!
    tries=0
    until grep -qs "http://" serve.log; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { cat serve.log >&2; fail "wisp serve did not start"; }
        sleep 0.05
    done
    port=$(sed -n 's/.*http:\/\/[^:]*:\([0-9]*\).*/\1/p' serve.log | head -n 1)
}

# Shows what devices reported, once a line of it matches PATTERN.
fleet_says() { # PATTERN
    tries=0
    until wisp status --fleet fleet.sqlite >fleet && grep -Eq "$1" fleet; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { show <fleet; fail "no device reported '$1'"; }
        sleep 0.1
    done
    show <fleet
}

stop_server() { stop "$server"; server=; }

publish() { # FILE VERSION
    typed wisp publish "$1" --version "$2" --project project
    wisp publish "$modules/$1" --version "$2" --project project >published
    head -n 3 published | grep . | show
}

same_process() { kill -0 "$1" 2>/dev/null || fail "the program did not live through it"; }

# ---------------------------------------------------------------------- the story

echo "${bold}Wisp: a running native program replaces its own logic, over the air, without a restart.$plain"
say "The program downloads files from a swarm of peers. Which chunk to ask which peer for is"
say "decided by a WebAssembly module: that is the part that will be replaced."

step "1. The publisher makes a project: keys, a repository folder, a config"
typed wisp init project --name scheduler.wasm
wisp init project --name scheduler.wasm | head -n 5 | show
loose=$(find project/keys -name '*.key' ! -perm 600)
[ -z "$loose" ] || fail "private keys that others can read: $loose"
[ -z "$(find project/repo -name '*.key')" ] || fail "a private key is in the repository folder"
proved "four roles with keys of their own; private keys are 0600 and outside the repository"

step "2. The program runs, with the module that is embedded in it and no network at all"
typed scheduler scheduler.conf
cat >scheduler.conf <<CONF
state  = device
root   = project/repo/1.root.json
target = scheduler.wasm
check_ms = 200
CONF
start_program
expect '^event +started v1'
expect 'v1 embedded .*MiB/s'
sleep 0.6
slow=$(throughput)
proved "it works before anything was ever published"
stop "$program"

step "3. The same module is released; a web server shows it; the program's config points there"
publish scheduler-v1.wasm 1
start_server
printf 'url = http://127.0.0.1:%s\nevents = http://127.0.0.1:%s/events\n' "$port" "$port" >>scheduler.conf
typed wisp serve project --events fleet.sqlite
show <serve.log
start_program
expect '^update +up-to-date'
proved "the program verified the repository and found nothing newer than what it has"

step "4. Publish version 2: the running program fetches, verifies and swaps it in"
mark
before=$program
publish scheduler-v2.wasm 2
expect '^event +swapped v2 from v1'
expect '^event +committed v2'
expect 'v2 last good .*MiB/s'
sleep 0.6
mark
expect 'v2 last good .*MiB/s'
fast=$(throughput)
same_process "$before"
[ "$fast" -gt $((slow * 2)) ] || fail "the throughput did not rise: $slow, then $fast tenths of MiB/s"
proved "same process, same state, throughput from $(tenths "$slow") to $(tenths "$fast") MiB/s"

step "5. Publish two bad versions: one that divides by zero, one that never returns"
mark
publish scheduler-v3-divides.wasm 3
expect '^event +swapped v3 from v2'
expect '^event +reverted v3 to v2.*divide by zero'
expect 'v2 last good .*MiB/s'
mark
publish scheduler-v4-hangs.wasm 4
expect '^event +swapped v4 from v2'
expect '^event +reverted v4 to v2.*fuel'
expect '^update +deferred: .*failed on this device before'
[ "$(grep -c '^event *swapped v4' "$log")" = 1 ] || fail "version 4 was tried twice"
same_process "$before"
proved "back to version 2 in the tick that failed; the bad content is banned and not tried again"

say "The publisher gets to know what happened on all devices, of which there is one:"
typed wisp status --fleet fleet.sqlite
fleet_says "4 .* rolled-back, .*fuel"
proved "the device reported both failures with their reasons"

step "6. An attacker on the server or on the wire"
cp -R project/repo old-repo
stop_server
publish scheduler-v5.wasm 5
cp -R project/repo new-repo
blob=$(ls project/repo/targets/stable/*.scheduler.wasm -t | head -n 1)

say "The deltas are gone, and one byte of the new module is changed:"
mark
rm -f project/repo/targets/stable/*.delta
printf 'X' | dd of="$blob" bs=1 seek=100 conv=notrunc 2>/dev/null
start_server
expect '^update +failed: .*(sha256|hash)'
stop_server

say "The download ends too early:"
mark
truncate -s 700 "$blob"
start_server
expect '^update +unavailable: .*700'
stop_server

say "A metadata file is changed:"
mark
sed -i 's/"version": *[0-9]*/"version":99/' project/repo/timestamp.json
start_server
expect '^update +failed: .*timestamp'
stop_server

say "Yesterday's metadata is played again:"
mark
rm -rf project/repo && cp -R old-repo project/repo
start_server
expect '^update +failed: .*(older|replay)'
stop_server
expect 'v2 last good .*MiB/s'
same_process "$before"

say "The server is itself again:"
mark
rm -rf project/repo && cp -R new-repo project/repo
start_server
expect '^event +committed v5'
proved "each was refused with its reason; the program ran on, and updated once it could"

step "7. The publisher goes back to version 2, exchanges a key, and goes on by way of beta"
mark
typed wisp rollback --to 2 --project project
wisp rollback --to 2 --project project | head -n 1 | show
expect '^event +committed v2'
typed wisp key rotate targets --project project
wisp key rotate targets --project project | head -n 3 | tail -n 1 | show
typed wisp publish scheduler-v5.wasm --channel beta --project project
wisp publish "$modules/scheduler-v5.wasm" --channel beta --project project | head -n 1 | show
typed wisp promote beta stable --project project
mark
wisp promote beta stable --project project | head -n 1 | show
expect '^event +committed v5'
typed wisp doctor --project project
wisp doctor --project project --root project/repo/1.root.json --url "http://127.0.0.1:$port" >doctor ||
    { cat doctor >&2; fail "the doctor found trouble"; }
tail -n 3 doctor | show
same_process "$before"
proved "old content by a new version; the new key is trusted; what beta tried, all others get"

step "8. Kill -9, the server down, and a restart; then the cache is damaged"
stop_server
kill -9 "$program"
wait "$program" 2>/dev/null || true
start_program
expect '^event +started v5'
expect 'v5 last good .*MiB/s'
proved "the cached version 7 was verified again from disk and runs without any network"
kill -9 "$program"
wait "$program" 2>/dev/null || true
for cached in device/blobs/*; do printf 'X' | dd of="$cached" bs=1 seek=100 conv=notrunc 2>/dev/null; done
start_program
expect '^event +started v1'
expect 'v1 embedded .*MiB/s'
proved "the damaged cache was not run"
stop "$program"
mv device damaged
start_program
expect '^event +started v1'
stop "$program"
rm -r device
mv damaged device
proved "nor does it need a cache: the embedded module is always there"

step "9. A new device has no network: a file brings the release"
typed wisp bundle update.tar --project project
wisp bundle update.tar --project project | head -n 1 | show
mv device first
echo 'bundle = update.tar' >>scheduler.conf
start_program
expect '^event +committed v5'
stop "$program"
program=
rm -r device
mv first device
proved "it went through the same checks as what comes from a server"

step "10. What does this device run, and why?"
typed wisp status device
wisp status device >status
show <status
for word in 'Last good +the module embedded' 'Lost +version 7' 'version 3, .*divide by zero' 'version 4, .*fuel'; do
    grep -Eq "$word" status || fail "the status does not say '$word'"
done
proved "the answer for the engineer on call"

step "11. Several modules in one host, which talk to each other, are changed by hand"
"$examples/sensorhub/play" "$build" >played || { cat played >&2; fail "the sensor hub"; }
grep -v '^   | Name' played
proved "one was swapped, one tried in the shadow; a bad one was taken back, and no sample was lost"

step "12. A function of a server is fixed while it serves: no restart, no change in its source"
if [ -x "$build/examples/shop/shop" ]; then
    "$examples/shop/play" "$build" >played || { cat played >&2; fail "the shop"; }
    cat played
    proved "tried, signed, applied, proved and taken back, all threads running"
else
    say "not on this machine: patches need Linux on x86-64 or aarch64"
fi

printf '\n%sEvery step held. The whole story took %s.%s s.%s\n' "$bold" \
    $((($(now_ms) - demo_began) / 1000)) $(((($(now_ms) - demo_began) % 1000) / 100)) "$plain"
