#!/bin/sh
# Rules of the house that a compiler does not know. Finding nothing to look at is a failure, never
# a pass. Run from the top of the repository.
set -u
failed=$(mktemp)        # a file: what is behind a pipe runs in a shell of its own, and its variables end with it
trap 'rm -f "$failed"' EXIT

fail() {
    echo "guard: $1" >&2
    echo "$1" >>"$failed"
}

# expect_none WHAT, findings on standard input
expect_none() {
    found=$(cat)
    [ -z "$found" ] || fail "$1:
$found"
}

sources=$(git ls-files --cached --others --exclude-standard 'db/*.[ch]' 'mod_lync/*.[ch]' 'admin/*.[ch]')
[ "$(echo "$sources" | wc -l)" -gt 30 ] || fail "cannot find the sources"
module=$(echo "$sources" | grep '^mod_lync/')
others=$(echo "$sources" | grep -v '^mod_lync/')
outside_templates=$(echo "$sources" | grep -v '^admin/templates.c$')

# shellcheck disable=SC2046,SC2086  # lists of file names without blanks
{
    [ "$(grep -l '<sqlite3.h>' $sources)" = db/sql.c ] || fail "sqlite3.h is included elsewhere than in db/sql.c"
    grep -nE '\b(malloc|calloc|realloc|strdup|strndup|asprintf)\(' $sources | expect_none "memory comes from pools"
    grep -nE '#include [<"](httpd|http_|ap_|mod_proxy|mod_ssl|mpm_|scoreboard)' $others |
        expect_none "only mod_lync/ knows httpd"
    grep -nE '\b(printf|puts|stdout|stderr)\b' $(echo "$sources" | grep '^db/') |
        grep -vE 'apr_|format\(printf' | expect_none "db/ does not print"
    # a Referer may have the key of a meeting
    grep -nE '\bap_log_([rc]error|[rc]?data)' $module | grep -v '^mod_lync/log\.c:' |
        expect_none "lines about a request are lync_log()'s"
    grep -n 'APLOGNO(' $module | expect_none "APLOGNO belongs to httpd's own modules"
    grep -nEi '"[^"]*\b(cscp|ocspowershell|macp|ucwa|mcx|datacollabweb|lyncdiscover|ms-wsman|x-ms-webticket)\b' \
        $outside_templates | expect_none "Lync knowledge is data in templates/"
    grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $sources | expect_none "unfinished"
}

# message numbers: LYNC(7) in the sources is LYNC0007 in the log; one place each
numbers=$(grep -ohE 'LYNC[A-Z_]*\([0-9]+|LYNC[0-9]{4}' mod_lync/*.c | grep -oE '[0-9]+$' | sort)
[ "$(echo "$numbers" | wc -l)" -gt 5 ] || fail "cannot find the message numbers"
echo "$numbers" | uniq -d | expect_none "message numbers that are used twice"

# a function of a name that comes again in its file never runs
tests=$(git ls-files --cached --others --exclude-standard 'tests/*.py')
[ "$(echo "$tests" | wc -l)" -gt 50 ] || fail "cannot find the tests"
for file in $tests; do
    grep -oE '^(def|class) \w+' "$file" | sort | uniq -d | sed "s|^|$file: |"
done | expect_none "tests that another of their name hides"

# every directive and every command is in the README
directives=$(grep -ohE 'AP_INIT_[A-Z0-9]+\( *"[A-Za-z]+"' mod_lync/*.c | sed 's/.*"\(.*\)"/\1/')
[ -n "$directives" ] || fail "cannot find the directives"
for directive in $directives; do
    grep -q "\`$directive" README.md || fail "directive $directive is not in README.md"
done
commands=$("${LYNCADM:-build/lyncadm}" help 2>/dev/null | sed '/^options/,$d' | sed -n 's/^  *\([a-z][a-z-]*\) .*/\1/p' | sort -u)
[ "$(echo "$commands" | wc -l)" -gt 8 ] || fail "cannot find the commands"
for command in $commands; do
    grep -q "lyncadm $command" README.md || fail "command $command is not in README.md"
done

# mod_lync(5) has each directive, each name of a note or a handler, each file of the runtime directory and each module of
# httpd that lync.load depends on, and no other
page=$(sed 's/\\-/-/g; s/\\f[BIR]/ /g' templates/man/mod_lync.5)
both_ways() {           # WHAT, names in the sources, names in the page
    [ -n "$2" ] || fail "cannot find the $1"
    for names in "$2" "$3"; do echo "$names" | sort -u; done | sort | uniq -u |
        expect_none "$1 that only the sources have, or only mod_lync.5"
}
both_ways directives "$directives" "$(echo "$page" | grep -oE '\bLync[A-Z][A-Za-z]+')"
both_ways "notes and handlers" "$(grep -ohE '"lync-[a-z]+"' mod_lync/*.c | tr -d '"')" \
    "$(echo "$page" | grep -oE '\blync-[a-z]+')"
both_ways "runtime files" "$(grep -ohE '(_FILE|_relative\([^,]*,) "lync\.[a-z]+"' mod_lync/*.c db/*.h | cut -d'"' -f2)" \
    "$(echo "$page" | sed -n 's/^\.I \(lync\.[a-z]*\)$/\1/p')"
both_ways modules "$(sed -n 's/^# Depends: //p' templates/apache/lync.load | tr ' ' '\n')" \
    "$(echo "$page" | grep -oE '\bmod_[a-z_]+' | sed 's/^mod_//' | grep -vx lync)"

# every unit test is registered
for file in tests/unit/test_*.c; do
    grep -oE '^static void test_[a-z_0-9]+\(' "$file" | sed 's/static void \(.*\)(/\1/' | while read -r test; do
        grep -q "UNIT_TEST($test)" "$file" || echo "$file: $test"
    done
done | expect_none "unit tests that are not registered"

# the layout that the user fixed
git ls-files | cut -d/ -f1 | sort -u |
    grep -vxE 'mod_lync|admin|db|templates|tests|apxs\.mk|README\.md|LICENSE|CHANGES|\..*' |
    expect_none "outside the layout"
git ls-files | grep -E '\.(deb|so|o|a|pyc)$' | expect_none "built files"
git ls-files -z | xargs -0 grep -lE -- 'BEGIN [A-Z ]*PRIVATE KEY-----.' /dev/null | expect_none "private keys"

[ ! -s "$failed" ] || exit 1
echo "guards: all hold"
