"""Topology documents as Topology Builder saves and Get-CsTopology -AsXml prints them, made of a few words."""
import dataclasses
from xml.sax.saxutils import quoteattr

PREFIX = "urn:schema:Microsoft.Rtc.Management."
BUILDER = PREFIX + "Deploy.TopologyBuilder.2008"
WRITABLE = PREFIX + "Deploy.WritableTopology.2008"
TOPOLOGY = PREFIX + "Deploy.Topology.2008"
ROLES = PREFIX + "Deploy.ServiceRoles.2008"
WEB = PREFIX + "Deploy.WebServices.2011"
URLS = PREFIX + "Settings.SimpleUrl.2008"
SHAPES = ["builder", "published"]
ENCODINGS = {"utf-8": b"", "utf-8-sig": b"", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@dataclasses.dataclass
class Pool:
    name: str
    external: str = None                # external name: it has web services
    machines: list = dataclasses.field(default_factory=list)
    director: bool = False
    version: int = 7
    ports: dict = dataclasses.field(default_factory=dict)       # ("External", "Https"): (Port, ConfiguredPort)
    overrides: list = dataclasses.field(default_factory=list)
    wac: str = None                     # DiscoveryUrl of an Office Web Apps farm
    roles: list = dataclasses.field(default_factory=list)       # others, by name


PORTS = {("Primary", "Http"): (80, None), ("Primary", "Https"): (443, None), ("External", "Http"): (8080, 80),
         ("External", "Https"): (4443, 443)}


class Element:
    """An element of a namespace, which is written as the default one, or with a prefix."""

    def __init__(self, name, namespace, attributes=None, children=()):
        self.name, self.namespace, self.attributes, self.children = name, namespace, attributes or {}, list(children)

    def write(self, prefixes, outer=None, depth=0):
        name, declared = self.name, ""
        if prefixes:
            name = f"{prefixes[self.namespace]}:{name}"
            if depth == 0:
                declared = "".join(f' xmlns:{p}="{n}"' for n, p in prefixes.items())
        elif self.namespace != outer:
            declared = f' xmlns="{self.namespace}"'
        attributes = "".join(f" {k}={quoteattr(str(v))}" for k, v in self.attributes.items() if v is not None)
        begin, indent = f"<{name}{declared}{attributes}", "\r\n" + "  " * depth
        inner = "".join(c.write(prefixes, self.namespace, depth + 1) if isinstance(c, Element) else c
                        for c in self.children)
        return f"{indent}{begin}>{inner}{indent}</{name}>" if inner else f"{indent}{begin} />"


class Topology:
    def __init__(self, pools, domains=("contoso.com",), urls=(), default=None):
        self.pools, self.domains, self.urls = list(pools), list(domains), list(urls)
        self.default = default or (self.domains[0] if self.domains else None)

    def ports(self, pool):
        ports = {**PORTS, **pool.ports}
        for (side, protocol), (port, configured) in ports.items():
            yield Element("Port", TOPOLOGY, {"Owner": "urn:component:OCSWebSite", "Usage": "WebSite",
                                             "InterfaceSide": side, "InterfaceNumber": 0, "Protocol": protocol,
                                             "Port": port, "ConfiguredPort": configured})
        yield Element("Port", TOPOLOGY, {"Owner": "urn:component:Reach", "Usage": "PsomServer",
                                         "InterfaceSide": "External", "Protocol": "Mtls", "Port": 8061})

    def web(self, pool):
        overrides = [Element("OverrideUrl", ROLES, {"Component": "Meet", "Url": url}) for url in pool.overrides]
        return [Element("Ports", TOPOLOGY, children=self.ports(pool)),
                Element("WebService", ROLES, children=[
                    Element("ExternalSettings", ROLES, {"Host": pool.external},
                            [Element("OverrideUrls", ROLES, children=overrides)]),
                    Element("WebComponents", WEB, children=[Element("Component", WEB, {"ComponentName": name})
                                                            for name in ("Meet", "UcwaService", "WebTicket")])])]

    def services(self, pool):
        """Role and children of each."""
        if pool.external or pool.ports:
            yield "WebServices", self.web(pool)
            yield "Registrar", [Element("RegistrarService", ROLES, {"IsDirector": str(pool.director).lower()})]
        if pool.wac:
            yield "WacService", [Element("WacService", ROLES, {"DiscoveryUrl": pool.wac, "IsExternal": "false"})]
        for role in pool.roles:
            yield role, []

    def head(self):
        domains = [Element("InternalDomain", TOPOLOGY, {"Name": name, "Default": name == self.default})
                   for name in self.domains]
        yield Element("InternalDomains", TOPOLOGY, {"DefaultDomain": self.default}, domains)

    def simple_urls(self):
        """component, domain, active URL, others."""
        for component, domain, url, *others in self.urls:
            entries = [Element("SimpleUrlEntry", URLS, {"Url": each}) for each in (url, *others)]
            yield Element("SimpleUrl", URLS, {"Component": component, "Domain": domain, "ActiveUrl": url}, entries)

    def builder(self):
        clusters, services = [], []
        for number, pool in enumerate(self.pools, 1):
            machines = [Element("Machine", TOPOLOGY, {"Fqdn": name}) for name in pool.machines] \
                or [Element("Machine", TOPOLOGY)]
            clusters.append(Element("Cluster", WRITABLE, {
                "UniqueId": f"uid-{number}", "Fqdn": pool.name, "IsSingleMachineOnly": str(not pool.machines).lower()},
                [Element("Machines", WRITABLE, children=machines)]))
            services += [Element("Service", WRITABLE, {"RoleName": role, "InstalledOn": f"uid-{number}",
                                                       "ServiceVersion": pool.version}, children)
                         for role, children in self.services(pool)]
        site = Element("CentralSite", WRITABLE, {"SiteId": 1}, [Element("Name", WRITABLE, children=["Paris"]),
                                                                Element("Clusters", WRITABLE, children=clusters)])
        return Element("TopologyBuilder", BUILDER, children=[
            Element("NewTopology", BUILDER, children=[Element("PartialTopology", WRITABLE, children=[
                *self.head(), Element("SimpleUrlConfiguration", URLS, children=self.simple_urls()),
                Element("CentralSites", WRITABLE, children=[site]),
                Element("Services", WRITABLE, children=services)])])])

    def published(self):
        clusters, services = [], []
        for number, pool in enumerate(self.pools, 1):
            where = {"SiteId": 1, "Number": number}
            clusters.append(Element("Cluster", TOPOLOGY, {"Fqdn": pool.name}, [
                Element("ClusterId", TOPOLOGY, where),
                *[Element("Machine", TOPOLOGY, {"Fqdn": name}) for name in pool.machines or [pool.name]]]))
            services += [Element("Service", TOPOLOGY, {"ServiceVersion": pool.version}, [
                Element("ServiceId", TOPOLOGY, {"SiteId": 1, "RoleName": role, "Instance": number}),
                Element("InstalledOn", TOPOLOGY, children=[Element("ClusterId", TOPOLOGY, where)]), *children])
                for role, children in self.services(pool)]
        return Element("Topology", TOPOLOGY, children=[
            *self.head(), Element("Sites", TOPOLOGY, children=[Element("CentralSite", TOPOLOGY, {"SiteId": 1})]),
            Element("Clusters", TOPOLOGY, children=clusters), Element("Services", TOPOLOGY, children=services)])

    def text(self, shape="builder", prefixed=False):
        prefixes = dict(zip((BUILDER, WRITABLE, TOPOLOGY, ROLES, WEB, URLS), "tb wt t sr web su".split()))
        return '<?xml version="1.0" encoding="utf-8"?>' + getattr(self, shape)().write(prefixes if prefixed else None)

    def bytes(self, shape="builder", encoding="utf-8", prefixed=False):
        text = self.text(shape, prefixed)
        if "16" in encoding:            # what PowerShell's > leaves of it
            text = text.replace("utf-8", "utf-16", 1)
        return ENCODINGS[encoding] + text.encode(encoding)


MEET = ("Meet", "contoso.com", "https://meet.contoso.com")
DIALIN = ("Dialin", "*", "https://dialin.contoso.com")
ADMIN = ("Cscp", "*", "https://admin.contoso.com")
CONTOSO = [MEET, DIALIN, ADMIN]
OTHERS = ["UserServices", "UserStore", "FileStore", "MediationServer"]


def standard():
    return Topology([Pool("se01.contoso.local", "webext.contoso.com", roles=OTHERS)], urls=CONTOSO)


def four_servers():
    """The day's deployment, and an Edge pool."""
    return Topology([
        Pool("lyncpool01.contoso.local", "webext.contoso.com", [f"fe0{n}.contoso.local" for n in range(1, 5)],
             roles=OTHERS),
        Pool("lyncdir01.contoso.local", "webdirext.contoso.com", director=True),
        Pool("wac01.contoso.local", wac="https://officewebapps01.contoso.com/hosting/discovery/"),
        Pool("edge01.contoso.local", roles=["EdgeServer"])], urls=CONTOSO)


def two_pools():
    return Topology([
        Pool("pool1.contoso.local", "webext.contoso.com", ["fe1.contoso.local", "fe2.contoso.local"], version=6),
        Pool("pool2.contoso.local", "webext2.contoso.com", ["fe3.contoso.local", "fe4.contoso.local"], version=8)],
        domains=["contoso.com", "fabrikam.com"],
        urls=[*CONTOSO, ("Meet", "fabrikam.com", "https://meet.fabrikam.com")])


def edge_only():
    return Topology([Pool("edge01.contoso.local", roles=["EdgeServer"])], urls=CONTOSO)


def described(one, two, director, farm=None, farm_host=None):
    """The topology of simulated pools, which listen on ports of their own."""
    def web(pool, **more):
        return Pool(pool.name, pool.external, [server.name for server in pool.servers], ports={
            ("External", "Https"): (pool.https_port, 443), ("External", "Http"): (pool.http_port, 80),
            ("Primary", "Https"): (pool.internal_https_port, None), ("Primary", "Http"): (pool.internal_http_port, None)},
            **more)
    owas = [Pool(farm.name, wac="https://%s:%d/hosting/discovery/" % (farm_host, farm.https_port))] if farm else []
    return Topology([web(one), web(two), web(director, director=True), *owas], urls=CONTOSO)
