"""Configurations of reverse proxies as administrators write them for httpd, made of a few words."""

POOL = "https://lyncpool01.contoso.local:4443"
NAMES = ["webext.contoso.com", "meet.contoso.com", "dialin.contoso.com", "lyncdiscover.contoso.com"]
REFUSED = "cscp|macp|ocspowershell|ocspsws|admin|rgsconfig|hybridconfig|locationinformation"
REFUSAL = f'ProxyPassMatch "(?i)^/({REFUSED})" !'
ROOT = f"ProxyPass / {POOL}/ nocanon"
TLS = ["SSLEngine on", "SSLCertificateFile external.pem"]
CARE = ["AllowEncodedSlashes NoDecode", "ProxyRequests Off", "ProxyPreserveHost On", "ProxyAddHeaders Off", "SSLProxyEngine on",
        "SSLProxyVerify require", "SSLProxyCACertificateFile root.pem", "ProxyTimeout 1800"]


def site(lines, names=("webext.contoso.com",), address="*:443", tls=True, care=CARE):
    """A virtual host."""
    name, *aliases = names
    head = [f"ServerName {name}"] + (["ServerAlias " + " ".join(aliases)] if aliases else [])
    body = [*head, *(TLS if tls else []), *care, *lines]
    return "\n".join([f"<VirtualHost {address}>", *("    " + line for line in body), "</VirtualHost>", ""])


# As good as httpd can for all of a pool: what is left is that NTLM belongs to a connection.
WHOLE = site([REFUSAL, ROOT], NAMES)

# Pages that nobody signs in at with NTLM.
GOOD = site([f"ProxyPass /{path} {POOL}/{path} nocanon" for path in ("meet", "dialin", "lwa")], ["meet.contoso.com"])

# As in many a blog.
BLOG = site(["RewriteEngine On", "RewriteCond %{HTTPS} off", "RewriteRule (.*) https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]"],
            NAMES, "*:80", tls=False, care=()) + \
    site(["SSLProxyEngine on", "SSLProxyVerify none", f"ProxyPass / {POOL}/", f"ProxyPassReverse / {POOL}/"], NAMES, care=())


def each_name():
    """A virtual host a name, to one farm each, as ARR has it."""
    to = {"webext": "lyncpool01", "webdirext": "lyncdir01", "meet": "lyncdir01", "dialin": "lyncdir01",
          "lyncdiscover": "lyncdir01"}
    text = "".join(site([f"ProxyPass / https://{pool}.contoso.local:4443/ nocanon"], [f"{label}.contoso.com"])
                   for label, pool in to.items())
    return text + site(["ProxyPass / https://wac01.contoso.local/ nocanon"], ["officewebapps01.contoso.com"]) + \
        site(["ProxyPass / http://lyncdir01.contoso.local:8080/ nocanon"], ["lyncdiscover.contoso.com"], "*:80", tls=False)


BALANCER = """
<Proxy balancer://lync>
    BalancerMember https://fe01.contoso.local:4443 loadfactor=2 route=1 timeout=1800
    BalancerMember https://fe02.contoso.local:4443 timeout=1800
    BalancerMember https://fe03.contoso.local:4443 timeout=1800 status=+H
    BalancerMember https://fe04.contoso.local:4443 timeout=1800 status=+D
    ProxySet lbmethod=byrequests
</Proxy>
""" + site([REFUSAL, "ProxyPass / balancer://lync/ nocanon"], NAMES)

REWRITE = site(["RewriteEngine On", rf"RewriteCond %{{HTTP_HOST}} ^(meet|dialin)\.contoso\.com(:443)?$ [NC,OR]",
                r"RewriteCond %{HTTP_HOST} ^lyncdiscover\. [NC]", f"RewriteRule ^/(.*)$ {POOL}/$1 [P,L]",
                r"RewriteCond %{HTTP_HOST} =webext.contoso.com",
                "RewriteRule ^/?(.*) https://lyncpool02.contoso.local:4443%{REQUEST_URI} [P]"], NAMES)
