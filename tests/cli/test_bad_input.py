"""What people mistype: one clear sentence, the right exit status, the store as it was."""
import pytest


@pytest.mark.parametrize("line, sentence", [
    ("", "a command is missing: 'lyncadm --help' lists them"),
    ("lisener", "unknown command 'lisener': there is 'listener'"),
    ("frobnicate", "unknown command 'frobnicate': there is 'init', 'unpublish', "),
    ("listener", "a word is missing: after 'listener' comes 'add', 'set', 'show', 'list' or 'remove'"),
    ("listener ad", "unknown command 'listener ad': after 'listener' comes 'add'"),
    ("publish poll x", "unknown command 'publish poll': after 'publish' comes 'pool'"),
    ("publish", "a word is missing: after 'publish' comes 'pool', "),
    ("help lisener", "unknown command 'lisener': there is 'listener'"),
    ("listener add a --prot 3", "unknown option '--prot': there is '--port'"),
    ("listener add a --port", "option '--port' needs a value"),
    ("listener add a --dry-run=3", "option '--dry-run' takes no value"),
    ("listener add a -x", "unknown option '-x': there is "),
    ("listener list --jsn", "unknown option '--jsn': there is '--json'"),
    ("--sotre x status", "unknown option '--sotre': there is '--store'"),
    ("listener add a b --port 3", "unexpected argument 'b': usage is 'lyncadm listener add NAME --port N "),
    ("listener add a --name b --port 3", "unexpected argument 'a'"),
    ("listener add --port 3", "name is missing: usage is 'lyncadm listener add NAME --port N "),
    ("listener add a", "listener 'a' needs --port: port to listen on"),
    ("listener add a --port 0", "listener: port '0' is no number from 1 to 65535"),
    ("listener add a --port 65536", "listener: port '65536' is no number from 1 to 65535"),
    ("listener add a --port abc", "listener: port 'abc' is no number from 1 to 65535"),
    ("listener add a --port -1", "listener: port '-1' is no number"),
    ("listener add a --port 4e2", "listener: port '4e2' is no number"),
    ("listener add a --port 99999999999999999999", "listener: port '99999999999999999999' is no number"),
    ("listener add a --port 80 --scheme ftp", "listener: scheme 'ftp' is no choice of https or http"),
    ("listener add a --port 80 --address 10.0.0", "listener: address '10.0.0' is no IP address"),
    ("listener add a --port 80 --address 10.0.0.0/8", "is no IP address"),
    ("pool add pool_1", "pool: name 'pool_1' is no host name"),
    ("pool add *.contoso.local", "pool: name '*.contoso.local' is no host name"),
    ("pool add a.b --https-port 65536", "pool: https_port '65536' is no number from 1 to 65535"),
    ("pool add 10.0.0.1", "pool: name '10.0.0.1' is no host name but an address"),
    ("pool set a.b --https-port 1 --https-port 2", "option '--https-port' is given twice: '1' and '2'"),
    ("--store a status --store b", "option '--store' is given twice: 'a' and 'b'"),
    ("route add external a.contoso.com nopath", "route: path 'nopath' is no path: '/' first"),
    ("--store= status", "option '--store' needs a file name"),
])
def test_usage(day, line, sentence):
    assert sentence in day.fails(2, *line.split())


@pytest.mark.parametrize("value", ["a b", "a\nb", "a'b", 'a"b', "a;b", "a/b", "ä", "a\tb", "a*", "", "x" * 65, "a\x7f"])
def test_names(day, value):
    sentence = day.fails(2, "listener", "add", value, "--port", "3")
    assert sentence.startswith("listener: name '") and "is no name: letters, digits, '.', '_' and '-'" in sentence
    assert "is no name" in day.fails(2, "certificate", "add", value, "--chain", "external.pem")


@pytest.mark.parametrize("value", ["a b", "a\nb", "a'b", 'a"b', "*", "a.*.b", "a..b", ".a", "a.", "", "a.b-",
                                   "x" * 64, "10.0.0.1", "a:443"])
def test_hosts(day, value):
    for words in (["domain", "add", value], ["pool", "add", value],
                  ["route", "add", "external", value, "--action", "refuse"], ["unpublish", value],
                  ["publish", "pool", value, "--to", "a.b", "--ca", "root.pem"],
                  ["publish", "discover", value, "--via", "wac01.contoso.local"]):
        assert "is no host name" in day.fails(2, *words)


def test_newlines_do_not_forge_lines(day):
    sentence = day.fails(2, "listener", "add", "a\nlyncadm: all is well", "--port", "3")
    assert "\n" not in sentence
    assert "\n" not in day.fails(2, "list\nener", "add")
    assert "\n" not in day.fails(2, "listener", "add", "a", "--po\nrt", "3")


def test_control_characters_in_text(day):
    for text in "a\x1b[31mb", "a\u009b31mb":
        assert "is no single line of text" in day.fails(2, "profile", "set", "web", "--purpose", text)
        assert "is no single line of text" in day.fails(2, "profile", "set", "web", "--timeout", "9", "-m", text)


def test_very_long_words(day):
    day.fails(2, "x" * 100000)
    day.fails(2, "listener", "add", "y" * 100000, "--port", "3")
    day.fails(2, "listener", "add", "--" + "z" * 100000)
