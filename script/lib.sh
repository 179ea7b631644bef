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

# Of what tests of the pages run on; what builds them needs no Node.
# shellcheck disable=SC2034 # script/setup names it
NODE_MIN=22.12

# node_is_new: whether the Node in PATH is at least that.
node_is_new() {
    version=$(node --version 2>/dev/null) || return 1
    version=${version#v}
    minor=${version#*.}
    [ "${version%%.*}" -gt "${NODE_MIN%.*}" ] ||
        { [ "${version%%.*}" -eq "${NODE_MIN%.*}" ] && [ "${minor%%.*}" -ge "${NODE_MIN#*.}" ]; }
}

# node_path: PATH, with the Node that script/setup brought from npm in front of one that is too old; and with its npm,
# as Debian's runs on Debian's Node only.
node_path() {
    brought=$PWD/web/node/node_modules/.bin
    if ! node_is_new && [ -x "$brought/node" ]; then
        echo "$brought:$PATH"
    else
        echo "$PATH"
    fi
}

# build DIR WHAT OPTION…: bring the Meson build directory DIR up to date, with these options for `meson setup`.
#
# A directory is configured when it is new, or when this script wants other options than it wanted the last time. One
# that somebody configured by hand is built as it stands.
build() {
    dir=$1 what=$2
    shift 2
    build_part "$dir" "$what" : "$@"
}

# build_part DIR WHAT COMMAND OPTION…: as build, but no more of it than the targets that `COMMAND DIR` prints.
build_part() {
    dir=$1 what=$2 targets_of=$3
    shift 3
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
    quietly "$log" ninja -C "$dir" build.ninja # what there is to build may have changed
    targets=$($targets_of "$dir") || die "no targets of $dir"
    # shellcheck disable=SC2086 # one word a target
    if [ "$(ninja -C "$dir" -n $targets | tail -n 1)" = 'ninja: no work to do.' ]; then
        say "$dir is up to date"
    else
        say "building $dir: $what"
        # shellcheck disable=SC2086
        quietly "$log" ninja -C "$dir" $targets
        say "built $dir in $(($(date +%s) - started)) s"
    fi
}
