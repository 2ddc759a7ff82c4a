-- A store of lyncadm 0.2.0 (schema version 2): published, applied twice, a server drained, then edited once more.
PRAGMA application_id = 0x4c796e63;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
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
INSERT INTO "audit" VALUES(1,1,'profile','web',NULL,'{"name":"web","timeout":300,"purpose":"pages and web services"}','ee96af00418039e18bfcbe0629210172843a3f98b0a77c135b080862c9267408');
INSERT INTO "audit" VALUES(1,2,'profile','content',NULL,'{"name":"content","timeout":600,"purpose":"large files up and down: address book, meeting content, firmware"}','c8c613fb3b9ec9e6de47db6c4d0e90c4855fdcceec85334d2d823a146da0e851');
INSERT INTO "audit" VALUES(1,3,'profile','poll',NULL,'{"name":"poll","timeout":1800,"purpose":"requests that the pool keeps pending until something happens"}','969d0d1313655345b2a118093bb5e6b74b835ff44d57815101d908770d6cbfcf');
INSERT INTO "audit" VALUES(1,4,'tls_policy','modern',NULL,'{"name":"modern","protocols":"-all +TLSv1.3","ciphers":"ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL","purpose":"TLS 1.3 only"}','05854fb371354fe3a27390cbcca5a4dc82ac632c3b114b7dc0c926f98143d89c');
INSERT INTO "audit" VALUES(1,5,'tls_policy','intermediate',NULL,'{"name":"intermediate","protocols":"-all +TLSv1.2 +TLSv1.3","ciphers":"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+SHA256:ECDHE+SHA384:DHE+AESGCM:!aNULL:!DSS:!AESCCM:!CAMELLIA:!ARIA","purpose":"TLS 1.2 and 1.3, with the CBC suites that Windows before 2016 has for RSA certificates"}','56f144ebd93fc1e9b03f012630876d2a0e1a1b88b0fc96c888c5de61b5c26450');
INSERT INTO "audit" VALUES(1,6,'tls_policy','legacy',NULL,'{"name":"legacy","protocols":"-all +TLSv1 +TLSv1.1 +TLSv1.2 +TLSv1.3","ciphers":"ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:DHE+AESGCM:RSA+AESGCM:RSA+AES:!aNULL:!DSS:!AESCCM:@SECLEVEL=0","purpose":"TLS 1.0 and up, for Lync 2010 clients, Lync Phone Edition and servers without TLS 1.2"}','2c704c487190aada44292e9e6238e7dc9861fedc7180d4389f8de4b1b21469ea');
INSERT INTO "audit" VALUES(1,7,'service','autodiscover',NULL,'{"name":"autodiscover","path":"/Autodiscover","releases":"2013 2015 2019","authentication":"anonymous","profile":"web","action":"publish","purpose":"where a user''s pool is: discovery documents and the cross-domain frame","label":"lyncdiscover"}','818a2b432bbb20619e1710d7f311b3c2d14ef2e1df8b887155507c3303deb02b');
INSERT INTO "audit" VALUES(1,8,'service','webticket',NULL,'{"name":"webticket","path":"/WebTicket","releases":"2013 2015 2019","authentication":"windows","profile":"web","action":"publish","purpose":"issues web tickets and tokens to every client","label":null}','221b9a63794ab2be8f03b6318cdf15834603dd304629fff60496322b4ae87dda');
INSERT INTO "audit" VALUES(1,9,'service','certprov',NULL,'{"name":"certprov","path":"/CertProv","releases":"2013 2015 2019","authentication":"windows","profile":"web","action":"publish","purpose":"enrols users'' certificates","label":null}','54dceb0617ba9adffddfbf98b976d6d938198e3cade59783894f8bd730d3a1be');
INSERT INTO "audit" VALUES(1,10,'service','abs',NULL,'{"name":"abs","path":"/Abs","releases":"2013 2015 2019","authentication":"windows","profile":"content","action":"publish","purpose":"address book files","label":null}','7a25bf2322590cf7db30ec0755ca114646f98aa45a55eb06fe751ce15ca56114');
INSERT INTO "audit" VALUES(1,11,'service','groupexpansion',NULL,'{"name":"groupexpansion","path":"/GroupExpansion","releases":"2013 2015 2019","authentication":"windows","profile":"web","action":"publish","purpose":"distribution groups and address book search","label":null}','6421328490ddb56fce90d1f74cea91e36ebd5f6496a7093d5b8c59c1cc7f07a3');
INSERT INTO "audit" VALUES(1,12,'service','ucwa',NULL,'{"name":"ucwa","path":"/Ucwa","releases":"2013 2015 2019","authentication":"bearer","profile":"poll","action":"publish","purpose":"mobile and web clients since 2013","label":null}','3377977a2f7c32126b56882bd2133199f01ce94390bcf2fd3ba064aef66e8558');
INSERT INTO "audit" VALUES(1,13,'service','mcx',NULL,'{"name":"mcx","path":"/Mcx","releases":"2013 2015","authentication":"ticket","profile":"poll","action":"publish","purpose":"Lync 2010 mobile clients","label":null}','1f89dcfeeb7a2a9afb95d5d1f65bfac73d84787acf5d3948dfa24c7024cc3c25');
INSERT INTO "audit" VALUES(1,14,'service','meet',NULL,'{"name":"meet","path":"/Meet","releases":"2013 2015 2019","authentication":"anonymous","profile":"web","action":"publish","purpose":"page that joins a meeting","label":null}','726dc8a764671a2f7cbef5e3bd4ced7f447df548d7af27037f49a6f0e1b44147');
INSERT INTO "audit" VALUES(1,15,'service','dialin',NULL,'{"name":"dialin","path":"/Dialin","releases":"2013 2015 2019","authentication":"anonymous","profile":"web","action":"publish","purpose":"dial-in numbers and conference PIN; its sign-in is a form","label":null}','3c2091e4faacbdec34adbfe71e563ca857656b918cd277df8b5583c2d2e0715c');
INSERT INTO "audit" VALUES(1,16,'service','scheduler',NULL,'{"name":"scheduler","path":"/Scheduler","releases":"2013 2015 2019","authentication":"forms","profile":"web","action":"publish","purpose":"web scheduler","label":null}','52478b433c1a7c9904ef9c749dc99e28de25a282cf3cadf87676374e3c59b133');
INSERT INTO "audit" VALUES(1,17,'service','lwa',NULL,'{"name":"lwa","path":"/Lwa","releases":"2013 2015 2019","authentication":"anonymous","profile":"web","action":"publish","purpose":"Lync or Skype Web App","label":null}','6b08d4180c76dd715b5c9d6eb2a26c7c7cd6a85929fce4d5094ce758acfe8bfd');
INSERT INTO "audit" VALUES(1,18,'service','reach',NULL,'{"name":"reach","path":"/Reach","releases":"2013 2015 2019","authentication":"ticket","profile":"poll","action":"publish","purpose":"back end of the 2010 web app and authentication broker","label":null}','fce9b2a9b1649cecfef10b849e3032b82c0428159d4e074cdde9e76bb35702a0');
INSERT INTO "audit" VALUES(1,19,'service','datacollabweb',NULL,'{"name":"datacollabweb","path":"/DataCollabWeb","releases":"2013 2015 2019","authentication":"ticket","profile":"content","action":"publish","purpose":"meeting content of web clients, up and down","label":null}','2cac5add23e7ae5b990fcd9ae12372dd22c3c8d11b6fe5216cae87969fbc76ff');
INSERT INTO "audit" VALUES(1,20,'service','collabcontent',NULL,'{"name":"collabcontent","path":"/CollabContent","releases":"2013 2015 2019","authentication":"ticket","profile":"content","action":"publish","purpose":"encrypted meeting content of desktop clients","label":null}','f7b69417c575e5e741aa4c3d6f49f0f9f054a4bb7e0ecd2bb61274a4822f6da0');
INSERT INTO "audit" VALUES(1,21,'service','passiveauth',NULL,'{"name":"passiveauth","path":"/PassiveAuth","releases":"2013 2015 2019","authentication":"anonymous","profile":"web","action":"publish","purpose":"sign-in by way of AD FS","label":null}','fa9e79ec1a87affcb97ac46619829478f4a41970dd92dfb115e050dad97fc704');
INSERT INTO "audit" VALUES(1,22,'service','requesthandlerext',NULL,'{"name":"requesthandlerext","path":"/RequestHandlerExt","releases":"2013 2015 2019","authentication":"windows","profile":"content","action":"publish","purpose":"phones: update check, firmware, log upload","label":null}','cb03c8e7e930a3ae0add7d63bb8b2cc4f0da23b2e29abb5c4fa070d7db168766');
INSERT INTO "audit" VALUES(1,23,'service','rgsclients',NULL,'{"name":"rgsclients","path":"/RgsClients","releases":"2013 2015 2019","authentication":"windows","profile":"web","action":"publish","purpose":"response group agents","label":null}','cb325f7aa745b814eaf3f8f55787ccc0060edb2b9872f69ffe4716ed10e7f83b');
INSERT INTO "audit" VALUES(1,24,'service','persistentchat',NULL,'{"name":"persistentchat","path":"/PersistentChat","releases":"2013 2015","authentication":"forms","profile":"web","action":"publish","purpose":"chat room management","label":null}','1dd44b8782dfcad67c9e146b4f1f6a4314f4b5401737a9bce4c186a731e1683b');
INSERT INTO "audit" VALUES(1,25,'service','hybridconfig',NULL,'{"name":"hybridconfig","path":"/HybridConfig","releases":"2015 2019","authentication":"anonymous","profile":"web","action":"refuse","purpose":"media bypass settings for clients inside","label":null}','743ebb675f53011253a8e65b984e9df6c8561b0ef0ec2be1c84a183d92a187ec');
INSERT INTO "audit" VALUES(1,26,'service','locationinformation',NULL,'{"name":"locationinformation","path":"/LocationInformation","releases":"2013 2015 2019","authentication":"windows","profile":"web","action":"refuse","purpose":"emergency call locations","label":null}','b8577291e5cd0c8f4329022bf2f11c581b886a2b46a3b0e26a0234fb72b625b3');
INSERT INTO "audit" VALUES(1,27,'service','rgsconfig',NULL,'{"name":"rgsconfig","path":"/RgsConfig","releases":"2013 2015 2019","authentication":"windows","profile":"web","action":"refuse","purpose":"response group administration","label":null}','ea22bec601c2af8f17035a7e65f75d33a1ea15a529aa71a78e44a2120a7fa3d8');
INSERT INTO "audit" VALUES(1,28,'service','cscp',NULL,'{"name":"cscp","path":"/Cscp","releases":"2013 2015 2019","authentication":"windows","profile":"web","action":"refuse","purpose":"control panel","label":null}','37cf937b3793b301009fa8975eb8d1cce7c8bb823e95b37a338da96dc7682412');
INSERT INTO "audit" VALUES(1,29,'service','macp',NULL,'{"name":"macp","path":"/Macp","releases":"2019","authentication":"windows","profile":"web","action":"refuse","purpose":"modern control panel","label":null}','fb2fb2ee8f6bdb9d3121172bc44c1bd40a7d44f4d2db00732adf64a02841dc1d');
INSERT INTO "audit" VALUES(1,30,'service','ocspowershell',NULL,'{"name":"ocspowershell","path":"/OcsPowershell","releases":"2013 2015","authentication":"windows","profile":"web","action":"refuse","purpose":"remote PowerShell","label":null}','0a4b449213808b1dde0df5ed1167508f07656255a0cacdb5049732fa38cf28fe');
INSERT INTO "audit" VALUES(1,31,'service','ocspsws',NULL,'{"name":"ocspsws","path":"/OcsPsws","releases":"2019","authentication":"windows","profile":"web","action":"refuse","purpose":"PowerShell behind the modern control panel","label":null}','8a0ae7319c87c859a22d64ed26ad8f5925ae8549e4c4aded066f8c8aa1ac33aa');
INSERT INTO "audit" VALUES(1,32,'service','admin',NULL,'{"name":"admin","path":"/Admin","releases":"2013 2015 2019","authentication":"windows","profile":"web","action":"refuse","purpose":"simple URL of the control panel","label":null}','36dcac9257a2b44f9f68a1f5c6456761859d33e0fdf34695cf70ed818140feff');
INSERT INTO "audit" VALUES(1,33,'service','ocs-abs',NULL,'{"name":"ocs-abs","path":"/ABS/Ext/Handler","releases":"2007","authentication":"windows","profile":"content","action":"refuse","purpose":"OCS 2007 R2: address book","label":null}','8d2d448837b7cc1d05541f44672dba021fa2e95d0b225cc9a668981d6a7f0ee6');
INSERT INTO "audit" VALUES(1,34,'service','ocs-autoupdate',NULL,'{"name":"ocs-autoupdate","path":"/AutoUpdate/Ext","releases":"2007","authentication":"windows","profile":"content","action":"refuse","purpose":"OCS 2007 R2: client updates","label":null}','519f78b96db1af89169c7dbabe95793ad9085d1f17fb635682e70d5db050fe26');
INSERT INTO "audit" VALUES(1,35,'service','ocs-conf',NULL,'{"name":"ocs-conf","path":"/Conf/Ext","releases":"2007","authentication":"windows","profile":"content","action":"refuse","purpose":"OCS 2007 R2: meeting content","label":null}','9b70de824438cb25eb0d8659e64e4c6f99aad0cc85f75779fed0adf4bcaad271');
INSERT INTO "audit" VALUES(1,36,'service','ocs-deviceupdate',NULL,'{"name":"ocs-deviceupdate","path":"/DeviceUpdateFiles_Ext","releases":"2007","authentication":"windows","profile":"content","action":"refuse","purpose":"OCS 2007 R2: phone firmware","label":null}','05f3ba18c1741c7fec116a5576c623f588837e7dc716f56be471258cfba5bd78');
INSERT INTO "audit" VALUES(1,37,'service','ocs-groupexpansion',NULL,'{"name":"ocs-groupexpansion","path":"/GroupExpansion/Ext/service.asmx","releases":"2007","authentication":"windows","profile":"web","action":"refuse","purpose":"OCS 2007 R2: distribution groups","label":null}','5dca36b759aa3b00fb49b3528790458bb29390be4bb41a534f477de2367511b5');
INSERT INTO "audit" VALUES(1,38,'service','ocs-phoneconferencing',NULL,'{"name":"ocs-phoneconferencing","path":"/PhoneConferencing/Ext","releases":"2007","authentication":"windows","profile":"web","action":"refuse","purpose":"OCS 2007 R2: dial-in pages","label":null}','b2860210bd71b95b8c4db5f880f78c8b614dacae7b9ef4d86bb14099184d1e87');
INSERT INTO "audit" VALUES(1,39,'service','ocs-place',NULL,'{"name":"ocs-place","path":"/etc/place/null","releases":"2007","authentication":"anonymous","profile":"web","action":"refuse","purpose":"OCS 2007 R2: meeting place holder","label":null}','ce4061bc5ea4abf7de438082bcde3bde07d32176d6336528004f35b4ff50341a');
INSERT INTO "audit" VALUES(1,40,'state','control',NULL,'{"name":"control","value":"apachectl"}','53fc622d5b4df53e882dfc1c4f5f11faae405b4cb39a0845836e3f16a376049d');
INSERT INTO "audit" VALUES(2,1,'certificate','external',NULL,'{"name":"external","chain":"/etc/lync/certificates/fb9f63262765154ec3c0ebcbc9e194464989c4186652ef71be74177e2e74dc4a.pem","key":"/etc/lync/keys/530485c643a9c8f39670e15a225e28069ac0f574661ca99629efb5030f68ad57.key","managed":null,"source":"/etc/lync/external.pem","subject":"CN=webext.contoso.com","issuer":"CN=Example Public Root","names":"webext.contoso.com meet.contoso.com lyncdiscover.contoso.com officewebapps01.contoso.com","key_type":"EC P-256","signature":"sha256","usages":"serverAuth clientAuth","responder":null,"missing":null,"not_before":"2026-11-26T12:45:44Z","not_after":"2027-12-29T12:45:44Z","fingerprint":"fb9f63262765154ec3c0ebcbc9e194464989c4186652ef71be74177e2e74dc4a"}','e1fdafaf5644392836b9bfddaf138f71acb8812b3b7c791d2af8cf152253d403');
INSERT INTO "audit" VALUES(3,1,'certificate','dialin',NULL,'{"name":"dialin","chain":"/etc/lync/certificates/fee4a06768cde9493ba55a0960d4c402e1f8b222a56d4f39aca8045a9cb3869f.pem","key":"/etc/lync/keys/b205840cded2f58871c6443fd078dd4f2f4f287099bc2ddeb1065d592074f3fa.key","managed":null,"source":"/etc/lync/dialin.pem","subject":"CN=dialin.contoso.com","issuer":"CN=Example Public Root","names":"dialin.contoso.com","key_type":"EC P-256","signature":"sha256","usages":"serverAuth clientAuth","responder":null,"missing":null,"not_before":"2026-11-26T12:45:45Z","not_after":"2027-12-29T12:45:45Z","fingerprint":"fee4a06768cde9493ba55a0960d4c402e1f8b222a56d4f39aca8045a9cb3869f"}','7b2504a1d502c3504a348e6f30c9190473f60c7408fa87b6f196de38bb539601');
INSERT INTO "audit" VALUES(4,1,'listener','external',NULL,'{"name":"external","address":"*","port":443,"scheme":"https","tls_policy":"intermediate","otherwise":"redirect","http2":"off"}','678108ce1900281b4d4fae52bc625b2416c001b6a95b7167e037e57829e64bd8');
INSERT INTO "audit" VALUES(4,2,'binding','external *',NULL,'{"listener":"external","host":"*","certificate":"external","beside":null}','c2a890b43a447d3e425c6e08bf29dc9499864b8b2d0c4ec66e9760b4e4456b4a');
INSERT INTO "audit" VALUES(5,1,'listener','discovery',NULL,'{"name":"discovery","address":"*","port":80,"scheme":"http","tls_policy":null,"otherwise":"redirect","http2":"off"}','e98bc29d04da584f88ccd969445d8b3f0fadfc6bff7da72016d87cb20e583705');
INSERT INTO "audit" VALUES(6,1,'pool','lyncpool01.contoso.local',NULL,'{"name":"lyncpool01.contoso.local","role":"frontend","https_port":4443,"http_port":8080,"ca":"/etc/lync/root.pem","verify_name":null,"tls_policy":"intermediate","affinity":"none","cookie":"MS-WSMAN","health_path":"/autodiscover/autodiscoverservice.svc/root","health_interval":10,"connect_timeout":5}','09ffeab2033a552a4320e571aa2a58cffbfae4bc44f408a6c7729a6cb42c4b86');
INSERT INTO "audit" VALUES(6,2,'server','fe01.contoso.local lyncpool01.contoso.local',NULL,'{"host":"fe01.contoso.local","pool":"lyncpool01.contoso.local","weight":1,"state":"active"}','c0ceca876c1dc451437c44d6f637596592a11d561052be07f6e36dea549f60da');
INSERT INTO "audit" VALUES(6,3,'server','fe02.contoso.local lyncpool01.contoso.local',NULL,'{"host":"fe02.contoso.local","pool":"lyncpool01.contoso.local","weight":1,"state":"active"}','568af2a8a1d79a5e0caa9bedf9ee44d485dcf65b6da8ff3476a365259f51e56d');
INSERT INTO "audit" VALUES(6,4,'route','external webext.contoso.com /',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"web","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":null}','a1699dac62f5b11450082b2ca8a7408de0ac420d4adb2e78fcc4efd53c05520f');
INSERT INTO "audit" VALUES(6,5,'route','external webext.contoso.com /Abs',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/Abs","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"content","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"abs"}','bd209e0c2f632bb8b7c4513d32f3c5a7da99a69aa4511a35fbc2ed5bd30d9942');
INSERT INTO "audit" VALUES(6,6,'route','external webext.contoso.com /CollabContent',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/CollabContent","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"content","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"collabcontent"}','1c5276cea80797cca66e40633b94b1130ac6556747c0a152f516e6f1c33455aa');
INSERT INTO "audit" VALUES(6,7,'route','external webext.contoso.com /DataCollabWeb',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/DataCollabWeb","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"content","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"datacollabweb"}','f008b73a5061e38ceae98ecb27bff642fbd7dad29013012985bc225cf513e34c');
INSERT INTO "audit" VALUES(6,8,'route','external webext.contoso.com /Mcx',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/Mcx","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"poll","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"mcx"}','96274a9895445fa4c4cd9e07313b743aa6b8907dfebf41970db66f72c3a3678f');
INSERT INTO "audit" VALUES(6,9,'route','external webext.contoso.com /Reach',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/Reach","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"poll","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"reach"}','45b8867f5e964ba911de4bdd24033723e0413e4cd601e232628c5e09fa9c7dfb');
INSERT INTO "audit" VALUES(6,10,'route','external webext.contoso.com /RequestHandlerExt',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/RequestHandlerExt","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"content","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"requesthandlerext"}','ae79abfba524a97f669ee1d25be3d18b01938ec9939a74b0ea18934268e15cf5');
INSERT INTO "audit" VALUES(6,11,'route','external webext.contoso.com /Ucwa',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/Ucwa","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"poll","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ucwa"}','094bc1f836a0d3274016d0ee306773eda5638a8d8e819b824b5a5cd2e01b8473');
INSERT INTO "audit" VALUES(6,12,'route','external webext.contoso.com /Admin',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/Admin","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"admin"}','0f646e1d8e304e918dc6c2bee962cc4c9ef5950c561f1d13366afbec14d11166');
INSERT INTO "audit" VALUES(6,13,'route','external webext.contoso.com /Cscp',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/Cscp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"cscp"}','0b5913ab6972d22c7730a8911fd3e97aa192bf75013619ba8ec52bbbe45c9f5c');
INSERT INTO "audit" VALUES(6,14,'route','external webext.contoso.com /HybridConfig',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/HybridConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"hybridconfig"}','a5ea5b98f51321175934aa1c72954c9104bb8a2bf5979c05a32e54927226eab8');
INSERT INTO "audit" VALUES(6,15,'route','external webext.contoso.com /LocationInformation',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/LocationInformation","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"locationinformation"}','bbb211ecdfa8c868dc8f89da644b7f203ce143586eceda569988eb05863b9a72');
INSERT INTO "audit" VALUES(6,16,'route','external webext.contoso.com /Macp',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/Macp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"macp"}','a96b1764ffb049d5d388f4abc8042fe111a5e91f6e7b7bfd9b4437d0a579d2e0');
INSERT INTO "audit" VALUES(6,17,'route','external webext.contoso.com /ABS/Ext/Handler',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/ABS/Ext/Handler","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-abs"}','d4016e80bb94850148eb31e6ab59e32972753b7b9576ff95f0962068bd3d2cd5');
INSERT INTO "audit" VALUES(6,18,'route','external webext.contoso.com /AutoUpdate/Ext',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/AutoUpdate/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-autoupdate"}','51dc0aa743508f9e887f55f27c90cae3d48530eda3f7cb1af8944be0b5d70730');
INSERT INTO "audit" VALUES(6,19,'route','external webext.contoso.com /Conf/Ext',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/Conf/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-conf"}','37f7e45aae22f57489d24ef2014826130f6c90566b313686f5c718b473a315cf');
INSERT INTO "audit" VALUES(6,20,'route','external webext.contoso.com /DeviceUpdateFiles_Ext',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/DeviceUpdateFiles_Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-deviceupdate"}','1a525eabb7b4be4ef00dc7f413ff37855735b4d86840bbaaf365310d66b41f02');
INSERT INTO "audit" VALUES(6,21,'route','external webext.contoso.com /GroupExpansion/Ext/service.asmx',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/GroupExpansion/Ext/service.asmx","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-groupexpansion"}','17448e43c37629a99790502a989402ca6ef6aa0813fc3cc62cab75bf6c2989c8');
INSERT INTO "audit" VALUES(6,22,'route','external webext.contoso.com /PhoneConferencing/Ext',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/PhoneConferencing/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-phoneconferencing"}','1cbb53a06eec2387bd528f55b63dcd37e28849635a7d62ec07e63921ef8a76c1');
INSERT INTO "audit" VALUES(6,23,'route','external webext.contoso.com /etc/place/null',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/etc/place/null","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-place"}','25e5e488096116c641f4fe18c415165715b69e21746a00d6be596bd3d10e12d3');
INSERT INTO "audit" VALUES(6,24,'route','external webext.contoso.com /OcsPowershell',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/OcsPowershell","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspowershell"}','dfb243648d3e547a4aa3867730eac6da7e885c4be99090b274108931cea54c82');
INSERT INTO "audit" VALUES(6,25,'route','external webext.contoso.com /OcsPsws',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/OcsPsws","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspsws"}','6ff767fe3256d5fc59aaf8f4c33feceaf3a5a493dce001b40c281b3d6af43be6');
INSERT INTO "audit" VALUES(6,26,'route','external webext.contoso.com /RgsConfig',NULL,'{"listener":"external","host":"webext.contoso.com","path":"/RgsConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"rgsconfig"}','b80f049c29deb0de07cc6bc6eba74f08c3c80987794be0e1216ba287ca221f3b');
INSERT INTO "audit" VALUES(7,1,'domain','contoso.com',NULL,'{"name":"contoso.com","meet":"https://meet.contoso.com","dialin":null,"admin":null}','b4535a8c9ceb1cc17b814cea15b158c5988a6bdb03b4045efeb3806693a54c70');
INSERT INTO "audit" VALUES(7,2,'route','external meet.contoso.com /',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"web","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":null}','3844329b4d9a951f5b7a10c04d7dddf14bdd39176904b2c60aa67f04a73930b6');
INSERT INTO "audit" VALUES(7,3,'route','external meet.contoso.com /Admin',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/Admin","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"admin"}','4e329db524c347bfe538a8edf1b2b779454fcaa822a5134096031dce30806a17');
INSERT INTO "audit" VALUES(7,4,'route','external meet.contoso.com /Cscp',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/Cscp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"cscp"}','78f280a4ba2c831ca525153fc2622520825e16b67508904a8dc1a5d639b75e7b');
INSERT INTO "audit" VALUES(7,5,'route','external meet.contoso.com /HybridConfig',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/HybridConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"hybridconfig"}','9c8eaf340b20afa17798ccf4cbe7b7b86715d6bbb152ee24b8033be862eae953');
INSERT INTO "audit" VALUES(7,6,'route','external meet.contoso.com /LocationInformation',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/LocationInformation","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"locationinformation"}','9aa35ab8f581173caf39c0224d8006b746548f1fba3e97a83535cca149f2fa24');
INSERT INTO "audit" VALUES(7,7,'route','external meet.contoso.com /Macp',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/Macp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"macp"}','01aa6c2704fac06de9743da78d2b6a4455ae572877e4fc3634204390939bff2a');
INSERT INTO "audit" VALUES(7,8,'route','external meet.contoso.com /ABS/Ext/Handler',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/ABS/Ext/Handler","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-abs"}','666db6d9fc1bbaf79b45850b14186144b402b09fa506370ccaabee7dcb48f6bd');
INSERT INTO "audit" VALUES(7,9,'route','external meet.contoso.com /AutoUpdate/Ext',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/AutoUpdate/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-autoupdate"}','a082d0fa2e3dd93515c899c9b6a6d8aded5afae626c6986749327b8c3557fe7c');
INSERT INTO "audit" VALUES(7,10,'route','external meet.contoso.com /Conf/Ext',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/Conf/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-conf"}','b717dd7a17d87aaebc5bff5a1bc1823d8e930ee17cb818255322982fe5c39e3d');
INSERT INTO "audit" VALUES(7,11,'route','external meet.contoso.com /DeviceUpdateFiles_Ext',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/DeviceUpdateFiles_Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-deviceupdate"}','dc9f94eea75415baca841db47f961080dc72ea16946333b03f66c51fbd09ae5a');
INSERT INTO "audit" VALUES(7,12,'route','external meet.contoso.com /GroupExpansion/Ext/service.asmx',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/GroupExpansion/Ext/service.asmx","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-groupexpansion"}','8f42657b6ede4e003d5a1e65c5285c99718e6fa80351a8373041a395265faa57');
INSERT INTO "audit" VALUES(7,13,'route','external meet.contoso.com /PhoneConferencing/Ext',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/PhoneConferencing/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-phoneconferencing"}','7efbd7401971791b12712620ab137adc33b7a40293955d4752511637ff759b46');
INSERT INTO "audit" VALUES(7,14,'route','external meet.contoso.com /etc/place/null',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/etc/place/null","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-place"}','25014be5fb36200afac30558abfff21f9482437010ef3b528f7460fc99ad4aae');
INSERT INTO "audit" VALUES(7,15,'route','external meet.contoso.com /OcsPowershell',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/OcsPowershell","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspowershell"}','4576e37b8bc26a6db4728f44ab6589f2b10a629258ef416ed5b8f4044631c449');
INSERT INTO "audit" VALUES(7,16,'route','external meet.contoso.com /OcsPsws',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/OcsPsws","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspsws"}','835cab340db6f6cad62a1c0c680d38ba9afafeb831187cf6671a0722b18d80e0');
INSERT INTO "audit" VALUES(7,17,'route','external meet.contoso.com /RgsConfig',NULL,'{"listener":"external","host":"meet.contoso.com","path":"/RgsConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"rgsconfig"}','c9ce91105b019d771d55284947e9bd9f24e979b9b98aed8a8b0548526be93ea5');
INSERT INTO "audit" VALUES(8,1,'domain','contoso.com','{"name":"contoso.com","meet":"https://meet.contoso.com","dialin":null,"admin":null}','{"name":"contoso.com","meet":"https://meet.contoso.com","dialin":"https://dialin.contoso.com","admin":null}','413fac74c4ca9212dee05f5fde6fb61fbc5b72b76110471f1ec99542b1888828');
INSERT INTO "audit" VALUES(8,2,'route','external dialin.contoso.com /',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"web","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":null}','44072c1da29241e86cdab63a8f6c4cb84e2b1ff7dacddb18372beff138fdc0c0');
INSERT INTO "audit" VALUES(8,3,'route','external dialin.contoso.com /Admin',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/Admin","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"admin"}','18f637615c70ec01eaf97bd5a94964427b05654a78e4e2e17cb748d93e759ac1');
INSERT INTO "audit" VALUES(8,4,'route','external dialin.contoso.com /Cscp',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/Cscp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"cscp"}','ec64b548903c09bdead2e2b37d85070a644d9bdba94ee1f08bd3eeff3132505b');
INSERT INTO "audit" VALUES(8,5,'route','external dialin.contoso.com /HybridConfig',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/HybridConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"hybridconfig"}','c517740d8090001dc7d9f79d4e30c4ad18ce038ffc497c57e2026fba5fc4a06d');
INSERT INTO "audit" VALUES(8,6,'route','external dialin.contoso.com /LocationInformation',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/LocationInformation","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"locationinformation"}','1af736c26a8e01318d8b132d5df2e0b42f58e09f30b44cc73bfa375f97ec8300');
INSERT INTO "audit" VALUES(8,7,'route','external dialin.contoso.com /Macp',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/Macp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"macp"}','c25e03190a5a2dc8d3ac0a7071164f6ae21a87cea674f77a167c815cdbf5d0ce');
INSERT INTO "audit" VALUES(8,8,'route','external dialin.contoso.com /ABS/Ext/Handler',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/ABS/Ext/Handler","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-abs"}','9b377f8a5006d5135b11114f6ec1d81e3b545035f76a60d6206729f979ecc347');
INSERT INTO "audit" VALUES(8,9,'route','external dialin.contoso.com /AutoUpdate/Ext',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/AutoUpdate/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-autoupdate"}','99c878ecaefeca9f29168880c182ac5010492d16dadda96a4feca560c5e9bfb1');
INSERT INTO "audit" VALUES(8,10,'route','external dialin.contoso.com /Conf/Ext',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/Conf/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-conf"}','09444a84e2f0d85c2c3a08c03d209f9db962fe484e630ee75bff44219eb1c257');
INSERT INTO "audit" VALUES(8,11,'route','external dialin.contoso.com /DeviceUpdateFiles_Ext',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/DeviceUpdateFiles_Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-deviceupdate"}','3f7ec4d359b65f0c3e9e028df35e807453f1266a353a9921ffc11c84c46a7933');
INSERT INTO "audit" VALUES(8,12,'route','external dialin.contoso.com /GroupExpansion/Ext/service.asmx',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/GroupExpansion/Ext/service.asmx","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-groupexpansion"}','bb5e9b7126f14cf484c7c40df3911030a1a0d2b693fddae2121cd0f9172860e3');
INSERT INTO "audit" VALUES(8,13,'route','external dialin.contoso.com /PhoneConferencing/Ext',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/PhoneConferencing/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-phoneconferencing"}','1f60940406273ba5758d4ce7745d631e0242659c31a3bed3250fecd31ada6023');
INSERT INTO "audit" VALUES(8,14,'route','external dialin.contoso.com /etc/place/null',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/etc/place/null","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-place"}','b5769d4a0e9a853b3a4d90b972a1376af55a8152c6b4134aff3943ea0cd7f0b2');
INSERT INTO "audit" VALUES(8,15,'route','external dialin.contoso.com /OcsPowershell',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/OcsPowershell","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspowershell"}','145c80757afc2f4c401d71059d1d90bfbca317392b408a92d2d7a3b3e74dd049');
INSERT INTO "audit" VALUES(8,16,'route','external dialin.contoso.com /OcsPsws',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/OcsPsws","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspsws"}','b4c06905b9a313f8f6f7cbf9a46f4301b753e85bf9fab05d0ea4b9e9b5fbcc3f');
INSERT INTO "audit" VALUES(8,17,'route','external dialin.contoso.com /RgsConfig',NULL,'{"listener":"external","host":"dialin.contoso.com","path":"/RgsConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"rgsconfig"}','da757ee536442816f699b453f10b6adc45dcb287ce789c1a4125cfcf367a0a74');
INSERT INTO "audit" VALUES(9,1,'route','external lyncdiscover.contoso.com /',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/","action":"publish","pool":"lyncpool01.contoso.local","scheme":"https","profile":"web","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":null}','8d812b9fecb4b3aa9496aa6b08d3f78c72f55c801cb0120896b8d4db165a09b3');
INSERT INTO "audit" VALUES(9,2,'route','external lyncdiscover.contoso.com /Admin',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/Admin","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"admin"}','dfce359521cfafe0de2db63d678dfc608d06ac4ec6abd8278d977bfb1511392e');
INSERT INTO "audit" VALUES(9,3,'route','external lyncdiscover.contoso.com /Cscp',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/Cscp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"cscp"}','8da87d2928bd7005e4c33df3568758e112580b3572d1f3678c31a7b90511135a');
INSERT INTO "audit" VALUES(9,4,'route','external lyncdiscover.contoso.com /HybridConfig',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/HybridConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"hybridconfig"}','e925e8b6c3e7459e6fcff80abc70766aa8ffe623258c277da113d8a4c2cb0c77');
INSERT INTO "audit" VALUES(9,5,'route','external lyncdiscover.contoso.com /LocationInformation',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/LocationInformation","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"locationinformation"}','e58b72682e0f19278e966850a5473f315f719599a7cf0d868ce455a42caaa93a');
INSERT INTO "audit" VALUES(9,6,'route','external lyncdiscover.contoso.com /Macp',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/Macp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"macp"}','78d3ca5e5184c30901e21be8505c01b61b14c4cdc5371833e98a2add31d15e08');
INSERT INTO "audit" VALUES(9,7,'route','external lyncdiscover.contoso.com /ABS/Ext/Handler',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/ABS/Ext/Handler","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-abs"}','5578f5dc548e36b25510deff88d71a3b68c4bcd5f1e934a4107863afb349a917');
INSERT INTO "audit" VALUES(9,8,'route','external lyncdiscover.contoso.com /AutoUpdate/Ext',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/AutoUpdate/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-autoupdate"}','b767d7188cf109f4f49b0a9e9774975c80870b90c0c03c291b6efb59ea0b9b0a');
INSERT INTO "audit" VALUES(9,9,'route','external lyncdiscover.contoso.com /Conf/Ext',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/Conf/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-conf"}','cc23ee8eb973da2e2e34d02db0c5de5bf238d551abf6e2ab781d76b91f2f551a');
INSERT INTO "audit" VALUES(9,10,'route','external lyncdiscover.contoso.com /DeviceUpdateFiles_Ext',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/DeviceUpdateFiles_Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-deviceupdate"}','c18a7b167d437d0e2161f84f2cf7b441e2e55a3604d8910fb2738b744f2bfccf');
INSERT INTO "audit" VALUES(9,11,'route','external lyncdiscover.contoso.com /GroupExpansion/Ext/service.asmx',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/GroupExpansion/Ext/service.asmx","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-groupexpansion"}','aeefd8175c58ac78a25cae6579c2d7addfdbcc87b2f7df4fa17a63c049fe2651');
INSERT INTO "audit" VALUES(9,12,'route','external lyncdiscover.contoso.com /PhoneConferencing/Ext',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/PhoneConferencing/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-phoneconferencing"}','5cdaf9f4e2befd11dbe2b14aa9b76cce0a05bb567aa975994d2af02532592a6c');
INSERT INTO "audit" VALUES(9,13,'route','external lyncdiscover.contoso.com /etc/place/null',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/etc/place/null","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-place"}','d49cbe1ffd89bd1741a4881a1cd1781c1fb8fa760e8b2519852eaaa6420c2874');
INSERT INTO "audit" VALUES(9,14,'route','external lyncdiscover.contoso.com /OcsPowershell',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/OcsPowershell","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspowershell"}','f892af45a438b4ded18735b90e74fb99f9273745c3f890c8a6b8bcb04dc6543c');
INSERT INTO "audit" VALUES(9,15,'route','external lyncdiscover.contoso.com /OcsPsws',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/OcsPsws","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspsws"}','49eebd4a4761342b06a5d7fe68626628915b7e1a0f103dac83e4d5087a9f0501');
INSERT INTO "audit" VALUES(9,16,'route','external lyncdiscover.contoso.com /RgsConfig',NULL,'{"listener":"external","host":"lyncdiscover.contoso.com","path":"/RgsConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"rgsconfig"}','ed9ec9ce1f14b1be767c8cbb11b18fa6a5607f70c9162730ff820a3bf7e57471');
INSERT INTO "audit" VALUES(9,17,'route','discovery lyncdiscover.contoso.com /',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/","action":"publish","pool":"lyncpool01.contoso.local","scheme":"http","profile":"web","location":null,"methods":"GET HEAD","refuse_headers":"Authorization X-MS-WebTicket","pin":"auth","service":null}','761c2284805ad5a78811f97ef9e29c21ea5b91a356e40e0d246f2b2a69be815d');
INSERT INTO "audit" VALUES(9,18,'route','discovery lyncdiscover.contoso.com /Admin',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/Admin","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"admin"}','668456c2f437bce639c31f40aa16ef8c180f731c3e2d7391cd82852e7d2727ff');
INSERT INTO "audit" VALUES(9,19,'route','discovery lyncdiscover.contoso.com /Cscp',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/Cscp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"cscp"}','9d6d4dbc9e1151ea4bc3c4a155d3ee65b1ec6b4e34e2cf22afe70ea599b62778');
INSERT INTO "audit" VALUES(9,20,'route','discovery lyncdiscover.contoso.com /HybridConfig',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/HybridConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"hybridconfig"}','4cb24a89e7e14ef1dcd133adeed56ef1f8b72498d249afb379e019b2e21fe6a0');
INSERT INTO "audit" VALUES(9,21,'route','discovery lyncdiscover.contoso.com /LocationInformation',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/LocationInformation","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"locationinformation"}','3160a68552644ac352bf81fcb50a468be954ce0286ad555f351e8dc78b2d9634');
INSERT INTO "audit" VALUES(9,22,'route','discovery lyncdiscover.contoso.com /Macp',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/Macp","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"macp"}','6d4d0d5a0b786d82e11d73dd05a3fd5e0014d9bc49f5f3f4ece152ee575ebe49');
INSERT INTO "audit" VALUES(9,23,'route','discovery lyncdiscover.contoso.com /ABS/Ext/Handler',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/ABS/Ext/Handler","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-abs"}','18153eba71cb0c6e5cc491825401734c83ae1ad888794ae489d6217e25186e9d');
INSERT INTO "audit" VALUES(9,24,'route','discovery lyncdiscover.contoso.com /AutoUpdate/Ext',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/AutoUpdate/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-autoupdate"}','e4556a05a3875ff2f4981afda3556d3f8052b05d64350da7e29fcc50ee31e1cf');
INSERT INTO "audit" VALUES(9,25,'route','discovery lyncdiscover.contoso.com /Conf/Ext',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/Conf/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-conf"}','78166143399f0354d75c1645bb4a9ddcbe3fa268a532075721e8f9109ea51579');
INSERT INTO "audit" VALUES(9,26,'route','discovery lyncdiscover.contoso.com /DeviceUpdateFiles_Ext',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/DeviceUpdateFiles_Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-deviceupdate"}','21d5235a72fa52b7e3d1929cbe4ed02acc2c1b28e7683cd3a90781c2c703ae6a');
INSERT INTO "audit" VALUES(9,27,'route','discovery lyncdiscover.contoso.com /GroupExpansion/Ext/service.asmx',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/GroupExpansion/Ext/service.asmx","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-groupexpansion"}','75e075534f01cee0d919fc5543270539d03c8583cd62e70d2036386b363da50c');
INSERT INTO "audit" VALUES(9,28,'route','discovery lyncdiscover.contoso.com /PhoneConferencing/Ext',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/PhoneConferencing/Ext","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-phoneconferencing"}','c7bdf462e419c77aa0b5343766e3642b838da56cb464aa11fb017f9358a51e3b');
INSERT INTO "audit" VALUES(9,29,'route','discovery lyncdiscover.contoso.com /etc/place/null',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/etc/place/null","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocs-place"}','7b2316f3e85acf371cfe1e72aa6677fd7efd95a58bc162f2c69c326a1439192a');
INSERT INTO "audit" VALUES(9,30,'route','discovery lyncdiscover.contoso.com /OcsPowershell',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/OcsPowershell","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspowershell"}','7ec208699101aa7ffbb89a237a873fff92260dac6d19f47079714bcea4133d1b');
INSERT INTO "audit" VALUES(9,31,'route','discovery lyncdiscover.contoso.com /OcsPsws',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/OcsPsws","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"ocspsws"}','206229b3ae600e704d1aceee182ceb566b04daa1e2c2266717662bf23e1de5d4');
INSERT INTO "audit" VALUES(9,32,'route','discovery lyncdiscover.contoso.com /RgsConfig',NULL,'{"listener":"discovery","host":"lyncdiscover.contoso.com","path":"/RgsConfig","action":"refuse","pool":null,"scheme":null,"profile":null,"location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":"rgsconfig"}','7b955e467b45144795e51b2471920d7b8ff2acee6f97f582776c5ebff49c6469');
INSERT INTO "audit" VALUES(10,1,'binding','external dialin.contoso.com',NULL,'{"listener":"external","host":"dialin.contoso.com","certificate":"dialin","beside":null}','b655c21fa75c19a9a9ed1e6269b5d71c1248cf76f1108fccb0b0f482835ff3f1');
INSERT INTO "audit" VALUES(11,1,'pool','wac01.contoso.local',NULL,'{"name":"wac01.contoso.local","role":"officewebapps","https_port":443,"http_port":80,"ca":"/etc/lync/root.pem","verify_name":null,"tls_policy":"intermediate","affinity":"none","cookie":"MS-WSMAN","health_path":"/hosting/discovery","health_interval":10,"connect_timeout":5}','c7340b6894f61644609e4af36160817812ff07bb62978a982f963c4a57175587');
INSERT INTO "audit" VALUES(11,2,'server','wac01.contoso.local wac01.contoso.local',NULL,'{"host":"wac01.contoso.local","pool":"wac01.contoso.local","weight":1,"state":"active"}','ff0099e3cec14d4f1f42afd0c5d9c35c3e638ca238f4714ff864334a39648bbc');
INSERT INTO "audit" VALUES(11,3,'route','external officewebapps01.contoso.com /',NULL,'{"listener":"external","host":"officewebapps01.contoso.com","path":"/","action":"publish","pool":"wac01.contoso.local","scheme":"https","profile":"content","location":null,"methods":null,"refuse_headers":null,"pin":"auth","service":null}','ca10381405edb5b6cc0e2c3c1131a2a1b2aa2af4c677ef41832c77fbc59907d4');
INSERT INTO "audit" VALUES(12,1,'revision','1',NULL,'{"number":1,"created":"2026-11-27T12:45:47Z","author":"root","reason":"first publication"}','8b6533aef51e724b9cc6b68b8a723f3b80409af3de19e0b24b5a7b3c6fa3944c');
INSERT INTO "audit" VALUES(13,1,'state','active','{"name":"active","value":"0"}','{"name":"active","value":"1"}','f71a14532f0db920b846bc6ff8b2323a8394908644dcd853ea11aa8c2a39ebea');
INSERT INTO "audit" VALUES(14,1,'server','fe03.contoso.local lyncpool01.contoso.local',NULL,'{"host":"fe03.contoso.local","pool":"lyncpool01.contoso.local","weight":1,"state":"active"}','c2cae1a71618e2bcba5cf10a85a97dd9aea332005ec46a40d774d724076bcab9');
INSERT INTO "audit" VALUES(15,1,'revision','2',NULL,'{"number":2,"created":"2026-11-27T12:45:47Z","author":"root","reason":"third front end"}','f63adc6e3d9b793edab1537d52c3f6a30e752544c9274dc3403c26120be0825d');
INSERT INTO "audit" VALUES(16,1,'state','active','{"name":"active","value":"1"}','{"name":"active","value":"2"}','b01cd386ee9986dc2aede92ccb6321e3496a76850e15bc5b3b05808ca492b86f');
INSERT INTO "audit" VALUES(17,1,'server_state','fe02.contoso.local lyncpool01.contoso.local',NULL,'{"host":"fe02.contoso.local","pool":"lyncpool01.contoso.local","state":"drain"}','17304ee7beaec6ea6307a0cd9565398b8dfe7a224a8fcada9eb0270af230a14d');
INSERT INTO "audit" VALUES(18,1,'profile','web','{"name":"web","timeout":300,"purpose":"pages and web services"}','{"name":"web","timeout":400,"purpose":"pages and web services"}','efabfee92a3824117224441a6f64c60b873e606588bd35f7f08a73f7e1781490');
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
INSERT INTO "binding" VALUES(0,'external','*','external',NULL);
INSERT INTO "binding" VALUES(0,'external','dialin.contoso.com','dialin',NULL);
INSERT INTO "binding" VALUES(1,'external','*','external',NULL);
INSERT INTO "binding" VALUES(1,'external','dialin.contoso.com','dialin',NULL);
INSERT INTO "binding" VALUES(2,'external','*','external',NULL);
INSERT INTO "binding" VALUES(2,'external','dialin.contoso.com','dialin',NULL);
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
INSERT INTO "certificate" VALUES(0,'external','/etc/lync/certificates/fb9f63262765154ec3c0ebcbc9e194464989c4186652ef71be74177e2e74dc4a.pem','/etc/lync/keys/530485c643a9c8f39670e15a225e28069ac0f574661ca99629efb5030f68ad57.key',NULL,'/etc/lync/external.pem','CN=webext.contoso.com','CN=Example Public Root','webext.contoso.com meet.contoso.com lyncdiscover.contoso.com officewebapps01.contoso.com','EC P-256','sha256','serverAuth clientAuth',NULL,NULL,'2026-11-26T12:45:44Z','2027-12-29T12:45:44Z','fb9f63262765154ec3c0ebcbc9e194464989c4186652ef71be74177e2e74dc4a');
INSERT INTO "certificate" VALUES(0,'dialin','/etc/lync/certificates/fee4a06768cde9493ba55a0960d4c402e1f8b222a56d4f39aca8045a9cb3869f.pem','/etc/lync/keys/b205840cded2f58871c6443fd078dd4f2f4f287099bc2ddeb1065d592074f3fa.key',NULL,'/etc/lync/dialin.pem','CN=dialin.contoso.com','CN=Example Public Root','dialin.contoso.com','EC P-256','sha256','serverAuth clientAuth',NULL,NULL,'2026-11-26T12:45:45Z','2027-12-29T12:45:45Z','fee4a06768cde9493ba55a0960d4c402e1f8b222a56d4f39aca8045a9cb3869f');
INSERT INTO "certificate" VALUES(1,'dialin','/etc/lync/certificates/fee4a06768cde9493ba55a0960d4c402e1f8b222a56d4f39aca8045a9cb3869f.pem','/etc/lync/keys/b205840cded2f58871c6443fd078dd4f2f4f287099bc2ddeb1065d592074f3fa.key',NULL,'/etc/lync/dialin.pem','CN=dialin.contoso.com','CN=Example Public Root','dialin.contoso.com','EC P-256','sha256','serverAuth clientAuth',NULL,NULL,'2026-11-26T12:45:45Z','2027-12-29T12:45:45Z','fee4a06768cde9493ba55a0960d4c402e1f8b222a56d4f39aca8045a9cb3869f');
INSERT INTO "certificate" VALUES(1,'external','/etc/lync/certificates/fb9f63262765154ec3c0ebcbc9e194464989c4186652ef71be74177e2e74dc4a.pem','/etc/lync/keys/530485c643a9c8f39670e15a225e28069ac0f574661ca99629efb5030f68ad57.key',NULL,'/etc/lync/external.pem','CN=webext.contoso.com','CN=Example Public Root','webext.contoso.com meet.contoso.com lyncdiscover.contoso.com officewebapps01.contoso.com','EC P-256','sha256','serverAuth clientAuth',NULL,NULL,'2026-11-26T12:45:44Z','2027-12-29T12:45:44Z','fb9f63262765154ec3c0ebcbc9e194464989c4186652ef71be74177e2e74dc4a');
INSERT INTO "certificate" VALUES(2,'dialin','/etc/lync/certificates/fee4a06768cde9493ba55a0960d4c402e1f8b222a56d4f39aca8045a9cb3869f.pem','/etc/lync/keys/b205840cded2f58871c6443fd078dd4f2f4f287099bc2ddeb1065d592074f3fa.key',NULL,'/etc/lync/dialin.pem','CN=dialin.contoso.com','CN=Example Public Root','dialin.contoso.com','EC P-256','sha256','serverAuth clientAuth',NULL,NULL,'2026-11-26T12:45:45Z','2027-12-29T12:45:45Z','fee4a06768cde9493ba55a0960d4c402e1f8b222a56d4f39aca8045a9cb3869f');
INSERT INTO "certificate" VALUES(2,'external','/etc/lync/certificates/fb9f63262765154ec3c0ebcbc9e194464989c4186652ef71be74177e2e74dc4a.pem','/etc/lync/keys/530485c643a9c8f39670e15a225e28069ac0f574661ca99629efb5030f68ad57.key',NULL,'/etc/lync/external.pem','CN=webext.contoso.com','CN=Example Public Root','webext.contoso.com meet.contoso.com lyncdiscover.contoso.com officewebapps01.contoso.com','EC P-256','sha256','serverAuth clientAuth',NULL,NULL,'2026-11-26T12:45:44Z','2027-12-29T12:45:44Z','fb9f63262765154ec3c0ebcbc9e194464989c4186652ef71be74177e2e74dc4a');
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
INSERT INTO "change" VALUES(1,'2026-11-27T12:45:45Z','root',NULL,NULL,'lyncadm init',NULL,40,1,'6478ebbd956497534c41e9d553c120668ed21f07a35960ef25acc62ce6af24e4');
INSERT INTO "change" VALUES(2,'2026-11-27T12:45:45Z','root',NULL,NULL,'lyncadm certificate import external.pem --name external',NULL,1,1,'554084d7915aa04459e177a253883ae2beea3081aed6777932b39035fe677075');
INSERT INTO "change" VALUES(3,'2026-11-27T12:45:45Z','root',NULL,NULL,'lyncadm certificate import dialin.pem --name dialin',NULL,1,1,'3e414f540f982246c2225fa6147845e46bff2f1c40a517eaf88e55b20d478f8f');
INSERT INTO "change" VALUES(4,'2026-11-27T12:45:45Z','root',NULL,NULL,'lyncadm listener add external --port 443 --certificate external',NULL,2,1,'ecbbc91701712b749918733e16848f1dbd90515378435df28df50354f11dbaec');
INSERT INTO "change" VALUES(5,'2026-11-27T12:45:45Z','root',NULL,NULL,'lyncadm listener add discovery --port 80',NULL,1,1,'9ae89427197d74eac3570704509fb5e3536b79ebeb1c88c893109a9019f1a2d6');
INSERT INTO "change" VALUES(6,'2026-11-27T12:45:46Z','root',NULL,NULL,'lyncadm publish pool webext.contoso.com --to fe01.contoso.local --to fe02.contoso.local --name lyncpool01.contoso.local --ca root.pem',NULL,26,1,'1489f954be8b80cf82250d2481787ef837e227e00bc44e0875c4e47e93d63d39');
INSERT INTO "change" VALUES(7,'2026-11-27T12:45:46Z','root',NULL,NULL,'lyncadm publish simple-url meet https://meet.contoso.com --via lyncpool01.contoso.local',NULL,17,1,'2691b58412f2ad89aa808f5c23ec00a781c61c26069a535bdceb3551259f31b6');
INSERT INTO "change" VALUES(8,'2026-11-27T12:45:46Z','root',NULL,NULL,'lyncadm publish simple-url dialin https://dialin.contoso.com --via lyncpool01.contoso.local',NULL,17,1,'e804bb31b0f7dba0ae54bf6abff631f79acf0235f11ccc2de7b47cf7c19c09e7');
INSERT INTO "change" VALUES(9,'2026-11-27T12:45:46Z','root',NULL,NULL,'lyncadm publish discover contoso.com --via lyncpool01.contoso.local --http',NULL,32,1,'65b9030848cf1017fa467d1633e0280f41401b8dce15e1f5f654efd1e7f37ecd');
INSERT INTO "change" VALUES(10,'2026-11-27T12:45:46Z','root',NULL,NULL,'lyncadm binding add external dialin.contoso.com --certificate dialin',NULL,1,1,'55a0c4b13c9cc30b7ddbdac9b273e4c6fd7844bc63ad514667062c85be7aa8ae');
INSERT INTO "change" VALUES(11,'2026-11-27T12:45:46Z','root',NULL,NULL,'lyncadm publish officewebapps officewebapps01.contoso.com --to wac01.contoso.local --ca root.pem',NULL,3,1,'4cbf54093fa0673e358cc0a1050e70ca32e56a6c5208ccc5605d67fff392a601');
INSERT INTO "change" VALUES(12,'2026-11-27T12:45:47Z','root',NULL,NULL,'lyncadm apply -m ''first publication'' --no-probe','first publication',1,1,'9dc42dfe4f310cc0b3ad86ae80060823d56f84d5ce596b2ed502b22935bd63c2');
INSERT INTO "change" VALUES(13,'2026-11-27T12:45:47Z','root',NULL,NULL,'lyncadm apply -m ''first publication'' --no-probe','first publication',1,1,'30e4ff768ca40e3cfb48b751a0d6b22d533e82e31cc1036c3bf2992c3eb18c3f');
INSERT INTO "change" VALUES(14,'2026-11-27T12:45:47Z','root',NULL,NULL,'lyncadm server add fe03.contoso.local --pool lyncpool01.contoso.local',NULL,1,1,'38debfe3761af1f74b2c287b3d240c4220d041c9531b6ed1eb300169502f40f7');
INSERT INTO "change" VALUES(15,'2026-11-27T12:45:47Z','root',NULL,NULL,'lyncadm apply -m ''third front end'' --no-probe','third front end',1,1,'014df099c1bd93cfd6d25cf312496df85f4bcc54b9db3da406680fb69702e566');
INSERT INTO "change" VALUES(16,'2026-11-27T12:45:48Z','root',NULL,NULL,'lyncadm apply -m ''third front end'' --no-probe','third front end',1,1,'f70e97689eb0ebe890f7ade3bc8087a789b53cf3eedb34ffbe2c7a8ec0b49eea');
INSERT INTO "change" VALUES(17,'2026-11-27T12:45:48Z','root',NULL,NULL,'lyncadm server drain fe02.contoso.local --pool lyncpool01.contoso.local -m update','update',1,1,'85176e6afbbcb7aff8b5835732b965d93715410aa817810a98cd52700c3bb086');
INSERT INTO "change" VALUES(18,'2026-11-27T12:45:48Z','root',NULL,NULL,'lyncadm profile set web --timeout 400',NULL,1,1,'4203c68468d3b3505a4ed866bcbc07d87d136fb45b88160f3622f229d64224a6');
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
INSERT INTO "pool" VALUES(0,'wac01.contoso.local','officewebapps',443,80,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/hosting/discovery',10,5);
INSERT INTO "pool" VALUES(1,'lyncpool01.contoso.local','frontend',4443,8080,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/autodiscover/autodiscoverservice.svc/root',10,5);
INSERT INTO "pool" VALUES(1,'wac01.contoso.local','officewebapps',443,80,'/etc/lync/root.pem',NULL,'intermediate','none','MS-WSMAN','/hosting/discovery',10,5);
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
    sealed      INTEGER NOT NULL CHECK (sealed IN (0, 1)),      -- 1: its rows are immutable
    change      INTEGER REFERENCES change (id),         -- the one that made it
    chain       TEXT                    -- hash of the change before that: changes that are missing show
) STRICT;
INSERT INTO "revision" VALUES(0,'2026-11-27T12:45:45Z','',NULL,0,NULL,NULL);
INSERT INTO "revision" VALUES(1,'2026-11-27T12:45:47Z','root','first publication',1,12,'4cbf54093fa0673e358cc0a1050e70ca32e56a6c5208ccc5605d67fff392a601');
INSERT INTO "revision" VALUES(2,'2026-11-27T12:45:47Z','root','third front end',1,15,'38debfe3761af1f74b2c287b3d240c4220d041c9531b6ed1eb300169502f40f7');
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
INSERT INTO "route" VALUES(0,'external','webext.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
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
INSERT INTO "route" VALUES(0,'external','meet.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
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
INSERT INTO "route" VALUES(0,'external','dialin.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
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
INSERT INTO "route" VALUES(0,'external','lyncdiscover.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
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
INSERT INTO "route" VALUES(0,'discovery','lyncdiscover.contoso.com','/','publish','lyncpool01.contoso.local','http','web',NULL,'GET HEAD','Authorization X-MS-WebTicket','auth',NULL);
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
INSERT INTO "route" VALUES(0,'external','officewebapps01.contoso.com','/','publish','wac01.contoso.local','https','content',NULL,NULL,NULL,'auth',NULL);
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
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Abs','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','abs');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/CollabContent','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','collabcontent');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/DataCollabWeb','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','datacollabweb');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Mcx','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','mcx');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Reach','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','reach');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/RequestHandlerExt','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','requesthandlerext');
INSERT INTO "route" VALUES(1,'external','webext.contoso.com','/Ucwa','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','ucwa');
INSERT INTO "route" VALUES(1,'external','meet.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(1,'external','dialin.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(1,'external','lyncdiscover.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(1,'discovery','lyncdiscover.contoso.com','/','publish','lyncpool01.contoso.local','http','web',NULL,'GET HEAD','Authorization X-MS-WebTicket','auth',NULL);
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
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Abs','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','abs');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/CollabContent','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','collabcontent');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/DataCollabWeb','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','datacollabweb');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Mcx','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','mcx');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Reach','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','reach');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/RequestHandlerExt','publish','lyncpool01.contoso.local','https','content',NULL,NULL,NULL,'auth','requesthandlerext');
INSERT INTO "route" VALUES(2,'external','webext.contoso.com','/Ucwa','publish','lyncpool01.contoso.local','https','poll',NULL,NULL,NULL,'auth','ucwa');
INSERT INTO "route" VALUES(2,'external','meet.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'external','dialin.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'external','lyncdiscover.contoso.com','/','publish','lyncpool01.contoso.local','https','web',NULL,NULL,NULL,'auth',NULL);
INSERT INTO "route" VALUES(2,'discovery','lyncdiscover.contoso.com','/','publish','lyncpool01.contoso.local','http','web',NULL,'GET HEAD','Authorization X-MS-WebTicket','auth',NULL);
INSERT INTO "route" VALUES(2,'external','officewebapps01.contoso.com','/','publish','wac01.contoso.local','https','content',NULL,NULL,NULL,'auth',NULL);
CREATE TABLE server (
    revision    INTEGER NOT NULL REFERENCES revision (number),
    host        TEXT NOT NULL,
    pool        TEXT NOT NULL,
    weight      INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 100),
    state       TEXT NOT NULL CHECK (state IN ('active', 'drain', 'disabled', 'standby')),
    PRIMARY KEY (revision, host, pool),
    FOREIGN KEY (revision, pool) REFERENCES pool (revision, name)
) STRICT;
INSERT INTO "server" VALUES(0,'fe01.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(0,'fe02.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(0,'wac01.contoso.local','wac01.contoso.local',1,'active');
INSERT INTO "server" VALUES(1,'fe01.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(1,'fe02.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(1,'wac01.contoso.local','wac01.contoso.local',1,'active');
INSERT INTO "server" VALUES(0,'fe03.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(2,'fe01.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(2,'fe02.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(2,'fe03.contoso.local','lyncpool01.contoso.local',1,'active');
INSERT INTO "server" VALUES(2,'wac01.contoso.local','wac01.contoso.local',1,'active');
CREATE TABLE server_state (
    host        TEXT NOT NULL,
    pool        TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('drain', 'disabled')),
    PRIMARY KEY (host, pool)
) STRICT;
INSERT INTO "server_state" VALUES('fe02.contoso.local','lyncpool01.contoso.local','drain');
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
INSERT INTO "service" VALUES(0,'autodiscover','/Autodiscover','2013 2015 2019','anonymous','web','publish','where a user''s pool is: discovery documents and the cross-domain frame','lyncdiscover');
INSERT INTO "service" VALUES(0,'webticket','/WebTicket','2013 2015 2019','windows','web','publish','issues web tickets and tokens to every client',NULL);
INSERT INTO "service" VALUES(0,'certprov','/CertProv','2013 2015 2019','windows','web','publish','enrols users'' certificates',NULL);
INSERT INTO "service" VALUES(0,'abs','/Abs','2013 2015 2019','windows','content','publish','address book files',NULL);
INSERT INTO "service" VALUES(0,'groupexpansion','/GroupExpansion','2013 2015 2019','windows','web','publish','distribution groups and address book search',NULL);
INSERT INTO "service" VALUES(0,'ucwa','/Ucwa','2013 2015 2019','bearer','poll','publish','mobile and web clients since 2013',NULL);
INSERT INTO "service" VALUES(0,'mcx','/Mcx','2013 2015','ticket','poll','publish','Lync 2010 mobile clients',NULL);
INSERT INTO "service" VALUES(0,'meet','/Meet','2013 2015 2019','anonymous','web','publish','page that joins a meeting',NULL);
INSERT INTO "service" VALUES(0,'dialin','/Dialin','2013 2015 2019','anonymous','web','publish','dial-in numbers and conference PIN; its sign-in is a form',NULL);
INSERT INTO "service" VALUES(0,'scheduler','/Scheduler','2013 2015 2019','forms','web','publish','web scheduler',NULL);
INSERT INTO "service" VALUES(0,'lwa','/Lwa','2013 2015 2019','anonymous','web','publish','Lync or Skype Web App',NULL);
INSERT INTO "service" VALUES(0,'reach','/Reach','2013 2015 2019','ticket','poll','publish','back end of the 2010 web app and authentication broker',NULL);
INSERT INTO "service" VALUES(0,'datacollabweb','/DataCollabWeb','2013 2015 2019','ticket','content','publish','meeting content of web clients, up and down',NULL);
INSERT INTO "service" VALUES(0,'collabcontent','/CollabContent','2013 2015 2019','ticket','content','publish','encrypted meeting content of desktop clients',NULL);
INSERT INTO "service" VALUES(0,'passiveauth','/PassiveAuth','2013 2015 2019','anonymous','web','publish','sign-in by way of AD FS',NULL);
INSERT INTO "service" VALUES(0,'requesthandlerext','/RequestHandlerExt','2013 2015 2019','windows','content','publish','phones: update check, firmware, log upload',NULL);
INSERT INTO "service" VALUES(0,'rgsclients','/RgsClients','2013 2015 2019','windows','web','publish','response group agents',NULL);
INSERT INTO "service" VALUES(0,'persistentchat','/PersistentChat','2013 2015','forms','web','publish','chat room management',NULL);
INSERT INTO "service" VALUES(0,'hybridconfig','/HybridConfig','2015 2019','anonymous','web','refuse','media bypass settings for clients inside',NULL);
INSERT INTO "service" VALUES(0,'locationinformation','/LocationInformation','2013 2015 2019','windows','web','refuse','emergency call locations',NULL);
INSERT INTO "service" VALUES(0,'rgsconfig','/RgsConfig','2013 2015 2019','windows','web','refuse','response group administration',NULL);
INSERT INTO "service" VALUES(0,'cscp','/Cscp','2013 2015 2019','windows','web','refuse','control panel',NULL);
INSERT INTO "service" VALUES(0,'macp','/Macp','2019','windows','web','refuse','modern control panel',NULL);
INSERT INTO "service" VALUES(0,'ocspowershell','/OcsPowershell','2013 2015','windows','web','refuse','remote PowerShell',NULL);
INSERT INTO "service" VALUES(0,'ocspsws','/OcsPsws','2019','windows','web','refuse','PowerShell behind the modern control panel',NULL);
INSERT INTO "service" VALUES(0,'admin','/Admin','2013 2015 2019','windows','web','refuse','simple URL of the control panel',NULL);
INSERT INTO "service" VALUES(0,'ocs-abs','/ABS/Ext/Handler','2007','windows','content','refuse','OCS 2007 R2: address book',NULL);
INSERT INTO "service" VALUES(0,'ocs-autoupdate','/AutoUpdate/Ext','2007','windows','content','refuse','OCS 2007 R2: client updates',NULL);
INSERT INTO "service" VALUES(0,'ocs-conf','/Conf/Ext','2007','windows','content','refuse','OCS 2007 R2: meeting content',NULL);
INSERT INTO "service" VALUES(0,'ocs-deviceupdate','/DeviceUpdateFiles_Ext','2007','windows','content','refuse','OCS 2007 R2: phone firmware',NULL);
INSERT INTO "service" VALUES(0,'ocs-groupexpansion','/GroupExpansion/Ext/service.asmx','2007','windows','web','refuse','OCS 2007 R2: distribution groups',NULL);
INSERT INTO "service" VALUES(0,'ocs-phoneconferencing','/PhoneConferencing/Ext','2007','windows','web','refuse','OCS 2007 R2: dial-in pages',NULL);
INSERT INTO "service" VALUES(0,'ocs-place','/etc/place/null','2007','anonymous','web','refuse','OCS 2007 R2: meeting place holder',NULL);
INSERT INTO "service" VALUES(1,'abs','/Abs','2013 2015 2019','windows','content','publish','address book files',NULL);
INSERT INTO "service" VALUES(1,'admin','/Admin','2013 2015 2019','windows','web','refuse','simple URL of the control panel',NULL);
INSERT INTO "service" VALUES(1,'autodiscover','/Autodiscover','2013 2015 2019','anonymous','web','publish','where a user''s pool is: discovery documents and the cross-domain frame','lyncdiscover');
INSERT INTO "service" VALUES(1,'certprov','/CertProv','2013 2015 2019','windows','web','publish','enrols users'' certificates',NULL);
INSERT INTO "service" VALUES(1,'collabcontent','/CollabContent','2013 2015 2019','ticket','content','publish','encrypted meeting content of desktop clients',NULL);
INSERT INTO "service" VALUES(1,'cscp','/Cscp','2013 2015 2019','windows','web','refuse','control panel',NULL);
INSERT INTO "service" VALUES(1,'datacollabweb','/DataCollabWeb','2013 2015 2019','ticket','content','publish','meeting content of web clients, up and down',NULL);
INSERT INTO "service" VALUES(1,'dialin','/Dialin','2013 2015 2019','anonymous','web','publish','dial-in numbers and conference PIN; its sign-in is a form',NULL);
INSERT INTO "service" VALUES(1,'groupexpansion','/GroupExpansion','2013 2015 2019','windows','web','publish','distribution groups and address book search',NULL);
INSERT INTO "service" VALUES(1,'hybridconfig','/HybridConfig','2015 2019','anonymous','web','refuse','media bypass settings for clients inside',NULL);
INSERT INTO "service" VALUES(1,'locationinformation','/LocationInformation','2013 2015 2019','windows','web','refuse','emergency call locations',NULL);
INSERT INTO "service" VALUES(1,'lwa','/Lwa','2013 2015 2019','anonymous','web','publish','Lync or Skype Web App',NULL);
INSERT INTO "service" VALUES(1,'macp','/Macp','2019','windows','web','refuse','modern control panel',NULL);
INSERT INTO "service" VALUES(1,'mcx','/Mcx','2013 2015','ticket','poll','publish','Lync 2010 mobile clients',NULL);
INSERT INTO "service" VALUES(1,'meet','/Meet','2013 2015 2019','anonymous','web','publish','page that joins a meeting',NULL);
INSERT INTO "service" VALUES(1,'ocs-abs','/ABS/Ext/Handler','2007','windows','content','refuse','OCS 2007 R2: address book',NULL);
INSERT INTO "service" VALUES(1,'ocs-autoupdate','/AutoUpdate/Ext','2007','windows','content','refuse','OCS 2007 R2: client updates',NULL);
INSERT INTO "service" VALUES(1,'ocs-conf','/Conf/Ext','2007','windows','content','refuse','OCS 2007 R2: meeting content',NULL);
INSERT INTO "service" VALUES(1,'ocs-deviceupdate','/DeviceUpdateFiles_Ext','2007','windows','content','refuse','OCS 2007 R2: phone firmware',NULL);
INSERT INTO "service" VALUES(1,'ocs-groupexpansion','/GroupExpansion/Ext/service.asmx','2007','windows','web','refuse','OCS 2007 R2: distribution groups',NULL);
INSERT INTO "service" VALUES(1,'ocs-phoneconferencing','/PhoneConferencing/Ext','2007','windows','web','refuse','OCS 2007 R2: dial-in pages',NULL);
INSERT INTO "service" VALUES(1,'ocs-place','/etc/place/null','2007','anonymous','web','refuse','OCS 2007 R2: meeting place holder',NULL);
INSERT INTO "service" VALUES(1,'ocspowershell','/OcsPowershell','2013 2015','windows','web','refuse','remote PowerShell',NULL);
INSERT INTO "service" VALUES(1,'ocspsws','/OcsPsws','2019','windows','web','refuse','PowerShell behind the modern control panel',NULL);
INSERT INTO "service" VALUES(1,'passiveauth','/PassiveAuth','2013 2015 2019','anonymous','web','publish','sign-in by way of AD FS',NULL);
INSERT INTO "service" VALUES(1,'persistentchat','/PersistentChat','2013 2015','forms','web','publish','chat room management',NULL);
INSERT INTO "service" VALUES(1,'reach','/Reach','2013 2015 2019','ticket','poll','publish','back end of the 2010 web app and authentication broker',NULL);
INSERT INTO "service" VALUES(1,'requesthandlerext','/RequestHandlerExt','2013 2015 2019','windows','content','publish','phones: update check, firmware, log upload',NULL);
INSERT INTO "service" VALUES(1,'rgsclients','/RgsClients','2013 2015 2019','windows','web','publish','response group agents',NULL);
INSERT INTO "service" VALUES(1,'rgsconfig','/RgsConfig','2013 2015 2019','windows','web','refuse','response group administration',NULL);
INSERT INTO "service" VALUES(1,'scheduler','/Scheduler','2013 2015 2019','forms','web','publish','web scheduler',NULL);
INSERT INTO "service" VALUES(1,'ucwa','/Ucwa','2013 2015 2019','bearer','poll','publish','mobile and web clients since 2013',NULL);
INSERT INTO "service" VALUES(1,'webticket','/WebTicket','2013 2015 2019','windows','web','publish','issues web tickets and tokens to every client',NULL);
INSERT INTO "service" VALUES(2,'abs','/Abs','2013 2015 2019','windows','content','publish','address book files',NULL);
INSERT INTO "service" VALUES(2,'admin','/Admin','2013 2015 2019','windows','web','refuse','simple URL of the control panel',NULL);
INSERT INTO "service" VALUES(2,'autodiscover','/Autodiscover','2013 2015 2019','anonymous','web','publish','where a user''s pool is: discovery documents and the cross-domain frame','lyncdiscover');
INSERT INTO "service" VALUES(2,'certprov','/CertProv','2013 2015 2019','windows','web','publish','enrols users'' certificates',NULL);
INSERT INTO "service" VALUES(2,'collabcontent','/CollabContent','2013 2015 2019','ticket','content','publish','encrypted meeting content of desktop clients',NULL);
INSERT INTO "service" VALUES(2,'cscp','/Cscp','2013 2015 2019','windows','web','refuse','control panel',NULL);
INSERT INTO "service" VALUES(2,'datacollabweb','/DataCollabWeb','2013 2015 2019','ticket','content','publish','meeting content of web clients, up and down',NULL);
INSERT INTO "service" VALUES(2,'dialin','/Dialin','2013 2015 2019','anonymous','web','publish','dial-in numbers and conference PIN; its sign-in is a form',NULL);
INSERT INTO "service" VALUES(2,'groupexpansion','/GroupExpansion','2013 2015 2019','windows','web','publish','distribution groups and address book search',NULL);
INSERT INTO "service" VALUES(2,'hybridconfig','/HybridConfig','2015 2019','anonymous','web','refuse','media bypass settings for clients inside',NULL);
INSERT INTO "service" VALUES(2,'locationinformation','/LocationInformation','2013 2015 2019','windows','web','refuse','emergency call locations',NULL);
INSERT INTO "service" VALUES(2,'lwa','/Lwa','2013 2015 2019','anonymous','web','publish','Lync or Skype Web App',NULL);
INSERT INTO "service" VALUES(2,'macp','/Macp','2019','windows','web','refuse','modern control panel',NULL);
INSERT INTO "service" VALUES(2,'mcx','/Mcx','2013 2015','ticket','poll','publish','Lync 2010 mobile clients',NULL);
INSERT INTO "service" VALUES(2,'meet','/Meet','2013 2015 2019','anonymous','web','publish','page that joins a meeting',NULL);
INSERT INTO "service" VALUES(2,'ocs-abs','/ABS/Ext/Handler','2007','windows','content','refuse','OCS 2007 R2: address book',NULL);
INSERT INTO "service" VALUES(2,'ocs-autoupdate','/AutoUpdate/Ext','2007','windows','content','refuse','OCS 2007 R2: client updates',NULL);
INSERT INTO "service" VALUES(2,'ocs-conf','/Conf/Ext','2007','windows','content','refuse','OCS 2007 R2: meeting content',NULL);
INSERT INTO "service" VALUES(2,'ocs-deviceupdate','/DeviceUpdateFiles_Ext','2007','windows','content','refuse','OCS 2007 R2: phone firmware',NULL);
INSERT INTO "service" VALUES(2,'ocs-groupexpansion','/GroupExpansion/Ext/service.asmx','2007','windows','web','refuse','OCS 2007 R2: distribution groups',NULL);
INSERT INTO "service" VALUES(2,'ocs-phoneconferencing','/PhoneConferencing/Ext','2007','windows','web','refuse','OCS 2007 R2: dial-in pages',NULL);
INSERT INTO "service" VALUES(2,'ocs-place','/etc/place/null','2007','anonymous','web','refuse','OCS 2007 R2: meeting place holder',NULL);
INSERT INTO "service" VALUES(2,'ocspowershell','/OcsPowershell','2013 2015','windows','web','refuse','remote PowerShell',NULL);
INSERT INTO "service" VALUES(2,'ocspsws','/OcsPsws','2019','windows','web','refuse','PowerShell behind the modern control panel',NULL);
INSERT INTO "service" VALUES(2,'passiveauth','/PassiveAuth','2013 2015 2019','anonymous','web','publish','sign-in by way of AD FS',NULL);
INSERT INTO "service" VALUES(2,'persistentchat','/PersistentChat','2013 2015','forms','web','publish','chat room management',NULL);
INSERT INTO "service" VALUES(2,'reach','/Reach','2013 2015 2019','ticket','poll','publish','back end of the 2010 web app and authentication broker',NULL);
INSERT INTO "service" VALUES(2,'requesthandlerext','/RequestHandlerExt','2013 2015 2019','windows','content','publish','phones: update check, firmware, log upload',NULL);
INSERT INTO "service" VALUES(2,'rgsclients','/RgsClients','2013 2015 2019','windows','web','publish','response group agents',NULL);
INSERT INTO "service" VALUES(2,'rgsconfig','/RgsConfig','2013 2015 2019','windows','web','refuse','response group administration',NULL);
INSERT INTO "service" VALUES(2,'scheduler','/Scheduler','2013 2015 2019','forms','web','publish','web scheduler',NULL);
INSERT INTO "service" VALUES(2,'ucwa','/Ucwa','2013 2015 2019','bearer','poll','publish','mobile and web clients since 2013',NULL);
INSERT INTO "service" VALUES(2,'webticket','/WebTicket','2013 2015 2019','windows','web','publish','issues web tickets and tokens to every client',NULL);
CREATE TABLE state (
    name        TEXT PRIMARY KEY CHECK (name IN ('active', 'control', 'confirm', 'restored')),
    value       TEXT NOT NULL
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
CREATE UNIQUE INDEX change_open ON change (sealed) WHERE sealed = 0;
CREATE VIEW open_change AS SELECT id FROM change WHERE sealed = 0;
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
CREATE INDEX route_pool ON route (revision, pool);
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('change',18);
COMMIT;
