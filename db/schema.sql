-- The store of mod_lync, schema version 2. lyncadm is the only writer; the module and auditors read.
--
-- Every configuration table has the column "revision": 0 is the draft, 1 and up are immutable
-- copies of it, state.active says which of them httpd serves. The columns are the nouns' fields
-- (lync.h says what each means); times are ISO 8601 in UTC. Keys and passwords are never in here.

PRAGMA application_id = 0x4c796e63;     -- "Lync"
PRAGMA user_version = 2;

-- The audit: who did what, when, from where and why. One row a transaction of lyncadm that wrote
-- anything; sealed when it is committed. Only lyncadm opens one, so that nothing else writes.
CREATE TABLE change (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,      -- without gaps; sqlite_sequence has the last
    time        TEXT NOT NULL,
    login       TEXT NOT NULL,          -- who logged in
    sudo        TEXT,                   -- who called sudo, if it was called
    origin      TEXT,                   -- host and terminal that the login came from
    command     TEXT NOT NULL,          -- command line, secrets struck out
    reason      TEXT,                   -- -m
    entries     INTEGER,                -- number of rows in audit
    sealed      INTEGER NOT NULL CHECK (sealed IN (0, 1)),
    hash        TEXT,                   -- chained: see audit.hash
    CHECK (NOT sealed OR (entries IS NOT NULL AND hash IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX change_open ON change (sealed) WHERE sealed = 0;
CREATE VIEW open_change AS SELECT id FROM change WHERE sealed = 0;

-- What a change did, row by row. A hash is SHA-256 (hex) of the hash before it and the JSON array of
-- (change, seq, noun, key, before, after); a change's own, over the array of (id, time, login, sudo,
-- origin, command, reason, entries), follows those of its rows, and the next change goes on from it.
CREATE TABLE audit (
    change      INTEGER NOT NULL REFERENCES change (id),
    seq         INTEGER NOT NULL,       -- 1, 2, … within the change
    noun        TEXT NOT NULL,          -- table: of the draft, or revision, or state
    key         TEXT NOT NULL,          -- values of the row's key, separated by blanks
    before      TEXT,                   -- the row as a JSON object; NULL: there was none
    after       TEXT,                   -- NULL: it was removed
    hash        TEXT NOT NULL,
    PRIMARY KEY (change, seq)
) STRICT;
CREATE INDEX audit_key ON audit (noun, key, change, seq);

CREATE TRIGGER change_insert BEFORE INSERT ON change WHEN EXISTS (SELECT 1 FROM change WHERE id = new.id)
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER change_update BEFORE UPDATE ON change WHEN old.sealed OR new.id <> old.id
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER change_delete BEFORE DELETE ON change
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_insert BEFORE INSERT ON audit WHEN new.change IS NOT (SELECT id FROM open_change)
BEGIN SELECT RAISE(ABORT, 'no change is open: edit with lyncadm'); END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

-- What is not part of a revision.
--   active     number of the revision to serve, 0 for none
--   control    command that reaches httpd, before -t and -k
--   confirm    "N B T": revision N is served on trial; unless it is confirmed by T (seconds since 1970,
--              UTC), B comes back
--   restored   what the present store was restored from, and what it took the place of
CREATE TABLE state (
    name        TEXT PRIMARY KEY CHECK (name IN ('active', 'control', 'confirm', 'restored')),
    value       TEXT NOT NULL
) STRICT;
INSERT INTO state VALUES ('active', '0');

-- What an operator said of a server while httpd runs: it beats server.state, whatever revision is
-- served, until it is lifted. Servers that no revision has are skipped.
CREATE TABLE server_state (
    host        TEXT NOT NULL,
    pool        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('drain', 'disabled')),
    PRIMARY KEY (host, pool)
) STRICT;

CREATE TABLE revision (
    number      INTEGER PRIMARY KEY,    -- 0: the draft
    created     TEXT NOT NULL,
    author      TEXT NOT NULL,          -- login name of who applied it
    reason      TEXT,                   -- apply -m
    sealed      INTEGER NOT NULL CHECK (sealed IN (0, 1)),      -- 1: its rows are immutable
    change      INTEGER REFERENCES change (id),         -- the one that made it
    chain       TEXT                    -- hash of the change before that: changes that are missing show
) STRICT;
INSERT INTO revision VALUES (0, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), '', NULL, 0, NULL, NULL);

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
    label       TEXT,                   -- first label of a name of its own, asked for by https, then by http
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
    managed     TEXT,                   -- names that mod_md gets and renews it for, space separated; facts are not kept then
    source      TEXT,                   -- file names that it was imported from, separated by ':'
    subject     TEXT,                   -- from here on: read from the leaf
    issuer      TEXT,
    names       TEXT,                   -- space separated
    key_type    TEXT,                   -- 'RSA 2048', 'EC P-256'
    signature   TEXT,                   -- the digest that its issuer signed: 'sha256'
    usages      TEXT,                   -- extended key usages, space separated; NULL: good for all
    responder   TEXT,                   -- URL of the OCSP responder
    missing     TEXT,                   -- issuer that neither the chain nor this system has; NULL: the chain is whole
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
    beside      TEXT,                   -- certificate with the other kind of key, for clients that can use it
    PRIMARY KEY (revision, listener, host),
    FOREIGN KEY (revision, listener) REFERENCES listener (revision, name),
    FOREIGN KEY (revision, certificate) REFERENCES certificate (revision, name),
    FOREIGN KEY (revision, beside) REFERENCES certificate (revision, name)
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

-- Nothing is written outside of a change, and only the draft.
CREATE TRIGGER state_insert BEFORE INSERT ON state WHEN NOT EXISTS (SELECT 1 FROM open_change)
BEGIN SELECT RAISE(ABORT, 'no change is open: edit with lyncadm'); END;
CREATE TRIGGER state_update BEFORE UPDATE ON state WHEN NOT EXISTS (SELECT 1 FROM open_change)
BEGIN SELECT RAISE(ABORT, 'no change is open: edit with lyncadm'); END;
CREATE TRIGGER state_delete BEFORE DELETE ON state WHEN NOT EXISTS (SELECT 1 FROM open_change)
BEGIN SELECT RAISE(ABORT, 'no change is open: edit with lyncadm'); END;
CREATE TRIGGER server_state_insert BEFORE INSERT ON server_state WHEN NOT EXISTS (SELECT 1 FROM open_change)
BEGIN SELECT RAISE(ABORT, 'no change is open: edit with lyncadm'); END;
CREATE TRIGGER server_state_update BEFORE UPDATE ON server_state WHEN NOT EXISTS (SELECT 1 FROM open_change)
BEGIN SELECT RAISE(ABORT, 'no change is open: edit with lyncadm'); END;
CREATE TRIGGER server_state_delete BEFORE DELETE ON server_state WHEN NOT EXISTS (SELECT 1 FROM open_change)
BEGIN SELECT RAISE(ABORT, 'no change is open: edit with lyncadm'); END;
CREATE TRIGGER revision_insert BEFORE INSERT ON revision BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.number)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER revision_update BEFORE UPDATE ON revision BEGIN SELECT CASE
    WHEN old.number = 0 OR (old.sealed AND old.change IS NOT NULL)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER revision_delete BEFORE DELETE ON revision
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;

CREATE VIEW active_profile AS SELECT * FROM profile
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER profile_insert BEFORE INSERT ON profile BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER profile_update BEFORE UPDATE ON profile BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER profile_delete BEFORE DELETE ON profile BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

CREATE VIEW active_tls_policy AS SELECT * FROM tls_policy
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER tls_policy_insert BEFORE INSERT ON tls_policy BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER tls_policy_update BEFORE UPDATE ON tls_policy BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER tls_policy_delete BEFORE DELETE ON tls_policy BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

CREATE VIEW active_service AS SELECT * FROM service
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER service_insert BEFORE INSERT ON service BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER service_update BEFORE UPDATE ON service BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER service_delete BEFORE DELETE ON service BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

CREATE VIEW active_listener AS SELECT * FROM listener
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER listener_insert BEFORE INSERT ON listener BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER listener_update BEFORE UPDATE ON listener BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER listener_delete BEFORE DELETE ON listener BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

CREATE VIEW active_certificate AS SELECT * FROM certificate
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER certificate_insert BEFORE INSERT ON certificate BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER certificate_update BEFORE UPDATE ON certificate BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER certificate_delete BEFORE DELETE ON certificate BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

CREATE VIEW active_binding AS SELECT * FROM binding
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER binding_insert BEFORE INSERT ON binding BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER binding_update BEFORE UPDATE ON binding BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER binding_delete BEFORE DELETE ON binding BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

CREATE VIEW active_pool AS SELECT * FROM pool
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER pool_insert BEFORE INSERT ON pool BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER pool_update BEFORE UPDATE ON pool BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER pool_delete BEFORE DELETE ON pool BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

CREATE VIEW active_server AS SELECT * FROM server
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER server_insert BEFORE INSERT ON server BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER server_update BEFORE UPDATE ON server BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER server_delete BEFORE DELETE ON server BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

CREATE VIEW active_domain AS SELECT * FROM domain
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER domain_insert BEFORE INSERT ON domain BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER domain_update BEFORE UPDATE ON domain BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER domain_delete BEFORE DELETE ON domain BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

CREATE VIEW active_route AS SELECT * FROM route
    WHERE revision = (SELECT CAST(value AS INTEGER) FROM state WHERE name = 'active' AND value <> '0');
CREATE TRIGGER route_insert BEFORE INSERT ON route BEGIN SELECT CASE
    WHEN (SELECT sealed FROM revision WHERE number = new.revision AND number > 0)
        THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER route_update BEFORE UPDATE ON route BEGIN SELECT CASE
    WHEN old.revision <> 0 OR new.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;
CREATE TRIGGER route_delete BEFORE DELETE ON route BEGIN SELECT CASE
    WHEN old.revision <> 0 THEN RAISE(ABORT, 'revisions are immutable: edit the draft')
    WHEN NOT EXISTS (SELECT 1 FROM open_change) THEN RAISE(ABORT, 'no change is open: edit with lyncadm') END; END;

-- For auditors: README.md beside this file has questions that they answer.
CREATE VIEW audit_log AS SELECT change.id AS change, time, login, sudo, origin, command, reason, seq, noun, key,
        before, after
    FROM audit JOIN change ON change.id = audit.change;
-- until is NULL: it still is active
CREATE VIEW activation AS SELECT revision, since, until FROM
    (SELECT CAST(json_extract(after, '$.value') AS INTEGER) AS revision, time AS since,
            lead(time) OVER (ORDER BY change, seq) AS until
     FROM audit_log WHERE noun = 'state' AND key = 'active')
    WHERE revision > 0;
CREATE VIEW host_certificate AS SELECT route.revision, route.host, route.listener, certificate.name AS certificate,
        subject, not_before, not_after, fingerprint
    FROM (SELECT DISTINCT revision, listener, host FROM route) AS route
    JOIN binding ON binding.revision = route.revision AND binding.listener = route.listener
        AND binding.host IN (route.host, '*') AND (binding.host = route.host OR NOT EXISTS
            (SELECT 1 FROM binding AS exact WHERE exact.revision = route.revision
             AND exact.listener = route.listener AND exact.host = route.host))
    JOIN certificate ON certificate.revision = route.revision AND certificate.name = binding.certificate;
