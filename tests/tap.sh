# The words of a shell test: sourced, used as `claim NAME COMMAND…`, ended by `done_claiming`.
# A claim's output is shown where it does not hold.
claims=0
failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

claim() {
    name=$1
    shift
    claims=$((claims + 1))
    if "$@" >"$scratch/output" 2>&1; then
        echo "ok $claims - $name"
    else
        failures=$((failures + 1))
        echo "not ok $claims - $name"
        sed 's/^/# /' "$scratch/output"
    fi
}

# Holds if [COMMAND…] fails with status STATUS and says TEXT.
refuses() { # STATUS TEXT COMMAND…
    wanted=$1 text=$2 status=0
    shift 2
    said=$("$@" 2>&1) || status=$?
    echo "status $status, said: $said"
    [ "$status" -eq "$wanted" ] && case $said in *"$text"*) true ;; *) false ;; esac
}

done_claiming() {
    echo "1..$claims"
    [ "$failures" -eq 0 ]
}
