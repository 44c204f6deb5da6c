#!/bin/sh
# usage: tail_calls.sh OBJDUMP LIBRARY
#
# Looks at the machine code of the tail-call interpreter: no handler may call through a
# pointer (which is how the next handler would be called, and not jumped to) or call another
# handler. What goes on for a handler outside of linear memory calls one function of the program's,
# and nothing else through a pointer. Speaks TAP.
set -u

code=$("$1" -d -r --no-show-raw-insn "$2") || exit 99
handlers=$(printf '%s\n' "$code" | grep -c '<op_[A-Z0-9_]*>:$')
calls=$(printf '%s\n' "$code" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = $2; next }
    function is_indirect() {
        return $2 ~ /^callq?$/ && $3 ~ /^\*/ || $2 == "blr" || $2 == "blx" && $3 ~ /^[a-z]/
    }
    function is_to_handler() {
        return $2 ~ /^(callq?|bl[rx]?|jalr?)$/ && /<(op|beyond|trap)_/ &&
            $0 !~ "<" substr(name, 2, length(name) - 3) "\\+0x"
    }
    name ~ /^<op_/ && is_indirect() || name ~ /^<(op|beyond)_/ && is_to_handler() ||
        name ~ /^<beyond_/ && is_indirect() && calls[name]++ {
        print name, $0
    }')

echo 1..2
if [ "$handlers" -gt 200 ]; then
    echo "ok 1 - the library has handlers"
else
    echo "not ok 1 - the library has handlers ($handlers found)"
fi
if [ -z "$calls" ]; then
    echo "ok 2 - every handler ends in a jump"
else
    echo "not ok 2 - every handler ends in a jump"
    printf '%s\n' "$calls" | sed 's/^/# /'
fi
