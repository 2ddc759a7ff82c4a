-- A store of lyncadm 0.1.0 (schema version 1): published, applied twice, then edited once more.
PRAGMA application_id = 0x4c796e63;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE binding (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    listener    TEXT NOT NULL,
    host        TEXT NOT NULL,          -- SNI name, or '*': the listener's default
    certificate TEXT NOT NULL,
    PRIMARY KEY (revision, listener, host),
    FOREIGN KEY (revision, listener) REFERENCES listener (revision, name),
    FOREIGN KEY (revision, certificate) REFERENCES certificate (revision, name)
) STRICT;
INSERT INTO "binding" VALUES(0,'external','*','external');
INSERT INTO "binding" VALUES(1,'external','*','external');
INSERT INTO "binding" VALUES(2,'external','*','external');
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
INSERT INTO "certificate" VALUES(0,'external','/etc/lync/external.pem','/etc/lync/external.pem','CN=webext.contoso.com','webext.contoso.com webdirext.contoso.com meet.contoso.com dialin.contoso.com lyncdiscover.contoso.com officewebapps01.contoso.com','2026-11-22T20:56:58Z','2027-12-28T20:56:58Z','91b2d81f9e7c248f6fbd01c15b2a62bbb1a41a9428b7c9cd561a98c23676b634');
INSERT INTO "certificate" VALUES(1,'external','/etc/lync/external.pem','/etc/lync/external.pem','CN=webext.contoso.com','webext.contoso.com webdirext.contoso.com meet.contoso.com dialin.contoso.com lyncdiscover.contoso.com officewebapps01.contoso.com','2026-11-22T20:56:58Z','2027-12-28T20:56:58Z','91b2d81f9e7c248f6fbd01c15b2a62bbb1a41a9428b7c9cd561a98c23676b634');
INSERT INTO "certificate" VALUES(2,'external','/etc/lync/external.pem','/etc/lync/external.pem','CN=webext.contoso.com','webext.contoso.com webdirext.contoso.com meet.contoso.com dialin.contoso.com lyncdiscover.contoso.com officewebapps01.contoso.com','2026-11-22T20:56:58Z','2027-12-28T20:56:58Z','91b2d81f9e7c248f6fbd01c15b2a62bbb1a41a9428b7c9cd561a98c23676b634');
CREATE TABLE domain (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    meet        TEXT,                   -- simple URLs
    dialin      TEXT,
    admin       TEXT,                   -- known so that it can be refused
    PRIMARY KEY (revision, name)
) STRICT;
INSERT INTO "domain" VALUES(0,'contoso.com','https://meet.contoso.com','https://dialin.contoso.com',NULL);
INSERT INTO "domain" VALUES(1,'contoso.com','https://meet.contoso.com','https://dialin.contoso.com',NULL);
INSERT INTO "domain" VALUES(2,'contoso.com','https://meet.contoso.com','https://dialin.contoso.com',NULL);
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
INSERT INTO "listener" VALUES(0,'external','*',443,'https','intermediate','redirect','off');
INSERT INTO "listener" VALUES(0,'discovery','*',80,'http',NULL,'redirect','off');
INSERT INTO "listener" VALUES(1,'discovery','*',80,'http',NULL,'redirect','off');
INSERT INTO "listener" VALUES(1,'external','*',443,'https','intermediate','redirect','off');
INSERT INTO "listener" VALUES(2,'discovery','*',80,'http',NULL,'redirect','off');
INSERT INTO "listener" VALUES(2,'external','*',443,'https','intermediate','redirect','off');
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
INSERT INTO "pool" VALUES(0,'lyncpool01.contoso.local','frontend',4443,8080,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/autodiscover/autodiscoverservice.svc/root',10,5);
INSERT INTO "pool" VALUES(0,'lyncdir01.contoso.local','director',4443,8080,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/autodiscover/autodiscoverservice.svc/root',10,5);
INSERT INTO "pool" VALUES(0,'wac01.contoso.local','officewebapps',443,80,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/hosting/discovery',10,5);
INSERT INTO "pool" VALUES(1,'lyncdir01.contoso.local','director',4443,8080,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/autodiscover/autodiscoverservice.svc/root',10,5);
INSERT INTO "pool" VALUES(1,'lyncpool01.contoso.local','frontend',4443,8080,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/autodiscover/autodiscoverservice.svc/root',10,5);
INSERT INTO "pool" VALUES(1,'wac01.contoso.local','officewebapps',443,80,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/hosting/discovery',10,5);
INSERT INTO "pool" VALUES(2,'lyncdir01.contoso.local','director',4443,8080,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/autodiscover/autodiscoverservice.svc/root',10,5);
INSERT INTO "pool" VALUES(2,'lyncpool01.contoso.local','frontend',4443,8080,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/autodiscover/autodiscoverservice.svc/root',10,5);
INSERT INTO "pool" VALUES(2,'wac01.contoso.local','officewebapps',443,80,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/hosting/discovery',10,5);
CREATE TABLE profile (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    timeout     INTEGER NOT NULL CHECK (timeout BETWEEN 1 AND 86400),   -- seconds
    purpose     TEXT,
    PRIMARY KEY (revision, name)
) STRICT;
INSERT INTO "profile" VALUES(0,'web',400,'pages and web services');
INSERT INTO "profile" VALUES(0,'content',600,'large files up and down: address book, meeting content, firmware');
INSERT INTO "profile" VALUES(0,'poll',1800,'requests that the pool keeps pending until something happens');
INSERT INTO "profile" VALUES(1,'content',600,'large files up and down: address book, meeting content, firmware');
INSERT INTO "profile" VALUES(1,'poll',1800,'requests that the pool keeps pending until something happens');
INSERT INTO "profile" VALUES(1,'web',300,'pages and web services');
INSERT INTO "profile" VALUES(2,'content',600,'large files up and down: address book, meeting content, firmware');
INSERT INTO "profile" VALUES(2,'poll',1800,'requests that the pool keeps pending until something happens');
INSERT INTO "profile" VALUES(2,'web',300,'pages and web services');
CREATE TABLE revision (
    number      INTEGER PRIMARY KEY,    -- 0: the draft
    created     TEXT NOT NULL,
    author      TEXT NOT NULL,          -- login name of who applied it
    reason      TEXT,                   -- apply -m
    sealed      INTEGER NOT NULL CHECK (sealed IN (0, 1))       -- 1: its rows are immutable
) STRICT;
INSERT INTO "revision" VALUES(0,'2026-11-23T20:56:58Z','',NULL,0);
INSERT INTO "revision" VALUES(1,'2026-11-23T20:56:58Z','root','first publication',1);
INSERT INTO "revision" VALUES(2,'2026-11-23T20:56:58Z','root','second front end',1);
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
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,'GET POST',NULL,'auth',NULL);
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/Abs','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','abs');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/CollabContent','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','collabcontent');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/DataCollabWeb','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','datacollabweb');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/Mcx','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','mcx');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/Reach','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','reach');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/RequestHandlerExt','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','requesthandlerext');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/Ucwa','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','ucwa');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/Abs','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','abs');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/CollabContent','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','collabcontent');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/DataCollabWeb','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','datacollabweb');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/Mcx','publish','lyncdir01.contoso.local','https','poll',NULL,NULL,NULL,'auth','mcx');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/Reach','publish','lyncdir01.contoso.local','https','poll',NULL,NULL,NULL,'auth','reach');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/RequestHandlerExt','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','requesthandlerext');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/Ucwa','publish','lyncdir01.contoso.local','https','poll',NULL,NULL,NULL,'auth','ucwa');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(0,'external','webdirext.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/','publish','lyncdir01.contoso.local','http','web',NULL,'GET HEAD','Authorization X-MS-WebTicket','auth',NULL);
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/Abs','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','abs');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/CollabContent','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','collabcontent');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/DataCollabWeb','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','datacollabweb');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/Mcx','publish','lyncdir01.contoso.local','https','poll',NULL,NULL,NULL,'auth','mcx');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/Reach','publish','lyncdir01.contoso.local','https','poll',NULL,NULL,NULL,'auth','reach');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/RequestHandlerExt','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','requesthandlerext');
INSERT INTO "route" VALUES(1,'external','webdirext.contoso.com','/Ucwa','publish','lyncdir01.contoso.local','https','poll',NULL,NULL,NULL,'auth','ucwa');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/','publish','lyncdir01.contoso.local','http','web',NULL,'GET HEAD','Authorization X-MS-WebTicket','auth',NULL);
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Abs','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','abs');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/CollabContent','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','collabcontent');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/DataCollabWeb','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','datacollabweb');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Mcx','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','mcx');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Reach','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','reach');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/RequestHandlerExt','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','requesthandlerext');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Ucwa','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','ucwa');
INSERT INTO "route" VALUES(1,'external','officewebapps01.contoso.com','/','publish','wac01.contoso.local','https','content',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/Admin','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','admin');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/Cscp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','cscp');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/HybridConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','hybridconfig');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/LocationInformation','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','locationinformation');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/Macp','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','macp');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/ABS/Ext/Handler','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-abs');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/AutoUpdate/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-autoupdate');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/Conf/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-conf');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/DeviceUpdateFiles_Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-deviceupdate');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/GroupExpansion/Ext/service.asmx','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-groupexpansion');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/PhoneConferencing/Ext','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-phoneconferencing');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/etc/place/null','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocs-place');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/OcsPowershell','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspowershell');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/OcsPsws','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','ocspsws');
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/RgsConfig','refuse',NULL,NULL,NULL,NULL,NULL,NULL,'auth','rgsconfig');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/Abs','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','abs');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/CollabContent','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','collabcontent');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/DataCollabWeb','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','datacollabweb');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/Mcx','publish','lyncdir01.contoso.local','https','poll',NULL,NULL,NULL,'auth','mcx');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/Reach','publish','lyncdir01.contoso.local','https','poll',NULL,NULL,NULL,'auth','reach');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/RequestHandlerExt','publish','lyncdir01.contoso.local','https','content',NULL,NULL,NULL,'auth','requesthandlerext');
INSERT INTO "route" VALUES(2,'external','webdirext.contoso.com','/Ucwa','publish','lyncdir01.contoso.local','https','poll',NULL,NULL,NULL,'auth','ucwa');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/','publish','lyncdir01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/','publish','lyncdir01.contoso.local','http','web',NULL,'GET HEAD','Authorization X-MS-WebTicket','auth',NULL);
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,'GET POST',NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Abs','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','abs');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/CollabContent','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','collabcontent');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/DataCollabWeb','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','datacollabweb');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Mcx','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','mcx');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Reach','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','reach');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/RequestHandlerExt','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','requesthandlerext');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Ucwa','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','ucwa');
CREATE TABLE server (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    host        TEXT NOT NULL,
    pool        TEXT NOT NULL,
    weight      INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 100),
    state       TEXT NOT NULL CHECK (state IN ('active', 'drain', 'disabled', 'standby')),
    PRIMARY KEY (revision, host, pool),
    FOREIGN KEY (revision, pool) REFERENCES pool (revision, name)
) STRICT;
INSERT INTO "server" VALUES(0,'lyncpool01.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(0,'lyncdir01.contoso.local','lyncdir01.contoso.local',1,'active');
INSERT INTO "server" VALUES(0,'wac01.contoso.local','wac01.contoso.local',1,'active');
INSERT INTO "server" VALUES(1,'lyncdir01.contoso.local','lyncdir01.contoso.local',1,'active');
INSERT INTO "server" VALUES(1,'lyncpool01.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(1,'wac01.contoso.local','wac01.contoso.local',1,'active');
INSERT INTO "server" VALUES(0,'fe02.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(2,'fe02.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(2,'lyncdir01.contoso.local','lyncdir01.contoso.local',1,'active');
INSERT INTO "server" VALUES(2,'lyncpool01.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(2,'wac01.contoso.local','wac01.contoso.local',1,'active');
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
INSERT INTO "service" VALUES(0,'autodiscover','/Autodiscover','2013 2015 2019','anonymous','web','publish','where a user''s pool is: discovery documents and the cross-domain frame');
INSERT INTO "service" VALUES(0,'webticket','/WebTicket','2013 2015 2019','windows','web','publish','issues web tickets and tokens to every client');
INSERT INTO "service" VALUES(0,'certprov','/CertProv','2013 2015 2019','windows','web','publish','enrols users'' certificates');
INSERT INTO "service" VALUES(0,'abs','/Abs','2013 2015 2019','windows','content','publish','address book files');
INSERT INTO "service" VALUES(0,'groupexpansion','/GroupExpansion','2013 2015 2019','windows','web','publish','distribution groups and address book search');
INSERT INTO "service" VALUES(0,'ucwa','/Ucwa','2013 2015 2019','bearer','poll','publish','mobile and web clients since 2013');
INSERT INTO "service" VALUES(0,'mcx','/Mcx','2013 2015','ticket','poll','publish','Lync 2010 mobile clients');
INSERT INTO "service" VALUES(0,'meet','/Meet','2013 2015 2019','anonymous','web','publish','page that joins a meeting');
INSERT INTO "service" VALUES(0,'dialin','/Dialin','2013 2015 2019','anonymous','web','publish','dial-in numbers and conference PIN; its sign-in is a form');
INSERT INTO "service" VALUES(0,'scheduler','/Scheduler','2013 2015 2019','forms','web','publish','web scheduler');
INSERT INTO "service" VALUES(0,'lwa','/Lwa','2013 2015 2019','anonymous','web','publish','Lync or Skype Web App');
INSERT INTO "service" VALUES(0,'reach','/Reach','2013 2015 2019','ticket','poll','publish','back end of the 2010 web app and authentication broker');
INSERT INTO "service" VALUES(0,'datacollabweb','/DataCollabWeb','2013 2015 2019','ticket','content','publish','meeting content of web clients, up and down');
INSERT INTO "service" VALUES(0,'collabcontent','/CollabContent','2013 2015 2019','ticket','content','publish','encrypted meeting content of desktop clients');
INSERT INTO "service" VALUES(0,'passiveauth','/PassiveAuth','2013 2015 2019','anonymous','web','publish','sign-in by way of AD FS');
INSERT INTO "service" VALUES(0,'requesthandlerext','/RequestHandlerExt','2013 2015 2019','windows','content','publish','phones: update check, firmware, log upload');
INSERT INTO "service" VALUES(0,'rgsclients','/RgsClients','2013 2015 2019','windows','web','publish','response group agents');
INSERT INTO "service" VALUES(0,'persistentchat','/PersistentChat','2013 2015','forms','web','publish','chat room management');
INSERT INTO "service" VALUES(0,'hybridconfig','/HybridConfig','2015 2019','anonymous','web','refuse','media bypass settings for clients inside');
INSERT INTO "service" VALUES(0,'locationinformation','/LocationInformation','2013 2015 2019','windows','web','refuse','emergency call locations');
INSERT INTO "service" VALUES(0,'rgsconfig','/RgsConfig','2013 2015 2019','windows','web','refuse','response group administration');
INSERT INTO "service" VALUES(0,'cscp','/Cscp','2013 2015 2019','windows','web','refuse','control panel');
INSERT INTO "service" VALUES(0,'macp','/Macp','2019','windows','web','refuse','modern control panel');
INSERT INTO "service" VALUES(0,'ocspowershell','/OcsPowershell','2013 2015','windows','web','refuse','remote PowerShell');
INSERT INTO "service" VALUES(0,'ocspsws','/OcsPsws','2019','windows','web','refuse','PowerShell behind the modern control panel');
INSERT INTO "service" VALUES(0,'admin','/Admin','2013 2015 2019','windows','web','refuse','simple URL of the control panel');
INSERT INTO "service" VALUES(0,'ocs-abs','/ABS/Ext/Handler','2007','windows','content','refuse','OCS 2007 R2: address book');
INSERT INTO "service" VALUES(0,'ocs-autoupdate','/AutoUpdate/Ext','2007','windows','content','refuse','OCS 2007 R2: client updates');
INSERT INTO "service" VALUES(0,'ocs-conf','/Conf/Ext','2007','windows','content','refuse','OCS 2007 R2: meeting content');
INSERT INTO "service" VALUES(0,'ocs-deviceupdate','/DeviceUpdateFiles_Ext','2007','windows','content','refuse','OCS 2007 R2: phone firmware');
INSERT INTO "service" VALUES(0,'ocs-groupexpansion','/GroupExpansion/Ext/service.asmx','2007','windows','web','refuse','OCS 2007 R2: distribution groups');
INSERT INTO "service" VALUES(0,'ocs-phoneconferencing','/PhoneConferencing/Ext','2007','windows','web','refuse','OCS 2007 R2: dial-in pages');
INSERT INTO "service" VALUES(0,'ocs-place','/etc/place/null','2007','anonymous','web','refuse','OCS 2007 R2: meeting place holder');
INSERT INTO "service" VALUES(1,'abs','/Abs','2013 2015 2019','windows','content','publish','address book files');
INSERT INTO "service" VALUES(1,'admin','/Admin','2013 2015 2019','windows','web','refuse','simple URL of the control panel');
INSERT INTO "service" VALUES(1,'autodiscover','/Autodiscover','2013 2015 2019','anonymous','web','publish','where a user''s pool is: discovery documents and the cross-domain frame');
INSERT INTO "service" VALUES(1,'certprov','/CertProv','2013 2015 2019','windows','web','publish','enrols users'' certificates');
INSERT INTO "service" VALUES(1,'collabcontent','/CollabContent','2013 2015 2019','ticket','content','publish','encrypted meeting content of desktop clients');
INSERT INTO "service" VALUES(1,'cscp','/Cscp','2013 2015 2019','windows','web','refuse','control panel');
INSERT INTO "service" VALUES(1,'datacollabweb','/DataCollabWeb','2013 2015 2019','ticket','content','publish','meeting content of web clients, up and down');
INSERT INTO "service" VALUES(1,'dialin','/Dialin','2013 2015 2019','anonymous','web','publish','dial-in numbers and conference PIN; its sign-in is a form');
INSERT INTO "service" VALUES(1,'groupexpansion','/GroupExpansion','2013 2015 2019','windows','web','publish','distribution groups and address book search');
INSERT INTO "service" VALUES(1,'hybridconfig','/HybridConfig','2015 2019','anonymous','web','refuse','media bypass settings for clients inside');
INSERT INTO "service" VALUES(1,'locationinformation','/LocationInformation','2013 2015 2019','windows','web','refuse','emergency call locations');
INSERT INTO "service" VALUES(1,'lwa','/Lwa','2013 2015 2019','anonymous','web','publish','Lync or Skype Web App');
INSERT INTO "service" VALUES(1,'macp','/Macp','2019','windows','web','refuse','modern control panel');
INSERT INTO "service" VALUES(1,'mcx','/Mcx','2013 2015','ticket','poll','publish','Lync 2010 mobile clients');
INSERT INTO "service" VALUES(1,'meet','/Meet','2013 2015 2019','anonymous','web','publish','page that joins a meeting');
INSERT INTO "service" VALUES(1,'ocs-abs','/ABS/Ext/Handler','2007','windows','content','refuse','OCS 2007 R2: address book');
INSERT INTO "service" VALUES(1,'ocs-autoupdate','/AutoUpdate/Ext','2007','windows','content','refuse','OCS 2007 R2: client updates');
INSERT INTO "service" VALUES(1,'ocs-conf','/Conf/Ext','2007','windows','content','refuse','OCS 2007 R2: meeting content');
INSERT INTO "service" VALUES(1,'ocs-deviceupdate','/DeviceUpdateFiles_Ext','2007','windows','content','refuse','OCS 2007 R2: phone firmware');
INSERT INTO "service" VALUES(1,'ocs-groupexpansion','/GroupExpansion/Ext/service.asmx','2007','windows','web','refuse','OCS 2007 R2: distribution groups');
INSERT INTO "service" VALUES(1,'ocs-phoneconferencing','/PhoneConferencing/Ext','2007','windows','web','refuse','OCS 2007 R2: dial-in pages');
INSERT INTO "service" VALUES(1,'ocs-place','/etc/place/null','2007','anonymous','web','refuse','OCS 2007 R2: meeting place holder');
INSERT INTO "service" VALUES(1,'ocspowershell','/OcsPowershell','2013 2015','windows','web','refuse','remote PowerShell');
INSERT INTO "service" VALUES(1,'ocspsws','/OcsPsws','2019','windows','web','refuse','PowerShell behind the modern control panel');
INSERT INTO "service" VALUES(1,'passiveauth','/PassiveAuth','2013 2015 2019','anonymous','web','publish','sign-in by way of AD FS');
INSERT INTO "service" VALUES(1,'persistentchat','/PersistentChat','2013 2015','forms','web','publish','chat room management');
INSERT INTO "service" VALUES(1,'reach','/Reach','2013 2015 2019','ticket','poll','publish','back end of the 2010 web app and authentication broker');
INSERT INTO "service" VALUES(1,'requesthandlerext','/RequestHandlerExt','2013 2015 2019','windows','content','publish','phones: update check, firmware, log upload');
INSERT INTO "service" VALUES(1,'rgsclients','/RgsClients','2013 2015 2019','windows','web','publish','response group agents');
INSERT INTO "service" VALUES(1,'rgsconfig','/RgsConfig','2013 2015 2019','windows','web','refuse','response group administration');
INSERT INTO "service" VALUES(1,'scheduler','/Scheduler','2013 2015 2019','forms','web','publish','web scheduler');
INSERT INTO "service" VALUES(1,'ucwa','/Ucwa','2013 2015 2019','bearer','poll','publish','mobile and web clients since 2013');
INSERT INTO "service" VALUES(1,'webticket','/WebTicket','2013 2015 2019','windows','web','publish','issues web tickets and tokens to every client');
INSERT INTO "service" VALUES(2,'abs','/Abs','2013 2015 2019','windows','content','publish','address book files');
INSERT INTO "service" VALUES(2,'admin','/Admin','2013 2015 2019','windows','web','refuse','simple URL of the control panel');
INSERT INTO "service" VALUES(2,'autodiscover','/Autodiscover','2013 2015 2019','anonymous','web','publish','where a user''s pool is: discovery documents and the cross-domain frame');
INSERT INTO "service" VALUES(2,'certprov','/CertProv','2013 2015 2019','windows','web','publish','enrols users'' certificates');
INSERT INTO "service" VALUES(2,'collabcontent','/CollabContent','2013 2015 2019','ticket','content','publish','encrypted meeting content of desktop clients');
INSERT INTO "service" VALUES(2,'cscp','/Cscp','2013 2015 2019','windows','web','refuse','control panel');
INSERT INTO "service" VALUES(2,'datacollabweb','/DataCollabWeb','2013 2015 2019','ticket','content','publish','meeting content of web clients, up and down');
INSERT INTO "service" VALUES(2,'dialin','/Dialin','2013 2015 2019','anonymous','web','publish','dial-in numbers and conference PIN; its sign-in is a form');
INSERT INTO "service" VALUES(2,'groupexpansion','/GroupExpansion','2013 2015 2019','windows','web','publish','distribution groups and address book search');
INSERT INTO "service" VALUES(2,'hybridconfig','/HybridConfig','2015 2019','anonymous','web','refuse','media bypass settings for clients inside');
INSERT INTO "service" VALUES(2,'locationinformation','/LocationInformation','2013 2015 2019','windows','web','refuse','emergency call locations');
INSERT INTO "service" VALUES(2,'lwa','/Lwa','2013 2015 2019','anonymous','web','publish','Lync or Skype Web App');
INSERT INTO "service" VALUES(2,'macp','/Macp','2019','windows','web','refuse','modern control panel');
INSERT INTO "service" VALUES(2,'mcx','/Mcx','2013 2015','ticket','poll','publish','Lync 2010 mobile clients');
INSERT INTO "service" VALUES(2,'meet','/Meet','2013 2015 2019','anonymous','web','publish','page that joins a meeting');
INSERT INTO "service" VALUES(2,'ocs-abs','/ABS/Ext/Handler','2007','windows','content','refuse','OCS 2007 R2: address book');
INSERT INTO "service" VALUES(2,'ocs-autoupdate','/AutoUpdate/Ext','2007','windows','content','refuse','OCS 2007 R2: client updates');
INSERT INTO "service" VALUES(2,'ocs-conf','/Conf/Ext','2007','windows','content','refuse','OCS 2007 R2: meeting content');
INSERT INTO "service" VALUES(2,'ocs-deviceupdate','/DeviceUpdateFiles_Ext','2007','windows','content','refuse','OCS 2007 R2: phone firmware');
INSERT INTO "service" VALUES(2,'ocs-groupexpansion','/GroupExpansion/Ext/service.asmx','2007','windows','web','refuse','OCS 2007 R2: distribution groups');
INSERT INTO "service" VALUES(2,'ocs-phoneconferencing','/PhoneConferencing/Ext','2007','windows','web','refuse','OCS 2007 R2: dial-in pages');
INSERT INTO "service" VALUES(2,'ocs-place','/etc/place/null','2007','anonymous','web','refuse','OCS 2007 R2: meeting place holder');
INSERT INTO "service" VALUES(2,'ocspowershell','/OcsPowershell','2013 2015','windows','web','refuse','remote PowerShell');
INSERT INTO "service" VALUES(2,'ocspsws','/OcsPsws','2019','windows','web','refuse','PowerShell behind the modern control panel');
INSERT INTO "service" VALUES(2,'passiveauth','/PassiveAuth','2013 2015 2019','anonymous','web','publish','sign-in by way of AD FS');
INSERT INTO "service" VALUES(2,'persistentchat','/PersistentChat','2013 2015','forms','web','publish','chat room management');
INSERT INTO "service" VALUES(2,'reach','/Reach','2013 2015 2019','ticket','poll','publish','back end of the 2010 web app and authentication broker');
INSERT INTO "service" VALUES(2,'requesthandlerext','/RequestHandlerExt','2013 2015 2019','windows','content','publish','phones: update check, firmware, log upload');
INSERT INTO "service" VALUES(2,'rgsclients','/RgsClients','2013 2015 2019','windows','web','publish','response group agents');
INSERT INTO "service" VALUES(2,'rgsconfig','/RgsConfig','2013 2015 2019','windows','web','refuse','response group administration');
INSERT INTO "service" VALUES(2,'scheduler','/Scheduler','2013 2015 2019','forms','web','publish','web scheduler');
INSERT INTO "service" VALUES(2,'ucwa','/Ucwa','2013 2015 2019','bearer','poll','publish','mobile and web clients since 2013');
INSERT INTO "service" VALUES(2,'webticket','/WebTicket','2013 2015 2019','windows','web','publish','issues web tickets and tokens to every client');
CREATE TABLE state (
    name        TEXT PRIMARY KEY CHECK (name IN ('active', 'control')),
    value       TEXT NOT NULL           -- active: number of the revision to serve, 0 for none
) STRICT;
INSERT INTO "state" VALUES('active','2');
INSERT INTO "state" VALUES('control','apachectl');
CREATE TABLE tls_policy (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    name        TEXT NOT NULL,
    protocols   TEXT NOT NULL,          -- SSLProtocol
    ciphers     TEXT NOT NULL,          -- SSLCipherSuite, TLS 1.2 and below
    purpose     TEXT,
    PRIMARY KEY (revision, name)
) STRICT;
INSERT INTO "tls_policy" VALUES(0,'modern','-all +TLSv1.3','ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL','TLS 1.3 only');
INSERT INTO "tls_policy" VALUES(0,'intermediate','-all +TLSv1.2 +TLSv1.3','ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+SHA256:ECDHE+SHA384:DHE+AESGCM:!aNULL:!DSS:!AESCCM:!CAMELLIA:!ARIA','TLS 1.2 and 1.3, with the CBC suites that Windows before 2016 has for RSA certificates');
INSERT INTO "tls_policy" VALUES(0,'legacy','-all +TLSv1 +TLSv1.1 +TLSv1.2 +TLSv1.3','ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:RSA+AESGCM:RSA+AES:!aNULL:!DSS:!AESCCM:@SECLEVEL=0','TLS 1.0 and up, for Lync 2010 clients, Lync Phone Edition and servers without TLS 1.2');
INSERT INTO "tls_policy" VALUES(1,'intermediate','-all +TLSv1.2 +TLSv1.3','ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+SHA256:ECDHE+SHA384:DHE+AESGCM:!aNULL:!DSS:!AESCCM:!CAMELLIA:!ARIA','TLS 1.2 and 1.3, with the CBC suites that Windows before 2016 has for RSA certificates');
INSERT INTO "tls_policy" VALUES(1,'legacy','-all +TLSv1 +TLSv1.1 +TLSv1.2 +TLSv1.3','ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:RSA+AESGCM:RSA+AES:!aNULL:!DSS:!AESCCM:@SECLEVEL=0','TLS 1.0 and up, for Lync 2010 clients, Lync Phone Edition and servers without TLS 1.2');
INSERT INTO "tls_policy" VALUES(1,'modern','-all +TLSv1.3','ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL','TLS 1.3 only');
INSERT INTO "tls_policy" VALUES(2,'intermediate','-all +TLSv1.2 +TLSv1.3','ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+SHA256:ECDHE+SHA384:DHE+AESGCM:!aNULL:!DSS:!AESCCM:!CAMELLIA:!ARIA','TLS 1.2 and 1.3, with the CBC suites that Windows before 2016 has for RSA certificates');
INSERT INTO "tls_policy" VALUES(2,'legacy','-all +TLSv1 +TLSv1.1 +TLSv1.2 +TLSv1.3','ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:RSA+AESGCM:RSA+AES:!aNULL:!DSS:!AESCCM:@SECLEVEL=0','TLS 1.0 and up, for Lync 2010 clients, Lync Phone Edition and servers without TLS 1.2');
INSERT INTO "tls_policy" VALUES(2,'modern','-all +TLSv1.3','ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL','TLS 1.3 only');
CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision WHEN old.number = 0 OR old.sealed
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
CREATE TRIGGER revision_no_delete BEFORE DELETE ON revision
BEGIN SELECT RAISE(ABORT, 'revisions are immutable: edit the draft'); END;
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
COMMIT;
