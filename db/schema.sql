-- The store of mod_lync, schema version 1. lyncadm is the only writer; the module and auditors read.
--
-- Every configuration table has the column "revision": 0 is the draft, 1 and up are immutable
-- copies of it, state.active says which of them httpd serves. The columns are the nouns' fields
-- (lync.h says what each means); times are ISO 8601 in UTC. Keys and passwords are never in here.

PRAGMA application_id = 0x4c796e63;     -- "Lync"
PRAGMA user_version = 1;

-- What is not part of a revision.
CREATE TABLE state (
    name        TEXT PRIMARY KEY CHECK (name IN ('active', 'control')),
    value       TEXT NOT NULL           -- active: number of the revision to serve, 0 for none
) STRICT;                               -- control: command that reaches httpd, before -t and -k
INSERT INTO state VALUES ('active', '0');

CREATE TABLE revision (
    number      INTEGER PRIMARY KEY,    -- 0: the draft
    created     TEXT NOT NULL,
    author      TEXT NOT NULL,          -- login name of who applied it
    reason      TEXT,                   -- apply -m
    sealed      INTEGER NOT NULL CHECK (sealed IN (0, 1))       -- 1: its rows are immutable
) STRICT;
INSERT INTO revision VALUES (0, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), '', NULL, 0);
CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision WHEN old.number = 0 OR old.sealed
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER revision_no_delete BEFORE DELETE ON revision
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE TABLE profile (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    timeout     INTEGER NOT NULL CHECK (timeout BETWEEN 1 AND 86400),   -- seconds
    purpose     TEXT,
    PRIMARY KEY (revision, name)
) STRICT;

CREATE TABLE tls_policy (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    protocols   TEXT NOT NULL,          -- SSLProtocol
    ciphers     TEXT NOT NULL,          -- SSLCipherSuite, TLS 1.2 and below
    purpose     TEXT,
    PRIMARY KEY (revision, name)
) STRICT;

CREATE TABLE service (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    path        TEXT NOT NULL CHECK (path LIKE '/%'),
    releases    TEXT NOT NULL,          -- words of 2013 2015 2019
    authentication TEXT NOT NULL CHECK (authentication IN
        ('anonymous', 'windows', 'ticket', 'bearer', 'forms')),
    profile     TEXT NOT NULL,
    action      TEXT NOT NULL CHECK (action IN ('publish', 'refuse')),
    purpose     TEXT,
    PRIMARY KEY (revision, name),
    FOREIGN KEY (revision, profile) REFERENCES profile (revision, name)
) STRICT;

CREATE TABLE listener (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    address     TEXT NOT NULL,          -- '*' or an IP address
    port        INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
    scheme      TEXT NOT NULL CHECK (scheme IN ('https', 'http')),
    tls_policy  TEXT,                   -- https only
    otherwise   TEXT NOT NULL CHECK (otherwise IN ('redirect', 'refuse')),
    http2       TEXT NOT NULL DEFAULT 'off' CHECK (http2 IN ('off', 'on')),
    PRIMARY KEY (revision, name),
    UNIQUE (revision, address, port),
    FOREIGN KEY (revision, tls_policy) REFERENCES tls_policy (revision, name)
) STRICT;

CREATE TABLE certificate (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    chain       TEXT NOT NULL,          -- file name
    key         TEXT NOT NULL,          -- file name; the key itself never enters the store
    subject     TEXT,                   -- from here on: read from the leaf
    names       TEXT,                   -- space separated
    not_before  TEXT,
    not_after   TEXT,
    fingerprint TEXT,                   -- SHA-256, hex
    PRIMARY KEY (revision, name)
) STRICT;

CREATE TABLE binding (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    listener    TEXT NOT NULL,
    host        TEXT NOT NULL,          -- SNI name, or '*': the listener's default
    certificate TEXT NOT NULL,
    PRIMARY KEY (revision, listener, host),
    FOREIGN KEY (revision, listener) REFERENCES listener (revision, name),
    FOREIGN KEY (revision, certificate) REFERENCES certificate (revision, name)
) STRICT;

CREATE TABLE pool (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('frontend', 'standard', 'director', 'officewebapps')),
    https_port  INTEGER NOT NULL CHECK (https_port BETWEEN 1 AND 65535),
    http_port   INTEGER NOT NULL CHECK (http_port BETWEEN 1 AND 65535),
    ca          TEXT,                   -- file name of the trust anchors
    verify_name TEXT,                   -- NULL: each server's own name
    tls_policy  TEXT NOT NULL,
    affinity    TEXT NOT NULL CHECK (affinity IN ('none', 'cookie')),
    cookie      TEXT NOT NULL,          -- name of affinity's cookie
    health_path TEXT NOT NULL CHECK (health_path LIKE '/%'),
    health_interval INTEGER NOT NULL CHECK (health_interval BETWEEN 1 AND 3600),    -- seconds
    connect_timeout INTEGER NOT NULL CHECK (connect_timeout BETWEEN 1 AND 300),     -- seconds
    PRIMARY KEY (revision, name),
    FOREIGN KEY (revision, tls_policy) REFERENCES tls_policy (revision, name)
) STRICT;

CREATE TABLE server (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    host        TEXT NOT NULL,
    pool        TEXT NOT NULL,
    weight      INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 100),
    state       TEXT NOT NULL CHECK (state IN ('active', 'drain', 'disabled', 'standby')),
    PRIMARY KEY (revision, host, pool),
    FOREIGN KEY (revision, pool) REFERENCES pool (revision, name)
) STRICT;

CREATE TABLE domain (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    meet        TEXT,                   -- simple URLs
    dialin      TEXT,
    admin       TEXT,                   -- known so that it can be refused
    PRIMARY KEY (revision, name)
) STRICT;

CREATE TABLE route (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    listener    TEXT NOT NULL,
    host        TEXT NOT NULL,
    path        TEXT NOT NULL CHECK (path LIKE '/%'),
    action      TEXT NOT NULL CHECK (action IN ('publish', 'refuse', 'redirect')),
    pool        TEXT,                   -- publish
    scheme      TEXT CHECK (scheme IN ('https', 'http')),       -- publish: to the pool
    profile     TEXT,                   -- publish
    location    TEXT,                   -- redirect
    methods     TEXT,                   -- words; NULL: all but CONNECT and TRACE
    refuse_headers TEXT,                -- words
    pin         TEXT NOT NULL DEFAULT 'auth' CHECK (pin IN ('auth', 'always', 'off')),
    service     TEXT,
    PRIMARY KEY (revision, listener, host, path),
    FOREIGN KEY (revision, listener) REFERENCES listener (revision, name),
    FOREIGN KEY (revision, pool) REFERENCES pool (revision, name),
    FOREIGN KEY (revision, profile) REFERENCES profile (revision, name),
    FOREIGN KEY (revision, service) REFERENCES service (revision, name)
) STRICT;
CREATE INDEX route_pool ON route (revision, pool);

CREATE VIEW active_profile AS SELECT * FROM profile
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER profile_no_update BEFORE UPDATE ON profile WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER profile_no_delete BEFORE DELETE ON profile WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER profile_no_insert BEFORE INSERT ON profile
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_tls_policy AS SELECT * FROM tls_policy
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER tls_policy_no_update BEFORE UPDATE ON tls_policy WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER tls_policy_no_delete BEFORE DELETE ON tls_policy WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER tls_policy_no_insert BEFORE INSERT ON tls_policy
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_service AS SELECT * FROM service
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER service_no_update BEFORE UPDATE ON service WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER service_no_delete BEFORE DELETE ON service WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER service_no_insert BEFORE INSERT ON service
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_listener AS SELECT * FROM listener
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER listener_no_update BEFORE UPDATE ON listener WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER listener_no_delete BEFORE DELETE ON listener WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER listener_no_insert BEFORE INSERT ON listener
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_certificate AS SELECT * FROM certificate
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER certificate_no_update BEFORE UPDATE ON certificate WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER certificate_no_delete BEFORE DELETE ON certificate WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER certificate_no_insert BEFORE INSERT ON certificate
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_binding AS SELECT * FROM binding
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER binding_no_update BEFORE UPDATE ON binding WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER binding_no_delete BEFORE DELETE ON binding WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER binding_no_insert BEFORE INSERT ON binding
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_pool AS SELECT * FROM pool
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER pool_no_update BEFORE UPDATE ON pool WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER pool_no_delete BEFORE DELETE ON pool WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER pool_no_insert BEFORE INSERT ON pool
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_server AS SELECT * FROM server
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER server_no_update BEFORE UPDATE ON server WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER server_no_delete BEFORE DELETE ON server WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER server_no_insert BEFORE INSERT ON server
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_domain AS SELECT * FROM domain
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER domain_no_update BEFORE UPDATE ON domain WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER domain_no_delete BEFORE DELETE ON domain WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER domain_no_insert BEFORE INSERT ON domain
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_route AS SELECT * FROM route
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER route_no_update BEFORE UPDATE ON route WHEN old.revision <> 0 OR new.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER route_no_delete BEFORE DELETE ON route WHEN old.revision <> 0
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER route_no_insert BEFORE INSERT ON route
    WHEN (SELECT sealed FROM revision WHERE number = new.revision)
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
