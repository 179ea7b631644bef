# What the scripts beside this file share. It is sourced, from the top folder of the repository.
# shellcheck shell=sh

# say TEXT…: one line about what happens now. Messages go to standard error, data to standard output.
say() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# die TEXT…: say why it cannot go on, and end.
die() {
    say "$@"
    exit 1
}

# quietly LOG COMMAND…: run the command with its output in LOG; when it fails, show the end of LOG, and end.
quietly() {
    log=$1
    shift
    if ! "$@" >>"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        die "failed: $* (all of its output: $log)"
    fi
}

# build DIR WHAT OPTION…: bring the Meson build directory DIR up to date, with these options for `meson setup`.
#
# A directory is configured when it is new, or when this script wants other options than it wanted the last time. One
# that somebody configured by hand is built as it stands.
build() {
    dir=$1 what=$2
    shift 2
    log=$dir/build.log
    mkdir -p "$dir"
    : >"$log"
    started=$(date +%s)
    if [ ! -f "$dir/build.ninja" ]; then
        say "configuring $dir: $what"
        quietly "$log" meson setup "$dir" "$@"
        echo "$*" >"$dir/options"
    elif [ -f "$dir/options" ] && [ "$(cat "$dir/options")" != "$*" ]; then
        say "configuring $dir again, as its options changed: $what"
        quietly "$log" meson setup --reconfigure "$dir" "$@"
        echo "$*" >"$dir/options"
    fi
    if [ "$(ninja -C "$dir" -n | tail -n 1)" = 'ninja: no work to do.' ]; then
        say "$dir is up to date"
    else
        say "building $dir: $what"
        quietly "$log" ninja -C "$dir"
        say "built $dir in $(($(date +%s) - started)) s"
    fi
}
