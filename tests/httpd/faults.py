"""What can go bad: stores, and files of a certificate. Each is done for real, to a file."""

import os
import shutil
import sqlite3
import subprocess
import sys

from deploy import MEET


def raw(store, *statements):
    """Edits a store against all its rules."""
    database = sqlite3.connect(store)
    database.execute("PRAGMA ignore_check_constraints = ON")
    database.execute("PRAGMA foreign_keys = OFF")
    for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute("DROP TRIGGER %s" % name)
    for statement in statements:
        assert database.execute(statement).rowcount, statement
    database.commit()
    database.close()


ACTIVE = "(SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active')"


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def missing(path):
    os.remove(path)


def empty(path):
    write(path, b"")


def garbage(path):
    write(path, os.urandom(65536))


def truncated(path):
    os.truncate(path, os.path.getsize(path) // 2)


def corrupt_page(path):
    """The page on which the rows of table route begin."""
    database = sqlite3.connect(path)
    (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'route'").fetchone()
    (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    with open(path, "r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def newer_schema(path):
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()


def no_store_of_ours(path):
    os.remove(path)
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE route (host)")
    database.commit()
    database.close()


def a_directory(path):
    os.remove(path)
    os.mkdir(path)


def breaks_the_rule_book(path):
    raw(path, "DELETE FROM server WHERE revision = %s" % ACTIVE)


def ciphers_that_select_nothing(path):
    """httpd -t does not notice such a SSLCipherSuite; mod_ssl then ends httpd."""
    raw(path, "UPDATE tls_policy SET ciphers = 'NOSUCHCIPHER' WHERE revision = %s" % ACTIVE)


def no_protocol_left(path):
    raw(path, "UPDATE tls_policy SET protocols = 'all -TLSv1 -TLSv1.1 -TLSv1.2 -TLSv1.3' WHERE revision = %s" % ACTIVE)


def name_too_long(path):
    """Of a server: mod_proxy has no room for it, and httpd would end."""
    raw(path, "UPDATE server SET host = '%s.local' WHERE rowid = (SELECT max(rowid) FROM server WHERE revision = %s)"
        % (".".join(letter * 60 for letter in "abcd"), ACTIVE))


def names_no_revision(path):
    raw(path, "UPDATE state SET value = '77' WHERE name = 'active'")


STORE_FAULTS = [missing, empty, garbage, truncated, corrupt_page, newer_schema, no_store_of_ours, a_directory,
                breaks_the_rule_book, name_too_long, ciphers_that_select_nothing, no_protocol_left, names_no_revision]

KILLED = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("PRAGMA cache_size = 1")
database.execute("BEGIN IMMEDIATE")
for number in range(2000):
    database.execute("CREATE TABLE junk%d (x)" % number)
os.kill(os.getpid(), 9)
"""


def hot_journal(path):
    """A writer was killed in the middle of a transaction of which a part is in the file already."""
    subprocess.run([sys.executable, "-c", KILLED, path])
    assert os.path.getsize(path + "-journal")


def deleted(leaf, pki):
    os.remove(leaf.chain)


def key_deleted(leaf, pki):
    os.remove(leaf.key)


def does_not_match(leaf, pki):
    shutil.copy(pki.public.leaf("other.example", file="other").chain, leaf.chain)


def not_pem(leaf, pki):
    with open(leaf.chain, "w") as file:
        file.write("this is no certificate\n")


def cut_off(leaf, pki):
    os.truncate(leaf.chain, os.path.getsize(leaf.chain) // 2)


def expires(leaf, pki):
    expired = pki.public.expired(MEET, file="expired")
    shutil.copy(expired.chain, leaf.chain)
    shutil.copy(expired.key, leaf.key)


def too_weak(leaf, pki):
    """PEM, and a matching pair, but nothing that OpenSSL serves: mod_ssl would end httpd."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:512", "-nodes", "-subj", "/CN=weak", "-days", "30",
                    "-keyout", leaf.key, "-out", leaf.chain], check=True, stderr=subprocess.DEVNULL)


CERTIFICATE_FAULTS = [deleted, key_deleted, does_not_match, not_pem, cut_off, too_weak]
