-- Schema version 1 to 2: the audit. lyncadm then writes down what version 1 held (db/migrate.c).
DROP TRIGGER revision_no_update;
DROP TRIGGER revision_no_delete;
DROP TRIGGER profile_no_update;
DROP TRIGGER profile_no_delete;
DROP TRIGGER profile_no_insert;
DROP TRIGGER tls_policy_no_update;
DROP TRIGGER tls_policy_no_delete;
DROP TRIGGER tls_policy_no_insert;
DROP TRIGGER service_no_update;
DROP TRIGGER service_no_delete;
DROP TRIGGER service_no_insert;
DROP TRIGGER listener_no_update;
DROP TRIGGER listener_no_delete;
DROP TRIGGER listener_no_insert;
DROP TRIGGER certificate_no_update;
DROP TRIGGER certificate_no_delete;
DROP TRIGGER certificate_no_insert;
DROP TRIGGER binding_no_update;
DROP TRIGGER binding_no_delete;
DROP TRIGGER binding_no_insert;
DROP TRIGGER pool_no_update;
DROP TRIGGER pool_no_delete;
DROP TRIGGER pool_no_insert;
DROP TRIGGER server_no_update;
DROP TRIGGER server_no_delete;
DROP TRIGGER server_no_insert;
DROP TRIGGER domain_no_update;
DROP TRIGGER domain_no_delete;
DROP TRIGGER domain_no_insert;
DROP TRIGGER route_no_update;
DROP TRIGGER route_no_delete;
DROP TRIGGER route_no_insert;

CREATE TABLE change (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    time        TEXT NOT NULL,
    login       TEXT NOT NULL,
    sudo        TEXT,
    origin      TEXT,
    command     TEXT NOT NULL,
    reason      TEXT,
    entries     INTEGER,
    sealed      INTEGER NOT NULL CHECK (sealed IN (0, 1)),
    hash        TEXT,
    CHECK (NOT sealed OR (entries IS NOT NULL AND hash IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX change_open ON change (sealed) WHERE sealed = 0;
CREATE VIEW open_change AS SELECT id FROM change WHERE sealed = 0;

CREATE TABLE audit (
    change      INTEGER NOT NULL REFERENCES change (id),
    seq         INTEGER NOT NULL,
    noun        TEXT NOT NULL,
    key         TEXT NOT NULL,
    before      TEXT,
    after       TEXT,
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

ALTER TABLE revision ADD COLUMN change INTEGER REFERENCES change (id);
ALTER TABLE revision ADD COLUMN chain TEXT;

ALTER TABLE service ADD COLUMN label TEXT;
CREATE TABLE certificate_1 AS SELECT * FROM certificate;
CREATE TABLE binding_1 AS SELECT * FROM binding;
DROP TABLE binding;
DROP TABLE certificate;
CREATE TABLE certificate (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    chain       TEXT NOT NULL,
    key         TEXT NOT NULL,
    managed     TEXT,
    source      TEXT,
    subject     TEXT,
    issuer      TEXT,
    names       TEXT,
    key_type    TEXT,
    signature   TEXT,
    usages      TEXT,
    responder   TEXT,
    missing     TEXT,
    not_before  TEXT,
    not_after   TEXT,
    fingerprint TEXT,
    PRIMARY KEY (revision, name)
) STRICT;
INSERT INTO certificate (revision, name, chain, key, subject, names, not_before, not_after, fingerprint)
    SELECT revision, name, chain, key, subject, names, not_before, not_after, fingerprint FROM certificate_1;
CREATE TABLE binding (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    listener    TEXT NOT NULL,
    host        TEXT NOT NULL,
    certificate TEXT NOT NULL,
    beside      TEXT,
    PRIMARY KEY (revision, listener, host),
    FOREIGN KEY (revision, listener) REFERENCES listener (revision, name),
    FOREIGN KEY (revision, certificate) REFERENCES certificate (revision, name),
    FOREIGN KEY (revision, beside) REFERENCES certificate (revision, name)
) STRICT;
INSERT INTO binding (revision, listener, host, certificate)
    SELECT revision, listener, host, certificate FROM binding_1;
DROP TABLE binding_1;
DROP TABLE certificate_1;

CREATE TABLE state_1 AS SELECT * FROM state;
DROP TABLE state;
CREATE TABLE state (
    name        TEXT PRIMARY KEY CHECK (name IN ('active', 'control', 'confirm', 'restored')),
    value       TEXT NOT NULL
) STRICT;
INSERT INTO state SELECT * FROM state_1;
DROP TABLE state_1;
CREATE TABLE server_state (
    host        TEXT NOT NULL,
    pool        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('drain', 'disabled')),
    PRIMARY KEY (host, pool)
) STRICT;

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

CREATE VIEW audit_log AS SELECT change.id AS change, time, login, sudo, origin, command, reason, seq, noun, key,
        before, after
    FROM audit JOIN change ON change.id = audit.change;
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

PRAGMA user_version = 2;
