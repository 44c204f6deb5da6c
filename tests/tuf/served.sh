# A project with one release, app.wasm, served on loopback: sourced after tap.sh, where $wisp is the
# command. Gives $url and $target, the name of the target, and `publish VERSION`.
cd "$scratch" || exit 1
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$scratch"' EXIT

publish() { # VERSION
    printf '\0asm\1\0\0\0\0\3\1x%s' "$1" >app.wasm # an empty module with a section of its own
    "$wisp" publish app.wasm --version "$1" --project project >/dev/null
}

serve() {
    "$wisp" serve project --port 0 >url 2>server.log &
    server=$!
    tries=0
    while [ ! -s url ] && [ $tries -lt 200 ]; do
        tries=$((tries + 1))
        sleep 0.05
    done
    url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' url | head -n 1)
    url=${url%/}
}

"$wisp" init project --name app.wasm >/dev/null && publish 1 && serve || exit 1
target=app.wasm
[ ! -d project/repo/targets/stable ] || target=stable/app.wasm # where there are channels
